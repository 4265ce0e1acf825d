// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeliveries} from "./IDeliveries.sol";
import {IDrivers} from "./IDrivers.sol";
import {IFeedbacks} from "./IFeedbacks.sol";
import {IHeads} from "./IHeads.sol";
import {IKeyChanges} from "./IKeyChanges.sol";
import {ILedger} from "./ILedger.sol";
import {IMembers} from "./IMembers.sol";
import {INotes} from "./INotes.sol";
import {IOwners} from "./IOwners.sol";
import {IReports} from "./IReports.sol";
import {IWriters} from "./IWriters.sol";

/// @title The delivery ledger
/// @notice The record of deliveries, reports and feedback that nobody can quietly change or drop. No pause, no
/// guardian, no upgrade, no owner of the data: see each part's interface for its rules.
/// @dev Administration is OpenZeppelin's AccessManager (`authority()`); EIP-712 domain: `eip712Domain()`.
interface IDeliveryLedger is
    ILedger,
    IMembers,
    IOwners,
    IWriters,
    IHeads,
    IDrivers,
    IDeliveries,
    IReports,
    IFeedbacks,
    IKeyChanges,
    INotes
{}
