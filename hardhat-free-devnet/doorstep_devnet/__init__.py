"""A local Ethereum chain for development and for one machine: a JSON-RPC node over py-evm, kept in LMDB.

Front doors: `doorstep_devnet.config.DevnetConfig`, `doorstep_devnet.server.serve`, and, for tests,
`doorstep_devnet.testing`. Nothing here knows what the chain is used for.
"""
