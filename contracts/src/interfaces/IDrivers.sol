// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DriverKey, DriverMove} from "./Types.sol";

/// @title Drivers, their keys and their moves
/// @notice A driver is a number, from 1; who it is, only the carrier knows. A driver with a key takes its record
/// along to another carrier; without one it cannot move.
/// @dev Signatures are plain ECDSA over the EIP-712 digest, 65 bytes (r, s, v) or 64 (EIP-2098), low s, by the key
/// itself whether or not it has code. A nonce counts the signed messages used. A message can be used up to and
/// including its deadline.
interface IDrivers {
    /// @notice A carrier registered drivers, numbered `first` to `first + count - 1`.
    /// @param carrier the carrier
    /// @param first the first number
    /// @param count how many
    /// @param writer the carrier's writer
    event DriversRegistered(uint16 indexed carrier, uint32 first, uint32 count, address writer);

    /// @notice A driver has a key, its first or a new one.
    /// @param driver the driver
    /// @param key the key from here on
    /// @param nonce the nonce that was signed; the stored one is one more
    /// @param deadline the deadline that was signed
    /// @param writer the carrier's writer
    event DriverKeySet(uint32 indexed driver, address indexed key, uint32 nonce, uint32 deadline, address writer);

    /// @notice A driver went to another carrier.
    /// @param driver the driver
    /// @param from the carrier left
    /// @param to the carrier joined
    /// @param nonce the nonce that was signed; the stored one is one more
    /// @param deadline the deadline that was signed
    /// @param writer the new carrier's writer
    event DriverMoved(
        uint32 indexed driver, uint16 indexed from, uint16 indexed to, uint32 nonce, uint32 deadline, address writer
    );

    /// @notice No drivers were asked for. Do not retry.
    /// @param carrier the carrier that asked
    error ZeroDrivers(uint16 carrier);

    /// @notice The driver is not the caller's. Do not retry.
    /// @param driver the driver
    /// @param carrier its carrier, 0 for a number never given out
    error NotYourDriver(uint32 driver, uint16 carrier);

    /// @notice The nonce signed is not the driver's. Do not retry: sign again with the expected one.
    /// @param driver the driver
    /// @param given the nonce in the message
    /// @param expected the stored nonce
    error WrongNonce(uint32 driver, uint32 given, uint32 expected);

    /// @notice The message's deadline has passed. Do not retry: sign again with a later one.
    /// @param driver the driver
    /// @param deadline the deadline in the message
    error DeadlinePassed(uint32 driver, uint32 deadline);

    /// @notice The key is, or was, some driver's. Do not retry: use a fresh key.
    /// @param key the key
    /// @param driver the driver that has or had it
    error KeyTaken(address key, uint32 driver);

    /// @notice The signature is not by that key over this message. Do not retry: sign again.
    /// @param driver the driver
    /// @param key the key that should have signed
    error BadDriverSignature(uint32 driver, address key);

    /// @notice A driver without a key cannot move. Do not retry before it has one.
    /// @param driver the driver
    error KeylessDriver(uint32 driver);

    /// @notice The move does not start where the driver is. Do not retry.
    /// @param driver the driver
    /// @param from the carrier in the message
    /// @param carrier the driver's carrier, 0 for a number never given out
    error WrongCarrier(uint32 driver, uint16 from, uint16 carrier);

    /// @notice Only the new carrier brings a move, and it must be another. Do not retry.
    /// @param to the carrier in the message
    /// @param caller the caller's member
    error NotTheNewCarrier(uint16 to, uint16 caller);

    /// @notice Gives out driver numbers, without keys.
    /// @dev Who: a writer of a carrier. Emits `DriversRegistered`. Cannot be undone. Costs a slot each. Errors:
    /// `NotAWriter`, `MissingRole`, `ZeroDrivers`.
    /// @param count how many
    /// @return first the first number
    function registerDrivers(uint32 count) external returns (uint32 first);

    /// @notice Sets or replaces a driver's key.
    /// @dev Who: a writer of the driver's carrier, with the signatures. Emits `DriverKeySet`. A key once used by any
    /// driver is never taken again, so two drivers never share one; a key cannot be cleared. A lost key cannot be
    /// replaced: the driver stays where it is. The carrier could sign a first key itself; a driver should set it
    /// on the first day. Errors: `NotAWriter`, `MissingRole`, `NotYourDriver`, `WrongNonce`,
    /// `DeadlinePassed`, `KeyTaken`, `BadDriverSignature`.
    /// @param message driver, key, nonce, deadline
    /// @param newKeySignature by the new key
    /// @param oldKeySignature by the present key; not read where there is none
    function setDriverKey(DriverKey calldata message, bytes calldata newKeySignature, bytes calldata oldKeySignature)
        external;

    /// @notice Moves a driver, record and all, to the caller's member.
    /// @dev Who: a writer of the new carrier, with the driver's signature. Emits `DriverMoved` and extends the
    /// driver's head with the message's struct hash and the driver's slot after the move. Deliveries keep the
    /// drivers they name. Errors: `NotAWriter`, `MissingRole`, `NotTheNewCarrier`, `WrongCarrier`, `KeylessDriver`,
    /// `WrongNonce`, `DeadlinePassed`, `BadDriverSignature`.
    /// @param message driver, from, to, nonce, deadline
    /// @param signature by the driver's key
    function moveDriver(DriverMove calldata message, bytes calldata signature) external;

    /// @notice A driver's slot, unpacked.
    /// @param number the driver
    /// @return key its key, zero for none
    /// @return carrier its carrier, 0 for a number never given out
    /// @return nonce how many signed messages were used
    function driver(uint32 number) external view returns (address key, uint16 carrier, uint32 nonce);
}
