"""eth_getLogs: filters, ranges, limits; and that the index gives what a scan of all receipts gives."""

from __future__ import annotations

from typing import Any

import pytest
from doorstep_devnet import methods_logs
from doorstep_devnet.chain_store import ChainStore
from doorstep_devnet.lmdb_env import LmdbEnv
from doorstep_devnet.log_index import LogFilter, find_logs
from doorstep_devnet.records import BlockData, BlockRecord, LogRecord
from doorstep_devnet.testing import RpcClient, RpcFailed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from probes import Sender, logger, word
from web3 import AsyncHTTPProvider, AsyncWeb3


def topic(value: int) -> str:
    return "0x" + word(value).hex()


async def _emit(sender: Sender, address: str, *values: int, data: bytes = b"") -> dict[str, Any]:
    return await sender.mined(to=address, data=b"".join(word(value) for value in values) + data)


async def test_topics_match_by_place_with_alternatives_and_gaps(sender: Sender) -> None:
    client = sender.client
    log2, log0 = await sender.deploy(logger(2)), await sender.deploy(logger(0))
    for first, second in ((1, 1), (1, 2), (2, 1), (3, 3)):
        await _emit(sender, log2, first, second)
    await _emit(sender, log0, data=b"plain")

    async def find(**wanted: object) -> list[list[str]]:
        found = await client.rpc("eth_getLogs", {"fromBlock": "earliest", "toBlock": "latest", **wanted})
        return [[str(int(value, 16)) for value in log["topics"]] for log in found]

    assert await find() == [["1", "1"], ["1", "2"], ["2", "1"], ["3", "3"], []]
    assert await find(topics=[topic(1)]) == [["1", "1"], ["1", "2"]]
    assert await find(topics=[None, topic(1)]) == [["1", "1"], ["2", "1"]]
    assert await find(topics=[[topic(1), topic(3)]]) == [["1", "1"], ["1", "2"], ["3", "3"]]
    assert await find(topics=[[topic(1), topic(2)], [topic(1)]]) == [["1", "1"], ["2", "1"]]
    assert await find(topics=[[], None]) == [["1", "1"], ["1", "2"], ["2", "1"], ["3", "3"]]
    assert await find(topics=[topic(2), topic(2)]) == []
    assert await find(topics=[None, None, topic(1)]) == []
    assert await find(address=log0) == [[]]
    assert await find(address=[log0, log2], topics=[topic(3)]) == [["3", "3"]]
    assert await find(address="0x" + "99" * 20) == []


async def test_web3_reads_a_log_as_it_was_emitted(sender: Sender) -> None:
    address = await sender.deploy(logger(4))
    receipt = await _emit(sender, address, 1, 2, 3, 4, data=b"\0payload")
    provider = AsyncHTTPProvider(sender.client.url)
    (log,) = await AsyncWeb3(provider).eth.get_logs({"fromBlock": 0, "address": log_address(address)})
    await provider.disconnect()
    assert log.data == b"\0payload"
    assert [int.from_bytes(value, "big") for value in log.topics] == [1, 2, 3, 4]
    assert log.transactionHash.to_0x_hex() == receipt["transactionHash"]
    assert (log.blockNumber, log.logIndex, log.removed) == (2, 0, False)


def log_address(address: str) -> Any:
    return AsyncWeb3.to_checksum_address(address)


async def test_logs_of_one_block_count_through_its_transactions(sender: Sender) -> None:
    client = sender.client
    address = await sender.deploy(logger(1))
    batch = [
        {
            "jsonrpc": "2.0",
            "id": n,
            "method": "eth_sendRawTransaction",
            "params": [sender.sign(nonce=n, to=address, data=word(n))],
        }
        for n in range(1, 6)
    ]
    answers = (await client.http.post(client.url, json=batch)).json()
    receipts = [await client.receipt(answer["result"]) for answer in answers]
    block = receipts[-1]["blockHash"]
    of_block = await client.rpc("eth_getLogs", {"blockHash": block})
    assert len(of_block) == sum(receipt["blockHash"] == block for receipt in receipts) > 1
    assert [int(log["logIndex"], 16) for log in of_block] == list(range(len(of_block)))
    assert of_block == [
        log for receipt in receipts if receipt["blockHash"] == block for log in receipt["logs"]
    ]
    assert await client.rpc("eth_getLogs", {"fromBlock": "latest"}) == of_block


@pytest.mark.parametrize(
    ("wanted", "code", "message"),
    [
        ({"fromBlock": "latest", "toBlock": "pending"}, -32602, "pending logs are not supported"),
        ({"fromBlock": "0x0", "toBlock": "0x99"}, -32602, "beyond current head block: toBlock 153, head 0"),
        ({"fromBlock": "0x98", "toBlock": "0x99"}, -32602, "beyond current head block: toBlock 153, head 0"),
        ({"fromBlock": "0x1"}, -32602, "beyond current head block: fromBlock 1, head 0"),
        ({"fromBlock": "0x2", "toBlock": "0x0"}, -32602, "beyond current head block: fromBlock 2, head 0"),
        ({"blockHash": "0x" + "11" * 32}, -32000, "header not found"),
        ({"blockHash": "0x" + "11" * 32, "toBlock": "0x1"}, -32602, "cannot specify both blockHash and"),
        ({"topics": [None] * 5}, -32602, "at most 4 places"),
        ({"topics": ["0x12"]}, -32602, "topics: expected 32 bytes"),
        ({"topics": topic(1)}, -32602, "topics: expected a list"),
        ({"address": "0x12"}, -32602, "address: expected 20 bytes"),
        ({"address": ["0x" + "11" * 20] * 1001}, -32005, "address: 1001 values, at most 1000"),
        ({"fromBlock": "newest"}, -32602, "fromBlock: expected a hex quantity"),
        ("0x1", -32602, "filter: expected an object"),
    ],
)
async def test_a_filter_that_makes_no_sense_is_refused(
    devnet: RpcClient, wanted: object, code: int, message: str
) -> None:
    with pytest.raises(RpcFailed) as failed:
        await devnet.rpc("eth_getLogs", wanted)
    assert failed.value.code == code
    assert message in failed.value.message


async def test_a_range_ends_at_the_head_and_not_before_it_begins(devnet: RpcClient) -> None:
    await devnet.rpc("evm_mine", {"blocks": 3})
    assert await devnet.rpc("eth_getLogs", {"fromBlock": "0x0", "toBlock": "0x3"}) == []
    assert await devnet.rpc("eth_getLogs", {"fromBlock": "0x3"}) == []
    with pytest.raises(RpcFailed, match="fromBlock 2 is after toBlock 1"):
        await devnet.rpc("eth_getLogs", {"fromBlock": "0x2", "toBlock": "0x1"})
    with pytest.raises(RpcFailed, match="beyond current head block: toBlock 4, head 3"):
        await devnet.rpc("eth_getLogs", {"fromBlock": "0x0", "toBlock": "0x4"})


async def test_too_many_logs_name_a_range_that_fits(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods_logs, "MAX_LOGS", 3)
    address = await sender.deploy(logger(1))
    for value in range(5):
        await _emit(sender, address, value)
    with pytest.raises(RpcFailed) as failed:
        await sender.client.rpc("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"})
    assert failed.value.code == -32005
    assert failed.value.message == (
        "query returned more than 3 results. Try with this block range [0x0, 0x4]."
    )
    assert len(await sender.client.rpc("eth_getLogs", {"fromBlock": "0x0", "toBlock": "0x4"})) == 3


ADDRESSES = [bytes((n,)) * 20 for n in range(3)]
TOPICS = [word(n) for n in range(4)]
LOGS = st.lists(
    st.tuples(st.sampled_from(ADDRESSES), st.lists(st.sampled_from(TOPICS), max_size=4)), max_size=6
)
FILTERS = st.builds(
    LogFilter,
    st.frozensets(st.sampled_from(ADDRESSES), max_size=2),
    st.lists(st.frozensets(st.sampled_from(TOPICS), max_size=2), max_size=4).map(tuple),
)


def _block(number: int, logs: list[tuple[bytes, list[bytes]]]) -> BlockData:
    records = [
        LogRecord(number, index, 0, address, tuple(topics), b"")
        for index, (address, topics) in enumerate(logs)
    ]
    return BlockData(BlockRecord(number, word(number + 1000), b"", 0, ()), (), tuple(records), {})


def _scan(logs: list[LogRecord], wanted: LogFilter, first: int, last: int) -> list[LogRecord]:
    """The definition, written out: every log of the range, held against every place of the filter."""
    found = []
    for log in logs:
        right_topics = len(wanted.topics) <= len(log.topics) and all(
            not values or log.topics[place] in values for place, values in enumerate(wanted.topics)
        )
        if (
            first <= log.block <= last
            and right_topics
            and (not wanted.addresses or log.address in wanted.addresses)
        ):
            found.append(log)
    return found


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    blocks=st.lists(LOGS, min_size=1, max_size=8),
    wanted=st.lists(FILTERS, min_size=1, max_size=6),
    dropped=st.integers(0, 3),
    bounds=st.tuples(st.integers(0, 9), st.integers(0, 9)),
)
def test_the_index_gives_what_a_scan_gives(
    tmp_path_factory: pytest.TempPathFactory,
    blocks: list[list[tuple[bytes, list[bytes]]]],
    wanted: list[LogFilter],
    dropped: int,
    bounds: tuple[int, int],
) -> None:
    env = LmdbEnv(tmp_path_factory.mktemp("logs"), sync=False)
    try:
        store = ChainStore(env)
        made = [_block(number, logs) for number, logs in enumerate(blocks)]
        for block in made:
            store.append(block, {})
        kept = max(0, len(made) - 1 - dropped)
        store.truncate(kept, {})
        logs = [log for block in made[: kept + 1] for log in block.logs]
        first, last = bounds
        with store.view() as view:
            for one in wanted:
                assert list(find_logs(view, one, first, last)) == _scan(logs, one, first, last)
            assert sum(1 for _ in view.cursor(b"log_index")) == len(
                {
                    (log.block, place, value)
                    for log in logs
                    for place, value in enumerate((log.address, *log.topics))
                }
            ), "postings of dropped blocks stay"
    finally:
        env.close()
