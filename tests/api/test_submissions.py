"""What is sent in: accepted, duplicate or refused, each item by itself, each refusal naming its field."""

from __future__ import annotations

from typing import Any

import httpx

from chain_client.domain.ids import DriverNumber, to_hex
from chain_client.domain.records import DAY
from tests.api.world import JSON, Link, World

MALFORMED_JSON = [
    b"",
    b"{",
    b"[1,",
    b'{"waybill": NaN}',
    b'{"a": "\xff"}',
    b"[" * 100_000,
    b'{"a": "\\ud800"}',
]


def problem(response: httpx.Response, status: int, slug: str | None = None) -> JSON:
    """The response's problem, whose every member RFC 9457 asks for is there."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: JSON = response.json()
    assert found["status"] == status
    assert found["type"].startswith("urn:doorstep:problem:")
    assert found["detail"]
    assert found["instance"] == response.request.url.path
    if slug is not None:
        assert found["type"].rsplit(":", 1)[1] == slug
    return found


def opening(world: World, waybill: str = "WB-1", **values: Any) -> JSON:
    body = {"waybill": waybill, "carrier": world.chain.carrier.number, "promised_by": world.later(2 * DAY)}
    return body | values


async def test_a_list_answers_each_item_in_its_place(world: World) -> None:
    body = [opening(world, "A"), opening(world, "B", carrier=99), opening(world, "A"), {"waybill": "C"}]
    response = await world.http.post("/v1/deliveries", json=body, headers=world.shop)
    assert response.status_code == 202
    answer = response.json()
    assert [item["status"] for item in answer["items"]] == ["accepted", "refused", "duplicate", "refused"]
    assert (answer["accepted"], answer["duplicates"], answer["refused"]) == (1, 1, 2)
    assert answer["items"][0]["intent"] == answer["items"][2]["intent"]
    assert answer["items"][1]["refusal"]["field"] == "carrier"
    assert answer["items"][1]["refusal"]["reason"] == 4
    assert answer["items"][3]["refusal"]["code"] == "malformed"
    assert answer["items"][3]["refusal"]["field"] == "carrier"
    assert "promised_by is required" in answer["items"][3]["refusal"]["message"]


async def test_a_waybill_again_is_the_same_delivery_and_with_other_values_a_conflict(world: World) -> None:
    body = opening(world)
    first = await world.http.post("/v1/deliveries", json=body, headers=world.shop)
    again = await world.http.post("/v1/deliveries", json=body, headers=world.shop)
    assert (first.status_code, again.status_code) == (202, 200)
    for name in ("intent", "delivery_id", "link"):
        assert first.json()[name] == again.json()[name]
    other = await world.http.post("/v1/deliveries", json=body | {"record": {"a": 1}}, headers=world.shop)
    assert problem(other, 409, "conflict")["errors"][0]["field"] == "waybill"


BAD_OPENINGS: list[tuple[JSON, str]] = [
    ({"promised_by": "2026-03-04T12:00:00"}, "promised_by"),
    ({"promised_by": 1772323200}, "promised_by"),
    ({"promised_by": "2020-01-01T00:00:00Z"}, "promised_by"),
    ({"promised_by": "2090-01-01T00:00:00Z"}, "promised_by"),
    ({"carrier": 99}, "carrier"),
    ({"carrier": "2"}, "carrier"),
    ({"carrier": 2.0}, "carrier"),
    ({"carrier": True}, "carrier"),
    ({"carrier": -1}, "carrier"),
    ({"carrier": 10**30}, "carrier"),
    ({"waybill": ""}, "waybill"),
    ({"waybill": "x" * 201}, "waybill"),
    ({"record": []}, "record"),
    ({"record": {"text": "x" * 40_000}}, "record"),
    ({"recipient_key": "0x12"}, "recipient_key"),
    ({"read_token_hash": "abc"}, "read_token_hash"),
    ({"colour": "red"}, "colour"),
]


async def test_a_bad_opening_names_its_field_and_leaves_nothing_behind(world: World) -> None:
    for change, field in BAD_OPENINGS:
        response = await world.http.post("/v1/deliveries", json=opening(world) | change, headers=world.shop)
        found = problem(response, 422, "refused")
        assert found["errors"][0]["field"] == field, change
        assert found["refusal"]["message"]
    taken = await world.http.post("/v1/deliveries", json=opening(world), headers=world.shop)
    assert taken.status_code == 202


async def test_only_shippers_open_and_only_the_carrier_reports(world: World) -> None:
    refused = await world.http.post("/v1/deliveries", json=opening(world), headers=world.van)
    problem(refused, 403)
    link = await world.open()
    report = {
        "delivery_id": to_hex(link.delivery_id),
        "outcome": 3,
        "driver": world.chain.drivers[0],
        "occurred_at": world.later(-60),
    }
    other = await world.http.post("/v1/reports", json=report, headers=world.shop)
    assert problem(other, 422, "refused")["refusal"]["reason"] == 21
    cancelled = report | {"outcome": "cancelled", "driver": 0}
    assert (await world.http.post("/v1/reports", json=cancelled, headers=world.shop)).status_code == 202


async def test_a_bad_api_key_is_401(world: World) -> None:
    for header in ("Bearer nonsense", "Bearer a.b", "Basic abc", "Bearer ", "", f"Bearer {'k' * 5000}"):
        response = await world.http.post("/v1/reports", json={}, headers={"Authorization": header})
        problem(response, 401, "unauthorized")
        assert response.headers["www-authenticate"].startswith("Bearer")
        problem(await world.http.get("/v1/history", headers={"Authorization": header}), 401)
        problem(await world.http.get(f"/v1/intents/0x{'00' * 16}", headers={"Authorization": header}), 401)
    problem(await world.http.get("/v1/history"), 401)


BAD_REPORTS: list[tuple[JSON, str, int | None]] = [
    ({"outcome": 9}, "outcome", 20),
    ({"outcome": "eaten"}, "outcome", None),
    ({"driver": 999}, "driver", 26),
    ({"occurred_at": "2026-03-01T12:00:00"}, "occurred_at", None),
    ({"occurred_at": "2029-01-01T00:00:00Z"}, "occurred_at", 23),
    ({"occurred_at": "2026-02-20T00:00:00Z"}, "occurred_at", 24),
    ({"delivery_id": "0x" + "ab" * 32}, "delivery_id", 10),
    ({"delivery_id": "ab" * 32}, "delivery_id", None),
    ({"key": ""}, "key", None),
]


async def test_a_bad_report_names_its_field(world: World) -> None:
    link = await world.open()
    for change, field, reason in BAD_REPORTS:
        found = problem(await world.report(link, **{"outcome": "delivered"} | change), 422, "refused")
        assert (found["errors"][0]["field"], found["refusal"]["reason"]) == (field, reason)
    assert (await world.report(link, "delivered")).status_code == 202


async def test_a_report_out_of_order_is_refused(world: World) -> None:
    link = await world.delivered()
    found = problem(await world.report(link, "out_for_delivery"), 422)
    assert found["refusal"]["reason"] == 22
    assert found["refusal"]["curable"] is False


async def test_feedback_needs_no_account_and_is_the_same_when_sent_again(world: World) -> None:
    link = await world.delivered()
    body = world.signed(link)
    first = await world.http.post("/v1/feedback", json=body)
    again = await world.http.post("/v1/feedback", json=body)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["intent"] == again.json()["intent"]
    assert first.json()["receipt"] == again.json()["receipt"]
    listed = await world.http.post("/v1/feedback", json=[body])
    assert listed.status_code == 202
    assert listed.json()["items"][0]["status"] == "duplicate"


async def test_bad_feedback_names_its_field(world: World) -> None:
    link, other = await world.delivered("WB-1"), await world.delivered("WB-2")
    good = world.signed(link)
    stranger = Link(link.delivery_id, bytes(32))
    cases: list[tuple[JSON, str, int | None]] = [
        (world.signed(link, overall=6), "overall", 34),
        (world.signed(link, issues=1 << 11), "issues", 35),
        (good | {"issues": ["rude"]}, "issues", None),
        (good | {"overall": 3}, "signature", 11),
        (good | {"delivery_id": to_hex(other.delivery_id)}, "signature", 11),
        (good | {"driver": 0}, "signature", 11),
        (world.signed(link, driver=DriverNumber(world.chain.drivers[1])), "driver", 36),
        (world.signed(stranger), "signature", 11),
        (good | {"signature": "0x" + "00" * 64}, "signature", 11),
        (good | {"signature": "0x00"}, "signature", None),
        (world.signed(link, revision=2), "revision", 32),
        (world.signed(link, revision=0), "revision", 32),
        (good | {"revision": 256}, "revision", None),
        (good | {"overall": None}, "overall", None),
        (good | {"content": {"comment": "hi"}}, "salt", None),
        (good | {"content": {"comment": "hi"}, "salt": "0x" + "11" * 32}, "content_hash", None),
    ]
    for body, field, reason in cases:
        found = problem(await world.http.post("/v1/feedback", json=body), 422, "refused")
        assert (found["errors"][0]["field"], found["refusal"]["reason"]) == (field, reason), found["detail"]
    listed = await world.http.post("/v1/feedback", json=[body for body, _, _ in cases])
    found = problem(listed, 422, "all-refused")
    assert [item["refusal"]["field"] for item in found["items"]] == [field for _, field, _ in cases]
    assert found["errors"][0]["field"] == "[0].overall"
    mixed = await world.http.post("/v1/feedback", json=[*(body for body, _, _ in cases), good])
    assert mixed.status_code == 202
    assert mixed.json()["accepted"] == 1


async def test_feedback_too_early_is_curable_and_accepted_later(world: World) -> None:
    link = await world.open()
    body = world.signed(link, driver=DriverNumber(0))
    found = problem(await world.http.post("/v1/feedback", json=body), 422)
    assert (found["refusal"]["reason"], found["refusal"]["curable"]) == (30, True)
    world.chain.provider.advance(3 * DAY)
    world.chain.provider.mine()
    await world.settle()
    assert (await world.http.post("/v1/feedback", json=body)).status_code == 202


async def test_another_feedback_for_a_revision_that_waits_names_the_next(world: World) -> None:
    link = await world.delivered()
    assert (await world.http.post("/v1/feedback", json=world.signed(link))).status_code == 202
    found = problem(await world.http.post("/v1/feedback", json=world.signed(link, overall=1)), 422)
    assert found["refusal"]["reason"] == 32
    assert "must be 2" in found["refusal"]["message"]
    assert (await world.http.post("/v1/feedback", json=world.signed(link, revision=2))).status_code == 202


async def test_a_take_over_happens_once(world: World) -> None:
    link = await world.delivered()
    mine = Link(link.delivery_id, b"m" * 32)
    response = await world.http.post("/v1/key-changes", json=world.key_change(link, mine))
    assert response.status_code == 202, response.text
    await world.settle()
    assert (
        problem(await world.http.post("/v1/feedback", json=world.signed(link)), 422)["refusal"]["reason"]
        == 11
    )
    assert (await world.http.post("/v1/feedback", json=world.signed(mine))).status_code == 202
    again = world.key_change(mine, Link(link.delivery_id, b"n" * 32))
    assert problem(await world.http.post("/v1/key-changes", json=again), 422)["refusal"]["reason"] == 40
    delivery = await world.http.get(f"/v1/deliveries/{to_hex(link.delivery_id)}", headers=world.shop)
    assert delivery.json()["taken_over"] is True


async def test_broken_json_is_400_and_names_the_place(world: World) -> None:
    for body in MALFORMED_JSON:
        headers = {"content-type": "application/json"}
        response = await world.http.post("/v1/feedback", content=body, headers=headers)
        found = problem(response, 400, "malformed-json")
        where = f"byte {found['position']}" if "position" in found else "empty" if not body else "too deeply"
        assert where in found["detail"]


async def test_what_is_no_list_of_up_to_a_thousand_is_422(world: World) -> None:
    for body in (b"1", b"null", b'"text"', b"[]", b"[" + b"0," * 9999 + b"0]"):
        headers = {"content-type": "application/json"}
        response = await world.http.post("/v1/feedback", content=body, headers=headers)
        found = problem(response, 422, "invalid-input")
    assert "1000 items" in found["detail"]
    assert "10000" in found["detail"]


async def test_another_media_type_is_415(world: World) -> None:
    for media_type in ("", "text/plain", "application/x-www-form-urlencoded", "application/xml"):
        response = await world.http.post("/v1/feedback", content=b"{}", headers={"content-type": media_type})
        problem(response, 415, "unsupported-media-type")


async def test_a_media_type_may_have_parameters(world: World) -> None:
    link = await world.delivered()
    response = await world.http.post(
        "/v1/feedback",
        content=httpx.Request("POST", "http://x", json=world.signed(link)).content,
        headers={"content-type": "Application/JSON; charset=utf-8"},
    )
    assert response.status_code == 202


async def test_items_of_any_kind_stop_nothing_else(world: World) -> None:
    link = await world.delivered()
    junk: list[Any] = [None, 1, "x", [], {}, True, {"delivery_id": []}]
    response = await world.http.post("/v1/feedback", json=[*junk, world.signed(link)])
    assert response.status_code == 202
    assert [item["status"] for item in response.json()["items"]] == ["refused"] * len(junk) + ["accepted"]


async def test_a_thousand_items_go_in_one_call(world: World) -> None:
    body = [opening(world, f"WB-{number}") for number in range(1000)]
    response = await world.http.post("/v1/deliveries", json=body, headers=world.shop)
    assert response.status_code == 202
    assert response.json()["accepted"] == 1000
    status = (await world.http.get("/v1/status")).json()
    assert status["waiting"]["intents"] == 1000
    assert status["waiting"]["oldest"] is not None
