"""Drivers' weeks and series: of whom, for whom, and how many."""

from __future__ import annotations

from typing import Any

import pytest

from chain_client.domain.records import DAY
from tests.api.test_reading import outsider
from tests.api.test_submissions import problem
from tests.api.world import World


async def rated(world: World) -> None:
    for number, overall in enumerate((5, 4)):
        link = await world.delivered(f"WB-{number}")
        await world.http.post("/v1/feedback", json=world.signed(link, overall=overall))
        await world.settle()


async def test_weeks_show_plain_means_with_their_counts(world: World) -> None:
    await rated(world)
    params: dict[str, Any] = {"weeks": 3, "with_reputation": True}
    first, second, *_ = (await world.http.get("/v1/drivers", params=params, headers=world.van)).json()[
        "drivers"
    ]
    assert [(week["n"], week["mean"]) for week in first["weeks"]] == [
        (0, None),
        (0, None),
        (2, 4_500_000),
    ]
    assert [week["from"] for week in first["weeks"]] == sorted(week["from"] for week in second["weeks"])
    assert {week["n"] for week in second["weeks"]} == {0}
    assert first["reputation"]["counts"]["feedback"] == 2
    plain = (await world.http.get("/v1/drivers", headers=world.van)).json()["drivers"][0]
    assert "weeks" not in plain
    past = {"weeks": 1, "as_of": world.later(-30 * DAY)}
    early = (await world.http.get("/v1/drivers", params=past, headers=world.van)).json()["drivers"][0]
    assert early["weeks"][0]["n"] == 0


async def test_a_series_is_the_reputation_at_each_of_its_instants(world: World) -> None:
    await rated(world)
    path = f"/v1/drivers/{world.chain.drivers[0]}/reputation"
    found = (
        await world.http.get(path + "/series", params={"points": 4, "days": 90}, headers=world.van)
    ).json()
    assert (found["driver"], found["policy"], len(found["points"])) == (world.chain.drivers[0], 1, 4)
    for point in found["points"]:
        alone = (await world.http.get(path, params={"as_of": point["as_of"]}, headers=world.van)).json()
        assert (point["standing"], point["overall"]) == (alone["standing"], alone["figures"]["overall"])
    assert [point["overall"]["n"] for point in found["points"]] == [0, 0, 0, 2]


async def test_series_are_for_those_who_see_the_reputation(world: World) -> None:
    path = f"/v1/drivers/{world.chain.drivers[0]}/reputation/series"
    problem(await world.http.get(path), 401)
    for headers in (world.shop, await outsider(world)):
        problem(await world.http.get(path, headers=headers), 404)
    for headers in (world.van, world.judge):
        assert (await world.http.get(path, headers=headers)).status_code == 200
    problem(await world.http.get("/v1/drivers/999/reputation/series", headers=world.judge), 404)


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("/v1/drivers", "weeks", 0),
        ("/v1/drivers", "weeks", 27),
        ("series", "points", 0),
        ("series", "points", 61),
        ("series", "days", 0),
        ("series", "days", 721),
        ("series", "as_of", "today"),
        ("series", "policy", 2),
    ],
)
async def test_a_bad_parameter_is_named(world: World, path: str, name: str, value: object) -> None:
    if path == "series":
        path = f"/v1/drivers/{world.chain.drivers[0]}/reputation/series"
    found = problem(await world.http.get(path, params={name: str(value)}, headers=world.van), 422)
    assert found["errors"][0]["field"] == name
