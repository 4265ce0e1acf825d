"""Schema migrations by Alembic, run from the program: no configuration file, no shell."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from chain_client.store.database import Store
from chain_client.store.failures import FAILURES, as_unavailable

_SCRIPTS = Path(__file__).parent / "migrations"


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for this package's scripts, on an open connection."""
    config = Config()
    # A % is ConfigParser's sign of interpolation, unless doubled.
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


async def migrate(store: Store) -> None:
    """Bring the database to the newest schema; does nothing where it is there already. One process at a time.

    Raises DatabaseUnavailable (retry) where the database fails.
    """
    try:
        async with store.engine.begin() as connection:
            await connection.run_sync(lambda sync: command.upgrade(alembic_config(sync), "head"))
    except FAILURES as error:
        unavailable = as_unavailable(error)
        if unavailable is None:
            raise
        raise unavailable from error
