"""What the verbs cost, measured: `python tests/contracts/ledger_gas.py` writes the snapshot anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path

from ledger_harness import Result, actor
from ledger_world import COURIER, COURIER_WRITER, LATER, OWNERS, RECIPIENT, RELAY, RIVAL, World

from chain_client.domain.records import DriverKey, DriverMove

SNAPSHOT = Path(__file__).parent / "gas_snapshot.json"
BATCH = 200


def measure(world: World) -> dict[str, int]:
    """Return gas by what was done; per item, rounded up, for lists of 200.

    Drivers have a record already: the first entry of a driver costs 17,100 more, once.
    """
    before = world.chain.snapshot()
    world.must(COURIER_WRITER, "registerDrivers", BATCH)
    _give_records(world)
    start = world.chain.snapshot()
    measured = {"deploy": world.deployed.gas_used}
    by_order: dict[str, Callable[[int], int]] = {
        "5 drivers in turn": lambda n: _driver(n % 5),
        "5 drivers in runs": lambda n: _driver(n * 5 // BATCH),
        "100 drivers in turn": lambda n: _driver(n % 100),
        "200 drivers": _driver,
    }
    for order, driver in by_order.items():
        for name, gas in _lists(world, driver).items():
            measured[f"{name}, {order}"] = gas
        world.chain.restore(start)
    measured |= _singles(world)
    world.chain.restore(before)
    return dict(sorted(measured.items()))


def _driver(n: int) -> int:
    """The courier's n-th driver of those registered for measuring."""
    return 16 + n


def _give_records(world: World) -> None:
    numbers = range(BATCH, 2 * BATCH)
    world.open(*[world.opening(n) for n in numbers])
    named = world.report(*[world.outcome(1, n, driver=_driver(n - BATCH)) for n in numbers])
    assert named.reasons == [0] * BATCH


def _per_item(result: Result) -> int:
    assert result.reasons == [0] * BATCH, result.error
    return -(-result.gas_used // BATCH)


def _lists(world: World, driver: Callable[[int], int]) -> dict[str, int]:
    every = range(BATCH)
    opened = world.open(*[world.opening(n) for n in every])
    out = world.report(*[world.outcome(1, n, driver=driver(n)) for n in every])
    done = world.report(*[world.outcome(3, n, driver=driver(n)) for n in every])
    before = world.chain.snapshot()
    replaced = world.report(*[world.outcome(5, n, driver=_other(driver(n))) for n in every])
    world.chain.restore(before)
    rated = world.rate(*[world.feedback(n, driver=driver(n)) for n in every])
    again = world.rate(*[world.feedback(n, driver=driver(n), revision=2) for n in every])
    noted = world.note(*[world.note_of(n, driver=driver(n)) for n in every])
    changed = world.change_key(*[world.key_change(n) for n in every])
    return {
        "open": _per_item(opened),
        "report, first naming the driver": _per_item(out),
        "report, driver known": _per_item(done),
        "report, replacing the driver": _per_item(replaced),
        "feedback": _per_item(rated),
        "feedback, second revision": _per_item(again),
        "note": _per_item(noted),
        "key change": _per_item(changed),
    }


def _other(driver: int) -> int:
    """Another of the courier's drivers: next but one of five, or of two hundred."""
    return 16 + (driver - 16 + 2) % (5 if driver < 21 else BATCH)


def _singles(world: World) -> dict[str, int]:
    phone, clerk = actor("phone"), actor("clerk")
    first, move = DriverKey(1, phone.address, 0, LATER), DriverMove(1, COURIER, RIVAL, 1, LATER)
    item = world.feedback()
    wallet, _ = world.chain.deploy(RELAY, "TestWallet", RECIPIENT.address)
    steps = {
        "one open": world.open(world.opening()),
        "one report": world.report(world.outcome()),
        "one feedback": world.rate(item),
        "one open for a wallet": world.open(world.opening(2, recipient_key=wallet)),
        "one report for a wallet": world.report(world.outcome(number=2)),
    }
    from_wallet = world.feedback(2)
    steps |= {
        "one feedback from a wallet": world.send(
            RELAY, "recordFeedbackFrom", astuple(from_wallet), world.long_signature(from_wallet, RECIPIENT)
        ),
        "register 100 drivers": world.must(COURIER_WRITER, "registerDrivers", 100),
        "set a driver's key": world.set_key(first, world.signature(first, phone)),
        "move a driver": world.move(move, world.signature(move, phone)),
        "allow a writer": world.must(OWNERS[COURIER], "allowWriter", clerk.address),
        "accept to write": world.must(clerk, "acceptWriter", COURIER),
        "remove a writer": world.must(OWNERS[COURIER], "removeWriter", clerk.address),
    }
    for name, result in steps.items():
        assert result.succeeded, name
        assert "ItemRejected" not in result.names, name
    return {name: result.gas_used for name, result in steps.items()}


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(measure(World()), indent=1) + "\n", encoding="utf-8")
