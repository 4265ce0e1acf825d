// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOwners} from "../interfaces/IOwners.sol";
import {Members} from "./Members.sol";

/// @title Owners
abstract contract Owners is Members, IOwners {
    /// What an owner has to veto a recovery.
    uint256 private constant RECOVERY_DELAY = 14 days;
    /// How long a veto keeps the next recovery off.
    uint256 private constant VETO_HOLDS = 90 days;

    /// @inheritdoc IOwners
    function offerOwner(address newOwner) external {
        uint16 number = _callersMember();
        _successions[number].offered = newOwner;
        emit OwnerOffered(number, newOwner);
    }

    /// @inheritdoc IOwners
    function acceptOwner(uint16 number) external {
        Succession storage entry = _successions[number];
        if (msg.sender != entry.offered) {
            if (msg.sender != entry.recovery) revert NotOffered(number, msg.sender);
            if (block.timestamp < entry.recoveryFrom) revert RecoveryPending(number, entry.recoveryFrom);
        }
        address previous = _members[number].owner;
        _setOwner(number, msg.sender);
        delete _memberOfOwner[previous];
        _clear(entry);
        emit OwnerChanged(number, previous, msg.sender);
    }

    /// @inheritdoc IOwners
    function startRecovery(uint16 number, address newOwner) external restricted {
        _requireMember(number);
        if (newOwner == address(0)) revert ZeroOwner(number);
        Succession storage entry = _successions[number];
        uint256 startFrom = entry.vetoedAt == 0 ? 0 : entry.vetoedAt + VETO_HOLDS;
        if (block.timestamp < startFrom) revert RecoveryBarred(number, uint48(startFrom));
        uint48 acceptFrom = uint48(block.timestamp + RECOVERY_DELAY);
        entry.recovery = newOwner;
        entry.recoveryFrom = acceptFrom;
        emit RecoveryStarted(number, newOwner, acceptFrom);
    }

    /// @inheritdoc IOwners
    function vetoRecovery(uint16 number) external {
        if (_members[number].owner != msg.sender) revert NotTheOwner(number, msg.sender);
        Succession storage entry = _successions[number];
        if (entry.recovery == address(0)) revert NoRecovery(number);
        _clear(entry);
        entry.vetoedAt = uint48(block.timestamp);
        emit RecoveryVetoed(number, msg.sender);
    }

    /// @inheritdoc IOwners
    function memberOfOwner(address owner) external view returns (uint16) {
        return _memberOfOwner[owner];
    }

    /// @inheritdoc IOwners
    function succession(uint16 number)
        external
        view
        returns (address offered, address recovery, uint48 recoveryFrom, uint48 vetoedAt)
    {
        Succession storage entry = _successions[number];
        return (entry.offered, entry.recovery, entry.recoveryFrom, entry.vetoedAt);
    }

    /// The member that the caller owns.
    function _callersMember() internal view returns (uint16 number) {
        number = _memberOfOwner[msg.sender];
        if (number == 0) revert NotAnOwner(msg.sender);
    }

    /// Ends offer and recovery; the last veto stays known.
    function _clear(Succession storage entry) private {
        entry.offered = address(0);
        entry.recovery = address(0);
        entry.recoveryFrom = 0;
    }
}
