// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Delivery, Opening} from "./Types.sol";

/// @title Openings
/// @notice A shipper opens a delivery, names its carrier and binds the recipient's key, before anyone else can say a
/// word about it. Only shippers can: a carrier cannot invent deliveries.
interface IDeliveries {
    /// @notice A delivery was opened.
    /// @param deliveryId the delivery; its first two bytes are the shipper
    /// @param carrier the carrier
    /// @param recipientKey who speaks for the recipient
    /// @param facts `promisedBy | writer << 32`
    /// @param recordHash salted hash of the private record
    event Opened(
        bytes32 indexed deliveryId, uint16 indexed carrier, address recipientKey, uint256 facts, bytes32 recordHash
    );

    /// @notice Opens deliveries.
    /// @dev Who: a writer of a shipper. Each item emits `Opened` and extends its carrier's head, or is rejected: 1 the
    /// id begins with another member's number, 2 the delivery exists, 3 the key is zero, 4 the carrier is not one,
    /// 5 the promise is not in the future, 6 it is more than 366 days off. Cannot be undone; outcome 6 cancels.
    /// WARNING: nothing stops a shipper from binding a key it holds itself. Errors: `NotAWriter`, `MissingRole`,
    /// `DirtyWord`.
    /// @param items the openings
    function open(Opening[] calldata items) external;

    /// @notice A delivery's slot, unpacked.
    /// @param deliveryId the delivery
    /// @return all zero for an unknown delivery
    function delivery(bytes32 deliveryId) external view returns (Delivery memory);
}
