"""Small contracts in raw bytecode, and accounts to call them with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from doorstep_devnet.testing import RpcClient
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak, to_checksum_address

CHAIN_ID = 20260
GENESIS = 1_500_000_000

OPS = {
    "STOP": 0x00, "ADD": 0x01, "SUB": 0x03, "LT": 0x10, "ISZERO": 0x15, "KECCAK": 0x20, "ADDRESS": 0x30, "CALLER": 0x33,
    "CALLDATALOAD": 0x35, "CALLDATASIZE": 0x36, "CALLDATACOPY": 0x37, "GASPRICE": 0x3A, "BLOCKHASH": 0x40,
    "COINBASE": 0x41, "TIMESTAMP": 0x42, "NUMBER": 0x43, "GASLIMIT": 0x45, "CHAINID": 0x46, "BASEFEE": 0x48,
    "POP": 0x50, "MLOAD": 0x51, "MSTORE": 0x52, "SLOAD": 0x54, "SSTORE": 0x55, "JUMP": 0x56, "JUMPI": 0x57, "GAS": 0x5A,
    "JUMPDEST": 0x5B, "DUP1": 0x80, "DUP2": 0x81, "SWAP1": 0x90, "LOG0": 0xA0, "LOG1": 0xA1, "LOG2": 0xA2,
    "LOG3": 0xA3, "LOG4": 0xA4, "CALL": 0xF1, "STATICCALL": 0xFA, "RETURN": 0xF3, "REVERT": 0xFD, "INVALID": 0xFE,
}  # fmt: skip


def assemble(text: str) -> bytes:
    """Words are mnemonics or numbers; a number is pushed in as few bytes as it takes."""
    code = b""
    for word in text.split():
        if word in OPS:
            code += bytes((OPS[word],))
        else:
            number = int(word, 0)
            size = max(1, (number.bit_length() + 7) // 8)
            code += bytes((0x5F + size,)) + number.to_bytes(size, "big")
    return code


def creation(runtime: bytes) -> bytes:
    """Code that leaves `runtime` as a contract."""
    size = len(runtime).to_bytes(2, "big")
    return b"\x61" + size + bytes.fromhex("80600c6000396000f3") + runtime


def logger(topics: int) -> bytes:
    """Emits one log: the first `topics` words of the calldata are its topics, the rest its data."""
    start = 32 * topics
    words = " ".join(f"{32 * place} CALLDATALOAD" for place in reversed(range(topics)))
    size = f"{start} CALLDATASIZE SUB"
    return assemble(f"{size} {start} 0 CALLDATACOPY {words} {size} 0 LOG{topics} STOP")


STORE = assemble("32 CALLDATALOAD 0 CALLDATALOAD SSTORE STOP")
REVERT = assemble("CALLDATASIZE 0 0 CALLDATACOPY CALLDATASIZE 0 REVERT")
INVALID = assemble("INVALID")
BURN = assemble("JUMPDEST 0 JUMP")
CONTEXT = assemble(
    "TIMESTAMP 0 MSTORE NUMBER 32 MSTORE 1 NUMBER SUB BLOCKHASH 64 MSTORE CHAINID 96 MSTORE BASEFEE 128 MSTORE "
    "GASLIMIT 160 MSTORE CALLER 192 MSTORE 224 0 RETURN"
)


def forwarder(target: str) -> bytes:
    """Calls `target` with its own calldata and all the gas it may give, and reverts when that fails."""
    call = f"0 0 CALLDATASIZE 0 0 {int(target, 16):#x} GAS CALL"
    body = f"CALLDATASIZE 0 0 CALLDATACOPY {call}"
    end = len(assemble(body)) + len(assemble("0x00 JUMPI 0 0 REVERT"))
    return assemble(f"{body} {end:#x} JUMPI 0 0 REVERT JUMPDEST STOP")


def word(value: int) -> bytes:
    """32 bytes, big end first."""
    return value.to_bytes(32, "big")


@dataclass
class Sender:
    """An account that counts its own nonces."""

    client: RpcClient
    name: str = "sender"
    nonce: int = 0
    chain_id: int = CHAIN_ID
    account: LocalAccount = field(init=False)

    def __post_init__(self) -> None:
        self.account = Account.from_key(keccak(text=self.name))

    @property
    def address(self) -> str:
        return str(self.account.address)

    def sign(self, **fields: Any) -> str:
        """A signed transaction; the nonce is the next unless given, the rest has defaults."""
        values = {
            "nonce": self.nonce,
            "chainId": self.chain_id,
            "gas": 1_000_000,
            "value": 0,
            "data": b"",
            **fields,
        }
        if "gasPrice" not in values and "maxFeePerGas" not in values:
            values |= {"maxFeePerGas": 0, "maxPriorityFeePerGas": 0}
        if "to" in values:
            values["to"] = to_checksum_address(values["to"])
        return "0x" + bytes(self.account.sign_transaction(values).raw_transaction).hex()

    async def send(self, **fields: Any) -> str:
        """Send without waiting; the hash."""
        tx_hash: str = await self.client.rpc("eth_sendRawTransaction", self.sign(**fields))
        if "nonce" not in fields:
            self.nonce += 1
        return tx_hash

    async def mined(self, **fields: Any) -> dict[str, Any]:
        """Send and wait; the receipt."""
        return await self.client.receipt(await self.send(**fields))

    async def deploy(self, runtime: bytes) -> str:
        """The address of a new contract with that code."""
        receipt = await self.mined(data=creation(runtime))
        assert receipt["status"] == "0x1", receipt
        address: str = receipt["contractAddress"]
        return address
