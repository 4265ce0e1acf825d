"""Doorstep's Python client: writes deliveries, reports and feedback to a `DeliveryLedger`, and reads them back.

Rooms, in the direction data goes: `intake` → `outbox` → `bindings` → `rpc` → chain → `indexer` → `reputation`;
`vault` keeps private text, `store` the database, `domain` the pure rules all of them share.
"""
