"""The database: connections, the schema and its migrations, and which ledger the rows belong to.

Front door: `open_store`, `Store.write`, `Store.read`, `migrate`, `register_ledger`; the tables in `tables`.
"""

from chain_client.domain.ledger import LedgerIdentity
from chain_client.store.database import Store, open_store
from chain_client.store.failures import DatabaseCause, DatabaseUnavailable
from chain_client.store.ledgers import LedgerId, LedgerMismatch, register_ledger
from chain_client.store.migrate import migrate

__all__ = [
    "DatabaseCause",
    "DatabaseUnavailable",
    "LedgerId",
    "LedgerIdentity",
    "LedgerMismatch",
    "Store",
    "migrate",
    "open_store",
    "register_ledger",
]
