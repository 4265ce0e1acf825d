"""Blocks made here are valid Prague blocks: py-evm's own chain, with every check on, takes them all."""

from __future__ import annotations

from pathlib import Path

import pytest
import rlp
from doorstep_devnet.chain_store import ChainStore
from doorstep_devnet.config import INITIAL_BALANCE
from doorstep_devnet.lmdb_env import LmdbEnv
from doorstep_devnet.testing import running_devnet
from eth.chains.base import Chain
from eth.db.account import AccountDB
from eth.db.atomic import AtomicDB
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.blocks import PragueBlock, PragueBlockHeader
from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth_typing import Address
from probes import BURN, GENESIS, INVALID, REVERT, STORE, Sender, forwarder, logger, word


async def _live(data_dir: Path, fund: tuple[str, ...], paying: Sender | None) -> None:
    async with running_devnet(data_dir=data_dir, genesis_time=GENESIS, fund=fund) as client:
        if paying is not None:
            paying.client = client
            tip = {"maxFeePerGas": 1, "maxPriorityFeePerGas": 1}
            assert (await paying.mined(to="0x" + "22" * 20, value=7, **tip))["effectiveGasPrice"] == "0x1"
        sender, other = Sender(client), Sender(client, "other")
        store, log = await sender.deploy(STORE), await sender.deploy(logger(3))
        for n in range(1, 6):
            await sender.send(to=store, data=word(n) + word(n))
            await other.send(to=log, data=word(1) + word(n) + word(3) + b"data" * n, gasPrice=0)
        await sender.mined(to=store, data=word(1) + word(0), type=1, gasPrice=0, accessList=[])
        await sender.mined(to=await sender.deploy(forwarder(store)), data=word(77) + word(1))
        for runtime in (REVERT, INVALID, BURN):
            await sender.mined(to=await sender.deploy(runtime), gas=100_000)
        await client.rpc("evm_mine")
        snapshot = await client.rpc("evm_snapshot")
        await sender.mined(to=store, data=word(1) + word(9))
        await client.rpc("evm_revert", snapshot)
        sender.nonce -= 1
        await client.rpc("evm_increaseTime", 86_400)
        await sender.mined(to=store, data=word(1) + word(8))


def _blocks(data_dir: Path) -> list[PragueBlock]:
    env = LmdbEnv(data_dir, sync=False)
    try:
        with ChainStore(env).view() as view:
            blocks = []
            for number in range(view.head_number() + 1):
                record = view.expect_block(number)
                header = rlp.decode(record.header, sedes=PragueBlockHeader)
                transactions = [PragueTransactionBuilder.decode(tx.raw) for tx in view.txs(number)]
                block = PragueBlock(header, transactions)
                assert (block.hash, len(rlp.encode(block))) == (record.hash, record.size)
                blocks.append(block)
            return blocks
    finally:
        env.close()


@pytest.mark.parametrize("balance", [0, INITIAL_BALANCE])
async def test_py_evm_takes_every_block(tmp_path: Path, balance: int) -> None:
    owner = Sender(None, "owner")  # type: ignore[arg-type]
    await _live(tmp_path, fund=(owner.address,) if balance else (), paying=owner if balance else None)
    genesis, *blocks = _blocks(tmp_path)
    prague = Chain.configure(vm_configuration=((0, PragueVM),), chain_id=20260)
    db = AtomicDB()
    header = genesis.header
    if balance:
        accounts = AccountDB(db)
        accounts.set_balance(Address(bytes.fromhex(owner.address[2:])), balance)
        assert accounts.make_state_root() == header.state_root
        accounts.persist()
    chain = prague.from_genesis_header(db, header)
    for block in blocks:
        chain.import_block(block, perform_validation=True)
    assert chain.get_canonical_head().hash == blocks[-1].hash
    assert sum(len(block.transactions) for block in blocks) > 20
