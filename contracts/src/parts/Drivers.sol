// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IDrivers} from "../interfaces/IDrivers.sol";
import {DriverKey, DriverMove} from "../interfaces/Types.sol";
import {Digests} from "../lib/Digests.sol";
import {DriverWord, registeredWord} from "../lib/DriverWord.sol";
import {Signatures} from "../lib/Signatures.sol";
import {Heads} from "./Heads.sol";
import {CARRIER} from "./Members.sol";
import {Writers} from "./Writers.sol";

/// @title Drivers, their keys and their moves
abstract contract Drivers is Writers, Heads, EIP712, IDrivers {
    /// @inheritdoc IDrivers
    function registerDrivers(uint32 count) external returns (uint32 first) {
        uint16 caller = _callerWith(CARRIER);
        if (count == 0) revert ZeroDrivers(caller);
        first = _driverCount + 1;
        uint32 last = _driverCount + count;
        _driverCount = last;
        for (uint256 number = first; number <= last; ++number) {
            _drivers[uint32(number)] = registeredWord(caller);
        }
        emit DriversRegistered(caller, first, count, msg.sender);
    }

    /// @inheritdoc IDrivers
    function setDriverKey(DriverKey calldata message, bytes calldata newKeySignature, bytes calldata oldKeySignature)
        external
    {
        uint16 caller = _callerWith(CARRIER);
        uint32 number = message.driver;
        address newKey = message.key;
        DriverWord word = _drivers[number];
        if (word.carrier() != caller) revert NotYourDriver(number, word.carrier());
        if (message.nonce != word.nonce()) revert WrongNonce(number, message.nonce, word.nonce());
        _requireInTime(number, message.deadline);
        if (_driverOfKey[newKey] != 0) revert KeyTaken(newKey, _driverOfKey[newKey]);
        bytes32 digest = _hashTypedDataV4(Digests.structHash(message));
        _requireSigned(number, newKey, digest, newKeySignature);
        if (word.key() != address(0)) _requireSigned(number, word.key(), digest, oldKeySignature);
        _driverOfKey[newKey] = number;
        _drivers[number] = word.withKey(newKey);
        emit DriverKeySet(number, newKey, message.nonce, message.deadline, msg.sender);
    }

    /// @inheritdoc IDrivers
    function moveDriver(DriverMove calldata message, bytes calldata signature) external {
        uint16 caller = _callerWith(CARRIER);
        uint32 number = message.driver;
        DriverWord word = _drivers[number];
        if (message.to != caller || message.from == caller) revert NotTheNewCarrier(message.to, caller);
        if (!word.exists() || message.from != word.carrier()) revert WrongCarrier(number, message.from, word.carrier());
        if (word.key() == address(0)) revert KeylessDriver(number);
        if (message.nonce != word.nonce()) revert WrongNonce(number, message.nonce, word.nonce());
        _requireInTime(number, message.deadline);
        bytes32 entryDigest = Digests.structHash(message);
        _requireSigned(number, word.key(), _hashTypedDataV4(entryDigest), signature);
        DriverWord next = word.movedTo(caller);
        _drivers[number] = next;
        Run memory run = _startRun();
        _extend(run, number, entryDigest, DriverWord.unwrap(next));
        _endRun(run);
        emit DriverMoved(number, message.from, message.to, message.nonce, message.deadline, msg.sender);
    }

    /// @inheritdoc IDrivers
    function driver(uint32 number) external view returns (address key, uint16 carrier, uint32 nonce) {
        DriverWord word = _drivers[number];
        return (word.key(), word.carrier(), word.nonce());
    }

    function _requireInTime(uint32 number, uint32 deadline) private view {
        if (block.timestamp > deadline) revert DeadlinePassed(number, deadline);
    }

    function _requireSigned(uint32 number, address key, bytes32 digest, bytes calldata signature) private view {
        if (!Signatures.isSignedBy(key, digest, signature)) revert BadDriverSignature(number, key);
    }
}
