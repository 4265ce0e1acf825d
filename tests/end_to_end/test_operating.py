"""An operator's day: each fault is said by status and readiness, and the commands that it names cure it."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from chain_client.bindings.signer import TxFields
from chain_client.domain.ids import to_hex
from scripts.datadir import RELAY, DataDirectory
from tests.end_to_end.processes import Up, answer, doorstep, until, up

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for child processes in /proc")


class Network:
    """A running network with a shop and a carrier."""

    def __init__(self, data: Path, running: Up) -> None:
        self.data, self.api, self.rpc = data, running.ready["api"], running.ready["rpc"]

    def members(self) -> None:
        self.shop = answer("member", "add", "Shop", "--roles", "shipper", "--data", self.data)
        self.van = answer("member", "add", "Van", "--roles", "carrier", "--data", self.data)

    def ask(self, method: str, *params: object) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        headers = {"Authorization": f"Bearer {DataDirectory(self.data).devnet_token()}"}
        said = httpx.post(self.rpc, json=body, headers=headers, timeout=60).json()
        assert "error" not in said, said
        return said["result"]

    def open(self, *waybills: str) -> list[dict[str, Any]]:
        promised = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
        items = [{"waybill": one, "carrier": self.van["member"], "promised_by": promised} for one in waybills]
        key = {"Authorization": f"Bearer {self.shop['api_key']}"}
        said = httpx.post(f"{self.api}/v1/deliveries", json=items, headers=key, timeout=60)
        assert said.status_code == 202, said.text
        found: list[dict[str, Any]] = said.json()["items"]
        return found

    def states(self, items: list[dict[str, Any]]) -> set[str]:
        key = {"Authorization": f"Bearer {self.shop['api_key']}"}
        urls = [f"{self.api}/v1/intents/{one['intent']}" for one in items]
        return {httpx.get(url, headers=key, timeout=60).json()["state"] for url in urls}

    def recorded(self, items: list[dict[str, Any]]) -> None:
        until(lambda: self.states(items) == {"recorded"}, "it is not recorded")

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.api}/v1/status", timeout=60).json()
        return found

    def lane_causes(self) -> set[str]:
        return {one["stopped"]["cause"] for one in self.status()["lanes"] if one["stopped"]}

    def causes(self) -> set[str]:
        found = self.status()
        return {one["cause"] for one in (*found["reading"], *found["writing"])}


def ready_code(api: str) -> int:
    return httpx.get(f"{api}/readyz", timeout=60).status_code


def test_after_the_chain_went_back_the_commands_named_bring_everything_on_it_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with up(data, "--sample", "none") as running:
        net = Network(data, running)
        net.members()
        kept = net.open("WB-1")
        net.recorded(kept)
        anyone = {"jsonrpc": "2.0", "id": 1, "method": "evm_mine"}
        refused = httpx.post(net.rpc, json=anyone, timeout=60).json()["error"]
        assert "needs the node's token" in refused["message"], (
            "only the sample and the importer drive the chain"
        )
        before = net.ask("evm_snapshot")
        lost = net.open("WB-2", "WB-3")
        net.recorded(lost)
        assert net.status()["ready"] is True
        net.ask("evm_revert", before)
        until(lambda: "chain-behind" in net.causes(), "a chain shorter than the index is not said")
        assert ready_code(net.api) == 503
        for one in net.status()["reading"]:
            assert "doorstep rebuild" in one["remedy"]
            assert "doorstep lane resume --all" in one["remedy"]
        answer("rebuild", "--data", data)
        (shop,) = [one for one in answer("lane", "resume", "--all", "--data", data) if one["queued_again"]]
        assert shop["lost_with_the_chain"] == 2
        net.recorded([*kept, *lost])
        until(lambda: net.status()["ready"], "it does not get ready again")
        assert ready_code(net.api) == 200
        later = net.open("WB-4")
        net.recorded(later)
        assert answer("verify", "--data", data)["ok"] is True


def test_a_restored_database_is_named_and_resumed(tmp_path: Path) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy.db"
    with up(data, "--sample", "none") as running:
        net = Network(data, running)
        net.members()
        net.recorded(net.open("WB-1"))
        with closing(sqlite3.connect(data / "doorstep.db")) as connection:
            connection.execute(f"VACUUM INTO '{copy}'")
        net.recorded(net.open("WB-2"))
    for path in data.glob("doorstep.db*"):
        path.unlink()
    shutil.copy(copy, data / "doorstep.db")
    with up(data, "--sample", "none") as running:
        shop, van = net.shop, net.van
        net = Network(data, running)
        net.shop, net.van = shop, van
        waiting = net.open("WB-3")

        what = "the lane does not say that the database was restored"
        until(lambda: "database-restored" in net.lane_causes(), what)
        (lane,) = [one for one in answer("lane", "list", "--data", data) if one["state"] == "halted"]
        assert f"doorstep lane resume --writer {lane['writer']}" in lane["remedy"]
        answer("lane", "resume", "--writer", lane["writer"], "--data", data)
        net.recorded(waiting)
        assert ready_code(net.api) == 200


def test_a_relay_whose_key_is_used_elsewhere_promises_nothing_until_it_is_resumed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with up(data, "--sample", "none") as running:
        net = Network(data, running)
        relay = DataDirectory(data).signer(RELAY)
        until(lambda: any(one["member"] == 0 for one in net.status()["lanes"]), "the relay has no lane")
        other = TxFields(int(net.ask("eth_chainId"), 16), 0, relay.address, b"", 100_000, 0, 0)
        net.ask("eth_sendRawTransaction", to_hex(relay.sign_transaction(other)))
        until(lambda: "nonce-taken" in net.causes(), "an idle relay does not say that its nonce is used")
        assert ready_code(net.api) == 503
        ran = doorstep("status", "--data", data)
        assert ran.returncode == 3
        command = f"doorstep lane resume --writer {to_hex(relay.address)}"
        assert command in " ".join(ran.stdout.replace("│", " ").split())
        answer(*command.split()[1:], "--data", data)
        until(lambda: net.status()["ready"], "it does not get ready again")
        answer("lane", "list", "--data", data)


def test_a_busy_database_ends_no_worker_and_a_worker_that_ended_is_said(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with up(data, "--sample", "none") as running:
        net = Network(data, running)
        net.members()
        worker = running.children()["worker"]
        with closing(sqlite3.connect(data / "doorstep.db", isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            # Longer than any writer waits.
            log = data / "logs" / "worker.log"
            until(lambda: "database is locked" in log.read_text(), "the worker did not meet the lock")
            holder.execute("ROLLBACK")
        net.recorded(net.open("WB-1"))
        assert running.children()["worker"] == worker
    found = json.loads(doorstep("status", "--data", data, "--json").stdout)
    assert found["waiting"]["intents"] == 0
    with closing(sqlite3.connect(data / "doorstep.db")) as connection:
        connection.execute("UPDATE cursors SET observed_at = ?", (int(time.time()) - 61,))
        connection.commit()
    ran = doorstep("status", "--data", data)
    assert ran.returncode == 3
    assert "worker-silent" in ran.stdout
    assert "doorstep worker" in ran.stdout
