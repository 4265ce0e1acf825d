// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Report} from "./Types.sol";

/// @title Reports
/// @notice What the carrier, or for a cancellation the shipper, says happened. A report cannot be taken back, dated
/// back more than 7 days, or dated forward.
/// @dev An outcome may follow these last outcomes: 1, 2 and 3 follow the opening, 1, 2; 4 and 5 follow the opening, 1,
/// 2, 3; 3 also follows 5 (found again); 6 follows the opening, 1, 2; 7 the opening; and 3, 4, 5, 7 also follow 6: a
/// parcel on its way may still arrive, and a carrier may refuse a parcel it never got. 4 and 7 end the delivery.
interface IReports {
    /// @notice A report was entered.
    /// @param deliveryId the delivery
    /// @param driver the driver named, 0 for nobody
    /// @param facts `occurredAt | outcome << 32 | carrier << 40 | writer << 56`
    /// @param evidenceHash salted hash of private evidence
    event Reported(bytes32 indexed deliveryId, uint32 indexed driver, uint256 facts, bytes32 evidenceHash);

    /// @notice Enters reports.
    /// @dev Who: a writer of a carrier or shipper. Each item emits `Reported` and extends the named driver's head, or
    /// with driver 0 the carrier's; any outcome beyond 1 opens feedback for good; a driver it replaces stays ratable.
    /// Or it is rejected: 10 unknown delivery, 20 no such outcome, 21 not the caller's to report (1 to 5 and 7 the
    /// delivery's carrier, 6 its shipper), 22 the outcome cannot follow the last one, 23 in the future, 24 more than
    /// 7 days ago, 25 a driver is known and none is named, 26 the driver newly named is not the delivery's
    /// carrier's, 27 a cancellation names a driver, 28 three drivers were replaced already, 29 more than 180 days after
    /// the promise. After three replacements driver 0 may be named. A report that names driver 0 leaves the
    /// delivery's driver as it is, a cancellation always. Cannot be undone. Errors: `NotAWriter`, `MissingRole`,
    /// `DirtyWord`.
    /// @param items the reports
    function report(Report[] calldata items) external;

    /// @notice Whether a driver was named on a delivery and then replaced.
    /// @dev Also true for a driver named anew later.
    /// @param deliveryId the delivery
    /// @param driver the driver
    /// @return whether a report once replaced it
    function wasDriver(bytes32 deliveryId, uint32 driver) external view returns (bool);
}
