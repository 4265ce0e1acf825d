// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Why an item was rejected
/// @notice The numbers in `ItemRejected`. Within a verb they are checked in ascending order, after UNKNOWN_DELIVERY
/// and before BAD_SIGNATURE. Time can cure UNKNOWN_DELIVERY, FUTURE and TOO_EARLY.
library Reasons {
    uint8 internal constant NONE = 0;

    uint8 internal constant FOREIGN_ID = 1;
    uint8 internal constant EXISTS = 2;
    uint8 internal constant ZERO_KEY = 3;
    uint8 internal constant NOT_A_CARRIER = 4;
    uint8 internal constant PROMISE_NOT_AHEAD = 5;
    uint8 internal constant PROMISE_TOO_FAR = 6;

    uint8 internal constant UNKNOWN_DELIVERY = 10;
    uint8 internal constant BAD_SIGNATURE = 11;

    uint8 internal constant OUTCOME = 20;
    uint8 internal constant NOT_YOURS = 21;
    uint8 internal constant TRANSITION = 22;
    uint8 internal constant FUTURE = 23;
    uint8 internal constant TOO_OLD = 24;
    uint8 internal constant DRIVER_REQUIRED = 25;
    uint8 internal constant NOT_YOUR_DRIVER = 26;
    uint8 internal constant CANCELLATION_DRIVER = 27;
    uint8 internal constant TOO_MANY_DRIVERS = 28;
    uint8 internal constant TOO_LATE = 29;

    uint8 internal constant TOO_EARLY = 30;
    uint8 internal constant CLOSED = 31;
    uint8 internal constant REVISION = 32;
    uint8 internal constant REVISION_BEFORE_TAKEOVER = 33;
    uint8 internal constant RATING = 34;
    uint8 internal constant ISSUE_BITS = 35;
    uint8 internal constant DRIVER_NEVER_NAMED = 36;

    uint8 internal constant ALREADY_CHANGED = 40;
    uint8 internal constant NEW_KEY = 41;

    uint8 internal constant UNKNOWN_DRIVER = 50;
    uint8 internal constant UNKNOWN_CARRIER = 51;
    uint8 internal constant NEVER_DROVE = 52;
}
