"""What a stream says where the chain is rewound or the index built anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx

from api.app import create_app
from api.paging import encode_cursor
from api.stream.tail import BEGINNING, Mark
from chain_client.domain.ids import ZERO_HASH, Hash32, delivery_id, to_hex
from chain_client.domain.records import DAY, Kind, Opening
from chain_client.indexer.rebuild import rebuild
from tests.api.stream_reader import bells, reading, until, whole
from tests.api.support import serving
from tests.api.world import World


def final_later(world: World) -> None:
    """Let the node call final only what has two blocks on top of it."""
    answers = world.chain.provider.answers
    block = answers["eth_getBlockByNumber"]

    def trailing(tag: str, *more: Any) -> Any:
        head = int(block("latest", False)["number"], 16)
        return block(hex(max(0, head - 2)) if tag == "finalized" else tag, *more)

    answers["eth_getBlockByNumber"] = trailing
    node = world.chain.node
    node.engine = replace(node.engine, instant_finality=False, confirmations=2)


async def open_unsettled(world: World) -> None:
    """Put an opening in the last block, which is not final yet, and into the index."""
    chain = world.chain
    opening = Opening(
        delivery_id=delivery_id(chain.shipper.number, bytes(32), "elsewhere"),
        recipient_key=chain.relay.address,
        carrier=chain.carrier.number,
        promised_by=chain.provider.time + DAY,
        record_hash=ZERO_HASH,
    )
    await chain.send(chain.shipper.writer, Kind.OPENING, [opening])
    while await world.follower.step():
        pass


async def test_a_rewind_is_told_to_whom_it_concerns(world: World, http: httpx.AsyncClient) -> None:
    final_later(world)
    early = await world.open("WB-1")
    async with reading(http, world.shop, BEGINNING.cursor, delivery=to_hex(early.delivery_id)) as unmoved:
        assert [event.name for event in await unmoved.some(2)] == ["ready", "entry"]
        before = world.chain.provider.snapshot()
        async with reading(http, world.shop) as reader:
            assert (await reader.next()).name == "ready"
            await open_unsettled(world)
            gone = await reader.next()
            world.chain.provider.restore(before)
            world.chain.provider.advance(100)
            for _ in range(3):
                world.chain.provider.mine()
            while await world.follower.step():
                pass
            rewound = await reader.next()
            assert rewound.name == "rewound"
            assert rewound.data == {"block": gone.data["block"] + 2}
            assert [entry["delivery_id"] for entry in await whole(world)] == [to_hex(early.delivery_id)]
            await world.report(early, "delivered")
            assert (await reader.next()).data == (await whole(world))[-1]
        assert (await unmoved.next()).data["kind"] == "report", "nothing of it was rewound"


async def test_an_index_built_anew_is_waited_for(world: World, quick: None) -> None:
    await world.delivered("WB-1")
    app = create_app(world.settings, clock=world.clock)
    async with serving(app) as url, httpx.AsyncClient(base_url=url) as http:
        async with reading(http, world.shop) as reader, reading(http, world.shop, kind="report") as other:
            assert (await reader.next()).name == (await other.next()).name == "ready"
            await rebuild(world.store, world.ledger_id)
            await until(lambda: all(bell.any_change for bell in bells(app)), "the streams wait")
            while await world.follower.step():
                pass
            await world.delivered("WB-2")
            last = await whole(world)
            given = [event.data for event in await reader.some(2)]
            assert given == last[-2:], "it is the same chain: nothing was rewound, nothing comes twice"
            assert (await other.next()).data == last[-1]


async def test_an_id_that_was_never_given_is_refused_or_told_to_load_again(
    world: World, http: httpx.AsyncClient
) -> None:
    await world.open("WB-1")
    end = (await whole(world))[-1]
    forged = Hash32(b"x" * 32)
    for cursor in (
        encode_cursor(2**62, 0, forged),
        encode_cursor(end["block"], end["log_index"], forged),
        encode_cursor(0, 5, ZERO_HASH),
    ):
        async with reading(http, world.shop, cursor) as reader:
            ready, rewound = await reader.some(2)
            assert (ready.id, rewound.name) == (cursor, "rewound")
            place = Mark.of(rewound.id or "", "id").place
            assert (place.block_number, place.log_index) == (end["block"], end["log_index"])
    for unknown in ("abc\xe9", "A" * 129, "a b", BEGINNING.cursor + "\tx"):
        sent = {name.encode(): value.encode("latin-1") for name, value in world.shop.items()}
        response = await http.get("/v1/stream", headers=sent | {b"Last-Event-ID": unknown.encode("latin-1")})
        assert response.status_code == 422
    response = await http.get(
        "/v1/stream", params={"after": BEGINNING.cursor + "\r\nid: x"}, headers=world.shop
    )
    assert response.status_code == 422
