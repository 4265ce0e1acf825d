// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// The messages of the ledger. Each is an EIP-712 type whose type string is its declaration as written here; the
// items that come in lists are static tuples, so that the n-th word of an item is its n-th field. All times are
// Unix seconds, UTC.

/// A shipper's announcement of one parcel to one door.
/// @param deliveryId first two bytes the shipper's member number, the other thirty chosen by the shipper
/// @param recipientKey address whose signature will speak for the recipient; a key pair or an ERC-1271 wallet
/// @param carrier member number of the carrier
/// @param promisedBy instant by which the parcel is promised
/// @param recordHash salted hash of the private record, zero where there is none
struct Opening {
    bytes32 deliveryId;
    address recipientKey;
    uint16 carrier;
    uint32 promisedBy;
    bytes32 recordHash;
}

/// What a carrier (or, for a cancellation, the shipper) says happened.
/// @param deliveryId the delivery
/// @param driver who drove; 0 while nobody is named, in a cancellation, and where no driver can be named any more
/// @param outcome 1 out for delivery, 2 attempted, 3 delivered, 4 returned, 5 lost, 6 cancelled, 7 not received
/// @param occurredAt when it happened
/// @param evidenceHash salted hash of private evidence, zero where there is none
struct Report {
    bytes32 deliveryId;
    uint32 driver;
    uint8 outcome;
    uint32 occurredAt;
    bytes32 evidenceHash;
}

/// What the recipient says of one driver's part in the delivery.
/// @param deliveryId the delivery
/// @param driver whom it is about: 0 nobody or the carrier as a whole, the present driver or an earlier one
/// @param overall rating 1 to 5, 0 not rated; so are the next four
/// @param timeliness rating
/// @param packaging rating
/// @param professionalism rating
/// @param accuracy rating
/// @param issues flags, bits 0 to 10
/// @param contentHash salted hash of the private comment, zero where there is none
/// @param revision one more than the delivery's stored revision
struct Feedback {
    bytes32 deliveryId;
    uint32 driver;
    uint8 overall;
    uint8 timeliness;
    uint8 packaging;
    uint8 professionalism;
    uint8 accuracy;
    uint32 issues;
    bytes32 contentHash;
    uint8 revision;
}

/// The recipient's move to a key that nobody else has held.
/// @param deliveryId the delivery
/// @param newKey the address that speaks for the recipient from here on
struct KeyChange {
    bytes32 deliveryId;
    address newKey;
}

/// An entry a later contract adds to a record head: an exclusion, its lifting, whatever it numbers.
/// @param deliveryId the delivery it is about, zero for none
/// @param driver the driver it is about, 0 for none
/// @param carrier the carrier it is about, 0 for none
/// @param kind number the noting contract gives it
/// @param contentHash hash of what is meant
struct Note {
    bytes32 deliveryId;
    uint32 driver;
    uint16 carrier;
    uint16 kind;
    bytes32 contentHash;
}

/// A driver's key, signed by that key and by the one it replaces.
/// @param driver the driver
/// @param key the new key
/// @param nonce the driver's stored nonce
/// @param deadline last instant at which the message can be used
struct DriverKey {
    uint32 driver;
    address key;
    uint32 nonce;
    uint32 deadline;
}

/// A driver's change of carrier, signed by the driver's key.
/// @param driver the driver
/// @param from the carrier left
/// @param to the carrier joined
/// @param nonce the driver's stored nonce
/// @param deadline last instant at which the message can be used
struct DriverMove {
    uint32 driver;
    uint16 from;
    uint16 to;
    uint32 nonce;
    uint32 deadline;
}

/// A signature in EIP-2098's form.
/// @param r as in ECDSA
/// @param vs s, with the parity of the curve point in the top bit
struct CompactSignature {
    bytes32 r;
    bytes32 vs;
}

/// A delivery's storage slot, unpacked.
/// @param recipientKey who speaks for the recipient
/// @param driver the driver last named, 0 for nobody
/// @param promisedBy instant by which the parcel is promised
/// @param carrier the carrier's member number
/// @param state low four bits the last outcome plus 1 (1: opened, 0: unknown delivery), 0x30 how many drivers were
/// replaced, 0x40 the key has been changed, 0x80 feedback is open
/// @param revision how many times feedback was recorded
struct Delivery {
    address recipientKey;
    uint32 driver;
    uint32 promisedBy;
    uint16 carrier;
    uint8 state;
    uint8 revision;
}
