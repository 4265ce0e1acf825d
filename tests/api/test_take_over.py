"""A take-over, as the recipient's page does it: the key, then at once feedback, then the read token."""

from __future__ import annotations

import asyncio

from chain_client.domain.digests import digest
from chain_client.domain.ids import to_hex
from chain_client.domain.links import recipient_key, signing_key
from chain_client.domain.records import KeyChange, Kind
from chain_client.domain.signatures import sign
from tests.api.stream_reader import reading, served
from tests.api.test_submissions import opening, problem
from tests.api.world import JSON, Link, World


def token_path(link: Link) -> str:
    return f"/v1/deliveries/{to_hex(link.delivery_id)}/read-token"


async def intent(world: World, answer: JSON) -> JSON:
    found: JSON = (await world.http.get(f"/v1/intents/{answer['intent']}")).json()
    return found


async def elsewhere(world: World, link: Link, new: Link) -> None:
    """Somebody with the link's secret takes the delivery over past this service."""
    item = KeyChange(link.delivery_id, recipient_key(new.secret, link.delivery_id))
    separator = world.settings.identity.signing_domain.separator()
    signature = sign(signing_key(link.secret, link.delivery_id), digest(separator, item))
    await world.chain.send(world.chain.admin, Kind.KEY_CHANGE, [item], [signature])


async def test_the_link_s_token_reads_and_erases_nothing_once_it_is_replaced(world: World) -> None:
    link = await world.delivered()
    path = f"/v1/deliveries/{to_hex(link.delivery_id)}"
    early = world.read_token(Link(link.delivery_id, b"n" * 32))
    problem(await world.http.put(token_path(link), json=early), 422)  # nobody's key yet
    problem(await world.http.put(token_path(link), json=world.read_token(link)), 409, "not-taken-over")
    own = await world.taken_over(link)
    body = world.signed(own, content={"comment": "My dog is called Rex."})
    assert (await world.http.post("/v1/feedback", json=body)).status_code == 202
    await world.settle()
    assert "Rex" in (await world.http.get(path + "/history", headers=link.token)).text, "not replaced yet"
    problem(await world.http.get(path, headers=own.token), 404, "not-found")
    for replaced in (True, False):
        response = await world.http.put(token_path(link), json=world.read_token(own))
        assert (response.status_code, response.json()) == (200, {"replaced": replaced})
    (change,) = [
        entry
        for entry in (await world.http.get(path + "/history", headers=own.token)).json()["entries"]
        if entry["kind"] == "key_change"
    ]
    for response in (
        await world.http.get(path, headers=link.token),
        await world.http.get(path + "/history", headers=link.token),
        await world.http.delete(path + "/content", headers=link.token),
        await world.http.get("/v1/stream", params={"delivery": to_hex(link.delivery_id)}, headers=link.token),
        await world.http.get(path, headers=link.token | world.shop),
    ):
        found = problem(response, 403, "taken-over")
        assert (found["taken_over_at"], found["block"]) == (change["time"], change["block"])
        assert "Rex" not in response.text
    for headers in (own.token, world.shop, world.van):
        assert "Rex" in (await world.http.get(path + "/history", headers=headers)).text
    assert (await world.http.delete(path + "/content", headers=own.token)).json()["erased"] == 1


async def test_a_token_that_never_was_the_delivery_s_finds_nothing(world: World) -> None:
    link = await world.delivered()
    own = await world.taken_over(link)
    await world.http.put(token_path(link), json=world.read_token(own))
    path = f"/v1/deliveries/{to_hex(link.delivery_id)}"
    for stranger in (Link(link.delivery_id, bytes(32)), Link(link.delivery_id, b"m" * 32)):
        problem(await world.http.get(path, headers=stranger.token), 404, "not-found")
        problem(await world.http.delete(path + "/content", headers=stranger.token), 404, "not-found")


async def test_only_the_present_key_replaces_the_token_and_the_first_one_stands(world: World) -> None:
    link = await world.delivered()
    own = await world.taken_over(link)
    shops = Link(link.delivery_id, b"s" * 32)
    for wrong in (world.read_token(shops), world.read_token(shops, by=link)):
        found = problem(await world.http.put(token_path(link), json=wrong), 422)
        assert found["errors"][0]["field"] == "signature"
    back = await world.http.put(token_path(link), json=world.read_token(link, by=own))
    assert problem(back, 422)["errors"][0]["field"] == "token_hash"
    assert (await world.http.put(token_path(link), json=world.read_token(own))).status_code == 200
    for later in (world.read_token(shops, by=own), world.read_token(link, by=own)):
        problem(await world.http.put(token_path(link), json=later), 409, "read-token-fixed")


async def test_a_body_that_is_no_wish_is_named(world: World) -> None:
    link = await world.delivered()
    own = await world.taken_over(link)
    good = world.read_token(own)
    for body, field in (
        ([good], ""),
        ({**good, "token_hash": "0x12"}, "token_hash"),
        ({"token_hash": good["token_hash"]}, "signature"),
        ({**good, "signature": "0x" + "00" * 64}, "signature"),
        ({**good, "delivery_id": to_hex(link.delivery_id)}, "delivery_id"),
    ):
        found = problem(await world.http.put(token_path(link), json=body), 422)
        assert found["errors"][0]["field"] == field, body
    json = {"content-type": "application/json"}
    problem(await world.http.put(token_path(link), content=b"{", headers=json), 400)
    problem(await world.http.put(token_path(link), content=b"{}"), 415)
    nowhere = f"/v1/deliveries/0x0001{'ee' * 30}/read-token"
    problem(await world.http.put(nowhere, json=good), 404)
    problem(await world.http.put("/v1/deliveries/7/read-token", json=good), 422)


async def test_erasing_while_the_token_is_replaced_goes_one_way_or_the_other(world: World) -> None:
    link = await world.delivered()
    own = await world.taken_over(link)
    await world.http.post("/v1/feedback", json=world.signed(own, content={"comment": "Mine."}))
    await world.settle()
    path = f"/v1/deliveries/{to_hex(link.delivery_id)}"
    erase, put = await asyncio.gather(
        world.http.delete(path + "/content", headers=link.token),
        world.http.put(token_path(link), json=world.read_token(own)),
    )
    assert put.json() == {"replaced": True}
    assert erase.status_code in (200, 403)
    kept = (await world.http.get(path + "/history", headers=own.token)).json()["entries"][-1]["document"]
    assert kept["erased"] is (erase.status_code == 200)


async def test_a_stream_under_the_link_s_token_closes_when_it_is_replaced(world: World) -> None:
    link = await world.delivered()
    own = await world.taken_over(link)
    async with served(world) as http, reading(http, link.token, delivery=to_hex(link.delivery_id)) as reader:
        assert (await reader.next()).name == "ready"
        await world.http.put(token_path(link), json=world.read_token(own))
        await world.http.post("/v1/feedback", json=world.signed(own))
        await world.settle()
        closed = await reader.next()
        assert (closed.name, closed.data["type"]) == ("closed", "urn:doorstep:problem:taken-over")
        assert closed.data["taken_over_at"]
        assert await reader.ended()


async def test_a_shop_is_not_given_the_link_again_after_a_take_over(world: World) -> None:
    body = opening(world)
    first = (await world.http.post("/v1/deliveries", json=body, headers=world.shop)).json()
    await world.settle()
    again = await world.http.post("/v1/deliveries", json=body, headers=world.shop)
    assert again.json()["link"] == first["link"]
    link = world.link(first["link"])
    change = world.key_change(link, Link(link.delivery_id, b"n" * 32))
    assert (await world.http.post("/v1/key-changes", json=change)).status_code == 202
    for _ in range(2):
        again = await world.http.post("/v1/deliveries", json=body, headers=world.shop)
        assert (again.status_code, again.json().get("link")) == (200, None)
        await world.settle()


async def test_feedback_of_the_new_key_right_after_the_key_change_is_promised_and_recorded(
    world: World,
) -> None:
    link = await world.delivered()
    own = Link(link.delivery_id, b"n" * 32)
    change = (await world.http.post("/v1/key-changes", json=world.key_change(link, own))).json()
    answer = await world.http.post("/v1/feedback", json=world.signed(own))
    assert answer.status_code == 202
    said = answer.json()
    assert said["receipt"]["feedback_digest"]
    late = await world.http.post("/v1/feedback", json=world.signed(link, overall=1))
    assert late.json()["refusal"]["code"] == "bad-signature", "the link's key is refused, whatever it says"
    later = await world.http.post("/v1/feedback", json=world.signed(own, overall=4, revision=2))
    assert later.status_code == 202
    await world.settle()
    states = [await intent(world, one) for one in (change, said, later.json())]
    assert [one["state"] for one in states] == ["recorded"] * 3
    places = [(one["on_chain"]["block"], one["on_chain"]["log_index"]) for one in states]
    assert places == sorted(places)
    path = f"/v1/deliveries/{to_hex(link.delivery_id)}"
    found = (await world.http.get(path, headers=link.token)).json()
    assert (found["taken_over"], found["revision"]) == (True, 2)
    assert found["recipient_key"] == to_hex(recipient_key(own.secret, link.delivery_id))


async def test_a_key_change_that_came_to_nothing_says_so_and_so_does_its_feedback(world: World) -> None:
    link = await world.delivered()
    own, shops = Link(link.delivery_id, b"n" * 32), Link(link.delivery_id, b"s" * 32)
    change = (await world.http.post("/v1/key-changes", json=world.key_change(link, own))).json()
    body = world.signed(own)
    said = (await world.http.post("/v1/feedback", json=body)).json()
    await elsewhere(world, link, shops)
    await world.settle()
    for answer, reason, words in ((change, 40, "key already changed"), (said, 11, "bad signature")):
        found = await intent(world, answer)
        assert (found["state"], found["reason"]) == ("rejected", reason)
        assert words in found["detail"]
    again = await world.http.post("/v1/feedback", json=body)
    assert (again.status_code, again.json()["intent"]) == (200, said["intent"])
    found = (await world.http.get(f"/v1/deliveries/{to_hex(link.delivery_id)}", headers=link.token)).json()
    assert found["taken_over"], "and the page sees by whose key"
    assert found["recipient_key"] != to_hex(recipient_key(own.secret, link.delivery_id))


async def test_the_same_words_signed_anew_after_a_take_over_go_on_chain(world: World) -> None:
    link = await world.delivered()
    own = Link(link.delivery_id, b"n" * 32)
    said = (await world.http.post("/v1/feedback", json=world.signed(link))).json()
    await elsewhere(world, link, own)
    await world.settle()
    assert (await intent(world, said))["reason"] == 11
    anew = await world.http.post("/v1/feedback", json=world.signed(own))
    assert (anew.status_code, anew.json()["intent"]) == (202, said["intent"])
    assert anew.json()["receipt"] == said["receipt"], "one digest, one promise"
    await world.settle()
    assert (await intent(world, said))["state"] == "recorded"
    assert (await world.http.post("/v1/feedback", json=world.signed(own))).status_code == 200


async def test_strangers_wishes_wait_for_no_write_lock(world: World) -> None:
    link = await world.delivered()
    own = await world.taken_over(link)
    shops = Link(link.delivery_id, b"s" * 32)
    nowhere = f"/v1/deliveries/0x0001{'ee' * 30}/read-token"
    async with world.store.write(), asyncio.timeout(10):
        problem(await world.http.put(token_path(link), json=world.read_token(shops)), 422)
        problem(await world.http.put(nowhere, json=world.read_token(own)), 404, "not-found")
    assert (await world.http.put(token_path(link), json=world.read_token(own))).json() == {"replaced": True}
