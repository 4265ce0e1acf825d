// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DeliveryWord} from "./lib/DeliveryWord.sol";
import {DriverWord} from "./lib/DriverWord.sol";

/// @title The ledger's storage
/// @notice Every slot of the ledger's own, in one place. The numbers are pinned: clients prove words and heads by
/// them (`eth_getStorageAt`, `eth_getProof`). This contract comes first in the inheritance order, so that
/// OpenZeppelin's parts follow, from bit 48 of slot 11 on, and cannot shift these.
abstract contract LedgerStorage {
    /// A delivery's word, wrapped so that its place can be passed on and is computed once.
    struct DeliverySlot {
        DeliveryWord word;
    }

    struct Member {
        uint8 roles;
        bool everCarrier;
        address owner;
        string name;
    }

    struct Writer {
        uint16 member;
        bool removed;
    }

    /// Who may become a member's owner, zero for nobody: offered by the owner, or put forward by a recovery, which
    /// can be accepted from `recoveryFrom` on. `vetoedAt` is the last veto's time.
    struct Succession {
        address offered;
        address recovery;
        uint48 recoveryFrom;
        uint48 vetoedAt;
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
    /// Slot 8: by owner; the member it owns.
    mapping(address => uint16) internal _memberOfOwner;
    /// Slot 9: by member number.
    mapping(uint16 => Succession) internal _successions;
    /// Slot 10: by member number and address; the owner that offered the address to write.
    mapping(uint16 => mapping(address => address)) internal _writerOffers;
    /// Slot 11: the last member number given out.
    uint16 internal _memberCount;
    /// Slot 11, from bit 16: the last driver number given out.
    uint32 internal _driverCount;

    /// Whether a driver is one that feedback and notes on a delivery may name: 0, the present one or a replaced one.
    function _isNamed(bytes32 id, DeliveryWord word, uint32 driver) internal view returns (bool) {
        return driver == 0 || driver == word.driver() || _wasDriver[id][driver];
    }
}
