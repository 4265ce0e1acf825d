"""A writer is rotated while its member's openings come in: nothing accepted is lost or entered twice."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import httpx

from api.times import format_time
from chain_client.domain.records import DAY
from tests.end_to_end.processes import answer, doorstep, until, up

PROMISED = format_time(int(time.time()) + 10 * DAY)


def test_a_writer_is_rotated_under_load(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with up(data, "--sample", "none") as running:
        api = running.ready["api"]
        shop = answer("member", "add", "Shop", "--roles", "shipper", "--data", data)
        van = answer("member", "add", "Van", "--roles", "carrier", "--data", data)
        key = {"authorization": f"Bearer {shop['api_key']}"}
        stop, sent, refused = threading.Event(), list[str](), list[Any]()

        def load() -> None:
            with httpx.Client(base_url=api, headers=key, timeout=60.0) as client:
                while not stop.is_set():
                    waybills = [f"W{len(sent) + n}" for n in range(5)]
                    items = [
                        {"waybill": one, "carrier": van["member"], "promised_by": PROMISED}
                        for one in waybills
                    ]
                    response = client.post("/v1/deliveries", json=items)
                    if response.status_code < 500:
                        answers = response.json()["items"]
                        refused.extend(one for one in answers if one["status"] != "accepted")
                        sent.extend(waybills)

        # The index has to know both members before anything is taken.
        until(lambda: len(httpx.get(f"{api}/v1/ledger").json()["members"]) == 2, "the members are not known")
        thread = threading.Thread(target=load)
        thread.start()
        try:
            until(lambda: len(sent) >= 50 or refused, "nothing was accepted before the rotation")
            assert refused == []
            rotated = answer("writer", "rotate", shop["member"], "--data", data)
            before = len(sent)
            until(lambda: len(sent) >= before + 50, "nothing was accepted after the rotation")
        finally:
            stop.set()
            thread.join()
        assert refused == []

        def entered() -> list[dict[str, Any]]:
            ran = doorstep(
                "history", "--member", shop["member"], "--kind", "opening", "--data", data, "--json"
            )
            return [json.loads(line) for line in ran.stdout.splitlines()]

        until(lambda: len(entered()) >= len(sent), "not all that was accepted is on chain")
        openings = entered()
        assert len(openings) == len(sent) == len({one["delivery_id"] for one in openings})
        writers = [one["writer"] for one in openings]
        assert set(writers) == {rotated["removed"], rotated["writer"]}, "both wrote"
        turn = writers.index(rotated["writer"])
        assert len(openings) - turn >= 50, "the new one went on"
        again = answer("writer", "rotate", shop["member"], "--data", data)
        assert again["removed"] == rotated["writer"]
        assert answer("verify", "--data", data)["ok"] is True
