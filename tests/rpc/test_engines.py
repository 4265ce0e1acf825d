from __future__ import annotations

import pytest

from chain_client.rpc.engines import BFT_MIX_HASH, identify


@pytest.mark.parametrize(
    ("client_version", "mix_hash", "name", "version", "instant"),
    [
        ("doorstep-devnet/0.1.0/python3.11", "0x00", "devnet", "0.1.0", True),
        ("EthereumTester/0.14.0b1/linux/python3.11.7", "0x00", "eth-tester", "0.14.0b1", True),
        ("anvil/v1.7.1", "0x00", "anvil", "1.7.1", False),
        ("besu/v26.7.1/linux-x86_64/openjdk-java-25", BFT_MIX_HASH, "besu", "26.7.1", True),
        ("besu/v26.7.1/linux-x86_64/openjdk-java-25", "0x" + "ab" * 32, "besu", "26.7.1", False),
        ("Version dev ()\nCompiled at  using Go go1.25.1 (amd64)", "0x00", "cosmos", "1.25.1", True),
        ("Geth/v1.16.4-stable/linux-amd64/go1.25.1", "0x00", "geth", "1.16.4-stable", False),
        ("Kaia/v2.0.0", "0x00", "Kaia", "2.0.0", False),
        ("", "0x00", "unknown", "", False),
    ],
)
def test_an_engine_is_known_by_its_version_and_newest_block(
    client_version: str, mix_hash: str, name: str, version: str, instant: bool
) -> None:
    engine = identify(client_version, {"mixHash": mix_hash})
    assert (engine.name, engine.version, engine.instant_finality) == (name, version, instant)
    assert (engine.confirmations == 0) is instant
