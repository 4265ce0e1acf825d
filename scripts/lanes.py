"""`doorstep lane list|resume`: what waits for each writer, and letting a lane go on that was halted."""

from __future__ import annotations

from typing import Any

from chain_client.domain.errors import DoorstepError, InvalidInput
from chain_client.domain.ids import Address, MemberNumber, to_hex
from chain_client.health import Account
from chain_client.outbox import reader, recovery
from chain_client.outbox.lanes import LaneKey
from chain_client.outbox.recovery import NoSuchLane, Resumed
from scripts.network import OpenNetwork
from scripts.output import Output


def show(found: Account, output: Output) -> None:
    """Write every lane: JSON, or a table."""
    lanes = [
        {
            "writer": None if lane.writer is None else to_hex(lane.writer),
            "member": lane.member,
            "waiting": lane.waiting.waiting,
            "in_flight": lane.in_flight,
            "state": "halted" if lane.halted else "stopped" if lane.stop else "runs",
            "cause": lane.stop and lane.stop.cause,
            "detail": lane.stop and lane.stop.words,
            "remedy": lane.stop and lane.stop.remedy,
        }
        for lane in found.lanes
    ]
    if output.json:
        output.document(lanes)
        return
    columns = ("writer", "member", "waiting", "in flight", "state", "why, and what to do")
    rows = [
        (
            one["writer"], one["member"], one["waiting"], one["in_flight"], one["state"],
            "" if one["cause"] is None else f"{one['cause']}: {one['detail']} {one['remedy']}",
        )
        for one in lanes
    ]  # fmt: skip
    output.table(f"{len(rows)} lanes", columns, rows)


async def resume(
    net: OpenNetwork, writer: Address | None, member: MemberNumber | None, *, every: bool
) -> tuple[list[Resumed], list[tuple[Address, DoorstepError]]]:
    """Let the lanes named go on; return what was done, and which could not, and why.

    Exactly one of the three says which. Raises InvalidInput otherwise, NoSuchLane where none is meant.
    """
    if sum((writer is not None, member is not None, every)) != 1:
        raise InvalidInput("--writer", "name one of --writer, --member and --all")
    async with net.store.read() as connection:
        lanes = await reader.lane_views(connection, net.ledger_id)
    wanted = [one for one in lanes if every or one.writer == writer or one.member == member]
    if not wanted and not every:
        raise NoSuchLane("No such lane was ever used; `doorstep lane list` shows those that were.")
    done: list[Resumed] = []
    failed: list[tuple[Address, DoorstepError]] = []
    for one in wanted:
        key = LaneKey(net.ledger_id, one.writer, one.member)
        try:
            done.append(await recovery.resume(net.store, net.node, net.ledger, key))
        except DoorstepError as error:
            failed.append((one.writer, error))
    return done, failed


def show_resumed(done: list[Resumed], failed: list[tuple[Address, DoorstepError]], output: Output) -> None:
    """Write what `resume` did; what failed goes to stderr as well."""
    content: list[dict[str, Any]] = [
        {
            "writer": to_hex(one.writer),
            "next_nonce": one.next_nonce,
            "queued_again": one.queued,
            "lost_with_the_chain": one.lost,
            "found_on_chain": one.found,
        }
        for one in done
    ]
    for writer, error in failed:
        output.warn(f"the lane of {to_hex(writer)} does not go on: {error}")
    if output.json:
        output.document(content)
    else:
        columns = ("writer", "next nonce", "queued again", "of them lost with the chain", "found on chain")
        output.table("Resumed", columns, [list(one.values()) for one in content])
