// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CompactSignature, Feedback} from "./Types.sol";

/// @title Feedback
/// @notice What recipients sign and anyone may bring. Whoever brings it can neither alter nor forge it, and nothing
/// but a key change, a recorded revision or the closing date voids it.
/// @dev Feedback is open once a report beyond 'out for delivery' is entered or the promise has passed, until 366 days
/// after the promise. A revision replaces the one before it in readers' eyes; on chain all stay. All ratings and
/// issues zero withdraws what was said where contentHash is zero too; with a contentHash it is a comment alone.
interface IFeedbacks {
    /// @notice Feedback was recorded.
    /// @param deliveryId the delivery
    /// @param driver the driver it is about, 0 for nobody
    /// @param facts `overall | timeliness << 8 | packaging << 16 | professionalism << 24 | accuracy << 32 |
    /// issues << 40 | revision << 72 | carrier << 80 | writer << 96`; the writer is whoever brought it
    /// @param contentHash salted hash of the private comment
    event FeedbackRecorded(bytes32 indexed deliveryId, uint32 indexed driver, uint256 facts, bytes32 contentHash);

    /// @notice Records feedback signed by recipients' keys.
    /// @dev Who: anyone. Each item emits `FeedbackRecorded` and extends the named driver's head, or with driver 0 the
    /// carrier's; the delivery's revision becomes the item's. Or it is rejected: 10 unknown delivery, 30 too early, 31
    /// closed, 32 not the next revision, 33 a revision above 127 before the key was changed (so that a stolen link
    /// cannot use them up), 34 a rating above 5, 35 an issue bit beyond 10, 36 a driver never named on the delivery,
    /// 11 not signed by the delivery's key: plain ECDSA, low s, whether or not the key has code. Cannot be undone.
    /// Errors: `UnequalLengths`, `DirtyWord`.
    /// @param items the feedback
    /// @param signatures one for each, in the same order
    function recordFeedback(Feedback[] calldata items, CompactSignature[] calldata signatures) external;

    /// @notice Records feedback signed by a wallet, through ERC-1271 alone.
    /// @dev Who: anyone. As `recordFeedback` with one item of index 0; the wallet is asked last, by a static call with
    /// exactly 200,000 gas. 11 where it has no code, reverts, runs out of gas or answers anything but the magic
    /// value. A caller who leaves too little gas to grant that gets `TooLittleGas`, never a rejection. Errors:
    /// `DirtyWord`, `TooLittleGas`.
    /// @param item the feedback
    /// @param signature what the wallet is shown
    function recordFeedbackFrom(Feedback calldata item, bytes calldata signature) external;

    /// @notice The EIP-712 digest a recipient signs.
    /// @param item the feedback
    /// @return digest for this contract on this chain
    function feedbackDigest(Feedback calldata item) external view returns (bytes32 digest);
}
