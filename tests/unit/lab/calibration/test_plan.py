"""What is measured: windows that follow each other, seeds of their own, turns that are fair."""

import pandas as pd
import pytest

from plimsoll.core import UsageError
from plimsoll.lab.calibration.edge import Edge
from plimsoll.lab.calibration.plan import FIRST, Cut, Scenario, Source, as_record, in_turn

WITHOUT = Scenario("Mine", Source.SYNTHETIC, None, 4)
WITH = Scenario("Mine", Source.SYNTHETIC, Edge(1.5, 240), 2)


def test_windows_follow_each_other_and_the_first_waits_for_the_warm_up() -> None:
    warm_up = pd.Timedelta(days=10)
    cut = Cut(windows=2, train_days=60, test_days=30)
    first, second = cut.laid(warm_up)
    assert first.train.start == FIRST + warm_up
    assert second.test.start == first.test.end
    assert cut.hours(warm_up) == (10 + 60 + 2 * 30) * 24


@pytest.mark.parametrize("wrong", [{"windows": 0}, {"train_days": 7}, {"test_days": 0}])
def test_a_cut_that_is_none_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="expected a window or more"):
        Cut(**wrong)


def test_an_edge_or_no_costs_leave_the_shocks_as_they_are() -> None:
    free = Scenario("Mine", Source.SYNTHETIC, None, 4, free=True)
    assert WITHOUT.seed(1, 3) == WITH.seed(1, 3) == free.seed(1, 3)


def test_every_other_market_has_a_seed_of_its_own() -> None:
    others = (
        WITHOUT,
        Scenario("Other", Source.SYNTHETIC, None, 4),
        Scenario("Mine", Source.REAL_WEEKS, None, 4),
    )
    seeds = {one.seed(seed, n) for one in others for seed in (1, 2) for n in range(50)}
    assert len(seeds) == 300
    assert max(seeds) < 2**64


def test_scenarios_are_about_as_far_at_any_time() -> None:
    order = [(one.scenario is WITH, one.number) for one in in_turn([WITHOUT, WITH])]
    assert order == [
        *((False, 0), (True, 0), (False, 1)),
        *((False, 2), (True, 1), (False, 3)),
    ]


def test_names_and_records_tell_scenarios_apart() -> None:
    assert WITHOUT.name == "Mine, synthetic, edge none"
    assert WITH.name == "Mine, synthetic, edge 1.5 240h"
    assert Scenario("Mine", Source.SYNTHETIC, None, 1, free=True).walker == "Mine for nothing"
    assert "markets" not in as_record(WITH)
    assert as_record(WITH)["edge"]["daily_information_coefficient"] == pytest.approx(
        0.075, abs=1e-3
    )
