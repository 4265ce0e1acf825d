// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILedger} from "../interfaces/ILedger.sol";
import {Feedback, KeyChange, Note, Opening, Report} from "../interfaces/Types.sol";

/// @title Range checks of items
/// @notice An item whose words all fit their types may be hashed as it lies in calldata: its EIP-712 encoding is its
/// calldata. `check` reverts with the culprit otherwise, so that no two calldatas mean the same item.
/// @dev One OR over words of one width first, and only where that shows a stray bit the search for the culprit.
library Items {
    // Widths in bits of the words of each item, word 0 in the lowest byte; 0 stands for 256.
    uint256 private constant OPENING = 0x00_20_10_a0_00;
    uint256 private constant REPORT = 0x00_20_08_20_00;
    uint256 private constant FEEDBACK = 0x08_00_20_08_08_08_08_08_20_00;
    uint256 private constant KEY_CHANGE = 0xa0_00;
    uint256 private constant NOTE = 0x00_10_10_20_00;

    function check(Opening calldata item, uint256 index) internal pure {
        uint256 place;
        uint256 stray;
        assembly ("memory-safe") {
            place := item
            stray := or(
                or(shr(160, calldataload(add(item, 0x20))), shr(16, calldataload(add(item, 0x40)))),
                shr(32, calldataload(add(item, 0x60)))
            )
        }
        if (stray != 0) _refuse(place, OPENING, index);
    }

    function check(Report calldata item, uint256 index) internal pure {
        uint256 place;
        uint256 stray;
        assembly ("memory-safe") {
            place := item
            stray := or(
                shr(32, or(calldataload(add(item, 0x20)), calldataload(add(item, 0x60)))),
                shr(8, calldataload(add(item, 0x40)))
            )
        }
        if (stray != 0) _refuse(place, REPORT, index);
    }

    function check(Feedback calldata item, uint256 index) internal pure {
        uint256 place;
        uint256 stray;
        assembly ("memory-safe") {
            place := item
            let bytes1s := or(
                or(
                    or(calldataload(add(item, 0x40)), calldataload(add(item, 0x60))),
                    or(calldataload(add(item, 0x80)), calldataload(add(item, 0xa0)))
                ),
                or(calldataload(add(item, 0xc0)), calldataload(add(item, 0x120)))
            )
            stray := or(
                shr(32, or(calldataload(add(item, 0x20)), calldataload(add(item, 0xe0)))),
                shr(8, bytes1s)
            )
        }
        if (stray != 0) _refuse(place, FEEDBACK, index);
    }

    function check(KeyChange calldata item, uint256 index) internal pure {
        uint256 place;
        uint256 stray;
        assembly ("memory-safe") {
            place := item
            stray := shr(160, calldataload(add(item, 0x20)))
        }
        if (stray != 0) _refuse(place, KEY_CHANGE, index);
    }

    function check(Note calldata item, uint256 index) internal pure {
        uint256 place;
        uint256 stray;
        assembly ("memory-safe") {
            place := item
            stray := or(
                shr(32, calldataload(add(item, 0x20))),
                shr(16, or(calldataload(add(item, 0x40)), calldataload(add(item, 0x60))))
            )
        }
        if (stray != 0) _refuse(place, NOTE, index);
    }

    /// Finds the first word wider than its type and reverts with it. There is one.
    function _refuse(uint256 place, uint256 widths, uint256 index) private pure {
        for (uint256 i;; ++i) {
            uint256 value;
            assembly ("memory-safe") {
                value := calldataload(add(place, shl(5, i)))
            }
            uint256 width = (widths >> (8 * i)) & 0xff;
            if (width != 0 && value >> width != 0) revert ILedger.DirtyWord(index, i, value);
        }
    }
}
