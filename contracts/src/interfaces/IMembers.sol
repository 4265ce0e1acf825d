// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Members and their roles
/// @notice Members are numbered from 1, never renumbered and never removed. A member without roles can no longer
/// write; what it wrote stays.
/// @dev Roles: shipper 1, carrier 2, both 3; reviewer 4, alone. 0 is none.
interface IMembers {
    /// @notice A member was registered.
    /// @param member its number
    /// @param name its name
    /// @param roles its roles
    /// @param owner its owner
    event MemberRegistered(uint16 indexed member, string name, uint8 roles, address indexed owner);

    /// @notice A member's roles were replaced.
    /// @param member its number
    /// @param roles its roles from here on
    event RolesSet(uint16 indexed member, uint8 roles);

    /// @notice A name is 1 to 80 bytes of UTF-8. Do not retry: shorten it.
    /// @param length the length given, in bytes
    error BadName(uint256 length);

    /// @notice Not a set of roles: a reviewer holds no other. Do not retry.
    /// @param roles what was given
    error BadRoles(uint8 roles);

    /// @notice No such member. Do not retry before it is registered.
    /// @param member the number given
    error UnknownMember(uint16 member);

    /// @notice A member's owner cannot be the zero address. Do not retry.
    /// @param member the member
    error ZeroOwner(uint16 member);

    /// @notice The address owns a member already. Do not retry: use another address.
    /// @param owner the address
    /// @param member the member it owns
    error OwnerTaken(address owner, uint16 member);

    /// @notice Registers a member and gives it the next number.
    /// @dev Who: admin. Emits `MemberRegistered`. Cannot be undone; `setRoles(member, 0)` silences it. Its owner then
    /// allows its writers. Names are not checked for characters or likeness: the admin answers for them. Reverts
    /// after 65,535 members (panic 0x11). Errors: `AccessManagedUnauthorized`, `BadName`, `BadRoles`, `ZeroOwner`,
    /// `OwnerTaken`.
    /// @param name the organisation's name, for readers: 1 to 80 bytes
    /// @param roles its roles
    /// @param owner the address that governs it, which must not own another member
    /// @return number its number
    function registerMember(string calldata name, uint8 roles, address owner) external returns (uint16 number);

    /// @notice Replaces a member's roles.
    /// @dev Who: admin, with the delay the access manager sets. Emits `RolesSet`. From the next call on; deliveries
    /// already open keep their carrier, which can report on them only while it has the role. Errors:
    /// `AccessManagedUnauthorized`, `UnknownMember`, `BadRoles`.
    /// @param number the member
    /// @param roles its roles from here on, 0 for none
    function setRoles(uint16 number, uint8 roles) external;

    /// @notice A member's name, roles and owner.
    /// @param number the number
    /// @return name empty for an unknown member
    /// @return roles 0 for an unknown member
    /// @return owner zero for an unknown member
    function member(uint16 number) external view returns (string memory name, uint8 roles, address owner);
}
