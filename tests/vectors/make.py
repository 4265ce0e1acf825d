"""Writes the digest vectors, computed by eth_account's EIP-712 encoder and hashlib: not by the code they test.

Run `python tests/vectors/make.py` to write them anew; the files are committed, and a test fails where they differ.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import rfc8785
from eth_abi import encode as abi_encode
from eth_account import Account
from eth_account.messages import _hash_eip191_message, encode_typed_data
from eth_utils import keccak

HERE = Path(__file__).parent
CHAIN_ID = 20260
CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
DOMAIN = {"name": "DeliveryLedger", "version": "1", "chainId": CHAIN_ID, "verifyingContract": CONTRACT}
DELIVERY = "0x0007" + keccak(b"a delivery")[:30].hex()
SECRET_KEY = keccak(b"a recipient's key")

STRUCTS: dict[str, list[tuple[str, str, Any]]] = {
    "Opening": [
        ("deliveryId", "bytes32", DELIVERY),
        ("recipientKey", "address", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
        ("carrier", "uint16", 3),
        ("promisedBy", "uint32", 1_767_225_599),
        ("recordHash", "bytes32", "0x" + keccak(b"record").hex()),
    ],
    "Report": [
        ("deliveryId", "bytes32", DELIVERY),
        ("driver", "uint32", 42),
        ("outcome", "uint8", 3),
        ("occurredAt", "uint32", 1_767_200_040),
        ("evidenceHash", "bytes32", "0x" + bytes(32).hex()),
    ],
    "Feedback": [
        ("deliveryId", "bytes32", DELIVERY),
        ("driver", "uint32", 42),
        ("overall", "uint8", 4),
        ("timeliness", "uint8", 5),
        ("packaging", "uint8", 0),
        ("professionalism", "uint8", 3),
        ("accuracy", "uint8", 1),
        ("issues", "uint32", 0b101_0000_0011),
        ("contentHash", "bytes32", "0x" + keccak(b"content").hex()),
        ("revision", "uint8", 2),
    ],
    "KeyChange": [
        ("deliveryId", "bytes32", DELIVERY),
        ("newKey", "address", "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
    ],
    "Note": [
        ("deliveryId", "bytes32", DELIVERY),
        ("driver", "uint32", 42),
        ("carrier", "uint16", 3),
        ("kind", "uint16", 1),
        ("contentHash", "bytes32", "0x" + keccak(b"why").hex()),
    ],
    "DriverKey": [
        ("driver", "uint32", 42),
        ("key", "address", "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
        ("nonce", "uint32", 0),
        ("deadline", "uint32", 1_767_286_400),
    ],
    "DriverMove": [
        ("driver", "uint32", 42),
        ("from", "uint16", 3),
        ("to", "uint16", 4),
        ("nonce", "uint32", 1),
        ("deadline", "uint32", 1_767_286_400),
    ],
    "Receipt": [
        ("feedbackDigest", "bytes32", "0x" + keccak(b"digest").hex()),
        ("recordBy", "uint32", 1_767_200_640),
    ],
    "ReadToken": [
        ("deliveryId", "bytes32", DELIVERY),
        ("tokenHash", "bytes32", "0x" + hashlib.sha256(b"a device's read token").hexdigest()),
    ],
}


def typed(name: str) -> Any:
    """Return eth_account's signable message of a struct."""
    fields = STRUCTS[name]
    return encode_typed_data(
        domain_data=DOMAIN,
        message_types={name: [{"name": n, "type": t} for n, t, _ in fields]},
        message_data={n: bytes.fromhex(v[2:]) if t == "bytes32" else v for n, t, v in fields},
    )


def eip712() -> dict[str, Any]:
    """Return the vectors of every struct: type hash, struct hash, digest, and a signature over it."""
    cases = []
    for name, fields in STRUCTS.items():
        message = typed(name)
        signed = Account.sign_message(message, SECRET_KEY)
        vs = signed.s | (signed.v - 27) << 255
        cases.append(
            {
                "struct": name,
                "fields": {n: v for n, _, v in fields},
                "structHash": "0x" + message.body.hex(),
                "digest": "0x" + _hash_eip191_message(message).hex(),
                "signature": "0x" + signed.r.to_bytes(32, "big").hex() + vs.to_bytes(32, "big").hex(),
            }
        )
    return {
        "domain": DOMAIN,
        "separator": "0x" + typed("Receipt").header.hex(),
        "privateKey": "0x" + SECRET_KEY.hex(),
        "signer": Account.from_key(SECRET_KEY).address,
        "cases": cases,
    }


def documents() -> dict[str, Any]:
    """Return vectors of salted document hashes and of delivery ids."""
    salt = keccak(b"salt")
    texts: list[dict[str, Any]] = [
        {},
        {"comment": "Deixaram na chuva ☔", "lang": "pt"},
        {"b": 1, "a": [True, None, 1.5, "€", {"z": "", "y": -0.0}], "é": '\u0001\n"\\/'},
        {"title": None, "message": "早く届いた 😀"},
    ]
    waybills = [("WB-1", 7), ("São Paulo/0001", 65_535), ("🚚", 1)]
    return {
        "documents": [
            {
                "salt": "0x" + salt.hex(),
                "document": text,
                "canonical": rfc8785.dumps(text).decode(),
                "hash": "0x" + keccak(salt + rfc8785.dumps(text)).hex(),
            }
            for text in texts
        ],
        "deliveryIds": [
            {
                "shipper": shipper,
                "salt": "0x" + salt.hex(),
                "waybill": waybill,
                "deliveryId": "0x"
                + shipper.to_bytes(2, "big").hex()
                + keccak(salt + waybill.encode())[:30].hex(),
            }
            for waybill, shipper in waybills
        ],
    }


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 with the standard library alone."""
    key = hmac.digest(salt, secret, hashlib.sha256)
    out, block = b"", b""
    while len(out) < length:
        block = hmac.digest(key, block + info + bytes([len(out) // 32 + 1]), hashlib.sha256)
        out += block
    return out[:length]


def links() -> list[dict[str, str]]:
    """Return vectors of what a tracking link's secret gives."""
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    cases = []
    for name in (b"one", b"two", b"three"):
        secret, delivery = keccak(b"secret " + name), bytes.fromhex("0007") + keccak(name)[:30]
        key = int.from_bytes(hkdf(secret, delivery, b"doorstep/sign", 48), "big") % (order - 1) + 1
        token = hkdf(secret, delivery, b"doorstep/read", 32)
        cases.append(
            {
                "secret": "0x" + secret.hex(),
                "deliveryId": "0x" + delivery.hex(),
                "signingKey": "0x" + key.to_bytes(32, "big").hex(),
                "recipientKey": Account.from_key(key.to_bytes(32, "big")).address,
                "readToken": "0x" + token.hex(),
                "readTokenHash": "0x" + hashlib.sha256(token).hexdigest(),
            }
        )
    return cases


def heads() -> list[dict[str, Any]]:
    """Return a chain of record heads."""
    head, cases = bytes(32), []
    for index in range(4):
        entry, word, writer, number, time = (
            keccak(bytes([index])),
            (1 << 255) + index,
            keccak(b"writer " + bytes([index]))[:20],
            100 + index,
            1_767_200_000 + index,
        )
        after = keccak(
            abi_encode(
                ["bytes32", "bytes32", "uint256", "address", "uint256", "uint256"],
                [head, entry, word, writer, number, time],
            )
        )
        cases.append(
            {
                "head": "0x" + head.hex(),
                "entryDigest": "0x" + entry.hex(),
                "word": hex(word),
                "writer": "0x" + writer.hex(),
                "blockNumber": number,
                "blockTime": time,
                "next": "0x" + after.hex(),
            }
        )
        head = after
    return cases


def all_vectors() -> dict[str, Any]:
    """Return every file's content by name."""
    return {"eip712": eip712(), "documents": documents(), "links": links(), "heads": heads()}


def main() -> None:
    """Write the files."""
    for name, content in all_vectors().items():
        (HERE / f"{name}.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
