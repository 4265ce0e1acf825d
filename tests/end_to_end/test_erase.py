"""Erasure on a running service: no file of the data directory holds what was erased."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.output import iso
from tests.end_to_end.processes import answer, doorstep, until, up
from tests.vault.test_purge import found_in

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runs `doorstep up`")

WAYBILLS = ("WB-unheard-of-4711", "WB-unheard-of-4712")
RECORD = "order-unheard-of-0815"


def test_what_is_erased_is_in_no_file_of_a_running_service(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with up(data) as running:
        shop = answer("member", "add", "Shop", "--roles", "shipper", "--data", data)
        van = answer("member", "add", "Van", "--roles", "carrier", "--data", data)
        with httpx.Client(base_url=running.ready["api"], timeout=60) as http:
            headers = {"authorization": f"Bearer {shop['api_key']}"}
            until(
                lambda: len(http.get("/v1/ledger").json()["members"]) == 2, "the members are not in the index"
            )
            promised = iso(int(time.time()) + 86_400)
            body = [
                {"waybill": one, "carrier": van["member"], "promised_by": promised}
                | {"record": {"order": RECORD}}
                for one in WAYBILLS
            ]
            opened: list[dict[str, Any]] = http.post("/v1/deliveries", json=body, headers=headers).json()[
                "items"
            ]
            first, second = (one["delivery_id"] for one in opened)
            path = f"/v1/deliveries/{first}"
            until(
                lambda: http.get(path, headers=headers).status_code == 200, "the delivery is not in the index"
            )
            assert found_in(data, *(one.encode() for one in (*WAYBILLS, RECORD)))
            by_api = http.delete(path, headers=headers)
            assert by_api.json()["erased"] == 2
            until(
                lambda: http.get(f"{path}/erasures", headers=headers).status_code == 200,
                "the erasure does not end",
            )
            assert found_in(data, WAYBILLS[0].encode()) == []
            by_command = answer("erase", "delivery", second, "--data", data)
            assert (by_command["status"], by_command["erased"]) == ("erased", 2)
            assert found_in(data, *(one.encode() for one in (*WAYBILLS, RECORD))) == []
            listed = answer("erase", "list", "--data", data)
            assert [(one["delivery_id"], one["kind"], one["erased_by"], one["member"]) for one in listed] == [
                (first, "record", "member", shop["member"]),
                (first, "waybill", "member", shop["member"]),
                (second, "record", "operator", None),
                (second, "waybill", "operator", None),
            ]
            assert answer("verify", "--data", data)["ok"] is True
            unknown = doorstep("erase", "delivery", "0x" + "ee" * 32, "--data", data)
            assert unknown.returncode == 2
            assert "Nothing is known of delivery" in unknown.stderr
