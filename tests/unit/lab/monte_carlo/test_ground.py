"""One backtest, run again and again."""

import numpy as np
import pandas as pd
import pytest
from freqtrade.optimize.backtesting import Backtesting

from plimsoll.core import UsageError
from plimsoll.lab.fast_lane.engine import FastLane
from plimsoll.lab.monte_carlo.ground import Ground, require_whole, whole_days
from plimsoll.lab.monte_carlo.outcomes import p_value
from plimsoll.lab.search.configuration import backtest_config, quiet
from plimsoll.lab.search.confirmation import fills_hash
from tests.unit.lab.monte_carlo.conftest import Arguments, Prepare, candles


def results_of(monkeypatch: pytest.MonkeyPatch) -> list[pd.DataFrame]:
    """Return the list that fills with the trades of every run."""
    held = list[pd.DataFrame]()
    own = FastLane.backtest

    def noted(self: FastLane, *given: object) -> dict[str, object]:
        made = own(self, *given)  # type: ignore[arg-type]
        held.append(made["results"])
        return made

    monkeypatch.setattr(FastLane, "backtest", noted)
    return held


@pytest.mark.parametrize(
    ("strategy", "guards", "compiled"),
    [
        ("Plain", "off", True),
        ("Asking", "off", False),
        ("TrendFollow", "enforce", True),
        ("Bracketed", "enforce", False),
    ],
)
def test_signals_moved_by_nothing_are_freqtrades_backtest_to_the_bit(
    prepare: Prepare,
    arguments_of: Arguments,
    monkeypatch: pytest.MonkeyPatch,
    strategy: str,
    guards: str,
    compiled: bool,
) -> None:
    ground = prepare(strategy, plimsoll={"guards": guards})
    held = results_of(monkeypatch)
    ground.shuffled(40)
    run = ground.shuffled(0)
    assert (run.slower is None) is compiled
    with quiet():
        config = backtest_config(arguments_of(strategy)) | {"plimsoll": {"guards": guards}}
        own = Backtesting(config, ground.backtesting.exchange)
        data, timerange = own.load_bt_data()
        own.backtest_one_strategy(own.strategylist[0], data, timerange)
    content = own.all_bt_content[strategy]
    assert len(content["results"]) > 10
    assert fills_hash(held[1]) == fills_hash(content["results"])
    assert fills_hash(held[0]) != fills_hash(held[1])
    profit = float(content["results"]["profit_abs"].sum()) / 10_000
    assert run.outcome.total_return_fraction == pytest.approx(profit, abs=1e-9)


@pytest.mark.parametrize("strategy", ["Plain", "Asking"])
def test_both_loops_trade_the_moved_signals(
    prepare: Prepare, monkeypatch: pytest.MonkeyPatch, strategy: str
) -> None:
    ground = prepare(strategy)
    held = results_of(monkeypatch)
    ground.shuffled(7)
    moved = ground._moved
    frames = {pair: moved(frame, {"pair": pair}) for pair, frame in ground.candles.items()}
    for trade in held[0].itertuples():
        frame = frames[trade.pair].set_index("date")
        row = frame.loc[trade.open_date - pd.Timedelta(hours=1)]
        assert row["enter_short" if trade.is_short else "enter_long"] == 1
        assert trade.enter_tag == row["enter_tag"]
    assert "ft_advise_signals" not in vars(ground.strategy)


def test_a_strategy_that_knows_the_future_has_the_least_p_value(prepare: Prepare) -> None:
    ground = prepare("Seer")
    real = ground.shuffled(0).outcome
    runs = [ground.shuffled(by).outcome for by in range(40, 800, 40)]
    assert len(runs) == 19
    assert p_value(real.sharpe, [one.sharpe for one in runs]) == 1 / 20
    profits = [one.total_return_fraction for one in runs]
    assert p_value(real.total_return_fraction, profits) == 1 / 20


def test_p_values_without_an_edge_are_spread_out(prepare: Prepare) -> None:
    values = []
    for lot in range(12):
        ground = prepare("Blind", lot=lot)
        shifts = np.random.default_rng(lot).permutation(np.arange(1, ground.traded_candles))[:9]
        real = ground.shuffled(0).outcome
        runs = [ground.shuffled(int(by)).outcome.sharpe for by in shifts]
        values.append(p_value(real.sharpe, runs))
    assert 0.35 < np.mean(values) < 0.75  # 0.55 is to be expected, with an error of 0.08
    assert sum(one <= 0.2 for one in values) <= 6
    assert sum(one >= 0.9 for one in values) <= 6


@pytest.mark.parametrize("strategy", ["Plain", "Asking"])
def test_real_days_in_their_order_are_the_plain_backtest_and_leave_no_trace(
    prepare: Prepare, strategy: str
) -> None:
    ground = prepare(strategy)
    whole, days = ground.whole(), ground.days.count
    real = ground.redrawn(whole, np.arange(days))
    other = ground.redrawn(whole, np.arange(days)[::-1].copy())
    assert other != real
    assert ground.redrawn(whole, np.arange(days)) == real
    ends = {frame["date"].iloc[-1] for frame in whole.values()}
    assert ends == {pd.Timestamp("2025-04-09 23:00", tz="UTC")}
    assert real.outcome.trades == pytest.approx(ground.shuffled(0).outcome.trades, abs=2)


def test_days_begin_at_midnight_wherever_the_span_begins(prepare: Prepare) -> None:
    moments = [pd.Timestamp(one, tz="UTC") for one in ("2025-03-03 15:00", "2025-04-10 07:00")]
    first, last = (int(one.timestamp()) for one in moments)
    ground = prepare("Plain", timerange=f"{first}-{last}")
    assert (ground.start, ground.end) == tuple(moments)
    assert ground.days.count == 37
    for frame in ground.whole().values():
        assert frame["date"].iloc[24] == pd.Timestamp("2025-03-04", tz="UTC")  # after the warm-up
        assert frame["date"].iloc[-1] == pd.Timestamp("2025-04-09 23:00", tz="UTC")
    assert ground.redrawn(ground.whole(), np.arange(37)).outcome.trades > 20


def test_declared_stops_are_of_the_redrawn_candles(prepare: Prepare) -> None:
    """What a strategy of ours found at an entry in one history is not held in the next."""
    ground = prepare("Bracketed")
    whole, days = ground.whole(), ground.days.count
    lots = [np.random.default_rng(one).integers(0, days, days) for one in (1, 2)]
    first = [ground.redrawn(whole, lot) for lot in lots]
    again = [prepare("Bracketed").redrawn(whole, lot) for lot in lots]
    assert first == again
    assert all(run.outcome.trades > 20 and run.slower for run in first)


def test_whole_days_are_counted_from_midnight_to_midnight() -> None:
    start = pd.Timestamp("2025-01-01 05:00", tz="UTC")
    made = whole_days(start, pd.Timestamp("2025-01-04 00:00", tz="UTC"), 3600)
    assert (made.start_s, made.count, made.per_day) == (1735776000, 2, 24)
    made = whole_days(start, pd.Timestamp("2025-01-04 23:00", tz="UTC"), 3600)
    assert made.count == 3
    with pytest.raises(UsageError, match="candles that fill a day, found some of 168 h"):
        whole_days(start, start, 7 * 86_400)


def test_a_pair_that_lacks_candles_is_named() -> None:
    frame = candles(1)
    start, end = frame["date"].iloc[0], frame["date"].iloc[-1]
    frames = {"A": frame, "B": frame.iloc[72:], "C": frame.drop(index=80)}
    require_whole(frames, ["A"], start, end, len(frame))
    with pytest.raises(UsageError, match=r"found B 2025-02-14 to 2025-04-13, C .*, D without any"):
        require_whole(frames, ["A", "B", "C", "D"], start, end, len(frame))


def test_too_few_days_and_several_strategies_are_refused(arguments_of: Arguments) -> None:
    with quiet():
        short = backtest_config(arguments_of("Plain", timerange="20250303-20250320"))
        several = backtest_config(arguments_of("Plain", "--strategy-list", "Plain", "Seer"))
    with pytest.raises(UsageError, match=r"expected 30 whole days .*found 17 from 2025-03-03"):
        Ground(short)
    with pytest.raises(UsageError, match="expected one --strategy, found 2"):
        Ground(several)
