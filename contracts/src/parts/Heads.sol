// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHeads} from "../interfaces/IHeads.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {LedgerStorage} from "../LedgerStorage.sol";

/// @title Record heads
/// @notice Extends hash chains, keeping the head in memory while one owner's entries follow each other: a run costs
/// one load and one store.
abstract contract Heads is LedgerStorage, ILedger, IHeads {
    /// One owner's chain while it is being extended. The six fields from `head` on are, as they lie in memory, what
    /// the next head is the hash of.
    struct Run {
        uint256 owner;
        uint256 slot;
        bytes32 head;
        bytes32 entryDigest;
        uint256 word;
        address writer;
        uint256 blockNumber;
        uint256 blockTime;
    }

    /// @inheritdoc IHeads
    function driverHead(uint32 driver) external view returns (bytes32) {
        return _driverHeads[driver];
    }

    /// @inheritdoc IHeads
    function carrierHead(uint16 carrier) external view returns (bytes32) {
        return _carrierHeads[carrier];
    }

    /// A run of nobody yet, by the caller in this block.
    function _startRun() internal view returns (Run memory run) {
        run.writer = msg.sender;
        run.blockNumber = block.number;
        run.blockTime = block.timestamp;
    }

    /// Whose head an entry extends: its driver's, or with driver 0 the carrier's. The carrier is not 0.
    function _owner(uint32 driver, uint16 carrier) internal pure returns (uint256) {
        return driver != 0 ? driver : uint256(carrier) << 32;
    }

    /// Extends the owner's chain by an entry, ending the run of another owner.
    function _extend(Run memory run, uint256 owner, bytes32 entryDigest, uint256 word) internal {
        if (owner != run.owner) _switch(run, owner);
        run.entryDigest = entryDigest;
        run.word = word;
        assembly ("memory-safe") {
            let head := add(run, 0x40)
            mstore(head, keccak256(head, 0xc0))
        }
    }

    /// Stores the head of the last owner, if there was one.
    function _endRun(Run memory run) internal {
        if (run.owner != 0) {
            assembly ("memory-safe") {
                sstore(mload(add(run, 0x20)), mload(add(run, 0x40)))
            }
        }
    }

    function _switch(Run memory run, uint256 owner) private {
        _endRun(run);
        uint256 table;
        uint256 holder;
        if (owner >> 32 == 0) {
            holder = owner;
            assembly ("memory-safe") {
                table := _driverHeads.slot
            }
        } else {
            holder = owner >> 32;
            assembly ("memory-safe") {
                table := _carrierHeads.slot
            }
        }
        run.owner = owner;
        // The place of a mapping's value, as Solidity computes it.
        assembly ("memory-safe") {
            mstore(0, holder)
            mstore(0x20, table)
            let slot := keccak256(0, 0x40)
            mstore(add(run, 0x20), slot)
            mstore(add(run, 0x40), sload(slot))
        }
    }
}
