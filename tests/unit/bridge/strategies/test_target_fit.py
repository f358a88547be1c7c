"""A portfolio's targets against its account: at each decision, and over the past at the start."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from freqtrade.enums import RunMode

from plimsoll.bridge.freqtrade.backtest_report import _with_acts
from plimsoll.bridge.strategies.target_fit import TargetFit
from plimsoll.core import PlimsollError
from plimsoll.performance.shortfall import Shortfall
from plimsoll.signals.capacity import Budget, Capacity
from plimsoll.signals.planning import Plan
from tests.unit.bridge.bots import BTC, ETH, Bot, backtest, running_bot

LOOKING = """
from plimsoll.bridge.strategies.panel_strategy import PanelStrategy


class Plain(PanelStrategy):
    timeframe = "5m"
    stoploss = -0.9

    def features(self):
        return []

    def entry_signal(self, candles, side):
        return candles["close"] < 0
"""
DAYS = pd.date_range("2026-11-01", periods=4, freq="D", tz="UTC")
WEIGHTS = pd.DataFrame({BTC: [0.2, 0.4, 0.0, 0.2], ETH: [-0.2, -0.4, 0.0, 0.0]}, DAYS)
CLOSES = pd.DataFrame(100.0, DAYS, [BTC, ETH])
STOPS = pd.DataFrame(0.3, DAYS, [BTC, ETH])
MIDNIGHT = datetime(2026, 11, 2, tzinfo=UTC)
LATER = MIDNIGHT + timedelta(seconds=20)
ROOM = Capacity(equity_usd=1_000.0, budgets=(Budget(cause="heat", usd=500.0),))
HEAT = {"max_portfolio_heat_fraction": 0.2, "max_risk_per_trade_fraction": 0.05}
PROFILE = {**HEAT, "fixed_risk_fraction": 0.05, "max_exposure_fraction": 3}
PLAN = Plan(MIDNIGHT, {BTC: 500.0, ETH: -100.0}, {BTC: 100.0, ETH: 100.0}, {})
HELD = {BTC: 300.0, ETH: -200.0}


@contextmanager
def looking(folder: Path, **section: Any) -> Iterator[tuple[Bot, TargetFit]]:
    given = {"risk": PROFILE, **section}
    with backtest(folder, LOOKING, tradable_balance_ratio=0.95, plimsoll=given) as bot:
        limits(bot)
        yield bot, TargetFit(bot.strategy)


def limits(bot: Bot) -> None:
    for market in bot.exchange._markets.values():
        market["limits"] = {
            "cost": {"min": 100.0, "max": None},
            "amount": {"min": 0.001, "max": None},
        }


# The past, at the start


def test_the_past_says_what_the_profile_would_have_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with looking(tmp_path) as (_, fit), caplog.at_level(logging.INFO):
        found = fit.of_past(WEIGHTS, CLOSES, STOPS)
        fit.look(found)
    # A risk of 5 % of equity at a stop 30 % away, fees included, is a sixth of it; shorts lose
    # more at theirs, and all shrink alike.
    long, short = 0.05 * 0.99 / 0.30119, 0.05 * 0.99 / 0.30161
    assert (found.days, found.days_short) == (4, 3)
    assert found.causes[0].cause == "max_risk_per_trade_fraction"
    assert found.held == pytest.approx((2 * short + 2 * short + long) / 4)
    (said,) = [one for one in caplog.records if "this profile" in one.getMessage()]
    assert said.levelno == logging.WARNING
    assert said.getMessage().startswith(
        f"plimsoll: this profile lets Plain hold {found.held_fraction:.1%} of its targets"
    )


def test_a_breaker_lets_the_same_profile_hold_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    profile = {**PROFILE, "breaker_stop_fraction": 0.1}
    with looking(tmp_path, risk=profile) as (_, fit), caplog.at_level(logging.INFO):
        found = fit.of_past(WEIGHTS, CLOSES, STOPS)
        fit.look(found)
    assert (found.causes, found.held_fraction) == ((), 1.0)
    (said,) = [one for one in caplog.records if "this profile" in one.getMessage()]
    assert said.levelno == logging.INFO


def test_without_guards_the_wallet_alone_counts(tmp_path: Path) -> None:
    with looking(tmp_path, guards="off") as (_, fit):
        found = fit.of_past(WEIGHTS * 1.5, CLOSES, STOPS)
    assert [one.cause for one in found.causes] == ["tradable_balance_ratio"]


def test_under_leverage_a_position_takes_its_margin_of_the_wallet(tmp_path: Path) -> None:
    with looking(tmp_path, guards="off") as (bot, fit):
        bot.strategy.desired_leverage = lambda *_: 3.0
        assert fit.of_past(WEIGHTS * 2.5, CLOSES, STOPS).held_fraction == 1
        found = fit.of_past(WEIGHTS * 5, CLOSES, STOPS)
    # Four are asked for on one day, twice what a third of them as margin leaves: 0.95 x 0.99 x 3.
    assert (found.days_short, found.causes[0].cause) == (1, "tradable_balance_ratio")
    assert found.held == pytest.approx((2 + 0.95 * 0.99 * 3 + 1) / 4)


def test_a_backtest_below_the_least_share_is_refused(tmp_path: Path) -> None:
    expected = "expected at least 95% of them .plimsoll.least_targets_fraction."
    with (
        looking(tmp_path, least_targets_fraction=0.95) as (_, fit),
        pytest.raises(PlimsollError, match=expected),
    ):
        fit.look(fit.of_past(WEIGHTS, CLOSES, STOPS))


def test_a_bot_below_the_least_share_lets_nothing_grow_and_tells_it(tmp_path: Path) -> None:
    section = {"risk": PROFILE, "least_targets_fraction": 0.95}
    with running_bot(tmp_path, LOOKING, plimsoll=section) as bot:
        limits(bot)
        bot.loop(datetime(2026, 11, 19, 12, tzinfo=UTC))
        fit = TargetFit(bot.strategy)
        assert fit.restrained(PLAN, HELD) is PLAN
        fit.look(fit.of_past(WEIGHTS, CLOSES, STOPS))
        assert fit.has_looked
        assert fit.restrained(PLAN, HELD).values_usd == {BTC: 300.0, ETH: -100.0}
        assert fit.restrained(PLAN, {}).values_usd == {BTC: 0.0, ETH: 0.0}
        assert any("nothing is entered or added to" in text for text in bot.said())


# Each decision


def test_the_result_of_a_backtest_has_the_sum_of_its_decisions(tmp_path: Path) -> None:
    generate = _with_acts(lambda *_, **__: {"trades": [], "starting_balance": 1_000.0})
    with looking(tmp_path) as (bot, fit):
        fit.begin()
        bot.loop(MIDNIGHT)
        content = {"config": bot.strategy.config, "results": pd.DataFrame({"pair": []})}
        assert Shortfall.from_result(generate([], "Plain", content, MIDNIGHT, MIDNIGHT)) is None
        fit.note(MIDNIGHT, {BTC: 0.5, ETH: -0.5}, ROOM, LATER)
        fit.note(MIDNIGHT, {BTC: 0.9, ETH: -0.5}, ROOM, LATER)  # the same day, planned again
        fit.note(MIDNIGHT + timedelta(hours=5), {BTC: 0.9}, ROOM, LATER)  # after a stop
        fit.note(MIDNIGHT + timedelta(days=1), {BTC: 0.2}, ROOM, LATER)
        found = Shortfall.from_result(generate([], "Plain", content, MIDNIGHT, MIDNIGHT))
    assert found is not None
    assert (found.days, found.pair_days, found.pair_days_short) == (2, 3, 2)
    assert found.held_fraction == pytest.approx(0.7 / 1.2)


def test_what_was_stopped_out_and_is_not_entered_again_is_missing(tmp_path: Path) -> None:
    with looking(tmp_path) as (_, fit):
        fit.note(MIDNIGHT, {BTC: 0.2, ETH: -0.2}, ROOM, LATER, shut={ETH, "SOL/USDT:USDT"})
        figure = fit._figure()
    assert figure is not None
    assert (figure["pair_days_short"], figure["held"]) == (1, pytest.approx(0.2))
    assert figure["causes"] == ({"cause": "stopped_out", "pair_days": 1, "gross": 0.2},)


def test_another_run_begins_anew(tmp_path: Path) -> None:
    with looking(tmp_path) as (_, fit):
        for day in (1, 2, 0):
            fit.note(MIDNIGHT + timedelta(days=day), {BTC: 0.2}, ROOM, LATER)
        figure = fit._figure()
    assert figure is not None
    assert figure["days"] == 1


def test_a_bot_records_each_day_once(tmp_path: Path) -> None:
    with running_bot(tmp_path, LOOKING, plimsoll={"risk": PROFILE}) as bot:
        fit, log = TargetFit(bot.strategy), bot.strategy._session.record.log
        assert bot.config["runmode"] == RunMode.DRY_RUN
        for _ in range(2):
            fit.note(MIDNIGHT, {BTC: 0.5, ETH: -0.5}, ROOM, LATER)
        record = log.last("targets")
    assert (record["day"], record["at"]) == ("2026-11-02", "2026-11-02T00:00:20Z")
    assert record["held_fraction"] == pytest.approx(0.5)
    assert record["missing"] == {"heat": {BTC: pytest.approx(0.25), ETH: pytest.approx(0.25)}}
    found = Shortfall.of_records([record, {"kind": "targets", "asked": "?"}, record])
    assert found is not None
    assert (found.days, found.held_fraction) == (1, pytest.approx(0.5))
