"""What the loop is told of limits and costs, and what it keeps of orders."""

from datetime import UTC, datetime, timedelta
from math import inf
from types import SimpleNamespace

import numpy as np
import pytest

from plimsoll.bridge.account.backtest import Marked
from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.bridge.guarding.backtest_session import BacktestSession
from plimsoll.lab.fast_lane.lane_trades import moment
from plimsoll.lab.fast_lane.records import WATCH
from plimsoll.lab.fast_lane.watching import (
    MOST_ORDERS,
    Watching,
    fill_cost,
    latency_factor,
    marked_of,
    sizes_plainly,
    write_limits,
)
from plimsoll.risk import RiskProfile
from plimsoll.risk.costs import TradingCosts
from tests.identity.drawing import setting
from tests.identity.running import Bench
from tests.unit.lab.fast_lane.desk import books, market

CANDLE = (100.0, 101.0, 99.0, 100.5)
SEED, SURE = 21, (2, 13, 18)
"""Settings with guards that trade; with these limits the loop decides their entries."""
WIDE = {
    "sizing": "fixed_fraction",
    "trading_hours_utc": None,
    "max_risk_per_trade_fraction": 0.05,
    "fixed_risk_fraction": 0.05,
    "max_portfolio_heat_fraction": 0.2,
    "min_target_to_cost": 1,
    "max_price_deviation_fraction": 0.1,
}


def sure_setting(number: int) -> dict:
    """Return a setting with guards, whose stakes are far below the limits."""
    drawn = setting("guards", SEED, number)
    drawn["config"]["plimsoll"]["guards"] = "enforce"
    drawn["config"]["plimsoll"].setdefault("risk", {}).update(WIDE)
    drawn["config"]["stake_amount"] = max(10.0, drawn["config"]["dry_run_wallet"] / 60)
    return drawn


def test_a_limit_that_is_off_is_never_reached_and_seconds_are_never_too_short():
    watch = np.zeros(1, WATCH)[0]
    profile = RiskProfile(
        terminal_drawdown_fraction=None,
        break_even_trades=None,
        max_price_deviation_fraction=None,
        cooldown_seconds=0.5,
        order_window_seconds=60.5,
        consecutive_losses_pause_hours=1e-12,
        day_starts_at_hour_utc=7,
    )
    write_limits(watch, profile)
    offs = ("terminal_fraction", "daily_usd", "position_usd", "exposure_usd", "collar_fraction")
    assert [watch[name] for name in offs] == [inf] * len(offs)
    assert (watch["break_even_trades"], watch["day_shift_s"]) == (0, 7 * 3600)
    assert (watch["cooldown_s"], watch["window_s"], watch["pause_s"]) == (1, 61, 0)


def test_latency_costs_what_the_costs_say_by_volatility():
    costs = TradingCosts(latency_ms=250.0, latency_share=0.3)
    assert latency_factor(costs) * 0.8 == pytest.approx(costs.latency_fraction(0.8), rel=1e-12)


def test_a_pair_whose_spread_is_too_wide_is_asked_about():
    said = {"costs": {"pairs": {"A/USDT": {"spread_bps": 20}}}, "risk": {}}
    settings = PlimsollSettings.model_validate(said)
    assert fill_cost(settings, "A/USDT") == inf
    assert fill_cost(settings, "B/USDT") == settings.costs.of_pair("B/USDT").fraction


@pytest.mark.parametrize(
    ("limits", "plain"),
    [({}, True), ({"sizing": "half_kelly"}, False), ({"max_liquidity_share_fraction": 0.1}, False)],
)
def test_only_a_stake_by_equity_and_stop_is_decided_in_the_loop(limits: dict, plain: bool):
    assert sizes_plainly(RiskProfile(**limits)) is plain


def test_a_mark_goes_to_the_loop_and_comes_back_as_it_was():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    marked = Marked(900.5, now + timedelta(days=1), 901.25, 1000.0, 1001.5, now, 7)
    watch = np.zeros(1, WATCH)
    kept = SimpleNamespace(watch=watch, state=[{"now_s": 5}])
    account = SimpleNamespace(standing=SimpleNamespace(rearmed_at=now))
    session = SimpleNamespace(plain=marked, account=account)
    watching = Watching(None, None, session)
    watching._is_begun = True
    watching.hand_over(kept)
    assert watch[0]["is_on"]
    assert watch[0]["rearmed_s"] == now.timestamp()
    assert marked_of(watch[0]) == marked


def test_the_throttle_keeps_the_latest_orders_when_room_is_made():
    kept = books(market([CANDLE] * 3, guarded=1))
    kept.state["orders"] = MOST_ORDERS + 30
    kept.ordered_s[: MOST_ORDERS + 30] = range(MOST_ORDERS + 30)
    Watching(None, None, None).make_room(kept)
    assert kept.state[0]["orders"] == MOST_ORDERS
    assert kept.ordered_s[:MOST_ORDERS].tolist() == list(range(30, MOST_ORDERS + 30))


def test_no_profile_looks_back_on_more_orders_than_are_kept():
    RiskProfile(max_orders=MOST_ORDERS)
    with pytest.raises(ValueError, match="max_orders"):
        RiskProfile(max_orders=MOST_ORDERS + 1)


def test_guards_know_of_every_order_and_entry_of_the_loop():
    orders = []
    account = SimpleNamespace(order_times=orders, ordered=orders.append)
    told = []
    session = SimpleNamespace(
        account=account, went_on=lambda now, marked, *, entries: told.append((now, entries))
    )
    kept = books(market([CANDLE] * 3, guarded=1))
    watch, watching = kept.watch[0], Watching(None, None, session)
    watch["is_on"], watch["looked_s"], watch["entries"] = 1, 600, 2
    kept.ordered_s[:2], kept.state["orders"] = [300, 600], 2
    watching.take_back(kept)
    orders.append(moment(900))  # what is confirmed in Python
    watching.take_orders(kept)
    watching.take_back(kept)
    assert told == [(moment(600), 2)]
    assert orders == [moment(300), moment(600), moment(900)]
    assert kept.ordered_s[: kept.state[0]["orders"]].tolist() == [300, 600, 900]
    assert not watch["is_on"]


def test_the_loop_decides_and_the_trades_stay_freqtrades(monkeypatch: pytest.MonkeyPatch):
    decided, went_on = [], BacktestSession.went_on

    def counted(self, now, marked, *, entries: int) -> None:
        decided.append(entries)
        went_on(self, now, marked, entries=entries)

    monkeypatch.setattr(BacktestSession, "went_on", counted)
    with Bench() as bench:
        for number in SURE:
            outcome = bench.outcome(sure_setting(number))
            assert outcome.difference is None
            assert outcome.error is None
    assert sum(decided) > 50
