// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILedger} from "../interfaces/ILedger.sol";
import {Feedback, KeyChange, Note, Opening, Report} from "../interfaces/Types.sol";
import {Digests} from "./Digests.sol";

/// @title Reading items
/// @notice An item's calldata, its memory struct and its EIP-712 encoding are the same words, once every word fits
/// its type. So an item is copied from calldata as it is, checked, and hashed where it lies: `blank…` sets aside a
/// struct in memory with the type hash in the word before it, `read` fills it with an item, `Digests.structHash`
/// hashes both.
/// @dev `read` reverts with the culprit where a word exceeds its type, so that no two calldatas mean the same item:
/// one OR over the words of a width first, and only where that shows a stray bit the search for the word.
library Items {
    // Widths in bits of an item's words, word 0 in the lowest byte; 0 stands for 256.
    uint256 private constant OPENING = 0x00_20_10_a0_00;
    uint256 private constant REPORT = 0x00_20_08_20_00;
    uint256 private constant FEEDBACK = 0x08_00_20_08_08_08_08_08_20_00;
    uint256 private constant KEY_CHANGE = 0xa0_00;
    uint256 private constant NOTE = 0x00_10_10_20_00;

    function blankOpening() internal pure returns (Opening memory item) {
        uint256 place = _setAside(Digests.OPENING, 5);
        assembly ("memory-safe") {
            item := place
        }
    }

    function blankReport() internal pure returns (Report memory item) {
        uint256 place = _setAside(Digests.REPORT, 5);
        assembly ("memory-safe") {
            item := place
        }
    }

    function blankFeedback() internal pure returns (Feedback memory item) {
        uint256 place = _setAside(Digests.FEEDBACK, 10);
        assembly ("memory-safe") {
            item := place
        }
    }

    function blankKeyChange() internal pure returns (KeyChange memory item) {
        uint256 place = _setAside(Digests.KEY_CHANGE, 2);
        assembly ("memory-safe") {
            item := place
        }
    }

    function blankNote() internal pure returns (Note memory item) {
        uint256 place = _setAside(Digests.NOTE, 5);
        assembly ("memory-safe") {
            item := place
        }
    }

    function read(Opening memory item, Opening calldata source, uint256 index) internal pure {
        uint256 place;
        uint256 stray;
        assembly ("memory-safe") {
            place := item
            calldatacopy(item, source, 0xa0)
            stray := or(
                or(shr(160, mload(add(item, 0x20))), shr(16, mload(add(item, 0x40)))),
                shr(32, mload(add(item, 0x60)))
            )
        }
        if (stray != 0) _refuse(place, OPENING, index);
    }

    function read(Report memory item, Report calldata source, uint256 index) internal pure {
        uint256 place;
        uint256 stray;
        assembly ("memory-safe") {
            place := item
            calldatacopy(item, source, 0xa0)
            stray := or(
                shr(32, or(mload(add(item, 0x20)), mload(add(item, 0x60)))),
                shr(8, mload(add(item, 0x40)))
            )
        }
        if (stray != 0) _refuse(place, REPORT, index);
    }

    function read(Feedback memory item, Feedback calldata source, uint256 index) internal pure {
        uint256 place;
        uint256 stray;
        assembly ("memory-safe") {
            place := item
            calldatacopy(item, source, 0x140)
            let narrow := or(
                or(
                    or(mload(add(item, 0x40)), mload(add(item, 0x60))),
                    or(mload(add(item, 0x80)), mload(add(item, 0xa0)))
                ),
                or(mload(add(item, 0xc0)), mload(add(item, 0x120)))
            )
            stray := or(shr(32, or(mload(add(item, 0x20)), mload(add(item, 0xe0)))), shr(8, narrow))
        }
        if (stray != 0) _refuse(place, FEEDBACK, index);
    }

    function read(KeyChange memory item, KeyChange calldata source, uint256 index) internal pure {
        uint256 place;
        uint256 stray;
        assembly ("memory-safe") {
            place := item
            calldatacopy(item, source, 0x40)
            stray := shr(160, mload(add(item, 0x20)))
        }
        if (stray != 0) _refuse(place, KEY_CHANGE, index);
    }

    function read(Note memory item, Note calldata source, uint256 index) internal pure {
        uint256 place;
        uint256 stray;
        assembly ("memory-safe") {
            place := item
            calldatacopy(item, source, 0xa0)
            stray := or(
                shr(32, mload(add(item, 0x20))),
                shr(16, or(mload(add(item, 0x40)), mload(add(item, 0x60))))
            )
        }
        if (stray != 0) _refuse(place, NOTE, index);
    }

    /// Takes memory for a type hash and as many words; returns where the words begin.
    function _setAside(bytes32 typeHash, uint256 words) private pure returns (uint256 place) {
        assembly ("memory-safe") {
            let start := mload(0x40)
            mstore(start, typeHash)
            place := add(start, 0x20)
            mstore(0x40, add(place, shl(5, words)))
        }
    }

    /// Finds the first word wider than its type and reverts with it. There is one.
    function _refuse(uint256 place, uint256 widths, uint256 index) private pure {
        for (uint256 i;; ++i) {
            uint256 value;
            assembly ("memory-safe") {
                value := mload(add(place, shl(5, i)))
            }
            uint256 width = (widths >> (8 * i)) & 0xff;
            if (width != 0 && value >> width != 0) revert ILedger.DirtyWord(index, i, value);
        }
    }
}
