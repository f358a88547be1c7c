"""The lane's door: Freqtrade's answer, by one loop or the other."""

import pytest

from plimsoll.lab.fast_lane.engine import FastLane
from tests.identity.comparing import first_difference
from tests.identity.drawing import setting
from tests.identity.running import Bench
from tests.unit.lab.fast_lane.drawn import plain_runs


@pytest.fixture(scope="module")
def bench():
    with Bench() as made:
        yield made


def with_trades(kind: str, bench: Bench, *, least: int = 10):
    """Return a drawn setting that the lane takes and that trades."""
    for number in range(40):
        drawn = setting(kind, 3, number)
        outcome = bench.outcome(drawn)
        if outcome.refusal is None and outcome.error is None and outcome.trades >= least:
            return drawn, outcome
    pytest.fail(f"no setting of {kind} trades in the lane")
    return None


@pytest.mark.parametrize("kind", ["plain", "guards"])
def test_the_lane_answers_what_freqtrade_answers(bench, kind):
    _, outcome = with_trades(kind, bench)

    assert outcome.difference is None


def test_what_it_refuses_is_run_by_freqtrade(monkeypatch):
    with plain_runs() as make:
        slow, refused = make(), make()
        expected = slow.freqtrade()
        monkeypatch.setattr(refused.backtesting, "dynamic_pairlist", True)
        lane = FastLane(refused.backtesting)
        assert "enable_dynamic_pairlist" in (lane.refusal or "")
        monkeypatch.undo()
        got = lane.backtest(refused.processed, refused.start, refused.end)

    assert first_difference(expected, got) is None
