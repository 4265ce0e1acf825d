// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A delivery, packed into its one storage slot:
/// `recipientKey | driver << 160 | promisedBy << 192 | carrier << 224 | state << 240 | revision << 248`.
/// Zero is a delivery never opened; a word once written is never zero again, for its state is not.
type DeliveryWord is uint256;

using {
    recipientKey,
    driver,
    promisedBy,
    carrier,
    state,
    revision,
    replacements,
    exists,
    isTaken,
    isRateable,
    admits,
    replaces,
    afterReport,
    afterFeedback,
    afterKeyChange
} for DeliveryWord global;

// The state of a delivery just opened; the low four bits are the last outcome plus 1.
uint256 constant OPENED = 1;
// One driver replaced; the two bits from here count up to three.
uint256 constant ONE_REPLACED = 0x10;
uint256 constant MOST_REPLACED = 3;
// The recipient's key has been changed.
uint256 constant TAKEN = 0x40;
// Some outcome beyond 1 was reported: feedback is open, for good.
uint256 constant RATEABLE = 0x80;

uint8 constant DELIVERED = 3;
uint8 constant CANCELLED = 6;
uint8 constant LAST_OUTCOME = 7;

// Feedback and key changes are open for this long after the promise; a promise reaches no further ahead either.
uint256 constant OPEN_FOR = 366 days;

uint256 constant KEY_MASK = type(uint160).max;
uint256 constant DRIVER_MASK = uint256(type(uint32).max) << 160;
uint256 constant OUTCOME_MASK = uint256(0x0f) << 240;

// Byte n of the table is the set of low state nibbles that outcome n may follow, one bit each: 1, 2 and 3 follow the
// opening, 1, 2; 4 and 5 the opening, 1, 2, 3; 3 also 5; 6 the opening, 1, 2; 7 the opening; 3, 4, 5 and 7 also 6.
uint256 constant MAY_FOLLOW = 0x82_0e_9e_9e_ce_0e_0e_00;

/// The word of a delivery just opened.
function openedWord(address key, uint16 carrier_, uint32 promisedBy_) pure returns (DeliveryWord) {
    return DeliveryWord.wrap(
        uint256(uint160(key)) | uint256(promisedBy_) << 192 | uint256(carrier_) << 224 | OPENED << 240
    );
}

function recipientKey(DeliveryWord word) pure returns (address) {
    return address(uint160(DeliveryWord.unwrap(word)));
}

function driver(DeliveryWord word) pure returns (uint32) {
    return uint32(DeliveryWord.unwrap(word) >> 160);
}

function promisedBy(DeliveryWord word) pure returns (uint32) {
    return uint32(DeliveryWord.unwrap(word) >> 192);
}

function carrier(DeliveryWord word) pure returns (uint16) {
    return uint16(DeliveryWord.unwrap(word) >> 224);
}

function state(DeliveryWord word) pure returns (uint8) {
    return uint8(DeliveryWord.unwrap(word) >> 240);
}

function revision(DeliveryWord word) pure returns (uint8) {
    return uint8(DeliveryWord.unwrap(word) >> 248);
}

/// How many drivers were replaced, at most three.
function replacements(DeliveryWord word) pure returns (uint256) {
    return (DeliveryWord.unwrap(word) >> 244) & MOST_REPLACED;
}

function exists(DeliveryWord word) pure returns (bool) {
    return DeliveryWord.unwrap(word) != 0;
}

function isTaken(DeliveryWord word) pure returns (bool) {
    return DeliveryWord.unwrap(word) & TAKEN << 240 != 0;
}

function isRateable(DeliveryWord word) pure returns (bool) {
    return DeliveryWord.unwrap(word) & RATEABLE << 240 != 0;
}

/// Whether an outcome (1 to 7) may follow the last one.
function admits(DeliveryWord word, uint8 outcome) pure returns (bool) {
    uint256 last = (DeliveryWord.unwrap(word) >> 240) & 0x0f;
    return (MAY_FOLLOW >> (8 * uint256(outcome)) >> last) & 1 != 0;
}

/// Whether naming a driver replaces another.
function replaces(DeliveryWord word, uint32 driver_) pure returns (bool) {
    uint32 present = word.driver();
    return driver_ != 0 && present != 0 && driver_ != present;
}

/// The word after a report: its outcome, its driver unless that is 0, one replacement more where it replaces a driver,
/// RATEABLE from the first outcome beyond 1 on. The caller has seen that replacements are left.
function afterReport(DeliveryWord word, uint32 driver_, uint8 outcome) pure returns (DeliveryWord) {
    unchecked {
        uint256 next = DeliveryWord.unwrap(word) & ~OUTCOME_MASK | (uint256(outcome) + 1) << 240;
        if (outcome > 1) next |= RATEABLE << 240;
        if (word.replaces(driver_)) next += ONE_REPLACED << 240;
        if (driver_ != 0) next = next & ~DRIVER_MASK | uint256(driver_) << 160;
        return DeliveryWord.wrap(next);
    }
}

/// The word after a recorded revision. The caller has seen that the revision is below 255.
function afterFeedback(DeliveryWord word) pure returns (DeliveryWord) {
    unchecked {
        return DeliveryWord.wrap(DeliveryWord.unwrap(word) + (1 << 248));
    }
}

/// The word after a key change: the new key, TAKEN.
function afterKeyChange(DeliveryWord word, address newKey) pure returns (DeliveryWord) {
    return DeliveryWord.wrap(DeliveryWord.unwrap(word) & ~KEY_MASK | uint160(newKey) | TAKEN << 240);
}
