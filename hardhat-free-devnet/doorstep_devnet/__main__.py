"""`python -m doorstep_devnet`: a node on its own. Prints one line of JSON when it is ready."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path

from .access import read_token
from .config import CALL_TIMEOUT, DEFAULT_CHAIN_ID, HOST, DevnetConfig
from .errors import StartError
from .server import serve

EXIT_CANNOT_START = 2


def main(arguments: list[str] | None = None) -> int:
    """Run a node until stopped. Exit code 0 when stopped, 2 when it cannot start."""
    given = _parser().parse_args(arguments)
    try:
        config = DevnetConfig(
            data_dir=given.data,
            port=given.port,
            chain_id=given.chain_id,
            block_time=given.block_time,
            genesis_time=given.genesis_time,
            allow=tuple(given.allow) if given.allow is not None else None,
            fund=tuple(given.fund),
            token=None if given.token_file is None else read_token(given.token_file),
            origins=tuple(given.origin),
            call_timeout=given.call_timeout,
            sync=not given.no_sync,
        )
        asyncio.run(serve(config, on_ready=_say_ready))
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CANNOT_START
    return 0


def _say_ready(port: int) -> None:
    sys.stdout.write(json.dumps({"ready": True, "rpc": f"http://{HOST}:{port}", "port": port}) + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="doorstep_devnet", description="A local Ethereum chain on 127.0.0.1."
    )
    parser.add_argument("--data", type=Path, required=True, help="directory the chain is kept in")
    parser.add_argument("--port", type=int, default=8545, help="0 takes a free one (default 8545)")
    parser.add_argument("--chain-id", type=int, help=f"for a new chain (default {DEFAULT_CHAIN_ID})")
    parser.add_argument(
        "--block-time", type=float, help="seconds between blocks (default: as transactions come)"
    )
    parser.add_argument("--genesis-time", type=int, help="Unix seconds at which a new chain's clock starts")
    parser.add_argument(
        "--allow",
        nargs="+",
        action="extend",
        metavar="ADDRESS",
        help="take transactions from these senders only",
    )
    parser.add_argument(
        "--fund", action="append", default=[], metavar="ADDRESS", help="give it a balance in a new chain"
    )
    parser.add_argument(
        "--token-file",
        type=Path,
        help="file with the token that evm_, anvil_ and hardhat_ requests must carry",
    )
    parser.add_argument(
        "--origin", action="append", default=[], help="origin of pages that may use the node; again for each"
    )
    parser.add_argument(
        "--call-timeout",
        type=float,
        default=CALL_TIMEOUT,
        help=f"seconds that a call or an estimate may take (default {CALL_TIMEOUT:g})",
    )
    parser.add_argument(
        "--no-sync", action="store_true", help="do not flush each block: faster, no power-loss safety"
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
