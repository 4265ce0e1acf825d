"""GET /v1/drivers, /v1/drivers/{n}/reputation, …/history."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from api.auth import Caller, PossibleCaller, required
from api.drivers.models import DriversModel, SeriesModel
from api.history.endpoints import HISTORY_RESPONSES
from api.history.pages import Format, answer_history, format_of
from api.paging import DEFAULT_LIMIT, Cursor, Limit, MaybeLimit, decode_cursor, encode_cursor
from api.past import PAST_TURN
from api.problems import documented, not_found
from api.reputations import AsOf, PolicyNumber, ReputationModel, parse_as_of
from api.services import Context, Reading, Services
from chain_client.domain.ids import ZERO_ADDRESS, DriverNumber, MemberNumber
from chain_client.indexer import reader as index
from chain_client.indexer.reader import HistoryQuery
from chain_client.reputation import over_time
from chain_client.reputation import reader as reputation
from chain_client.reputation.over_time import MAX_DAYS, MAX_POINTS, MAX_WEEKS

router = APIRouter(prefix="/v1", tags=["drivers"])
DriverPath = Annotated[int, Path(ge=1, le=(1 << 32) - 1, description="The driver's number.")]


@router.get(
    "/drivers",
    summary="Drivers",
    response_model=DriversModel,
    response_model_exclude_unset=True,
    responses=documented(401, 422),
    dependencies=[PAST_TURN],
)
async def list_drivers(
    caller: PossibleCaller,
    context: Context,
    connection: Reading,
    carrier: Annotated[int | None, Query(ge=1, le=65535, description="Only this carrier's.")] = None,
    with_reputation: Annotated[
        bool, Query(description="Whether to give each driver's reputation too.")
    ] = False,
    weeks: Annotated[
        int | None,
        Query(ge=1, le=MAX_WEEKS, description="Whether to give the plain means of so many weeks too."),
    ] = None,
    as_of: AsOf = None,
    policy: PolicyNumber = 1,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Return a page of drivers by rising number.

    A carrier sees its own, a reviewer all; anyone sees all where this service makes reputations public. With
    `with_reputation`, each driver's reputation is as `/v1/drivers/{number}/reputation` gives it; null where there was
    no such driver yet at `as_of`. With `weeks`, how many live overall ratings the stops of each week up to `as_of`
    have, and their plain mean.
    """
    only = None if carrier is None else MemberNumber(carrier)
    if not context.settings.shows_reputations:
        caller = required(caller)
        if not caller.reviews:
            if only not in (None, caller.member):
                return {"drivers": [], "next_cursor": None}
            only = caller.member
    after = None if cursor is None else DriverNumber(decode_cursor(cursor)[0].block_number)
    page = await index.drivers(connection, context.ledger_id, carrier=only, after=after, limit=limit)
    reputations: dict[int, dict[str, Any]] = {}
    if with_reputation:
        every = await reputation.all_drivers(
            connection,
            context.ledger_id,
            as_of=parse_as_of(as_of),
            policy=policy,
            only=[one.driver for one in page],
        )
        reputations = {one.number: one.to_json() for one in every}
    drivers: list[dict[str, Any]] = [
        {
            "driver": one.driver,
            "carrier": one.carrier,
            "has_key": one.key != ZERO_ADDRESS,
            "reputation": reputations.get(one.driver),
        }
        for one in page
    ]
    if weeks is not None:
        numbers = [one.driver for one in page]
        found = await over_time.drivers_weeks(
            connection, context.ledger_id, numbers, weeks=weeks, as_of=parse_as_of(as_of), policy=policy
        )
        for one, number in zip(drivers, numbers, strict=True):
            one["weeks"] = [week.to_json() for week in found[number]]
    return {
        "drivers": drivers,
        "next_cursor": encode_cursor(page[-1].driver) if len(page) == limit else None,
    }


@router.get(
    "/drivers/{number}/reputation",
    summary="A driver's reputation",
    response_model=ReputationModel,
    response_model_exclude_unset=True,
    responses=documented(401, 404, 422),
    dependencies=[PAST_TURN],
)
async def driver_reputation(
    number: DriverPath,
    caller: PossibleCaller,
    context: Context,
    connection: Reading,
    as_of: AsOf = None,
    policy: PolicyNumber = 1,
) -> dict[str, Any]:
    """Return what the policy makes of the driver's entries up to `as_of`, with counts and reasons.

    For the driver's carrier and reviewers; for anyone where this service makes reputations public. To others it is as
    if there were no such driver. Anyone with the entries gets the same numbers.
    """
    driver = DriverNumber(number)
    await _may_see(context, connection, driver, caller)
    found = await reputation.driver(
        connection, context.ledger_id, driver, as_of=parse_as_of(as_of), policy=policy
    )
    return found.to_json()


@router.get(
    "/drivers/{number}/reputation/series",
    summary="A driver's standing over time",
    response_model=SeriesModel,
    responses=documented(401, 404, 422),
    dependencies=[PAST_TURN],
)
async def driver_series(
    number: DriverPath,
    caller: PossibleCaller,
    context: Context,
    connection: Reading,
    points: Annotated[int, Query(ge=1, le=MAX_POINTS, description="How many instants.")] = 30,
    days: Annotated[int, Query(ge=1, le=MAX_DAYS, description="Evenly over so many days.")] = 180,
    as_of: AsOf = None,
    policy: PolicyNumber = 1,
) -> dict[str, Any]:
    """Return the driver's standing and overall figure at instants evenly over the days up to `as_of`, oldest first.

    Each is exactly what the driver's reputation is as of that instant. For the same callers.
    """
    driver = DriverNumber(number)
    await _may_see(context, connection, driver, caller)
    found = await over_time.driver_series(
        connection,
        context.ledger_id,
        driver,
        points=points,
        days=days,
        as_of=parse_as_of(as_of),
        policy=policy,
    )
    return {"driver": number, "policy": policy, "points": [one.to_json() for one in found]}


@router.get(
    "/drivers/{number}/history",
    summary="A driver's entries",
    responses={**HISTORY_RESPONSES, **documented(404)},
)
async def driver_history(
    request: Request,
    number: DriverPath,
    caller: PossibleCaller,
    context: Context,
    connection: Reading,
    format: Annotated[Format | None, Query(description="Goes before the Accept header.")] = None,
    limit: MaybeLimit = None,
    cursor: Cursor = None,
) -> Response:
    """Return the entries that name the driver, in chain order; pages and formats as `/v1/history` has them.

    For the same callers as the driver's reputation.
    """
    driver = DriverNumber(number)
    await _may_see(context, connection, driver, caller)
    chosen = format_of(request, format)
    query = HistoryQuery(driver=driver)
    return await answer_history(context, connection, query, chosen, limit=limit, cursor=cursor)


async def _may_see(
    context: Services, connection: AsyncConnection, driver: DriverNumber, caller: Caller | None
) -> None:
    carriers = await index.drivers_carriers(connection, context.ledger_id, [driver])
    if not context.settings.shows_reputations:
        known = required(caller)
        if not known.reviews and carriers.get(driver) != known.member:
            raise not_found(f"There is no driver {driver} of yours.")
    if driver not in carriers:
        raise not_found(f"There is no driver {driver}.")
