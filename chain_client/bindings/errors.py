"""What the contracts say when they revert, and what can be wrong with an address that should be a ledger.

domain.errors.DoorstepError
├── ContractError     a custom error of the ledger or its access manager, in words
├── Broken
│   ├── NoCode        there is no contract at the address
│   ├── WrongCode     there is another contract at the address
│   └── LedgerGone    the chain is not the one the ledger was deployed on
└── Unavailable
    └── NotMined      a transaction was sent and no receipt came in time
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from chain_client.bindings.artefact import ARTEFACTS, Entry
from chain_client.domain.errors import Broken, DoorstepError, Unavailable
from chain_client.domain.ids import Address, Hash32, to_hex

_ERROR_STRING: Final = bytes.fromhex("08c379a0")
_PANIC: Final = bytes.fromhex("4e487b71")

_WORDS: Final[dict[str, str]] = {
    "AccessManagedUnauthorized": "{caller} does not hold the role that this needs; ask the ledger's admin",
    "AccessManagedRequiredDelay": "{caller} may do this only after a delay of {delay} s: schedule it first",
    "AccessManagerUnauthorizedAccount": "{msgsender} does not hold role {roleId}; ask the ledger's admin",
    "BadName": "a name of {length} bytes: it must have 1 to 80 bytes of UTF-8",
    "BadDriverSignature": "the signature for driver {driver} is not by {key} over this message: sign again",
    "BadRoles": "{roles} is no set of roles: shipper 1, carrier 2, both 3, or reviewer 4 alone",
    "DeadlinePassed": "the message for driver {driver} expired at {deadline}: sign a new one",
    "DirtyWord": "word {word} of item {index} is {value}, beyond what its field holds",
    "KeyTaken": "{key} is, or was, the key of driver {driver}: use a fresh key",
    "KeylessDriver": "driver {driver} has no key, so it cannot sign a move: set one first",
    "MissingRole": "member {member} holds none of the roles {anyOf} (shipper 1, carrier 2, reviewer 4)",
    "NotAWriter": "{caller} may not write for any member: have it allowed first",
    "NoRecovery": "no recovery of member {member} is running",
    "NotAnOwner": "{caller} owns no member: use the owner's key",
    "NotOffered": "member {member} is neither offered to {caller} nor being recovered for it",
    "NotOfferedToWrite": "member {member}'s owner has not allowed {caller}: `doorstep writer allow` does",
    "NotTheOwner": "{caller} does not own member {member}: use the owner's key",
    "NotYourWriter": "{writer} writes for member {member}: only its owner or the writer itself removes it",
    "NotTheNewCarrier": "the move is to member {to}, the caller writes for member {caller}",
    "NotYourDriver": "driver {driver} belongs to member {carrier} (0: never registered)",
    "OwnerTaken": "{owner} owns member {member} already: use a fresh address",
    "RecoveryBarred": "a recovery of member {member} was vetoed; another can start from {startFrom} on",
    "RecoveryPending": "the recovery of member {member} can be accepted from {acceptFrom} on",
    "TooLittleGas": "{left} gas left, {needed} needed to ask the wallet: send with more gas",
    "UnequalLengths": "{items} items with {signatures} signatures: there must be one each",
    "UnknownMember": "there is no member {member}",
    "UnknownWriter": "{writer} is no writer: never allowed, or removed already",
    "WriterTaken": "{writer} serves, or served, member {member}: use a fresh address",
    "WrongCarrier": "driver {driver} is with member {carrier}, the move says member {from}",
    "WrongNonce": "driver {driver}'s nonce is {expected}, the message says {given}: sign again",
    "ZeroOwner": "a member needs an owner: give an address other than zero",
    "ZeroDrivers": "member {carrier} asked for no drivers: ask for at least one",
}
_PANICS: Final = {
    0x01: "assertion",
    0x11: "arithmetic overflow",
    0x12: "division by zero",
    0x32: "array index",
}


_TIMES: Final = frozenset({"startFrom", "acceptFrom", "deadline"})


def _readable(arguments: Mapping[str, object]) -> dict[str, object]:
    """Return the arguments with times as RFC 3339."""
    return {
        name: f"{datetime.fromtimestamp(value, UTC):%Y-%m-%dT%H:%M:%SZ}"
        if name in _TIMES and isinstance(value, int)
        else value
        for name, value in arguments.items()
    }


class ContractError(DoorstepError):
    """A contract reverted. `name` is its custom error's ('Error', 'Panic', or 'Unknown' otherwise), `arguments` its
    arguments by name, addresses and bytes as 0x-hex. Do not retry as is.
    """

    code = "contract-error"

    def __init__(self, name: str, arguments: Mapping[str, object]) -> None:
        self.name = name
        self.arguments = dict(arguments)
        words = _WORDS.get(name)
        listed = ", ".join(f"{key} {value}" for key, value in self.arguments.items())
        said = words.format_map(_readable(self.arguments)) if words else listed
        super().__init__(f"the contract refuses with {name}" + (f": {said}" if said else ""))


class NoCode(Broken):
    """There is no contract at the ledger's address. Do not retry: give the right address, or deploy."""

    code = "no-code"

    def __init__(self, address: Address, chain_id: int, url: str) -> None:
        self.address = address
        super().__init__(
            f"there is no contract at {to_hex(address)} on chain {chain_id} ({url}), an address with no code: give "
            "the address of a deployed ledger, or deploy one"
        )


class WrongCode(Broken):
    """The contract at the ledger's address is not this version's ledger. Do not retry: give the right address."""

    code = "wrong-code"

    def __init__(self, address: Address, expected: Hash32, found: Hash32) -> None:
        self.address = address
        self.expected = expected
        self.found = found
        super().__init__(
            f"the contract at {to_hex(address)} is not the delivery ledger this version knows (code hash "
            f"{to_hex(found)}, immutables masked; expected {to_hex(expected)}): give the address of a ledger of this "
            "version"
        )


class LedgerGone(Broken):
    """The chain is not the one that the ledger was deployed on. Do not retry: bring back that chain's data."""

    code = "ledger-gone"

    def __init__(self, what: str, expected: Hash32, found: Hash32 | None, url: str) -> None:
        self.what = what
        self.expected = expected
        self.found = found
        there = "does not exist" if found is None else f"is {to_hex(found)}"
        super().__init__(
            f"the ledger was deployed on another chain than {url} serves: {what} {there}, it was {to_hex(expected)}. "
            "A local chain that was deleted and started again is another chain: start over with a fresh data "
            "directory, or bring back the old chain's data"
        )


class NotMined(Unavailable):
    """A transaction was sent and is not mined in time; it may still be. Look for its receipt before sending another."""

    code = "not-mined"

    def __init__(self, tx_hash: Hash32, seconds: float) -> None:
        self.tx_hash = tx_hash
        super().__init__(f"transaction {to_hex(tx_hash)} is not mined after {seconds:g} s; it still may be")


def read_revert(data: bytes) -> ContractError:
    """Return what a contract's revert data says; data that is no known error comes back as 'Unknown', unread."""
    selector, body = data[:4], data[4:]
    try:
        if selector == _ERROR_STRING:
            return ContractError("Error", {"message": decode(["string"], body)[0]})
        if selector == _PANIC:
            number = decode(["uint256"], body)[0]
            return ContractError(
                "Panic", {"code": f"0x{number:02x}", "meaning": _PANICS.get(number, "other")}
            )
        entry = _errors().get(selector)
        if entry is not None:
            values = decode(entry.input_types, body)
            names = [parameter["name"] for parameter in entry.inputs]
            return ContractError(entry.name, {n: _shown(v) for n, v in zip(names, values, strict=True)})
    except (DecodingError, UnicodeDecodeError, OverflowError):
        pass
    return ContractError("Unknown", {"data": to_hex(data)} if data else {})


def _shown(value: object) -> object:
    return to_hex(value) if isinstance(value, bytes) else value


@cache
def _errors() -> dict[bytes, Entry]:
    return {entry.key: entry for artefact in ARTEFACTS for entry in artefact().errors.values()}
