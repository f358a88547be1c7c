from dataclasses import replace

from plimsoll.champions.seat import EMPTY, Role
from tests.unit.champions.seats import seated, version


def test_an_empty_seat_forecasts_nothing() -> None:
    assert EMPTY.forecasting == ()
    assert list(EMPTY.versions()) == []
    assert EMPTY.predecessor is None


def test_champion_challenger_and_newest_predecessor_forecast() -> None:
    seat = replace(seated("v1", "v2", "v3"), predecessors=(version("p1"), version("p2")))
    assert [one.name for one in seat.forecasting] == ["v1", "v2", "p2"]


def test_every_version_is_found_by_its_name() -> None:
    seat = replace(
        seated("v1", "v2", "v3"),
        predecessors=(version("p1"), version("p2")),
        retired=(version("r1"),),
    )
    roles = {name: role for role, name in ((role, one.name) for role, one in seat.versions())}
    assert roles == {
        "v1": Role.CHAMPION,
        "v2": Role.CHALLENGER,
        "v3": Role.WAITING,
        "p2": Role.PREDECESSOR,
        "p1": Role.PREDECESSOR,
        "r1": Role.RETIRED,
    }
    assert seat.find("p1") == (Role.PREDECESSOR, version("p1"))
    assert seat.find("v9") is None
