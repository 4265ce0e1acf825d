"""JSON-RPC itself: codes, batches, notifications, and what HTTP adds."""

from __future__ import annotations

from typing import Any

import pytest
from doorstep_devnet import server
from doorstep_devnet.testing import RpcClient, RpcFailed

JSON = {"content-type": "application/json"}


async def _post(client: RpcClient, body: bytes, **headers: str) -> Any:
    return await client.http.post(client.url, content=body, headers={**JSON, **headers})


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"{", -32700, "parse error"),
        (b"", -32700, "parse error"),
        (b"\xff", -32700, "parse error"),
        (b"[]", -32600, "empty batch"),
        (b"1", -32600, "expected an object"),
        (b"{}", -32600, 'expected "jsonrpc": "2.0"'),
        (b'{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}', -32600, 'expected "jsonrpc": "2.0"'),
        (b'{"jsonrpc":"2.0","id":1,"method":7}', -32600, 'and a "method"'),
        (b'{"jsonrpc":"2.0","id":[1],"method":"eth_chainId"}', -32600, "id must be"),
        (b'{"jsonrpc":"2.0","id":1,"method":"eth_sing"}', -32601, "the method eth_sing does not exist"),
        (
            b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{"a":1}}',
            -32602,
            "parameters must be a list",
        ),
        (
            b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[1]}',
            -32602,
            "too many arguments, want at most 0",
        ),
        (
            b'{"jsonrpc":"2.0","id":1,"method":"eth_getBalance"}',
            -32602,
            "missing value for required argument 0",
        ),
        (
            b'{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["0x0",1]}',
            -32602,
            "expected true or false",
        ),
        (b'{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}', -32601, "eth_subscribe"),
    ],
)
async def test_a_bad_request_gets_its_code(devnet: RpcClient, body: bytes, code: int, message: str) -> None:
    response = await _post(devnet, body)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (200, code)
    assert message in error["message"]
    assert await devnet.rpc("eth_blockNumber") == "0x0", "it goes on answering"


async def test_a_batch_answers_each_in_order_and_notifications_not_at_all(devnet: RpcClient) -> None:
    batch = (
        b'[{"jsonrpc":"2.0","id":"a","method":"eth_chainId"},{"jsonrpc":"2.0","method":"eth_chainId"},'
        b'{"jsonrpc":"2.0","method":"no_such"},{"jsonrpc":"2.0","id":2,"method":"no_such"},7,'
        b'{"jsonrpc":"2.0","id":null,"method":"net_version"}]'
    )
    answers = (await _post(devnet, batch)).json()
    assert [answer["id"] for answer in answers] == ["a", 2, None, None]
    assert answers[0]["result"] == "0x4f24"
    assert [answer["error"]["code"] for answer in answers[1:3]] == [-32601, -32600]
    assert answers[3]["result"] == "20260"
    silent = await _post(devnet, b'[{"jsonrpc":"2.0","method":"eth_chainId"}]')
    assert (silent.status_code, silent.content) == (200, b"")


async def test_a_batch_of_too_many_is_refused_by_an_array(devnet: RpcClient) -> None:
    one = b'{"jsonrpc":"2.0","id":7,"method":"eth_chainId"}'
    answers = (await _post(devnet, b"[" + b",".join([one] * 1001) + b"]")).json()
    error = {"code": -32600, "message": "batch too large: 1001 requests, at most 1000"}
    assert answers == [{"jsonrpc": "2.0", "id": 7, "error": error}]


@pytest.mark.parametrize(
    "identifier",
    [
        "0", "-1", "1.5", "1e3", "9007199254740993", "18446744073709551615", "18446744073709551616",
        "-9223372036854775809", "123456789012345678901234567890", '"a"', "null",
    ],
)  # fmt: skip
@pytest.mark.parametrize("call", ['"method":"eth_chainId"', '"method":"nothing"', '"method":7'])
async def test_an_id_comes_back_exactly_in_answers_and_errors(
    devnet: RpcClient, identifier: str, call: str
) -> None:
    one = f'{{"jsonrpc":"2.0","id":{identifier},{call}}}'
    expected = f'"id":{identifier},'.encode()
    assert expected in (await _post(devnet, one.encode())).content
    assert (await _post(devnet, f"[{one},7,{one}]".encode())).content.count(expected) >= 2


async def test_an_id_that_is_none_is_refused(devnet: RpcClient) -> None:
    for wrong in ("[1]", "{}", "true"):
        body = f'{{"jsonrpc":"2.0","id":{wrong},"method":"eth_chainId"}}'.encode()
        assert (await _post(devnet, body)).json()["id"] is None


async def test_a_body_too_large_is_refused_with_or_without_a_length(
    devnet: RpcClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_BODY", 1000)

    async def chunks() -> Any:
        for _ in range(20):
            yield b" " * 100

    for content in (b" " * 1001, chunks()):
        response = await devnet.http.post(devnet.url, content=content, headers=JSON)
        assert response.status_code == 413
        assert "larger than 1000 bytes" in response.json()["error"]["message"]
    assert await devnet.rpc("eth_blockNumber") == "0x0"


async def test_only_json_posts_from_this_machine_are_answered(devnet: RpcClient) -> None:
    body = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}'
    assert (await _post(devnet, body, **{"content-type": "text/plain"})).status_code == 415
    assert (await _post(devnet, body, host="evil.example")).status_code == 403
    for host in (f"localhost:{devnet.port}", f"LOCALHOST:{devnet.port}", "LocalHost"):
        assert (await _post(devnet, body, host=host)).status_code == 200
    assert (await devnet.http.get(devnet.url)).status_code == 200
    assert (await devnet.http.put(devnet.url, content=body, headers=JSON)).status_code == 405


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("0x", "expected a hex quantity"), ("5", "expected a hex quantity"), ("0xg", "not a hex quantity"),
        ("0x1_0", "not a hex quantity"), ("0x-1", "not a hex quantity"), (True, "expected a hex quantity"),
        (-1, "outside"), (1.5, "expected a hex quantity"), ([], "expected a hex quantity"), ("0x" + "f" * 17, "outside"),
        ("0x" + "f" * 9000, "a number of 36000 bits is outside"),
    ],
)  # fmt: skip
async def test_a_block_number_is_read_strictly(devnet: RpcClient, value: object, message: str) -> None:
    with pytest.raises(RpcFailed, match=message) as failed:
        await devnet.rpc("eth_getBlockByNumber", value, False)
    assert failed.value.code == -32602
