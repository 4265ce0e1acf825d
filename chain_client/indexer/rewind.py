"""Going back to a block: entries above it are dropped, and what they touched is folded again."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.ids import DeliveryId
from chain_client.indexer import queries
from chain_client.indexer.chunk import delivery_row, stop_row
from chain_client.indexer.counts import Counts, add_stops
from chain_client.indexer.fold import FoldedDelivery, fold_inputs
from chain_client.indexer.registry import rebuild_registry
from chain_client.store import LedgerId
from chain_client.store.tables import deliveries, stops


async def rewind(connection: AsyncConnection, ledger_id: LedgerId, number: int) -> None:
    """Bring every derived table but the cursor back to what it was after block `number`.

    On an open write transaction, in which the caller also sets the cursor to that block.
    """
    touched = await queries.deliveries_above(connection, ledger_id, number)
    carriers, drivers = await queries.owners_above(connection, ledger_id, number)
    registry_changed = await queries.registry_changed_above(connection, ledger_id, number)
    counts: Counts = {}
    kept: list[tuple[FoldedDelivery, int]] = []
    gone: list[DeliveryId] = []
    for delivery, items in (await queries.prior_items(connection, ledger_id, touched)).items():
        stay = [item for item in items if item.block_number <= number]
        fold = fold_inputs(stay)
        if stay:
            before = fold.result()
            kept.append((before, stay[-1].block_number))
            add_stops(counts, before.carrier, before.shipper, before.stops, 1)
        else:
            gone.append(delivery)
        for item in items[len(stay) :]:
            fold.apply(item)
        now = fold.result()
        add_stops(counts, now.carrier, now.shipper, now.stops, -1)
    await queries.drop_deliveries(connection, ledger_id, gone, only_stops=False)
    await queries.drop_deliveries(
        connection, ledger_id, [delivery.delivery_id for delivery, _ in kept], only_stops=True
    )
    await queries.upsert(
        connection, deliveries, [delivery_row(ledger_id, delivery, last) for delivery, last in kept]
    )
    await queries.append(
        connection,
        stops,
        [stop_row(ledger_id, delivery, stop) for delivery, _ in kept for stop in delivery.stops],
    )
    await queries.add_counts(connection, ledger_id, counts)
    await queries.drop_above(connection, ledger_id, number)
    if registry_changed:
        await rebuild_registry(connection, ledger_id)
    await queries.restore_heads(connection, ledger_id, carriers, drivers)
