// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Owners
/// @notice Each member has one owner, a cold key or a contract wallet: it alone allows the member's writers. An
/// owner hands a member over by an offer. Where the owner's key is lost, the admin starts a recovery, which waits
/// 14 days and which the present owner can veto.
/// @dev No function here but `startRecovery` is the admin's: it can neither allow a writer nor take a member from an
/// owner who looks once a fortnight. WARNING: whoever holds a stolen owner key can hand the member over to itself at
/// once, and can veto every recovery.
interface IOwners {
    /// @notice An owner offered its member, or withdrew its offer.
    /// @param member the member
    /// @param offered the address that may accept; zero where the offer was withdrawn
    event OwnerOffered(uint16 indexed member, address indexed offered);

    /// @notice A member has another owner. Its offer and its recovery are cleared.
    /// @param member the member
    /// @param from the owner until here, which owns no member now
    /// @param to the owner from here on
    event OwnerChanged(uint16 indexed member, address indexed from, address indexed to);

    /// @notice The admin started a recovery; it replaces one already running.
    /// @param member the member
    /// @param newOwner the address that may accept
    /// @param acceptFrom first instant at which it may
    event RecoveryStarted(uint16 indexed member, address indexed newOwner, uint48 acceptFrom);

    /// @notice The owner vetoed a recovery. The member's offer and its recovery are cleared.
    /// @param member the member
    /// @param owner the owner
    event RecoveryVetoed(uint16 indexed member, address indexed owner);

    /// @notice The caller owns no member. Do not retry.
    /// @param caller the caller
    error NotAnOwner(address caller);

    /// @notice The caller does not own this member. Do not retry.
    /// @param member the member
    /// @param caller the caller
    error NotTheOwner(uint16 member, address caller);

    /// @notice The member is neither offered to the caller nor being recovered for it. Do not retry.
    /// @param member the member
    /// @param caller the caller
    error NotOffered(uint16 member, address caller);

    /// @notice A recovery cannot be accepted yet. Retry from that time on.
    /// @param member the member
    /// @param acceptFrom first instant at which it can
    error RecoveryPending(uint16 member, uint48 acceptFrom);

    /// @notice The owner vetoed a recovery less than 90 days ago. Retry from that time on.
    /// @param member the member
    /// @param startFrom first instant at which a recovery can be started again
    error RecoveryBarred(uint16 member, uint48 startFrom);

    /// @notice No recovery is running. Do not retry.
    /// @param member the member
    error NoRecovery(uint16 member);

    /// @notice Offers the caller's member to another address.
    /// @dev Who: an owner, for its member. Emits `OwnerOffered`. Replaces an earlier offer; zero withdraws it. A running
    /// recovery stays. Errors: `NotAnOwner`.
    /// @param newOwner the address that may accept, zero for nobody
    function offerOwner(address newOwner) external;

    /// @notice Makes the caller the owner of a member.
    /// @dev Who: the offered address, at once; the address of a recovery, from 14 days after its start. Emits
    /// `OwnerChanged`. Clears offer and recovery, frees the old owner's address, and voids the writers the old owner
    /// offered that have not accepted yet; writers that accepted stay. Errors: `NotOffered`, `RecoveryPending`,
    /// `OwnerTaken` where the caller owns a member.
    /// @param member the member
    function acceptOwner(uint16 member) external;

    /// @notice Starts giving a member to a new owner whose predecessor lost its key.
    /// @dev Who: admin. Emits `RecoveryStarted`. Started again, it begins its 14 days again; there is no other way to
    /// replace it. The owner's offer stays. Errors: `AccessManagedUnauthorized`, `UnknownMember`, `ZeroOwner`,
    /// `RecoveryBarred` within 90 days of a veto.
    /// @param member the member
    /// @param newOwner the address that may accept
    function startRecovery(uint16 member, address newOwner) external;

    /// @notice Stops a recovery.
    /// @dev Who: the member's owner, until the recovery is accepted. Emits `RecoveryVetoed`. Clears offer and recovery;
    /// for 90 days no other can be started. Errors: `NotTheOwner`, `NoRecovery`.
    /// @param member the member
    function vetoRecovery(uint16 member) external;

    /// @notice The member an address owns.
    /// @param owner the address
    /// @return member 0 where it owns none
    function memberOfOwner(address owner) external view returns (uint16 member);

    /// @notice Who may become a member's owner, and when.
    /// @param member the member
    /// @return offered the address the owner offered it to, zero for none
    /// @return recovery the address of the running recovery, zero for none
    /// @return recoveryFrom first instant at which that recovery can be accepted, 0 for none
    /// @return vetoedAt when a recovery was last vetoed, 0 for never
    function succession(uint16 member)
        external
        view
        returns (address offered, address recovery, uint48 recoveryFrom, uint48 vetoedAt);
}
