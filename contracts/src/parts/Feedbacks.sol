// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IFeedbacks} from "../interfaces/IFeedbacks.sol";
import {CompactSignature, Feedback} from "../interfaces/Types.sol";
import {DeliveryWord, OPEN_FOR} from "../lib/DeliveryWord.sol";
import {Digests} from "../lib/Digests.sol";
import {Items} from "../lib/Items.sol";
import {Reasons} from "../lib/Reasons.sol";
import {Signatures} from "../lib/Signatures.sol";
import {Heads} from "./Heads.sol";

/// @title Feedback
abstract contract Feedbacks is Heads, EIP712, IFeedbacks {
    uint256 private constant BEST_RATING = 5;
    uint256 private constant ISSUE_COUNT = 11;
    /// Revisions above this are for whoever has taken the delivery over.
    uint256 private constant LAST_BEFORE_TAKEOVER = 127;

    /// @inheritdoc IFeedbacks
    function recordFeedback(Feedback[] calldata items, CompactSignature[] calldata signatures) external {
        if (items.length != signatures.length) revert UnequalLengths(items.length, signatures.length);
        Run memory run = _startRun();
        bytes32 domain = _domainSeparatorV4();
        Feedback memory item = Items.blankFeedback();
        for (uint256 i; i < items.length; ++i) {
            Items.read(item, items[i], i);
            DeliverySlot storage slot = _deliveries[item.deliveryId];
            DeliveryWord word = slot.word;
            uint8 reason = _feedbackReason(item, word);
            bytes32 entryDigest = 0;
            if (reason == Reasons.NONE) {
                entryDigest = Digests.structHash(item);
                bytes32 digest = MessageHashUtils.toTypedDataHash(domain, entryDigest);
                CompactSignature calldata signature = signatures[i];
                if (Signatures.signer(digest, signature.r, signature.vs) != word.recipientKey()) {
                    reason = Reasons.BAD_SIGNATURE;
                }
            }
            _settle(run, item, slot, word, entryDigest, i, reason);
        }
        _endRun(run);
    }

    /// @inheritdoc IFeedbacks
    function recordFeedbackFrom(Feedback calldata item, bytes calldata signature) external {
        Run memory run = _startRun();
        Feedback memory read = Items.blankFeedback();
        Items.read(read, item, 0);
        DeliverySlot storage slot = _deliveries[read.deliveryId];
        DeliveryWord word = slot.word;
        uint8 reason = _feedbackReason(read, word);
        bytes32 entryDigest = Digests.structHash(read);
        if (
            reason == Reasons.NONE
                && !Signatures.isAcceptedBy(word.recipientKey(), _hashTypedDataV4(entryDigest), signature)
        ) reason = Reasons.BAD_SIGNATURE;
        _settle(run, read, slot, word, entryDigest, 0, reason);
        _endRun(run);
    }

    /// @inheritdoc IFeedbacks
    function feedbackDigest(Feedback calldata item) external view returns (bytes32) {
        Feedback memory read = Items.blankFeedback();
        Items.read(read, item, 0);
        return _hashTypedDataV4(Digests.structHash(read));
    }

    /// Records an item without a reason against it, rejects one with.
    function _settle(
        Run memory run,
        Feedback memory item,
        DeliverySlot storage slot,
        DeliveryWord word,
        bytes32 entryDigest,
        uint256 index,
        uint8 reason
    ) private {
        bytes32 id = item.deliveryId;
        if (reason != Reasons.NONE) {
            emit ItemRejected(id, index, reason);
            return;
        }
        word = word.afterFeedback();
        slot.word = word;
        _extend(run, _owner(item.driver, word.carrier()), entryDigest, DeliveryWord.unwrap(word));
        emit FeedbackRecorded(id, item.driver, _facts(item, word.carrier()), item.contentHash);
    }

    /// Everything a feedback must satisfy except the signature.
    function _feedbackReason(Feedback memory item, DeliveryWord word) private view returns (uint8) {
        uint256 promised = word.promisedBy();
        uint256 revision = item.revision;
        uint32 driver = item.driver;
        if (!word.exists()) return Reasons.UNKNOWN_DELIVERY;
        if (!word.isRateable() && block.timestamp <= promised) return Reasons.TOO_EARLY;
        if (block.timestamp > promised + OPEN_FOR) return Reasons.CLOSED;
        if (revision != uint256(word.revision()) + 1) return Reasons.REVISION;
        if (revision > LAST_BEFORE_TAKEOVER && !word.isTaken()) return Reasons.REVISION_BEFORE_TAKEOVER;
        if (
            item.overall > BEST_RATING || item.timeliness > BEST_RATING || item.packaging > BEST_RATING
                || item.professionalism > BEST_RATING || item.accuracy > BEST_RATING
        ) return Reasons.RATING;
        if (item.issues >> ISSUE_COUNT != 0) return Reasons.ISSUE_BITS;
        if (!_isNamed(item.deliveryId, word, driver)) return Reasons.DRIVER_NEVER_NAMED;
        return Reasons.NONE;
    }

    function _facts(Feedback memory item, uint16 carrier) private view returns (uint256) {
        return uint256(item.overall) | uint256(item.timeliness) << 8 | uint256(item.packaging) << 16
            | uint256(item.professionalism) << 24 | uint256(item.accuracy) << 32 | uint256(item.issues) << 40
            | uint256(item.revision) << 72 | uint256(carrier) << 80 | uint256(uint160(msg.sender)) << 96;
    }
}
