// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Record heads
/// @notice One hash chain per driver and one per carrier, over every entry that can move a reputation. Whoever holds
/// the entries computes the head and compares: nothing can be missing, added, altered or moved.
/// @dev `head' = keccak256(abi.encode(head, entryDigest, word, writer, block.number, block.timestamp))`, from zero.
/// entryDigest is the entry's EIP-712 struct hash; word the delivery's slot after the entry (a note's: as it stands, 0
/// without a delivery; a move's: the driver's slot after); writer the caller that entered it. Entries that name a
/// driver extend the driver's head; openings, key changes and entries with driver 0 the carrier's. Each extends
/// exactly one. Rejected items, registrations and driver keys extend none.
interface IHeads {
    /// @notice A driver's record head.
    /// @param driver the driver
    /// @return head zero before its first entry
    function driverHead(uint32 driver) external view returns (bytes32 head);

    /// @notice A carrier's record head.
    /// @param carrier the carrier's member number
    /// @return head zero before its first entry
    function carrierHead(uint16 carrier) external view returns (bytes32 head);
}
