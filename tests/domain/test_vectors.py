"""The domain's digests against the published vectors, which other code computed."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from Crypto.Hash import keccak
from hypothesis import given
from hypothesis import strategies as st

from chain_client.domain import digests, ids, links, records, signatures
from chain_client.domain.hashing import keccak256

VECTORS = Path(__file__).parent.parent / "vectors"


def load(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text())


def raw(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def item_of(case: dict[str, Any]) -> digests.Signable:
    kind = getattr(records, case["struct"])
    values = [raw(v) if isinstance(v, str) else v for v in case["fields"].values()]
    item: digests.Signable = kind(*values)
    return item


EIP712 = load("eip712")


@pytest.mark.parametrize("case", EIP712["cases"], ids=lambda case: case["struct"])
def test_struct_hash_digest_and_signature_are_the_vectors(case: dict[str, Any]) -> None:
    domain = digests.SigningDomain(
        EIP712["domain"]["chainId"], ids.Address(raw(EIP712["domain"]["verifyingContract"]))
    )
    item = item_of(case)
    assert domain.separator() == raw(EIP712["separator"])
    assert digests.struct_hash(item) == raw(case["structHash"])
    assert digests.digest(domain.separator(), item) == raw(case["digest"])
    assert signatures.sign(raw(EIP712["privateKey"]), ids.Hash32(raw(case["digest"]))) == raw(
        case["signature"]
    )
    signer = signatures.recover(
        ids.Hash32(raw(case["digest"])), signatures.CompactSignature(raw(case["signature"]))
    )
    assert signer == raw(EIP712["signer"])


def test_document_hashes_are_the_vectors() -> None:
    for case in load("documents")["documents"]:
        assert digests.canonical_json(case["document"]).decode() == case["canonical"]
        assert digests.document_hash(raw(case["salt"]), case["document"]) == raw(case["hash"])


def test_delivery_ids_are_the_vectors() -> None:
    for case in load("documents")["deliveryIds"]:
        found = ids.delivery_id(ids.MemberNumber(case["shipper"]), raw(case["salt"]), case["waybill"])
        assert found == raw(case["deliveryId"])
        assert ids.shipper_of(found) == case["shipper"]


def test_links_are_the_vectors() -> None:
    for case in load("links"):
        secret, delivery = raw(case["secret"]), ids.DeliveryId(raw(case["deliveryId"]))
        token = links.read_token(secret, delivery)
        assert links.signing_key(secret, delivery) == raw(case["signingKey"])
        assert links.recipient_key(secret, delivery) == raw(case["recipientKey"])
        assert token == raw(case["readToken"])
        assert links.read_token_hash(token) == raw(case["readTokenHash"])


def test_heads_are_the_vectors() -> None:
    for case in load("heads"):
        after = digests.next_head(
            ids.Hash32(raw(case["head"])),
            ids.Hash32(raw(case["entryDigest"])),
            int(case["word"], 16),
            ids.Address(raw(case["writer"])),
            case["blockNumber"],
            case["blockTime"],
        )
        assert after == raw(case["next"])


def test_the_committed_vectors_are_what_their_maker_writes() -> None:
    spec = importlib.util.spec_from_file_location("vector_maker", VECTORS / "make.py")
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    for name, content in maker.all_vectors().items():
        assert load(name) == json.loads(json.dumps(content)), name


@given(st.binary(max_size=600))
def test_keccak_is_the_one_other_code_computes(data: bytes) -> None:
    assert keccak256(data) == keccak.new(data=data, digest_bits=256).digest()
