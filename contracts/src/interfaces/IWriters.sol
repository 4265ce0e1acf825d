// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Writers
/// @notice The addresses that write for a member. Its owner offers, the address accepts, so that nobody can bind
/// another's address. An address serves one member permanently.
interface IWriters {
    /// @notice An owner offered an address to write for its member.
    /// @param member the member
    /// @param writer the address
    /// @param owner the owner
    event WriterOffered(uint16 indexed member, address indexed writer, address indexed owner);

    /// @notice An address accepted, and may write for a member.
    /// @param member the member
    /// @param writer the address
    event WriterAllowed(uint16 indexed member, address indexed writer);

    /// @notice An address may no longer write, permanently; or, where it had not accepted yet, its offer was withdrawn.
    /// @param member the member
    /// @param writer the address
    /// @param by the member's owner, or the address itself
    event WriterRemoved(uint16 indexed member, address indexed writer, address indexed by);

    /// @notice The address already serves, or served, a member. Do not retry: use a fresh address.
    /// @param writer the address
    /// @param member the member it serves or served
    error WriterTaken(address writer, uint16 member);

    /// @notice The member's present owner has not offered the caller to write. Do not retry before it does.
    /// @param member the member
    /// @param caller the caller
    error NotOfferedToWrite(uint16 member, address caller);

    /// @notice The address writes for no member, and the caller has no offer to it. Do not retry.
    /// @param writer the address
    error UnknownWriter(address writer);

    /// @notice Only the member's owner, or the writer itself, can remove it. Do not retry.
    /// @param writer the address
    /// @param member the member it writes for
    error NotYourWriter(address writer, uint16 member);

    /// @notice Offers an address to write for the caller's member.
    /// @dev Who: an owner, for its member. Emits `WriterOffered`. Nothing is bound before the address accepts. It can
    /// while the owner that offered it owns the member, unless `removeWriter` withdraws the offer. Errors: `NotAnOwner`,
    /// `WriterTaken`.
    /// @param writer the address
    function allowWriter(address writer) external;

    /// @notice Makes the caller a writer of a member.
    /// @dev Who: an address that the member's present owner offered. Emits `WriterAllowed`. Cannot be undone: the caller
    /// never serves another member. Errors: `WriterTaken`, `NotOfferedToWrite`.
    /// @param member the member
    function acceptWriter(uint16 member) external;

    /// @notice Stops an address from writing, permanently; or withdraws the caller's offer to one that has not accepted.
    /// @dev Who: the member's owner; the writer itself. No other writer, no admin. Emits `WriterRemoved`. Cannot be
    /// undone for an address that wrote: it is never usable again. An address whose offer was withdrawn can be offered
    /// again. Errors: `UnknownWriter`, `NotYourWriter`.
    /// @param writer the address
    function removeWriter(address writer) external;

    /// @notice The member an address writes for.
    /// @param writer the address
    /// @return member 0 where it may not write: never allowed, or removed
    function memberOf(address writer) external view returns (uint16 member);

    /// @notice Whether an address can accept to write for a member.
    /// @param member the member
    /// @param writer the address
    /// @return whether the present owner offered it, and it never served a member
    function writerOffered(uint16 member, address writer) external view returns (bool);
}
