// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What every list of items has in common
/// @notice Every item of a list emits exactly one ledger event, in item order: its own, or `ItemRejected`. A
/// rejected item changes nothing and never reverts the others. What reverts a whole call is the caller's doing:
/// no role, lists of unequal length, words that are not of their type.
/// @dev A list that is cut short or wrongly encoded is refused by the ABI decoder, without data.
interface ILedger {
    /// @notice An item broke a rule and changed nothing.
    /// @param deliveryId the item's delivery, as given
    /// @param index the item's place in the list, from 0
    /// @param reason the first rule broken; see `Reasons.sol`. Time can cure 10, 23 and 30
    event ItemRejected(bytes32 indexed deliveryId, uint256 index, uint8 reason);

    /// @notice A word of an item has bits beyond its type. Do not retry: encode the item again.
    /// @param index the item's place in the list, from 0
    /// @param word the word's place in the item, from 0
    /// @param value the word
    error DirtyWord(uint256 index, uint256 word, uint256 value);

    /// @notice Items and signatures are not one for one. Do not retry.
    /// @param items how many items were given
    /// @param signatures how many signatures were given
    error UnequalLengths(uint256 items, uint256 signatures);

    /// @notice The caller may not write for any member: never allowed, or removed. Do not retry.
    /// @param caller the caller
    error NotAWriter(address caller);

    /// @notice The caller's member holds none of the roles the function asks for. Do not retry before it does.
    /// @param member the caller's member
    /// @param anyOf the roles, of which one would do
    error MissingRole(uint16 member, uint8 anyOf);

    /// @notice Too little gas is left to grant a wallet its full allowance. Retry with more.
    /// @param left gas that was left
    /// @param needed gas that must be left at that point
    error TooLittleGas(uint256 left, uint256 needed);
}
