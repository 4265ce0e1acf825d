// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A driver, packed into its one storage slot: `key | carrier << 160 | nonce << 176`. Zero is a number never given
/// out; a driver's carrier is never zero.
type DriverWord is uint256;

using {key, carrier, nonce, exists, withKey, movedTo} for DriverWord global;

uint256 constant DRIVER_KEY_MASK = type(uint160).max;
uint256 constant DRIVER_CARRIER_MASK = uint256(type(uint16).max) << 160;
uint256 constant ONE_NONCE = 1 << 176;

/// The word of a driver just registered: no key, no message used.
function registeredWord(uint16 carrier_) pure returns (DriverWord) {
    return DriverWord.wrap(uint256(carrier_) << 160);
}

function key(DriverWord word) pure returns (address) {
    return address(uint160(DriverWord.unwrap(word)));
}

function carrier(DriverWord word) pure returns (uint16) {
    return uint16(DriverWord.unwrap(word) >> 160);
}

function nonce(DriverWord word) pure returns (uint32) {
    return uint32(DriverWord.unwrap(word) >> 176);
}

function exists(DriverWord word) pure returns (bool) {
    return DriverWord.unwrap(word) != 0;
}

/// The word after a key was set: the new key, one more message used.
function withKey(DriverWord word, address newKey) pure returns (DriverWord) {
    return DriverWord.wrap((DriverWord.unwrap(word) & ~DRIVER_KEY_MASK | uint160(newKey)) + ONE_NONCE);
}

/// The word after a move: the new carrier, one more message used.
function movedTo(DriverWord word, uint16 to) pure returns (DriverWord) {
    return DriverWord.wrap((DriverWord.unwrap(word) & ~DRIVER_CARRIER_MASK | uint256(to) << 160) + ONE_NONCE);
}
