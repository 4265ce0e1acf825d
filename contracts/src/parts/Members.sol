// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {IMembers} from "../interfaces/IMembers.sol";
import {LedgerStorage} from "../LedgerStorage.sol";

uint8 constant SHIPPER = 1;
uint8 constant CARRIER = 2;
uint8 constant REVIEWER = 4;

/// @title Members and their roles
abstract contract Members is LedgerStorage, AccessManaged, ILedger, IMembers {
    uint256 private constant LONGEST_NAME = 80;

    /// @inheritdoc IMembers
    function registerMember(string calldata name, uint8 roles, address owner)
        external
        restricted
        returns (uint16 number)
    {
        uint256 length = bytes(name).length;
        if (length == 0 || length > LONGEST_NAME) revert BadName(length);
        number = ++_memberCount;
        _members[number].name = name;
        _setRoles(number, roles);
        _setOwner(number, owner);
        emit MemberRegistered(number, name, roles, owner);
    }

    /// @inheritdoc IMembers
    function setRoles(uint16 number, uint8 roles) external restricted {
        _requireMember(number);
        _setRoles(number, roles);
        emit RolesSet(number, roles);
    }

    /// @inheritdoc IMembers
    function member(uint16 number) external view returns (string memory name, uint8 roles, address owner) {
        Member storage entry = _members[number];
        return (entry.name, entry.roles, entry.owner);
    }

    function _isCarrier(uint16 number) internal view returns (bool) {
        return _members[number].roles & CARRIER != 0;
    }

    function _requireMember(uint16 number) internal view {
        if (number == 0 || number > _memberCount) revert UnknownMember(number);
    }

    /// Makes an address a member's owner; one address owns one member at most.
    function _setOwner(uint16 number, address owner) internal {
        if (owner == address(0)) revert ZeroOwner(number);
        if (_memberOfOwner[owner] != 0) revert OwnerTaken(owner, _memberOfOwner[owner]);
        _memberOfOwner[owner] = number;
        _members[number].owner = owner;
    }

    function _setRoles(uint16 number, uint8 roles) private {
        // A reviewer holds no other role, and there is none beyond: the sets are exactly 0 to 4.
        if (roles > REVIEWER) revert BadRoles(roles);
        _members[number].roles = roles;
        if (roles & CARRIER != 0) _members[number].everCarrier = true;
    }
}
