"""State and block overrides of calls: what is to be taken as different before a call runs. Nothing is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice, repeat
from typing import Any

from eth.abc import BlockHeaderAPI
from eth_typing import Address

from .errors import InvalidParams
from .hexes import read_address, read_data, read_hash, read_quantity, read_slot

_ACCOUNT_FIELDS = frozenset({"balance", "nonce", "code", "state", "stateDiff"})
_BLOCK_FIELDS = {
    "number": "number", "time": "time", "gasLimit": "gasLimit", "feeRecipient": "feeRecipient",
    "prevRandao": "prevRandao", "baseFeePerGas": "baseFeePerGas", "difficulty": "difficulty",
    "coinbase": "feeRecipient", "random": "prevRandao", "baseFee": "baseFeePerGas",
}  # fmt: skip
_VISIBLE_ANCESTORS = 256
_NO_HASH = b"\0" * 32


@dataclass(frozen=True, slots=True)
class AccountOverride:
    """What is different of one account; None leaves it. `replace` drops every slot that `slots` does not name."""

    address: bytes
    balance: int | None
    nonce: int | None
    code: bytes | None
    slots: dict[int, int]
    replace: bool


def read_state_overrides(value: object) -> Callable[[Any], None]:
    """Return what makes the overrides on a state before a call; `InvalidParams` for what cannot be overridden."""
    accounts = [_account(address, wanted) for address, wanted in _object(value, "state overrides").items()]

    def prepare(state: Any) -> None:
        for account in accounts:
            _apply(state, account)
        if accounts:
            state.lock_changes()

    return prepare


def _account(name: object, value: object) -> AccountOverride:
    address = read_address(name, "state overrides")
    wanted = _object(value, f"state overrides of {name}")
    unknown = set(wanted) - _ACCOUNT_FIELDS
    if unknown:
        raise InvalidParams(
            f"state overrides of {name}: {', '.join(sorted(unknown))} cannot be overridden; "
            f"use {', '.join(sorted(_ACCOUNT_FIELDS))}"
        )
    if "state" in wanted and "stateDiff" in wanted:
        raise InvalidParams(f"state overrides of {name}: has both state and stateDiff, choose one")
    slots = _object(wanted.get("state", wanted.get("stateDiff")), f"state overrides of {name}: slots")
    return AccountOverride(
        address,
        balance=None if wanted.get("balance") is None else read_quantity(wanted["balance"], "balance"),
        nonce=None
        if wanted.get("nonce") is None
        else read_quantity(wanted["nonce"], "nonce", maximum=2**64 - 2),
        code=None if wanted.get("code") is None else read_data(wanted["code"], "code"),
        slots={read_slot(slot, "slot"): read_slot(word, "slot value") for slot, word in slots.items()},
        replace="state" in wanted,
    )


def _apply(state: Any, account: AccountOverride) -> None:
    address = Address(account.address)
    if account.balance is not None:
        state.set_balance(address, account.balance)
    if account.nonce is not None:
        state.set_nonce(address, account.nonce)
    if account.code is not None:
        state.set_code(address, account.code)
    if account.replace:
        state.delete_storage(address)
    for slot, word in account.slots.items():
        state.set_storage(address, slot, word)


@dataclass(frozen=True, slots=True)
class BlockOverrides:
    """Header fields to change, by the header's names, and the block number where that changes."""

    fields: dict[str, Any]
    number: int | None

    def header(self, header: BlockHeaderAPI) -> BlockHeaderAPI:
        """Return the header with the changes."""
        return header.copy(**self.fields) if self.fields else header

    def ancestors(self, number: int, hashes: Iterable[bytes]) -> Iterator[bytes]:
        """Return the hashes of the ancestors as the changed number sees them; blocks that are not there have none.

        `number` is the block's own and `hashes` its ancestors', newest first.
        """
        wanted = number if self.number is None else self.number
        missing = min(max(wanted - number, 0), _VISIBLE_ANCESTORS)
        return chain(repeat(_NO_HASH, missing), islice(iter(hashes), max(number - wanted, 0), None))


def read_block_overrides(value: object) -> BlockOverrides:
    """Return the changes to the block's header; `InvalidParams` for what cannot be overridden."""
    wanted: dict[str, Any] = {}
    for name, given in _object(value, "block overrides").items():
        field = _BLOCK_FIELDS.get(name)
        if field is None:
            raise InvalidParams(
                f"block overrides: {name} cannot be overridden; use {', '.join(sorted(set(_BLOCK_FIELDS.values())))}"
            )
        if field in wanted:
            raise InvalidParams(f"block overrides: {field} is given twice")
        wanted[field] = given
    fields: dict[str, Any] = {}
    for field, name, maximum in (
        ("number", "block_number", 2**63 - 1),
        ("time", "timestamp", 2**63 - 1),
        ("gasLimit", "gas_limit", 2**63 - 1),
        ("baseFeePerGas", "base_fee_per_gas", 2**256 - 1),
    ):
        if wanted.get(field) is not None:
            fields[name] = read_quantity(wanted[field], field, maximum=maximum)
    if wanted.get("feeRecipient") is not None:
        fields["coinbase"] = read_address(wanted["feeRecipient"], "feeRecipient")
    if wanted.get("prevRandao") is not None:
        fields["mix_hash"] = read_hash(wanted["prevRandao"], "prevRandao")
    return BlockOverrides(fields, fields.get("block_number"))


def _object(value: object, what: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidParams(f"{what}: expected an object, got {value!r:.80}")
    return value
