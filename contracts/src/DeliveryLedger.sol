// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IDeliveryLedger} from "./interfaces/IDeliveryLedger.sol";
import {LedgerStorage} from "./LedgerStorage.sol";
import {Drivers} from "./parts/Drivers.sol";
import {Feedbacks} from "./parts/Feedbacks.sol";
import {KeyChanges} from "./parts/KeyChanges.sol";
import {Notes} from "./parts/Notes.sol";
import {Owners} from "./parts/Owners.sol";
import {Reports} from "./parts/Reports.sol";

/// @title The delivery ledger
/// @notice Each part's interface is its manual. The code is immutable: no pause, no upgrade.
contract DeliveryLedger is LedgerStorage, Owners, Drivers, Reports, Feedbacks, KeyChanges, Notes, IDeliveryLedger {
    /// @param authority_ the access manager, already deployed: it decides who is admin and noter
    constructor(address authority_) AccessManaged(authority_) EIP712("DeliveryLedger", "1") {
        // An authority without code would leave a ledger that nobody can ever administer.
        if (authority_.code.length == 0) revert AccessManagedInvalidAuthority(authority_);
    }
}
