"""`doorstep up` as a process tree: the sample, verification, a second run, and ends of every kind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from chain_client.domain.ids import parse_delivery_id
from chain_client.domain.links import decode_secret, encode_secret, read_token
from tests.end_to_end.processes import Up, alive, answer, doorstep, until, up

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for child processes in /proc")

WEEK = 7 * 86_400
SAMPLE_ENTRIES = {"opening": 85, "report": 177, "feedback": 67, "key_change": 11}


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the sample in it, nothing running; no test may change it."""
    data = tmp_path_factory.mktemp("sampled") / "data"
    with up(data, "--sample", "demo", "--public"):
        pass
    return data


@pytest.fixture
def data(sampled: Path, tmp_path: Path) -> Path:
    """A copy of it, for a test to do with as it likes."""
    return Path(shutil.copytree(sampled, tmp_path / "data"))


def test_sample_is_there_verified_and_not_added_twice(data: Path) -> None:
    with up(data, "--sample", "demo", "--public") as running:
        assert running.ready.keys() == {
            *("ready", "api", "rpc", "chain_id", "ledger"),
            *("tracking", "dashboard", "explorer"),
        }
        check_links(running)
        check_entries(data)
        spans_twelve_weeks(data)
        served = httpx.get(f"{running.ready['api']}/v1/drivers/3/reputation").json()
        assert served["standing"] == "investigate"
        found = answer("verify", "--data", data)
        assert found["ok"] is True
        assert found["not_compared"] == []
        assert found["compared"]["reputations served by the API"] == 4 + 2 + 1


def check_entries(data: Path) -> list[dict[str, Any]]:
    """All of the sample is there, once, and says what it says of the drivers; return its entries."""
    entries = [json.loads(line) for line in doorstep("history", "--data", data, "--json").stdout.splitlines()]
    kinds = Counter(one["kind"] for one in entries)
    assert kinds == SAMPLE_ENTRIES, "nothing is missing, nothing was added twice"
    rated = next(one for one in entries if one["kind"] == "feedback")
    assert rated["item"]["timeliness"] == 5
    standings = {one["driver"]: one["standing"] for one in answer("reputation", "--data", data)}
    assert standings == {1: "recognised", 2: "good", 3: "investigate", 4: "insufficient"}
    return entries


def spans_twelve_weeks(data: Path) -> None:
    """It began twelve weeks ago and ends about now; the series of the dashboard's charts has all of them."""
    entries = [json.loads(line) for line in doorstep("history", "--data", data, "--json").stdout.splitlines()]
    times = sorted(block_time(one) for one in entries)
    assert 11.9 < (time.time() - times[0]) / WEEK < 12.1
    assert time.time() - times[-1] < 600
    weeks = {int((times[-1] - moment) // WEEK) for moment in times}
    assert weeks >= set(range(12))
    (first,) = (one for one in answer("reputation", "--data", data) if one["driver"] == 1)
    assert first["figures"]["response"]["n"] > 20, "stops of more than a week ago"


def block_time(entry: dict[str, Any]) -> float:
    """Return the time of an entry's block, Unix seconds."""
    return datetime.fromisoformat(entry["time"]).timestamp()


def test_a_sample_cut_short_is_finished_at_the_present(tmp_path: Path) -> None:
    data = tmp_path / "data"
    cut = subprocess.Popen(
        [*(sys.executable, "-m", "scripts.main", "up", "--data", str(data), "--sample", "demo", "--json"),
         *("--port", "0", "--devnet-port", "0", "--public")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: some_are_rated(data), "the sample does not get on")
    finally:
        cut.terminate()
        said, _ = cut.communicate(timeout=60)
    assert said == b"", "it was not ready yet"
    with up(data, "--sample", "demo", "--public"):
        times = sorted(block_time(one) for one in check_entries(data))
        # The past is not written any more: what was missing came after a gap, now.
        assert time.time() - times[0] > 11 * WEEK
        assert max(later - sooner for sooner, later in pairwise(times)) > 4 * WEEK
        assert time.time() - times[-1] < 600
        assert answer("verify", "--data", data)["ok"] is True


def some_are_rated(data: Path) -> bool:
    """Return whether the API of a directory shows any feedback."""
    try:
        url = f"http://127.0.0.1:{json.loads((data / 'doorstep.json').read_text())['api_port']}"
        return bool(httpx.get(f"{url}/v1/history", params={"kind": "feedback"}).json()["entries"])
    except (FileNotFoundError, KeyError, httpx.TransportError):
        return False


def test_a_genesis_time_asked_for_leaves_the_sample_at_the_chains_time(tmp_path: Path) -> None:
    genesis = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    with up(tmp_path / "data", "--sample", "demo", "--genesis-time", "2026-01-01T00:00:00Z"):
        times = [block_time(one) for one in check_entries(tmp_path / "data")]
    assert genesis < min(times) <= max(times) < genesis + 600


def check_links(running: Up) -> None:
    """The links lead to deliveries that their holder may read, those to rate first; no key is printed."""
    tracking = running.ready["tracking"]
    states = [one["state"] for one in tracking]
    assert states[:6] == ["delivered"] * 5 + ["attempted"]
    assert states[6:] == ["out_for_delivery", "opened", "delivered"]
    assert [one["rated"] for one in tracking] == [False] * 8 + [True]
    assert not any(one["taken_over"] for one in tracking)
    for one in tracking:
        path, _, secret = one["link"].removeprefix(running.ready["api"] + "/t/").partition("#")
        token = read_token(decode_secret(secret, "secret"), parse_delivery_id(path))
        url = f"{running.ready['api']}/v1/deliveries/{path}/history"
        seen = httpx.get(url, headers={"Doorstep-Read-Token": encode_secret(token)}).json()["entries"]
        if one["state"] == "attempted":
            assert seen[-1]["document"]["content"] == {"note": "Nobody at home."}
        assert all(entry["document"] is None for entry in httpx.get(url).json()["entries"]), (
            "public, but for text"
        )
    credentials = json.loads((running.data / "credentials.json").read_text())
    for member in credentials["members"]:
        assert member["api_key"] not in json.dumps(running.ready)


def test_an_open_stream_does_not_hold_the_end_up(data: Path) -> None:
    running = Up(data, "--public")
    with httpx.stream("GET", f"{running.ready['api']}/v1/stream", timeout=60) as response:
        lines = response.iter_lines()
        assert next(lines) == "event: ready"
        running.process.send_signal(signal.SIGTERM)
        # To its proper end: one that was cut off after the server's patience would raise.
        assert not any(line.startswith("event") for line in lines)
    assert running.stop() == 0
    assert "Cancel" not in (data / "logs" / "api.log").read_text()


def test_second_up_on_one_directory_is_refused(data: Path) -> None:
    with up(data):
        second = doorstep("up", "--data", data, "--port", 0, "--devnet-port", 0, "--json")
        assert second.returncode == 5
        assert json.loads(second.stdout)["error"]["code"] == "directory-in-use"


def test_port_in_use_is_refused_and_nothing_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = doorstep("up", "--data", tmp_path / "data", "--port", port)
    assert refused.returncode == 3
    assert f"Port {port}" in refused.stderr
    assert not (tmp_path / "data" / "doorstep.json").exists()


def test_deleted_chain_is_refused(data: Path) -> None:
    shutil.rmtree(data / "chain")
    refused = doorstep("up", "--data", data, "--port", 0, "--devnet-port", 0)
    assert refused.returncode == 4
    assert "holds no chain any more" in refused.stderr
    assert not (data / "chain").exists()


def test_chain_begun_anew_under_the_data_is_refused(data: Path, sampled: Path) -> None:
    shutil.rmtree(data / "chain")
    other = data.parent / "other"
    with up(other):
        pass
    shutil.copytree(other / "chain", data / "chain")
    refused = doorstep("up", "--data", data, "--port", 0, "--devnet-port", 0)
    assert refused.returncode == 4
    assert "Traceback" not in refused.stderr


def test_another_genesis_time_is_refused_in_the_devnets_words(data: Path) -> None:
    refused = doorstep(
        "up", "--data", data, "--port", 0, "--devnet-port", 0, "--genesis-time", "2020-01-01T00:00:00Z"
    )
    assert refused.returncode == 2
    assert "genesis time" in refused.stderr


def test_children_die_with_a_killed_parent(data: Path) -> None:
    running = Up(data)
    children = running.children()
    assert set(children) == {"devnet", "worker", "api"}
    os.kill(running.process.pid, signal.SIGKILL)
    running.process.communicate()
    until(lambda: not any(map(alive, children.values())), "a child outlived its parent")


def test_sigterm_ends_everything(data: Path) -> None:
    running = Up(data)
    children = running.children()
    assert running.stop() == 0
    assert not any(map(alive, children.values()))


def test_killed_children_are_started_again(data: Path) -> None:
    with up(data) as running:
        before = running.children()
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        until(
            lambda: (
                len(running.children()) == 3 and not set(running.children().values()) & set(before.values())
            ),
            "a child was not started again",
        )
        until(lambda: _ready(running.ready["api"]), "the API did not get ready again")


def _ready(api: str) -> bool:
    try:
        return httpx.get(f"{api}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def test_members_added_while_it_runs_get_their_lane(data: Path) -> None:
    with up(data) as running:
        member = answer("member", "add", "Night Riders", "--roles", "carrier", "--data", data)
        assert answer("driver", "add", member["member"], 3, "--data", data)["count"] == 3
        again = answer("member", "add", "Night Riders", "--roles", "carrier", "--data", data)
        assert again["member"] == member["member"], "a name is registered once"
        key = {"authorization": f"Bearer {member['api_key']}"}
        url = f"{running.ready['api']}/v1/drivers"
        until(
            lambda: len(httpx.get(url, headers=key).json()["drivers"]) == 3,
            "its drivers are not in the index",
        )
        lanes = f"{running.ready['api']}/v1/status"
        until(
            lambda: member["member"] in {lane["member"] for lane in httpx.get(lanes).json()["lanes"]},
            "it has no lane",
        )
        assert answer("rebuild", "--data", data)["indexed_block"] > 0
        assert answer("verify", "--data", data)["ok"] is True, "rebuilt is what it was"


def test_api_keys_are_made_listed_and_revoked_while_it_runs(data: Path) -> None:
    with up(data) as running:
        made = answer("key", "add", 2, "--data", data)
        assert made["key"].startswith(made["key_id"] + ".")

        def status() -> int:
            headers = {"Authorization": f"Bearer {made['key']}"}
            return httpx.get(f"{running.ready['api']}/v1/deliveries", headers=headers).status_code

        assert status() == 200
        assert made["key_id"] in [one["key_id"] for one in answer("key", "list", 2, "--data", data)["keys"]]
        # The whole key is taken too: what leaked is what one has at hand.
        assert answer("key", "revoke", made["key"], "--data", data) == {"revoked": made["key_id"]}
        assert status() == 401
        (listed,) = (
            one for one in answer("key", "list", 2, "--data", data)["keys"] if one["key_id"] == made["key_id"]
        )
        assert listed["revoked_at"] is not None
        again = doorstep("key", "revoke", made["key_id"], "--data", data, "--json")
        assert json.loads(again.stdout)["error"]["code"] == "no-such-key"
        unknown = doorstep("key", "add", 4000, "--data", data, "--json")
        assert json.loads(unknown.stdout)["error"]["code"] == "no-such-member"
