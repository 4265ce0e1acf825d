// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Note} from "./Types.sol";

/// @title Notes
/// @notice How later contracts (cases, exclusions, broken promises) add entries to a record head. A note changes no
/// delivery and hides nothing: what it means is the policy's affair.
interface INotes {
    /// @notice A note was entered.
    /// @param deliveryId the delivery it is about, zero for none
    /// @param driver the driver it is about, 0 for none
    /// @param carrier the carrier it is about, 0 for none
    /// @param facts `kind | writer << 16`; kind is the number the noting contract gives it
    /// @param contentHash hash of what is meant
    event Noted(
        bytes32 indexed deliveryId, uint32 indexed driver, uint16 indexed carrier, uint256 facts, bytes32 contentHash
    );

    /// @notice Enters notes.
    /// @dev Who: the access manager's role for this function, NOTER. Each item emits `Noted` and extends the driver's
    /// head, or with driver 0 the carrier's, with the delivery's slot as it stands (0 without a delivery). Or it is
    /// rejected: 10 an id that is not zero and not a delivery's, 50 unknown driver, 51 a carrier number that never was
    /// a carrier's, or is not the delivery's, or neither driver nor carrier given, 52 a driver never named on the
    /// delivery. So a note on a delivery extends no head but its carrier's and its drivers'. Cannot be undone; a later
    /// note may say so. Errors: `DirtyWord`, `AccessManagedUnauthorized`.
    /// @param items the notes
    function note(Note[] calldata items) external;
}
