"""One deployed ledger: typed reads of its present state, and its events."""

from __future__ import annotations

from dataclasses import dataclass

from chain_client.bindings.deployment import Deployment
from chain_client.domain.ids import Address, DeliveryId, DriverNumber, Hash32, MemberNumber
from chain_client.domain.records import LoggedEvent
from chain_client.domain.words import DeliveryWord, DriverWord
from chain_client.rpc.node import Node


@dataclass(frozen=True, slots=True)
class Member:
    """An organisation as the contract knows it."""

    number: MemberNumber
    name: str
    roles: int


class Ledger:
    """One deployed ledger."""

    node: Node
    deployment: Deployment

    @classmethod
    async def attach(cls, node: Node, deployment: Deployment) -> Ledger:
        """Return the ledger of this deployment, once it is certain that it is there."""
        raise NotImplementedError

    @property
    def address(self) -> Address:
        """The contract's address."""
        return self.deployment.identity.address

    async def delivery(self, delivery: DeliveryId, block: int | None = None) -> DeliveryWord | None:
        """Return a delivery."""
        raise NotImplementedError

    async def was_driver(self, delivery: DeliveryId, driver: DriverNumber, block: int | None = None) -> bool:
        """Return whether the driver was replaced on the delivery."""
        raise NotImplementedError

    async def driver(self, driver: DriverNumber, block: int | None = None) -> DriverWord | None:
        """Return a driver."""
        raise NotImplementedError

    async def member(self, number: MemberNumber, block: int | None = None) -> Member | None:
        """Return a member."""
        raise NotImplementedError

    async def member_of(self, writer: Address, block: int | None = None) -> MemberNumber | None:
        """Return whom an address writes for."""
        raise NotImplementedError

    async def driver_head(self, driver: DriverNumber, block: int | None = None) -> Hash32:
        """Return a driver's record head."""
        raise NotImplementedError

    async def carrier_head(self, carrier: MemberNumber, block: int | None = None) -> Hash32:
        """Return a carrier's record head."""
        raise NotImplementedError

    async def events(self, first: int, last: int) -> list[LoggedEvent]:
        """Return the ledger's events of blocks `first` to `last`, in order."""
        raise NotImplementedError

    async def estimate_batch(self, sender: Address, calldata: bytes) -> int:
        """Return the gas a batch would use."""
        raise NotImplementedError
