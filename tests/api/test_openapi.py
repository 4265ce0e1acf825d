"""The document: complete, its examples real, and the check that holds every answer to it awake."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter

from api.app import create_app
from api.deliveries.models import ADAPTER as DELIVERY
from api.feedback.models import ADAPTER as FEEDBACK
from api.feedback.models import EXAMPLE as FEEDBACK_EXAMPLE
from api.key_changes.models import ADAPTER as KEY_CHANGE
from api.key_changes.models import EXAMPLE as KEY_CHANGE_EXAMPLE
from api.read_tokens.models import ADAPTER as READ_TOKEN
from api.read_tokens.models import EXAMPLE as READ_TOKEN_EXAMPLE
from api.reports.models import ADAPTER as REPORT
from api.settings import Settings
from chain_client.domain.digests import SigningDomain, digest
from chain_client.domain.ids import Hash32, parse_address
from chain_client.domain.ledger import LedgerIdentity
from chain_client.domain.records import KeyChange, ReadToken
from chain_client.domain.signatures import parse_signature, recover
from tests.api.contract import JSON, Mismatch, check, hold_to, operation_of
from tests.api.world import World

VECTORS = Path(__file__).parents[1] / "vectors" / "eip712.json"
ADAPTERS: dict[str, TypeAdapter[Any]] = {
    "/v1/deliveries": DELIVERY,
    "/v1/reports": REPORT,
    "/v1/feedback": FEEDBACK,
    "/v1/key-changes": KEY_CHANGE,
}


@pytest.fixture(scope="module")
def document() -> JSON:
    identity = LedgerIdentity(
        1, Hash32(bytes(32)), parse_address("0x" + "11" * 20, "a"), 1, Hash32(bytes(32))
    )
    return create_app(Settings("sqlite+aiosqlite://", identity, bytes(32))).openapi()


def operations(document: JSON) -> list[tuple[str, str, JSON]]:
    return [
        (method, path, operation)
        for path, found in document["paths"].items()
        for method, operation in found.items()
    ]


def test_every_endpoint_says_what_it_does_for_whom_and_how_it_fails(document: JSON) -> None:
    assert len(operations(document)) >= 19
    for method, path, operation in operations(document):
        where = f"{method} {path}"
        assert operation["summary"], where
        assert len(operation["description"]) > 60, where
        responses = operation["responses"]
        assert {"429", "500", "503"} <= set(responses), where
        for status, response in responses.items():
            assert response["description"] not in ("", "Successful Response"), where
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], f"{where} {status}"
            else:
                first = "text/event-stream" if path == "/v1/stream" else "application/json"
                assert response["content"][first]["schema"], f"{where} {status}"
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), f"{where} {parameter['name']}"
            if parameter["in"] == "path":
                for example in parameter["schema"]["examples"]:
                    check(document, parameter["schema"], example, f"{where} {parameter['name']}")
        if method == "post":
            assert {"400", "413", "415", "422"} <= set(responses), where


def test_every_reference_leads_somewhere_and_nothing_is_left_over(document: JSON) -> None:
    text = json.dumps(document)
    schemas = document["components"]["schemas"]
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named == set(schemas)


def test_descriptions_are_paragraphs_and_code_alone(document: JSON) -> None:
    """The page that shows them knows no more of Markdown."""
    found = []

    def look(value: Any, place: str) -> None:
        if isinstance(value, dict):
            for name, one in value.items():
                if name == "description" and isinstance(one, str):
                    found.append(one)
                    text = re.sub(r"`[^`]+`", "", one)
                    assert not re.search(r"`|\*\*|\]\(|^\s*([-*+]|\d+\.|#+|>)\s", text, re.MULTILINE), place
                elif name not in ("examples", "example", "default"):
                    look(one, f"{place}.{name}")
        elif isinstance(value, list):
            for one in value:
                look(one, place)

    look(document, "$")
    assert len(found) > 100


def test_defaults_are_as_they_would_be_sent(document: JSON) -> None:
    seen = 0
    for name, schema in document["components"]["schemas"].items():
        for field, one in schema.get("properties", {}).items():
            if "default" in one:
                check(document, {**one, "anyOf": one.get("anyOf", [{}])}, one["default"], f"{name}.{field}")
                seen += 1
    assert seen > 10


def test_security_is_documented(document: JSON) -> None:
    assert set(document["components"]["securitySchemes"]) == {"MemberKey", "ReadToken"}
    for path, schemes in (
        ("/v1/reports", [{"MemberKey": []}]),
        ("/v1/feedback", None),
    ):
        assert document["paths"][path]["post"].get("security") == schemes
    assert document["info"]["license"]["identifier"] == "Apache-2.0"


def test_the_examples_of_requests_are_well_formed(document: JSON) -> None:
    for path, adapter in ADAPTERS.items():
        content = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        for example in content["examples"].values():
            check(document, content["schema"], example["value"])
            values = example["value"] if isinstance(example["value"], list) else [example["value"]]
            for value in values:
                assert adapter.validate_python(value).request()


def test_the_examples_signatures_are_good_in_the_vectors_domain() -> None:
    vectors = json.loads(VECTORS.read_text())
    domain = vectors["domain"]
    separator = SigningDomain(
        domain["chainId"], parse_address(domain["verifyingContract"], "contract")
    ).separator()
    signer = parse_address(vectors["signer"], "signer")
    feedback = FEEDBACK.validate_python(FEEDBACK_EXAMPLE).request()
    assert recover(digest(separator, feedback.feedback), parse_signature(feedback.signature)) == signer
    change = KEY_CHANGE.validate_python(KEY_CHANGE_EXAMPLE).request()
    item: KeyChange | ReadToken = KeyChange(change.delivery_id, change.new_key)
    assert recover(digest(separator, item), parse_signature(change.signature)) == signer
    wish = READ_TOKEN.validate_python(READ_TOKEN_EXAMPLE).request(change.delivery_id)
    item = ReadToken(wish.delivery_id, wish.token_hash)
    assert recover(digest(separator, item), parse_signature(wish.signature)) == signer


def test_the_examples_of_answers_are_as_documented(document: JSON) -> None:
    seen = 0
    for method, path, operation in operations(document):
        for status, response in operation["responses"].items():
            for media_type, content in response["content"].items():
                for example in content.get("examples", {}).values():
                    if media_type.endswith("json") and "ndjson" not in media_type:
                        check(document, content["schema"], example["value"], f"{method} {path} {status}")
                        seen += 1
    assert seen


async def test_posted_examples_are_taken_or_refused_by_rule_only(world: World) -> None:
    for path in ADAPTERS:
        operation = operation_of(world.app.openapi(), "POST", path)
        assert operation is not None
        for example in operation["requestBody"]["content"]["application/json"]["examples"].values():
            headers = world.shop if path == "/v1/deliveries" else world.van
            response = await world.http.post(path, json=example["value"], headers=headers)
            if path == "/v1/deliveries":
                assert response.status_code in (200, 202), response.text
            else:
                assert response.status_code == 422, "another ledger's delivery"
                refused = response.json().get("items") or [response.json()]
                assert {one["refusal"]["code"] for one in refused} == {"unknown-delivery"}


async def test_the_check_of_answers_is_awake(document: JSON) -> None:
    request = httpx.Request("GET", "http://x/healthz")
    good = httpx.Response(200, json={"status": "ok"}, request=request)
    await hold_to(document, good)
    for bad in (
        httpx.Response(200, json={}, request=request),
        httpx.Response(200, json={"status": 1}, request=request),
        httpx.Response(200, json={"status": "ok", "more": 1}, request=request),
        httpx.Response(418, json={"status": "ok"}, request=request),
        httpx.Response(200, text="ok", request=request),
    ):
        with pytest.raises(Mismatch):
            await hold_to(document, bad)
