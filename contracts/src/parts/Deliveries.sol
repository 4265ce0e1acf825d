// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeliveries} from "../interfaces/IDeliveries.sol";
import {Delivery, Opening} from "../interfaces/Types.sol";
import {DeliveryWord, OPEN_FOR, openedWord} from "../lib/DeliveryWord.sol";
import {Digests} from "../lib/Digests.sol";
import {Items} from "../lib/Items.sol";
import {Reasons} from "../lib/Reasons.sol";
import {Heads} from "./Heads.sol";
import {SHIPPER} from "./Members.sol";
import {Writers} from "./Writers.sol";

/// @title Openings
abstract contract Deliveries is Writers, Heads, IDeliveries {
    /// @inheritdoc IDeliveries
    function open(Opening[] calldata items) external {
        uint16 caller = _callerWith(SHIPPER);
        Run memory run = _startRun();
        Opening memory item = Items.blankOpening();
        // The carrier last seen to be one: openings of a list are mostly one carrier's.
        uint16 known = 0;
        for (uint256 i; i < items.length; ++i) {
            Items.read(item, items[i], i);
            bytes32 id = item.deliveryId;
            DeliverySlot storage slot = _deliveries[id];
            uint8 reason = _openingReason(item, slot.word, caller, known);
            if (reason != Reasons.NONE) {
                emit ItemRejected(id, i, reason);
                continue;
            }
            known = item.carrier;
            DeliveryWord word = openedWord(item.recipientKey, known, item.promisedBy);
            slot.word = word;
            _extend(run, _owner(0, known), Digests.structHash(item), DeliveryWord.unwrap(word));
            uint256 facts = uint256(item.promisedBy) | uint256(uint160(msg.sender)) << 32;
            emit Opened(id, known, item.recipientKey, facts, item.recordHash);
        }
        _endRun(run);
    }

    /// @inheritdoc IDeliveries
    function delivery(bytes32 deliveryId) external view returns (Delivery memory) {
        DeliveryWord word = _deliveries[deliveryId].word;
        return Delivery({
            recipientKey: word.recipientKey(),
            driver: word.driver(),
            promisedBy: word.promisedBy(),
            carrier: word.carrier(),
            state: word.state(),
            revision: word.revision()
        });
    }

    /// The member whose number the id begins with.
    function _shipperOf(bytes32 deliveryId) internal pure returns (uint16) {
        return uint16(bytes2(deliveryId));
    }

    function _openingReason(Opening memory item, DeliveryWord word, uint16 caller, uint16 known)
        private
        view
        returns (uint8)
    {
        uint16 carrier = item.carrier;
        uint256 promised = item.promisedBy;
        if (_shipperOf(item.deliveryId) != caller) return Reasons.FOREIGN_ID;
        if (word.exists()) return Reasons.EXISTS;
        if (item.recipientKey == address(0)) return Reasons.ZERO_KEY;
        if ((carrier != known || known == 0) && !_isCarrier(carrier)) return Reasons.NOT_A_CARRIER;
        if (promised <= block.timestamp) return Reasons.PROMISE_NOT_AHEAD;
        if (promised > block.timestamp + OPEN_FOR) return Reasons.PROMISE_TOO_FAR;
        return Reasons.NONE;
    }
}
