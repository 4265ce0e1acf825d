"""Private text and keys: documents with their salts, waybills, link tokens, API keys, sealing, erasure.

Front doors: `documents`, `waybills`, `api_keys`, `sealing`. Nothing here says who may read what; the API does.
"""
