"""A candle that a backtest's guards pass by is one on which they would have done nothing."""

import random
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from freqtrade.enums import RunMode
from freqtrade.persistence import LocalTrade, PairLocks

from plimsoll.bridge.account.calm import Bounds
from plimsoll.bridge.guarding.backtest_session import BacktestSession
from plimsoll.bridge.guarding.entry import Wanted
from plimsoll.core import Side
from tests.unit.bridge.bots import BTC, ETH, NOON, PLAIN, build, candles
from tests.unit.bridge.trades import backtest_trades, trade_fields

STEP = timedelta(minutes=5)
CANDLES = 1200
"""Four days and more: days begin, halts end by rule, probations end."""


def session_of(folder: Path, guards: str, prices: dict[str, list[float]]) -> BacktestSession:
    limits = {
        "max_daily_loss_fraction": 0.02,
        "drawdown_reduce_fraction": 0.03,
        "drawdown_halt_fraction": 0.05,
        "terminal_drawdown_fraction": 0.5,
        "probation_days": 0.5,
        "backtest_breach_observations": 2,
    }
    ours = {"guards": guards, "backtest_rearm": {"after_days": 0.25}, "risk": limits}
    asked = {"stake_currency": "USDT"}
    folder.mkdir(exist_ok=True)
    bot = build(folder, RunMode.BACKTEST, PLAIN, plimsoll=ours, original_config=asked)
    bot.strategy.ft_bot_start()
    session: BacktestSession = bot.strategy._session
    for pair, series in prices.items():
        session.learn(pair, candles([100.0, *series], end=NOON + len(series) * STEP))
    return session


def walk(chance: random.Random) -> list[float]:
    steps = [chance.gauss(0, 0.003) for _ in range(CANDLES)]
    return [100.0 * factor for factor in accumulate(steps, lambda at, step: at * (1 + step))][1:]


def happen(chance: random.Random, number: int, *, closing: bool) -> None:
    """Let trades open and close, as the loop of a backtest does; now and then it stays flat."""
    now, trades, what = NOON + number * STEP, LocalTrade.bt_trades_open, chance.random()
    if not closing and what < 0.05 and len(trades) < 3 and number % 200 < 150:
        fields = trade_fields(now, pair=chance.choice([BTC, ETH]), trading_mode="futures")
        fields |= {"amount": chance.choice([5.0, 20.0]), "is_short": chance.random() < 0.5}
        LocalTrade.add_bt_trade(LocalTrade(**fields))
    elif trades and (what < 0.08 or closing or number % 200 > 180):
        trade = chance.choice(trades)
        trade.close_date, trade.close_profit = now, 0.01
        trade.close_profit_abs = chance.uniform(-120, 100)
        LocalTrade.close_bt_trade(trade)


def seen(session: BacktestSession, number: int, *, asks: bool) -> list[Any]:
    """What guards answer on a candle."""
    now = NOON + number * STEP
    supervisor = session.supervisor
    assert supervisor is not None
    answers = [session.closes_something, session.exit_rule(BTC, now), dict(supervisor.held)]
    answers += [supervisor.mode, supervisor.account.standing, supervisor.account.facts()]
    if asks:
        wanted = Wanted(
            pair=BTC, side=Side.LONG, now=now, price=100.0, stake_usd=200.0, leverage=1.0
        )
        answers.append(session.stake(wanted, least=5.0))
    return answers


def is_within(bounds: Bounds | None, session: BacktestSession, now: datetime) -> bool:
    """Return whether a moment and its marks lie within bounds that were drawn before."""
    if bounds is None or now >= bounds.until:
        return False
    for trade, (lowest, highest, _) in zip(
        LocalTrade.bt_trades_open, bounds.marks or (), strict=False
    ):
        mark = session.mark_price(trade.pair, now)
        if mark is None or not lowest < mark < highest:
            return False
    return True


def run_of(
    folder: Path, guards: str, seed: int, *, spares: bool, passes: bool = False
) -> tuple[list[Any], Any, int]:
    """Return what a run's guards answered, what they did, and on how many candles they rested.

    With ``passes`` they are not even asked whether they rest where `BacktestSession.rest` says it,
    as long as nobody asks them anything there.
    """
    chance = random.Random(seed)
    prices = {BTC: walk(chance), ETH: walk(chance)}
    answers, rested, bounds = [], 0, None
    with backtest_trades():
        PairLocks.reset_locks()
        session = session_of(folder, guards, prices)
        for number in range(CANDLES - 1):
            now = NOON + number * STEP
            if (passes and number % 3 and is_within(bounds, session, now)) or (
                spares and session.rests(now)
            ):
                rested += 1
            else:
                session.loop(now)
            if number % 3 == 0:
                asks = number > 30 and chance.random() < 0.2
                answers.append(seen(session, number, asks=asks))
            happen(chance, number, closing=session.closes_something)
            bounds = session.rest() if passes else None
        return answers, session.acts_of((), NOON, NOON + CANDLES * STEP), rested


@pytest.mark.parametrize("guards", ["observe", "enforce"])
@pytest.mark.parametrize("seed", range(4))
def test_passing_a_candle_by_changes_no_answer_and_no_act(
    tmp_path: Path, seed: int, guards: str
) -> None:
    answers, acts, rested = run_of(tmp_path, guards, seed, spares=True)
    looped, acts_of_all, _ = run_of(tmp_path, guards, seed, spares=False)
    for answer, as_looped in zip(answers, looped, strict=True):
        assert answer == as_looped
    assert acts == acts_of_all
    assert {"halted", "rearmed"} <= {one.event for one in acts.acts}
    assert rested > 20


@pytest.mark.parametrize("guards", ["observe", "enforce"])
@pytest.mark.parametrize("seed", range(4))
def test_not_even_asking_within_the_bounds_changes_no_answer_and_no_act(
    tmp_path: Path, seed: int, guards: str
) -> None:
    answers, acts, passed = run_of(tmp_path, guards, seed, spares=False, passes=True)
    looped, acts_of_all, _ = run_of(tmp_path, guards, seed, spares=False)
    assert answers == looped
    assert acts == acts_of_all
    assert passed > 20


def test_a_run_that_begins_anew_is_looked_at(tmp_path: Path) -> None:
    with backtest_trades():
        session = session_of(tmp_path, "observe", {BTC: [100.0] * 20})
        session.loop(NOON)
        assert session.rests(NOON + STEP)
        assert not session.rests(NOON)
