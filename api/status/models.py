"""What is said about the service itself."""

from __future__ import annotations

from pydantic import BaseModel, Field


class HealthModel(BaseModel):
    """The process answers."""

    status: str = Field(description="Always `ok`.")


class ReadyModel(BaseModel):
    """The index has caught up, so that answers are current, and what recipients sign is recorded."""

    status: str = Field(description="Always `ready`; anything else is a 503.")
    indexed_block: int
    lag: int = Field(description="Blocks that the node has and the index has not read.")


class WaitingModel(BaseModel):
    """What is accepted and not settled on chain yet."""

    intents: int
    oldest: str | None = Field(
        description="When the oldest was accepted, RFC 3339 UTC by this machine's clock."
    )
    oldest_seconds: int | None = Field(description="How long ago that was.")


class StopModel(BaseModel):
    """Why something stands still."""

    cause: str = Field(description="Kebab-case and stable; programs may decide by it.")
    detail: str = Field(description="What is wrong.")
    remedy: str = Field(description="What the operator does about it; it names the command.")
    since: str | None = Field(description="Since when, by this machine's clock; null where it is not known.")


class LaneModel(BaseModel):
    """One writer's lane."""

    writer: str | None = Field(description="The address; null where its key cannot be opened.")
    member: int = Field(description="0 for the relay.")
    in_flight: int = Field(description="Batches sent and not settled.")
    waiting: int = Field(description="Items of this member accepted and not settled.")
    halted: str | None = Field(description="Why it stopped until an operator resumes it; null while it runs.")
    stopped: StopModel | None = Field(
        description="What stops it, halted or waiting for something; null where nothing does."
    )


class ErasingModel(BaseModel):
    """What is erased for every reader and has not left the files of the service's database yet."""

    texts: int
    oldest: str | None = Field(
        description="When the oldest was erased, RFC 3339 UTC by this machine's clock."
    )
    held_by: list[str] = Field(
        description="The readers that are waited for: processes by number and program, this service's own by request."
    )


class StatusModel(BaseModel):
    """Where everything stands, from the database alone: no node is asked."""

    ready: bool
    not_ready_because: str | None
    reading: list[StopModel] = Field(description="What keeps answers from being current.")
    writing: list[StopModel] = Field(
        description="What keeps feedback and key changes from being recorded: while there is anything, they are answered "
        "503 and no receipt is given."
    )
    version: str
    engine: str | None = Field(description="What the node calls itself; null before the worker first saw it.")
    chain_id: int
    genesis_hash: str
    ledger: str = Field(description="The contract's address.")
    deploy_block: int
    head_block: int | None = Field(description="The node's head, as last observed.")
    final_block: int | None
    indexed_block: int | None
    indexed_block_hash: str | None
    indexed_block_time: str | None
    lag: int | None = Field(description="Blocks that the node has and the index has not read.")
    chain_time: str | None = Field(description="The chain's own clock, as last observed; rules go by it.")
    observed: str | None = Field(
        description="When the worker last looked at the node, by this machine's clock."
    )
    waiting: WaitingModel
    erasing: ErasingModel | None = Field(default=None, description="Null while the database does not answer.")
    lanes: list[LaneModel]
    index_halted: str | None = Field(description="Why the index stopped; null while it runs.")
    public_reputations: bool = Field(description="Whether reputations need no key.")
    public_record: bool = Field(description="Whether what stands on chain needs no key.")


class DomainModel(BaseModel):
    """The EIP-712 domain of every signature."""

    name: str
    version: str
    chainId: int
    verifyingContract: str


class RecoveryModel(BaseModel):
    """A recovery that the network's admin started because the owner's key is lost."""

    owner: str = Field(description="The address that may become the owner.")
    acceptable_from: str = Field(description="From then on, unless the present owner vetoes it before.")


class MemberModel(BaseModel):
    """An organisation on the network."""

    member: int
    name: str
    roles: list[str] = Field(description="shipper, carrier, reviewer.")
    owner: str = Field(description="The address that alone allows the member's writers.")
    recovery: RecoveryModel | None = Field(description="Null where none is running.")


class LedgerModel(BaseModel):
    """What a page needs to sign, and who is on the network."""

    domain: DomainModel
    types: dict[str, list[dict[str, str]]] = Field(
        description="EIP-712 types of what recipients and the relay sign."
    )
    genesis_hash: str
    deploy_block: int
    deploy_block_hash: str
    relay: str | None = Field(description="The address that signs receipts; null where none are given.")
    issues: dict[str, int] = Field(
        description="Issue names, and what each adds to `issues`: bit n is 2 to the n."
    )
    outcomes: dict[str, int] = Field(description="Outcome names and their numbers.")
    members: list[MemberModel]
    public_record: bool = Field(description="Whether what stands on chain needs no key.")
