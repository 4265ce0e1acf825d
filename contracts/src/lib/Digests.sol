// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DriverKey, DriverMove, Feedback, KeyChange, Note, Opening, Report} from "../interfaces/Types.sol";

/// @title EIP-712 struct hashes
/// @notice What a message's entry in a head is made of, and what its signed digest wraps.
/// @dev An item's is taken where `Items` has laid it: in memory set aside by `Items.blank…`, type hash in the word
/// before it, every word within its type.
library Digests {
    bytes32 internal constant OPENING = keccak256(
        "Opening(bytes32 deliveryId,address recipientKey,uint16 carrier,uint32 promisedBy,bytes32 recordHash)"
    );
    bytes32 internal constant REPORT = keccak256(
        "Report(bytes32 deliveryId,uint32 driver,uint8 outcome,uint32 occurredAt,bytes32 evidenceHash)"
    );
    bytes32 internal constant FEEDBACK = keccak256(
        "Feedback(bytes32 deliveryId,uint32 driver,uint8 overall,uint8 timeliness,uint8 packaging,uint8 professionalism,uint8 accuracy,uint32 issues,bytes32 contentHash,uint8 revision)"
    );
    bytes32 internal constant KEY_CHANGE = keccak256("KeyChange(bytes32 deliveryId,address newKey)");
    bytes32 internal constant NOTE = keccak256(
        "Note(bytes32 deliveryId,uint32 driver,uint16 carrier,uint16 kind,bytes32 contentHash)"
    );
    bytes32 internal constant DRIVER_KEY =
        keccak256("DriverKey(uint32 driver,address key,uint32 nonce,uint32 deadline)");
    bytes32 internal constant DRIVER_MOVE =
        keccak256("DriverMove(uint32 driver,uint16 from,uint16 to,uint32 nonce,uint32 deadline)");

    function structHash(Opening memory item) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(sub(item, 0x20), 0xc0)
        }
    }

    function structHash(Report memory item) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(sub(item, 0x20), 0xc0)
        }
    }

    function structHash(Feedback memory item) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(sub(item, 0x20), 0x160)
        }
    }

    function structHash(KeyChange memory item) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(sub(item, 0x20), 0x60)
        }
    }

    function structHash(Note memory item) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(sub(item, 0x20), 0xc0)
        }
    }

    function structHash(DriverKey calldata message) internal pure returns (bytes32) {
        return keccak256(abi.encode(DRIVER_KEY, message.driver, message.key, message.nonce, message.deadline));
    }

    function structHash(DriverMove calldata message) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(DRIVER_MOVE, message.driver, message.from, message.to, message.nonce, message.deadline)
        );
    }
}
