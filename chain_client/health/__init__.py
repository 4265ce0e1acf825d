"""One account of what stops reading and writing, from the database alone: no node is asked.

Front door: `account` for everything, `relay_stop` and `reading_stop` for whoever is about to promise something.
"""

from chain_client.health.account import (
    Account,
    LaneHealth,
    Limits,
    Stop,
    account,
    chain_time,
    observation_stop,
    relay_stop,
)

__all__ = [
    "Account",
    "LaneHealth",
    "Limits",
    "Stop",
    "account",
    "chain_time",
    "observation_stop",
    "relay_stop",
]
