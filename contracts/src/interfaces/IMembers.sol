// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Members, their roles and their writers
/// @notice Members are numbered from 1, never renumbered and never removed. A member without roles can no longer
/// write; what it wrote stays.
/// @dev Roles: shipper 1, carrier 2, both 3; reviewer 4, alone. 0 is none.
interface IMembers {
    /// @notice A member was registered.
    /// @param member its number
    /// @param name its name
    /// @param roles its roles
    event MemberRegistered(uint16 indexed member, string name, uint8 roles);

    /// @notice A member's roles were replaced.
    /// @param member its number
    /// @param roles its roles from here on
    event RolesSet(uint16 indexed member, uint8 roles);

    /// @notice An address may write for a member.
    /// @param member the member
    /// @param writer the address
    event WriterAllowed(uint16 indexed member, address indexed writer);

    /// @notice An address may no longer write, for ever.
    /// @param member the member it wrote for
    /// @param writer the address
    event WriterRemoved(uint16 indexed member, address indexed writer);

    /// @notice Not a set of roles: a reviewer holds no other. Do not retry.
    /// @param roles what was given
    error BadRoles(uint8 roles);

    /// @notice No such member. Do not retry before it is registered.
    /// @param member the number given
    error UnknownMember(uint16 member);

    /// @notice The address already serves, or served, a member. Do not retry: use a fresh address.
    /// @param writer the address
    /// @param member the member it serves or served
    error WriterTaken(address writer, uint16 member);

    /// @notice The address is no writer: never allowed, or removed already. Do not retry.
    /// @param writer the address
    error UnknownWriter(address writer);

    /// @notice Registers a member and gives it the next number.
    /// @dev Who: admin. Emits `MemberRegistered`. Cannot be undone; `setRoles(member, 0)` silences it. Names are
    /// not checked for likeness: the admin answers for them. Reverts after 65,535 members (panic 0x11).
    /// Errors: `BadRoles`, `AccessManagedUnauthorized`.
    /// @param name the organisation's name, for readers
    /// @param roles its roles
    /// @return member its number
    function registerMember(string calldata name, uint8 roles) external returns (uint16 member);

    /// @notice Replaces a member's roles.
    /// @dev Who: admin. Emits `RolesSet`. From the next call on; deliveries already open keep their carrier, which
    /// can report on them only while it has the role. Errors: `UnknownMember`, `BadRoles`,
    /// `AccessManagedUnauthorized`.
    /// @param member the member
    /// @param roles its roles from here on, 0 for none
    function setRoles(uint16 member, uint8 roles) external;

    /// @notice Lets an address write for a member.
    /// @dev Who: admin, with the delay the access manager sets. Emits `WriterAllowed`. An address serves one member
    /// for ever. Errors: `UnknownMember`, `WriterTaken`, `AccessManagedUnauthorized`.
    /// @param member the member
    /// @param writer the address
    function allowWriter(uint16 member, address writer) external;

    /// @notice Stops an address from writing, for ever.
    /// @dev Who: a writer of the same member (itself included), or who holds the access manager's role for this
    /// function, the guardian. Emits `WriterRemoved`. Cannot be undone: the address is never usable again. Errors:
    /// `UnknownWriter`, `AccessManagedUnauthorized`.
    /// @param writer the address
    function removeWriter(address writer) external;

    /// @notice A member's name and roles.
    /// @param member the number
    /// @return name empty for an unknown member
    /// @return roles 0 for an unknown member
    function member(uint16 member) external view returns (string memory name, uint8 roles);

    /// @notice The member an address writes for.
    /// @param writer the address
    /// @return member 0 where it may not write: never allowed, or removed
    function memberOf(address writer) external view returns (uint16 member);
}
