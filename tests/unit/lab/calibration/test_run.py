"""A calibration that was killed goes on where it was, and finds what it would have found."""

from pathlib import Path

import pytest

from plimsoll.core import UsageError
from plimsoll.lab.calibration.edge import Edge
from plimsoll.lab.calibration.plan import Cut, Scenario, Source, in_turn
from plimsoll.lab.calibration.run import Ground, Record, Row, calibrate, deciding, walked
from plimsoll.lab.calibration.walk import Walker
from tests.unit.lab.calibration.conftest import CUT

SCENARIOS = (
    Scenario("TrendFollow", Source.SYNTHETIC, None, 2),
    Scenario("TrendFollow", Source.SYNTHETIC, Edge(6.0, 48), 1),
)
TASKS = in_turn(SCENARIOS)


@pytest.fixture
def terrain(walker: Walker, tmp_path: Path) -> Ground:
    return Ground({"TrendFollow": walker}, CUT, 1, tmp_path / "markets")


def timeless(rows: list[Row]) -> list[Row]:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


@pytest.fixture(scope="module")
def whole(walker: Walker, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    folder = tmp_path_factory.mktemp("whole")
    ground = Ground({"TrendFollow": walker}, CUT, 1, folder / "markets")
    rows = calibrate(ground, TASKS, Record(folder, ground), at_once=2, say=lambda _: None)
    assert not list((folder / "markets").glob("*")), "a market is deleted once it was walked"
    return rows


def test_every_market_has_its_row_in_order(whole: list[Row]) -> None:
    assert [row["name"] for row in whole] == [task.name for task in TASKS]
    for row in whole:
        assert row["go"] == all(row["passed"].values())
        assert len(row["returns"]) == 2 * CUT.test_days
        assert row["slower"] is None


def test_what_was_kept_is_not_walked_again_and_the_whole_is_the_same(
    whole: list[Row], terrain: Ground, tmp_path: Path
) -> None:
    said: list[str] = []
    first = Record(tmp_path, terrain)
    calibrate(terrain, TASKS[:2], first, at_once=1, say=said.append)
    with first.file.open("a", encoding="utf-8") as file:
        file.write('{"name": "torn')
    again = Record(tmp_path, terrain)
    assert len(again.rows) == 2
    rows = calibrate(terrain, TASKS, again, at_once=1, say=said.append)
    assert "2 of 3 markets were walked before" in said
    assert timeless(rows) == timeless(whole)
    assert timeless(list(Record(tmp_path, terrain).rows.values())) == timeless(whole)


def test_another_cut_or_seed_begins_anew(terrain: Ground, walker: Walker, tmp_path: Path) -> None:
    other = Ground({"TrendFollow": walker}, Cut(2, 120, 61), 1, tmp_path)
    seeded = Ground({"TrendFollow": walker}, CUT, 2, tmp_path)
    assert len({deciding(one) for one in (terrain, other, seeded)}) == 3


def test_real_weeks_need_real_candles(terrain: Ground) -> None:
    [task] = in_turn([Scenario("TrendFollow", Source.REAL_WEEKS, None, 1)])
    with pytest.raises(UsageError, match="expected real candles"):
        walked(terrain, task)
