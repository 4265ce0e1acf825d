"""Opening deliveries: each refusal, whose link it is, what is stored, what comes again."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
from sqlalchemy import select

from chain_client.domain.digests import canonical_json, document_hash
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import ZERO_ADDRESS, ZERO_HASH, Hash32, MemberNumber, delivery_id
from chain_client.domain.links import decode_secret, read_token, read_token_hash, recipient_key, tracking_path
from chain_client.domain.records import Opening, Reason
from chain_client.intake import Answer, DeliveryRequest, RoleMissing, erasing
from chain_client.store.tables import intents
from chain_client.vault import documents, waybills
from chain_client.vault.erasures import OPERATOR
from chain_client.vault.purge import Purger
from tests.intake.paper import (
    BOTH,
    CARRIER,
    DAY,
    RELAY,
    REVIEWER,
    SHIPPER,
    House,
    address,
)


def refused(answer: Answer) -> tuple[str, int | None, str]:
    assert answer.status == "refused", answer
    assert answer.refusal is not None
    assert answer.intent_id is answer.receipt is answer.link is None
    return answer.refusal.code, answer.refusal.reason, answer.refusal.field


def bare(waybill: str, promised_by: int, **changed: object) -> DeliveryRequest:
    return DeliveryRequest(waybill, CARRIER, promised_by, **changed)  # type: ignore[arg-type]


async def test_an_opening_is_stored_as_asked(house: House) -> None:
    record = {"order": "53cdb2fc8bc7dce0", "items": 2}
    request = house.opening(record=record)
    (answer,) = await house.open(request)
    assert (answer.status, answer.link, answer.refusal) == ("accepted", None, None)
    (waiting,) = await house.waiting()
    assert waiting.intent_id == answer.intent_id
    assert isinstance(waiting.item, Opening)
    assert waiting.item.delivery_id == answer.delivery_id
    async with house.store.read() as connection:
        kept = (await waybills.by_waybill(connection, house.ledger_id, SHIPPER, ["WB 1"]))["WB 1"]
        document = await documents.get(
            connection, house.ledger_id, kept.delivery_id, waiting.item.record_hash
        )
    assert kept.salt is not None
    assert kept.delivery_id == answer.delivery_id == delivery_id(SHIPPER, kept.salt, "WB 1")
    assert (kept.read_token_hash, kept.sealed_secret) == (request.read_token_hash, None)
    assert document is not None
    assert document.salt is not None
    assert document.content == record
    assert waiting.item == Opening(
        kept.delivery_id, address("anna"), CARRIER, request.promised_by, document_hash(document.salt, record)
    )
    assert document.salt != kept.salt
    assert await house.mine() == [None]


async def test_without_a_record_its_hash_is_zero(house: House) -> None:
    await house.open(house.opening())
    (waiting,) = await house.waiting()
    assert isinstance(waiting.item, Opening)
    assert waiting.item.record_hash == ZERO_HASH


async def test_a_link_made_here_opens_the_delivery(house: House) -> None:
    (answer,) = await house.open(bare("WB 1", house.paper.time + DAY))
    assert answer.delivery_id is not None
    assert answer.link is not None
    path, _, fragment = answer.link.partition("#")
    assert path == f"/t/0x{answer.delivery_id.hex()}"
    secret = decode_secret(fragment, "link")
    (waiting,) = await house.waiting()
    assert isinstance(waiting.item, Opening)
    assert waiting.item.recipient_key == recipient_key(secret, answer.delivery_id)
    token = read_token(secret, answer.delivery_id)
    async with house.store.read() as connection:
        assert await waybills.check_read_token(connection, house.ledger_id, answer.delivery_id, token)
        kept = (await waybills.by_delivery(connection, house.ledger_id, [answer.delivery_id]))[
            answer.delivery_id
        ]
    assert kept.sealed_secret is not None
    assert secret not in kept.sealed_secret
    assert kept.sealed_until == house.now + DAY


async def test_two_links_made_here_share_nothing(house: House) -> None:
    one, two = await house.open(*(bare(name, house.paper.time + DAY) for name in ("WB 1", "WB 2")))
    assert one.link is not None
    assert two.link is not None
    assert one.link.partition("#")[2] != two.link.partition("#")[2]


async def test_a_link_the_shop_made_fits_the_salt_it_sent(house: House) -> None:
    salt, secret = b"\x0a" * 32, b"\x0b" * 32
    mine = delivery_id(SHIPPER, salt, "WB 1")
    token_hash = read_token_hash(read_token(secret, mine))
    request = house.opening(salt=salt, recipient_key=recipient_key(secret, mine), read_token_hash=token_hash)
    (answer,) = await house.open(request)
    assert (answer.delivery_id, answer.link) == (mine, None)


async def test_the_same_again_is_the_same_delivery_and_link(house: House) -> None:
    request = bare("WB 1", house.paper.time + DAY, record={"a": 1})
    (first,) = await house.open(request)
    for step in (house.mine, house.index):
        again, twice = await house.open(request, request)
        assert again == twice == replace(first, status="duplicate")
        await step()
    house.now += DAY - 1
    await house.index()
    assert await house.open(request) == [replace(first, status="duplicate")]
    assert await house.waiting() == []


async def test_after_24_hours_the_link_is_gone(house: House) -> None:
    request = bare("WB 1", house.paper.time + DAY)
    (first,) = await house.open(request)
    house.now += DAY
    await house.index()
    assert await house.open(request) == [replace(first, status="duplicate", link=None)]
    assert first.delivery_id is not None
    await Purger(house.store, house.ledger_id, lambda: house.now).step()
    async with house.store.read() as connection:
        kept = await waybills.by_delivery(connection, house.ledger_id, [first.delivery_id])
    assert kept[first.delivery_id].sealed_secret is None


async def test_another_shipper_s_same_waybill_is_another_delivery(house: House) -> None:
    request = bare("WB 1", house.paper.time + DAY)
    (mine,) = await house.open(request)
    (theirs,) = await house.open(request, member=BOTH)
    assert theirs.status == "accepted"
    assert theirs.delivery_id != mine.delivery_id
    assert theirs.link is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"carrier": MemberNumber(3)},
        {"promised_by": 1_700_300_000},
        {"record": {"a": 2}},
        {"record": None},
        {"recipient_key": address("mallory")},
        {"read_token_hash": Hash32(b"\x01" * 32)},
        {"salt": b"\x01" * 32},
        {"recipient_key": None, "read_token_hash": None},
    ],
    ids=lambda changed: "+".join(changed),
)
async def test_a_waybill_twice_with_other_values_is_a_conflict(
    house: House, changed: dict[str, object]
) -> None:
    request = house.opening(record={"a": 1})
    (first,) = await house.open(request)
    (second,) = await house.open(replace(request, **changed))  # type: ignore[arg-type]
    assert refused(second) == ("conflict", None, "waybill")
    assert [one.intent_id for one in await house.waiting()] == [first.intent_id]
    one, two = await house.open(house.opening("WB 2"), house.opening("WB 2", carrier=MemberNumber(3)))
    assert (one.status, refused(two)) == ("accepted", ("conflict", None, "waybill"))


async def test_a_waybill_that_the_vault_knows_without_its_intent_is_known(house: House) -> None:
    async with house.store.write() as connection:
        salt = b"\x01" * 32
        old = waybills.Waybill(delivery_id(SHIPPER, salt, "WB 1"), SHIPPER, "WB 1", salt, None)
        await waybills.keep(connection, house.ledger_id, [old])
    one, two = await house.open(house.opening("WB 1"), house.opening("WB 2"))
    assert refused(one) == ("waybill-known", None, "waybill")
    assert two.status == "accepted"


async def test_with_another_sealing_key_what_was_sent_is_known_but_not_given_again(house: House) -> None:
    request = bare("WB 1", house.paper.time + DAY)
    await house.open(request)
    house.intake = type(house.intake)(house.ledger_id, house.paper.identity, RELAY, b"\x01" * 32, 60)
    (again,) = await house.open(request)
    assert refused(again) == ("waybill-known", None, "waybill")


@pytest.mark.parametrize("settled", [False, True])
async def test_an_erased_waybill_sent_again_is_a_new_delivery(house: House, settled: bool) -> None:
    request = bare("WB 1", house.paper.time + DAY, record={"a": 1})
    (first,) = await house.open(request)
    assert first.delivery_id is not None
    if settled:
        assert await house.mine() == [None]
        await house.index()
    async with house.store.write() as connection:
        wiped = await erasing.erase_delivery(
            connection, house.ledger_id, first.delivery_id, OPERATOR, house.now
        )
        row = (await connection.execute(select(intents))).one()
    assert wiped.count == 2
    assert (row.key, row.body_hash) == (first.intent_id, bytes(32)), "nothing to guess the waybill by"
    (second,) = await house.open(request)
    assert second.status == "accepted"
    assert second.delivery_id != first.delivery_id
    assert await house.mine() == ([None] if settled else [None, None])
    assert await house.open(request) == [replace(second, status="duplicate")]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"recipient_key": ZERO_ADDRESS}, ("zero-key", 3, "recipient_key")),
        ({"carrier": MemberNumber(77)}, ("not-a-carrier", 4, "carrier")),
        ({"carrier": SHIPPER}, ("not-a-carrier", 4, "carrier")),
        ({"promised_by": 1}, ("promise-not-in-future", 5, "promised_by")),
        ({"promised_by": (1 << 32) - 1}, ("promise-beyond-366-days", 6, "promised_by")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
async def test_the_ledger_s_reasons(
    house: House, changed: dict[str, object], code: tuple[str, int, str]
) -> None:
    bad, good = await house.open(house.opening("WB 1", **changed), house.opening("WB 2"))
    assert refused(bad) == code
    assert good.status == "accepted"
    assert len(await house.waiting()) == 1
    (mended,) = await house.open(house.opening("WB 1"))
    assert mended.status == "accepted", "a refused waybill is not used up"


async def test_promises_are_measured_by_the_chain_s_time(house: House) -> None:
    time = house.paper.time
    answers = await house.open(
        house.opening("now", promised_by=time),
        house.opening("next", promised_by=time + 1),
        house.opening("last", promised_by=time + 366 * DAY),
        house.opening("beyond", promised_by=time + 366 * DAY + 1),
    )
    assert [one.status for one in answers] == ["refused", "accepted", "accepted", "refused"]


async def test_a_salt_that_gives_a_delivery_on_chain_already_exists(house: House) -> None:
    salt = b"\x0a" * 32
    mine = delivery_id(SHIPPER, salt, "WB 1")
    item = Opening(mine, address("anna"), CARRIER, house.paper.time + DAY, ZERO_HASH)
    house.paper.put([(item, SHIPPER, None)])
    await house.index()
    (answer,) = await house.open(house.opening(salt=salt))
    assert refused(answer) == ("exists", 2, "waybill")


@pytest.mark.parametrize("member", [CARRIER, REVIEWER, MemberNumber(99)])
async def test_only_a_shipper_opens(house: House, member: MemberNumber) -> None:
    with pytest.raises(RoleMissing, match=f"Member {member} is no shipper"):
        await house.open(house.opening(), member=member)


def nested(depth: int) -> dict[str, object]:
    inner: object = 1
    for _ in range(depth - 1):
        inner = [inner]
    return {"a": inner}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"waybill": ""}, "waybill"),
        ({"waybill": "x" * 201}, "waybill"),
        ({"waybill": "a\0b"}, "waybill"),
        ({"waybill": "a\nb"}, "waybill"),
        ({"waybill": "a\x85b"}, "waybill"),
        ({"waybill": "\ud800"}, "waybill"),
        ({"waybill": 5}, "waybill"),
        ({"carrier": 0}, "carrier"),
        ({"carrier": -1}, "carrier"),
        ({"carrier": 1 << 16}, "carrier"),
        ({"carrier": True}, "carrier"),
        ({"carrier": 1.0}, "carrier"),
        ({"promised_by": -1}, "promised_by"),
        ({"promised_by": 1 << 32}, "promised_by"),
        ({"recipient_key": b"\x01" * 19}, "recipient_key"),
        ({"recipient_key": None}, "read_token_hash"),
        ({"recipient_key": None, "read_token_hash": None, "salt": b"\x01" * 32}, "salt"),
        ({"read_token_hash": None}, "read_token_hash"),
        ({"read_token_hash": b"\x01" * 31}, "read_token_hash"),
        ({"salt": b"\x01" * 33}, "salt"),
        ({"record": ["a"]}, "record"),
        ({"record": {"a": float("nan")}}, "record"),
        ({"record": {"a": 1 << 53}}, "record"),
        ({"record": {"a": "\ud800"}}, "record"),
        ({"record": {"a": {5: 1}}}, "record"),
        ({"record": {"a": b"bytes"}}, "record"),
        ({"record": {"a": "x" * 32_768}}, "record"),
        ({"record": nested(33)}, "record"),
        ({"record": nested(400)}, "record"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_value_of_no_such_form_is_named(house: House, changed: dict[str, object], field: str) -> None:
    good, bad, other = await house.open(
        house.opening("WB 1"), house.opening(**{"waybill": "WB 2", **changed}), house.opening("WB 3")
    )
    assert refused(bad) == ("invalid", None, field)
    assert good.status == other.status == "accepted"
    assert len(await house.waiting()) == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"waybill": "x" * 200},
        {"waybill": "Überweisung № 5 🚚"},
        {"promised_by": 1_700_000_000 + 300 * DAY},
        {"record": nested(32)},
        {"record": {}},
        {"record": {"a": "x" * (32_768 - 8)}},
        {"record": {"a": "\0", "b": [1.5, None, {"c": -((1 << 53) - 1)}]}},
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_value_at_the_edge_is_taken(house: House, changed: dict[str, object]) -> None:
    (answer,) = await house.open(house.opening(**changed))
    assert answer.status == "accepted", answer.refusal


async def test_no_private_text_outlives_an_erasure(house: House) -> None:
    """Nothing that was said, and no plain hash of it, stands in the intents, which are never erased."""
    record = {"name": "Anna"}
    (answer,) = await house.open(house.opening("WB-PRIVATE", record=record))
    assert answer.delivery_id is not None
    await house.report(house.reported(answer.delivery_id, key="WB-PRIVATE delivered", evidence=record))
    async with house.store.read() as connection:
        rows = (await connection.execute(select(intents))).all()
    assert len(rows) == 2
    stored = b"|".join(value for row in rows for value in row if isinstance(value, bytes))
    for private in (b"WB-PRIVATE", b"WB-PRIVATE delivered", b"Anna", canonical_json(record)):
        for guess in (private, keccak256(private), sha256(private).digest()):
            assert guess not in stored


async def test_tracking_paths_carry_the_secret_in_the_fragment_alone(house: House) -> None:
    (answer,) = await house.open(bare("WB 1", house.paper.time + DAY))
    assert answer.link is not None
    assert answer.delivery_id is not None
    secret = decode_secret(answer.link.partition("#")[2], "link")
    assert answer.link == tracking_path(answer.delivery_id, secret)


@pytest.mark.parametrize("same", [True, False], ids=["the same again", "with a new promise"])
@pytest.mark.parametrize("indexed", [False, True])
async def test_a_rejected_opening_frees_its_waybill(house: House, same: bool, indexed: bool) -> None:
    """The promise was in the future when it was accepted, and over when it was mined."""
    record = {"order": "53cdb2fc"}
    request = bare("WB 1", house.paper.time + 60, record=record)
    (first,) = await house.open(request)
    house.paper.time += 120
    assert await house.mine() == [Reason.PROMISE_NOT_IN_FUTURE]
    if indexed:
        await house.index()
        (refusal,) = await house.open(request)
        assert refused(refusal)[0] == "promise-not-in-future"
    again = request if same and not indexed else replace(request, promised_by=house.paper.time + DAY)
    second, twice = await house.open(again, again)
    assert second.status == "accepted"
    assert twice == replace(second, status="duplicate")
    assert second.intent_id != first.intent_id
    assert second.delivery_id != first.delivery_id
    assert second.link != first.link
    assert await house.mine() == [None if again is not request else Reason.PROMISE_NOT_IN_FUTURE]
    async with house.store.read() as connection:
        kept = await waybills.by_delivery(
            connection, house.ledger_id, [one for one in (first.delivery_id, second.delivery_id) if one]
        )
        rows = {row.id: row for row in await connection.execute(select(intents))}
        assert first.delivery_id is not None
        assert await documents.of_delivery(connection, house.ledger_id, first.delivery_id) == {}
    assert [one.waybill for one in kept.values()] == ["WB 1"]
    assert first.delivery_id not in kept
    assert rows[first.intent_id].state == "rejected"
    if again is not request:
        (known,) = await house.open(again)
        assert known == replace(second, status="duplicate")
        (other,) = await house.open(replace(again, carrier=BOTH))
        assert refused(other)[0] == "conflict"


async def test_a_rejected_opening_may_come_again_under_the_shop_s_own_salt(house: House) -> None:
    request = house.opening(salt=b"\x0a" * 32, promised_by=house.paper.time + 60, record={"a": 1})
    (first,) = await house.open(request)
    house.paper.time += 120
    await house.mine()
    await house.index()
    (second,) = await house.open(replace(request, promised_by=house.paper.time + DAY))
    assert (second.status, second.delivery_id) == ("accepted", first.delivery_id)
    assert await house.mine() == [None]


async def test_a_refused_retry_leaves_the_rejected_opening_as_it_was(house: House) -> None:
    request = bare("WB 1", house.paper.time + 60, record={"a": 1})
    (first,) = await house.open(request)
    house.paper.time += 120
    await house.mine()
    (refusal,) = await house.open(replace(request, carrier=MemberNumber(99)))
    assert refused(refusal)[0] == "not-a-carrier"
    assert first.delivery_id is not None
    async with house.store.read() as connection:
        assert await waybills.by_delivery(connection, house.ledger_id, [first.delivery_id])
        assert await documents.of_delivery(connection, house.ledger_id, first.delivery_id)


async def test_a_waybill_that_looks_the_same_is_the_same(house: House) -> None:
    (first,) = await house.open(bare(" WB 1", house.paper.time + DAY))
    promised = house.paper.time + DAY
    again = await house.open(*(bare(one, promised) for one in ("WB 1", "\ufeffWB\u00a01", "ＷＢ 1")))
    assert again == [replace(first, status="duplicate")] * 3
    blank, other = await house.open(bare(" \u200b", promised), bare("wb 1", promised))
    assert refused(blank) == ("invalid", None, "waybill")
    assert other.status == "accepted"
    async with house.store.read() as connection:
        kept = await waybills.by_waybill(connection, house.ledger_id, SHIPPER, ["WB 1"])
    assert kept["WB 1"].waybill == " WB 1"
