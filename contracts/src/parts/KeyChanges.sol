// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IKeyChanges} from "../interfaces/IKeyChanges.sol";
import {CompactSignature, KeyChange} from "../interfaces/Types.sol";
import {DeliveryWord, OPEN_FOR} from "../lib/DeliveryWord.sol";
import {Digests} from "../lib/Digests.sol";
import {Items} from "../lib/Items.sol";
import {Reasons} from "../lib/Reasons.sol";
import {Signatures} from "../lib/Signatures.sol";
import {Heads} from "./Heads.sol";

/// @title Key changes
abstract contract KeyChanges is Heads, EIP712, IKeyChanges {
    /// @inheritdoc IKeyChanges
    function changeKey(KeyChange[] calldata items, CompactSignature[] calldata signatures) external {
        if (items.length != signatures.length) revert UnequalLengths(items.length, signatures.length);
        Run memory run = _startRun();
        bytes32 domain = _domainSeparatorV4();
        KeyChange memory item = Items.blankKeyChange();
        for (uint256 i; i < items.length; ++i) {
            Items.read(item, items[i], i);
            DeliverySlot storage slot = _deliveries[item.deliveryId];
            DeliveryWord word = slot.word;
            uint8 reason = _keyChangeReason(item, word);
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

    /// @inheritdoc IKeyChanges
    function changeKeyFrom(KeyChange calldata item, bytes calldata signature) external {
        Run memory run = _startRun();
        KeyChange memory read = Items.blankKeyChange();
        Items.read(read, item, 0);
        DeliverySlot storage slot = _deliveries[read.deliveryId];
        DeliveryWord word = slot.word;
        uint8 reason = _keyChangeReason(read, word);
        bytes32 entryDigest = Digests.structHash(read);
        if (
            reason == Reasons.NONE
                && !Signatures.isAcceptedBy(word.recipientKey(), _hashTypedDataV4(entryDigest), signature)
        ) reason = Reasons.BAD_SIGNATURE;
        _settle(run, read, slot, word, entryDigest, 0, reason);
        _endRun(run);
    }

    /// @inheritdoc IKeyChanges
    function keyChangeDigest(KeyChange calldata item) external view returns (bytes32) {
        KeyChange memory read = Items.blankKeyChange();
        Items.read(read, item, 0);
        return _hashTypedDataV4(Digests.structHash(read));
    }

    /// Makes a change without a reason against it, rejects one with.
    function _settle(
        Run memory run,
        KeyChange memory item,
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
        word = word.afterKeyChange(item.newKey);
        slot.word = word;
        _extend(run, _owner(0, word.carrier()), entryDigest, DeliveryWord.unwrap(word));
        emit KeyChanged(id, item.newKey, msg.sender);
    }

    /// Everything a key change must satisfy except the signature.
    function _keyChangeReason(KeyChange memory item, DeliveryWord word) private view returns (uint8) {
        address newKey = item.newKey;
        if (!word.exists()) return Reasons.UNKNOWN_DELIVERY;
        if (block.timestamp > uint256(word.promisedBy()) + OPEN_FOR) return Reasons.CLOSED;
        if (word.isTaken()) return Reasons.ALREADY_CHANGED;
        if (newKey == address(0) || newKey == word.recipientKey()) return Reasons.NEW_KEY;
        return Reasons.NONE;
    }
}
