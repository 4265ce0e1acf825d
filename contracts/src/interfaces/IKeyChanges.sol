// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CompactSignature, KeyChange} from "./Types.sol";

/// @title Key changes
/// @notice The recipient takes the delivery over with a key only their device holds, once, on first use. Whoever had
/// the link before can then no longer sign, and an earlier take-over by another shows at once.
interface IKeyChanges {
    /// @notice A delivery's key was changed, for good.
    /// @param deliveryId the delivery
    /// @param newKey who speaks for the recipient from here on
    /// @param writer who brought it
    event KeyChanged(bytes32 indexed deliveryId, address newKey, address writer);

    /// @notice Changes deliveries' keys.
    /// @dev Who: anyone, with the present key's signature. Each item emits `KeyChanged` and extends the carrier's head;
    /// signatures by the old key are void from there on. Or it is rejected: 10 unknown delivery, 31 closed, 40 changed
    /// already, 41 the new key is zero or the present one, 11 not signed by the present key. Cannot be undone or done
    /// twice. Errors: `UnequalLengths`, `DirtyWord`.
    /// @param items the key changes
    /// @param signatures one for each, in the same order
    function changeKey(KeyChange[] calldata items, CompactSignature[] calldata signatures) external;

    /// @notice Changes a delivery's key where the present one is a wallet, through ERC-1271 alone.
    /// @dev Who: anyone. As `changeKey` with one item of index 0; the wallet is asked as in `recordFeedbackFrom`.
    /// Errors: `DirtyWord`, `TooLittleGas`.
    /// @param item the key change
    /// @param signature what the wallet is shown
    function changeKeyFrom(KeyChange calldata item, bytes calldata signature) external;

    /// @notice The EIP-712 digest the present key signs.
    /// @param item the key change
    /// @return digest for this contract on this chain
    function keyChangeDigest(KeyChange calldata item) external view returns (bytes32 digest);
}
