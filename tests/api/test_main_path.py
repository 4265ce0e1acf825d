"""The main job over a real socket: opened, reported, rated, recorded, read by each party."""

from __future__ import annotations

import httpx

from chain_client.domain.ids import to_hex
from tests.api.support import serving
from tests.api.world import World


async def test_a_delivery_is_opened_reported_rated_and_read(world: World) -> None:
    async with serving(world.app) as url, httpx.AsyncClient(base_url=url) as http:
        world.http = http
        link = await world.delivered(record={"parcels": 1})
        comment = {"comment": "Left with a smile."}
        response = await http.post("/v1/feedback", json=world.signed(link, content=comment, issues=1))
        assert response.status_code == 202, response.text
        answer = response.json()
        assert answer["status"] == "accepted"
        assert answer["receipt"]["relay"] == to_hex(world.chain.relay.address)

        intent = (await http.get(f"/v1/intents/{answer['intent']}")).json()
        assert intent["state"] == "accepted"
        await world.settle()
        intent = (await http.get(f"/v1/intents/{answer['intent']}")).json()
        assert intent["state"] == "recorded"
        assert set(intent["on_chain"]) == {"block", "tx_hash", "log_index"}

        path = f"/v1/deliveries/{to_hex(link.delivery_id)}"
        for headers, waybill, record in (
            (world.shop, "WB-1", {"parcels": 1}),
            (world.van, None, {"parcels": 1}),
            (link.token, None, {"parcels": 1}),
            (world.judge, None, None),
        ):
            delivery = (await http.get(path, headers=headers)).json()
            assert (delivery["waybill"], delivery["record"]) == (waybill, record)
            assert delivery["outcome"] == "delivered"
            assert delivery["revision"] == 1
            assert delivery["feedback_open"] is True
            entries = (await http.get(path + "/history", headers=headers)).json()["entries"]
            assert [entry["kind"] for entry in entries] == ["opening", "report", "feedback"]
            shown = entries[-1]["document"]
            assert (shown and shown["content"]) == (None if record is None else comment)
            assert entries[-1]["item"]["issues"] == ["late"]

        assert (await http.get("/readyz")).status_code == 200
        status = (await http.get("/v1/status")).json()
        assert status["waiting"]["intents"] == 0
        assert status["lag"] == 0
