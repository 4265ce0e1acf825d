"""One deployed ledger: typed reads of its state as it is now, or was at the end of a block, and its events.

Words and heads are read from their storage slots, which is also what anyone can prove; the rest through views.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from eth_abi.abi import decode

from chain_client.bindings import slots
from chain_client.bindings.artefact import ledger_artefact
from chain_client.bindings.deployment import Deployment
from chain_client.bindings.errors import LedgerGone, NoCode, WrongCode, read_revert
from chain_client.bindings.events import decode_log
from chain_client.domain.ids import Address, DeliveryId, DriverNumber, Hash32, MemberNumber
from chain_client.domain.records import LoggedEvent
from chain_client.domain.words import DeliveryWord, DriverWord
from chain_client.rpc.errors import CallReverted, WrongChain
from chain_client.rpc.node import Node


@dataclass(frozen=True, slots=True)
class Member:
    """An organisation as the contract knows it; `roles` as `domain.records.Role`; `owner` governs its writers."""

    number: MemberNumber
    name: str
    roles: int
    owner: Address


class Ledger:
    """One deployed ledger, reached through one node. Made by `attach`.

    Every read takes `block`: the state at that block's end, by default the newest. All raise NodeUnavailable (retry),
    and BlockUnknown where the node does not have that block's state.
    """

    def __init__(self, node: Node, deployment: Deployment) -> None:
        self.node: Final = node
        self.deployment: Final = deployment

    @classmethod
    async def attach(cls, node: Node, deployment: Deployment) -> Ledger:
        """Return the ledger of this deployment, once it is certain that the node has this one and no other.

        Raises WrongChain, LedgerGone where the genesis or the deployment's block is another, NoCode where nothing
        stands at the address, WrongCode where something else does. None of them is cured by trying again.
        """
        identity = deployment.identity
        if node.chain_id != identity.chain_id:
            raise WrongChain(node.url, identity.chain_id, node.chain_id)
        if node.genesis.hash != identity.genesis_hash:
            raise LedgerGone("the genesis block", identity.genesis_hash, node.genesis.hash, node.url)
        block = await node.block(identity.deploy_block)
        found = None if block is None else block.hash
        if found != identity.deploy_block_hash:
            what = f"the deployment's block {identity.deploy_block}"
            raise LedgerGone(what, identity.deploy_block_hash, found, node.url)
        code = await node.code(identity.address)
        if not code:
            raise NoCode(identity.address, node.chain_id, node.url)
        artefact = ledger_artefact()
        code_hash = artefact.masked_hash(code)
        if code_hash != artefact.code_hash:
            raise WrongCode(identity.address, artefact.code_hash, code_hash)
        return cls(node, deployment)

    @property
    def address(self) -> Address:
        """The contract's address."""
        return self.deployment.identity.address

    async def delivery(self, delivery: DeliveryId, block: int | None = None) -> DeliveryWord | None:
        """Return a delivery's word; None where it was never opened."""
        return DeliveryWord.unpack(await self._slot(slots.delivery_slot(delivery), block))

    async def was_driver(self, delivery: DeliveryId, driver: DriverNumber, block: int | None = None) -> bool:
        """Return whether a report replaced this driver on this delivery: an earlier one, still ratable."""
        return bool(await self._slot(slots.was_driver_slot(delivery, driver), block))

    async def driver(self, driver: DriverNumber, block: int | None = None) -> DriverWord | None:
        """Return a driver's word; None for a number never registered."""
        return DriverWord.unpack(await self._slot(slots.driver_slot(driver), block))

    async def driver_head(self, driver: DriverNumber, block: int | None = None) -> Hash32:
        """Return a driver's record head; zero before its first entry."""
        return _head(await self._slot(slots.driver_head_slot(driver), block))

    async def carrier_head(self, carrier: MemberNumber, block: int | None = None) -> Hash32:
        """Return a carrier's record head; zero before its first entry."""
        return _head(await self._slot(slots.carrier_head_slot(carrier), block))

    async def member(self, number: MemberNumber, block: int | None = None) -> Member | None:
        """Return a member; None for a number never given out."""
        name, roles, owner = await self._view("member", number, block=block)
        if int(owner, 16) == 0:
            return None
        return Member(number, name, roles, Address(bytes.fromhex(owner[2:])))

    async def member_of(self, writer: Address, block: int | None = None) -> MemberNumber | None:
        """Return the member that an address writes for; None where it may not write."""
        (number,) = await self._view("memberOf", writer, block=block)
        return MemberNumber(number) if number else None

    async def member_of_owner(self, owner: Address, block: int | None = None) -> MemberNumber | None:
        """Return the member that an address owns; None for none."""
        (number,) = await self._view("memberOfOwner", owner, block=block)
        return MemberNumber(number) if number else None

    async def writer_offered(self, member: MemberNumber, writer: Address, block: int | None = None) -> bool:
        """Return whether the member's owner has allowed an address that has not accepted yet."""
        (offered,) = await self._view("writerOffered", member, writer, block=block)
        return bool(offered)

    async def events(self, first: int, last: int) -> list[LoggedEvent]:
        """Return the ledger's events of blocks `first` to `last` (not above the head), in block and log order.

        Raises UnreadableLog for a log that this version does not write, BlockUnknown as `Node.logs`.
        """
        logs = await self.node.logs(self.address, first, last)
        return [event for event in map(decode_log, logs) if event is not None]

    async def estimate_batch(self, sender: Address, calldata: bytes) -> int:
        """Return the gas a call by `sender` would use now.

        Raises ContractError where the ledger would revert, GasLimitExceeded where a block does not hold it.
        """
        try:
            return await self.node.estimate(sender, self.address, calldata)
        except CallReverted as error:
            raise read_revert(error.data) from error

    async def _slot(self, slot: int, block: int | None) -> int:
        return await self.node.storage(self.address, slot, block)

    async def _view(self, function: str, *values: object, block: int | None) -> tuple[Any, ...]:
        artefact = ledger_artefact()
        answer = await self.node.call(self.address, artefact.calldata(function, *values), block=block)
        return decode(artefact.functions[function].output_types, answer)


def _head(word: int) -> Hash32:
    return Hash32(word.to_bytes(32, "big"))
