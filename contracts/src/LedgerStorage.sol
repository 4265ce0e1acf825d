// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DeliveryWord} from "./lib/DeliveryWord.sol";
import {DriverWord} from "./lib/DriverWord.sol";

/// @title The ledger's storage
/// @notice Every slot of the ledger's own, in one place. The numbers are pinned: clients prove words and heads by
/// them (`eth_getStorageAt`, `eth_getProof`). This contract comes first in the inheritance order, so that
/// OpenZeppelin's parts follow, from bit 48 of slot 8 on, and cannot shift these.
abstract contract LedgerStorage {
    /// A delivery's word, wrapped so that its place can be passed on and is computed once.
    struct DeliverySlot {
        DeliveryWord word;
    }

    struct Member {
        uint8 roles;
        bool everCarrier;
        string name;
    }

    struct Writer {
        uint16 member;
        bool removed;
    }

    /// Slot 0: by delivery id.
    mapping(bytes32 => DeliverySlot) internal _deliveries;
    /// Slot 1: by driver number.
    mapping(uint32 => DriverWord) internal _drivers;
    /// Slot 2: by driver number.
    mapping(uint32 => bytes32) internal _driverHeads;
    /// Slot 3: by member number.
    mapping(uint16 => bytes32) internal _carrierHeads;
    /// Slot 4: by delivery id and driver; written only when a report replaces a driver.
    mapping(bytes32 => mapping(uint32 => bool)) internal _wasDriver;
    /// Slot 5: by member number.
    mapping(uint16 => Member) internal _members;
    /// Slot 6: by address; kept after removal, so that no address serves twice.
    mapping(address => Writer) internal _writers;
    /// Slot 7: by key; the driver that has or had it.
    mapping(address => uint32) internal _driverOfKey;
    /// Slot 8: the last member number given out.
    uint16 internal _memberCount;
    /// Slot 8, from bit 16: the last driver number given out.
    uint32 internal _driverCount;
}
