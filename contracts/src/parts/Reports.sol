// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IReports} from "../interfaces/IReports.sol";
import {Report} from "../interfaces/Types.sol";
import {CANCELLED, DeliveryWord, LAST_OUTCOME, MOST_REPLACED} from "../lib/DeliveryWord.sol";
import {Digests} from "../lib/Digests.sol";
import {Items} from "../lib/Items.sol";
import {Reasons} from "../lib/Reasons.sol";
import {Deliveries} from "./Deliveries.sol";
import {CARRIER, SHIPPER} from "./Members.sol";

/// @title Reports
abstract contract Reports is Deliveries, IReports {
    /// A report of something longer ago is refused: nobody dates back.
    uint256 private constant REPORT_WITHIN = 7 days;
    /// Reports end this long after the promise: nobody adds to a driver's record years later.
    uint256 private constant REPORT_FOR = 180 days;

    /// @inheritdoc IReports
    function report(Report[] calldata items) external {
        uint16 caller = _callerWith(CARRIER | SHIPPER);
        Run memory run = _startRun();
        Report memory item = Items.blankReport();
        for (uint256 i; i < items.length; ++i) {
            Items.read(item, items[i], i);
            bytes32 id = item.deliveryId;
            uint32 driver = item.driver;
            DeliverySlot storage slot = _deliveries[id];
            DeliveryWord word = slot.word;
            uint8 reason = _reportReason(item, word, caller);
            if (reason != Reasons.NONE) {
                emit ItemRejected(id, i, reason);
                continue;
            }
            if (word.replaces(driver)) _wasDriver[id][word.driver()] = true;
            word = word.afterReport(driver, item.outcome);
            slot.word = word;
            uint16 carrier = word.carrier();
            _extend(run, _owner(driver, carrier), Digests.structHash(item), DeliveryWord.unwrap(word));
            emit Reported(id, driver, _facts(item, carrier), item.evidenceHash);
        }
        _endRun(run);
    }

    /// @inheritdoc IReports
    function wasDriver(bytes32 deliveryId, uint32 driver) external view returns (bool) {
        return _wasDriver[deliveryId][driver];
    }

    function _reportReason(Report memory item, DeliveryWord word, uint16 caller) private view returns (uint8) {
        uint8 outcome = item.outcome;
        uint32 driver = item.driver;
        uint256 occurredAt = item.occurredAt;
        if (!word.exists()) return Reasons.UNKNOWN_DELIVERY;
        if (outcome == 0 || outcome > LAST_OUTCOME) return Reasons.OUTCOME;
        uint16 author = outcome == CANCELLED ? _shipperOf(item.deliveryId) : word.carrier();
        if (author != caller) return Reasons.NOT_YOURS;
        if (!word.admits(outcome)) return Reasons.TRANSITION;
        if (occurredAt > block.timestamp) return Reasons.FUTURE;
        if (occurredAt + REPORT_WITHIN < block.timestamp) return Reasons.TOO_OLD;
        if (outcome == CANCELLED) {
            if (driver != 0) return Reasons.CANCELLATION_DRIVER;
        } else if (driver != word.driver()) {
            bool spent = word.replacements() == MOST_REPLACED;
            if (driver == 0 && !spent) return Reasons.DRIVER_REQUIRED;
            if (driver != 0 && _drivers[driver].carrier() != word.carrier()) return Reasons.NOT_YOUR_DRIVER;
            if (driver != 0 && spent) return Reasons.TOO_MANY_DRIVERS;
        }
        if (block.timestamp > uint256(word.promisedBy()) + REPORT_FOR) return Reasons.TOO_LATE;
        return Reasons.NONE;
    }

    function _facts(Report memory item, uint16 carrier) private view returns (uint256) {
        return uint256(item.occurredAt) | uint256(item.outcome) << 32 | uint256(carrier) << 40
            | uint256(uint160(msg.sender)) << 56;
    }
}
