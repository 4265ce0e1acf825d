// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {IMembers} from "../interfaces/IMembers.sol";
import {LedgerStorage} from "../LedgerStorage.sol";

uint8 constant SHIPPER = 1;
uint8 constant CARRIER = 2;
uint8 constant REVIEWER = 4;

/// @title Members, their roles and their writers
abstract contract Members is LedgerStorage, AccessManaged, ILedger, IMembers {
    /// @inheritdoc IMembers
    function registerMember(string calldata name, uint8 roles) external restricted returns (uint16 number) {
        number = ++_memberCount;
        _members[number].name = name;
        _setRoles(number, roles);
        emit MemberRegistered(number, name, roles);
    }

    /// @inheritdoc IMembers
    function setRoles(uint16 number, uint8 roles) external restricted {
        _requireMember(number);
        _setRoles(number, roles);
        emit RolesSet(number, roles);
    }

    /// @inheritdoc IMembers
    function allowWriter(uint16 number, address writer) external restricted {
        _requireMember(number);
        uint16 served = _writers[writer].member;
        if (served != 0) revert WriterTaken(writer, served);
        _writers[writer].member = number;
        emit WriterAllowed(number, writer);
    }

    /// @inheritdoc IMembers
    function removeWriter(address writer) external {
        uint16 served = memberOf(writer);
        if (served == 0 || memberOf(msg.sender) != served) _checkCanCall(msg.sender, msg.data);
        if (served == 0) revert UnknownWriter(writer);
        _writers[writer].removed = true;
        emit WriterRemoved(served, writer);
    }

    /// @inheritdoc IMembers
    function member(uint16 number) external view returns (string memory name, uint8 roles) {
        return (_members[number].name, _members[number].roles);
    }

    /// @inheritdoc IMembers
    function memberOf(address writer) public view returns (uint16) {
        Writer storage entry = _writers[writer];
        return entry.removed ? 0 : entry.member;
    }

    /// The caller's member, which holds at least one of the roles given.
    function _callerWith(uint8 anyOf) internal view returns (uint16 caller) {
        caller = memberOf(msg.sender);
        if (caller == 0) revert NotAWriter(msg.sender);
        if (_members[caller].roles & anyOf == 0) revert MissingRole(caller, anyOf);
    }

    function _isCarrier(uint16 number) internal view returns (bool) {
        return _members[number].roles & CARRIER != 0;
    }

    function _setRoles(uint16 number, uint8 roles) private {
        // A reviewer holds no other role, and there is none beyond: the sets are exactly 0 to 4.
        if (roles > REVIEWER) revert BadRoles(roles);
        _members[number].roles = roles;
        if (roles & CARRIER != 0) _members[number].everCarrier = true;
    }

    function _requireMember(uint16 number) private view {
        if (number == 0 || number > _memberCount) revert UnknownMember(number);
    }
}
