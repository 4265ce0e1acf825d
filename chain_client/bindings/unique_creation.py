"""Creating a contract at an address that no other network can have.

A creation's address follows from the sender and its nonce (or, by CREATE2, from a salt and the code), so a network that
is made again with the same keys would give a new contract an old address, and signatures made for the old one would be
valid there. Here the transaction's own code creates the contract by CREATE2 with 32 random bytes as salt.
"""

from __future__ import annotations

import secrets
from typing import Final

from chain_client.bindings.errors import ContractError
from chain_client.bindings.signer import Signer
from chain_client.bindings.transactions import transact
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import Address
from chain_client.rpc.node import Node
from chain_client.rpc.records import TxReceipt

_PUSH1: Final = b"\x60"
_PUSH3: Final = b"\x62"
_PUSH32: Final = b"\x7f"
_CODECOPY: Final = b"\x39"
_CREATE2: Final = b"\xf5"
_RETURN_EMPTY: Final = (
    b"\x50\x5f\x5f\xf3"  # POP, PUSH0, PUSH0, RETURN: the transaction's own contract stays without code
)
_LOADER_LENGTH: Final = 55


async def create_at_random_address(
    node: Node, signer: Signer, creation_code: bytes
) -> tuple[Address, TxReceipt]:
    """Create a contract at a random address by one transaction; return the address and the receipt.

    `creation_code` includes the constructor's arguments. Raises ContractError where the constructor reverts (without
    its reason), and as `transact`.
    """
    salt = secrets.token_bytes(32)
    receipt = await transact(node, signer, None, loader(salt, creation_code))
    if receipt.contract is None:
        raise ContractError("Unknown", {"transaction": "a creation without a contract in its receipt"})
    address = Address(keccak256(b"\xff" + receipt.contract + salt + keccak256(creation_code))[12:])
    if not await node.code(address):
        raise ContractError("Unknown", {"constructor": "it reverted: check its arguments"})
    return address, receipt


def loader(salt: bytes, creation_code: bytes) -> bytes:
    """Return code that, run as a transaction's creation code, creates `creation_code` by CREATE2 with `salt`."""
    size = len(creation_code).to_bytes(3, "big")
    # CODECOPY(0, end of the loader, size); CREATE2(0, 0, size, salt)
    copy = _PUSH3 + size + _PUSH1 + bytes((_LOADER_LENGTH,)) + _PUSH1 + b"\0" + _CODECOPY
    create = _PUSH32 + salt + _PUSH3 + size + _PUSH1 + b"\0" + _PUSH1 + b"\0" + _CREATE2
    code = copy + create + _RETURN_EMPTY
    assert len(code) == _LOADER_LENGTH, len(code)
    return code + creation_code
