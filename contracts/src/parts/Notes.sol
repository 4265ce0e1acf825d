// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {INotes} from "../interfaces/INotes.sol";
import {Note} from "../interfaces/Types.sol";
import {DeliveryWord} from "../lib/DeliveryWord.sol";
import {Digests} from "../lib/Digests.sol";
import {Items} from "../lib/Items.sol";
import {Reasons} from "../lib/Reasons.sol";
import {Heads} from "./Heads.sol";
import {Members} from "./Members.sol";

/// @title Notes
abstract contract Notes is Members, Heads, INotes {
    /// @inheritdoc INotes
    function note(Note[] calldata items) external restricted {
        Run memory run = _startRun();
        Note memory item = Items.blankNote();
        for (uint256 i; i < items.length; ++i) {
            Items.read(item, items[i], i);
            bytes32 id = item.deliveryId;
            DeliveryWord word = _deliveries[id].word;
            uint8 reason = _noteReason(item, word);
            if (reason != Reasons.NONE) {
                emit ItemRejected(id, i, reason);
                continue;
            }
            _extend(run, _owner(item.driver, item.carrier), Digests.structHash(item), DeliveryWord.unwrap(word));
            uint256 facts = uint256(item.kind) | uint256(uint160(msg.sender)) << 16;
            emit Noted(id, item.driver, item.carrier, facts, item.contentHash);
        }
        _endRun(run);
    }

    function _noteReason(Note memory item, DeliveryWord word) private view returns (uint8) {
        bytes32 id = item.deliveryId;
        uint32 driver = item.driver;
        uint16 carrier = item.carrier;
        if (id != 0 && !word.exists()) return Reasons.UNKNOWN_DELIVERY;
        if (driver != 0 && !_drivers[driver].exists()) return Reasons.UNKNOWN_DRIVER;
        if (carrier == 0 && driver == 0) return Reasons.UNKNOWN_CARRIER;
        if (carrier != 0 && !_members[carrier].everCarrier) return Reasons.UNKNOWN_CARRIER;
        if (carrier != 0 && id != 0 && carrier != word.carrier()) return Reasons.UNKNOWN_CARRIER;
        if (id != 0 && !_isNamed(id, word, driver)) return Reasons.NEVER_DROVE;
        return Reasons.NONE;
    }
}
