"""From an order that Freqtrade is about to send to the question that the guards are asked."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import time_machine
from freqtrade.enums import CandleType

from plimsoll.bridge.guarding.entry import Pending, Wanted, ask
from plimsoll.core import Mode, PlimsollError, Side, Verdict
from plimsoll.features import volatility
from plimsoll.risk import Evaluation
from plimsoll.risk.costs import TradingCosts
from tests.unit.bridge.bots import (
    BTC,
    ETH,
    NOON,
    Bot,
    backtest,
    candles,
    entry,
    open_trade,
    running_bot,
)

ATR = volatility.atr.use(period=14).column
STOPS = """
from plimsoll.bridge.strategies.guarded import GuardedStrategy
from plimsoll.features import volatility

ATR = volatility.atr.use(period=14)


class Stops(GuardedStrategy):
    timeframe = "5m"
    stoploss = -0.10

    def features(self):
        return [ATR]

    def entry_signal(self, candles, side):
        return candles["close"] < 0

    def stop_distance(self):
        return ATR, 2.0

    def target_distance(self):
        return ATR, 3.0
"""
BARE = STOPS[: STOPS.index("    def stop_distance")]
COSTS = TradingCosts()


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def wanted(**others: Any) -> Wanted:
    made: dict[str, Any] = {
        "pair": BTC,
        "side": Side.LONG,
        "now": NOON,
        "price": 100.0,
        "stake_usd": 100.0,
        "leverage": 1.0,
    }
    return Wanted(**{**made, **others})


def looked(bot: Bot, *, atr: float = 2.0) -> Bot:
    """The bot after its first loop, with a range that is known."""
    frame = candles([100.0] * 30).assign(**{ATR: atr})
    bot.strategy.dp._set_cached_df(BTC, "5m", frame, CandleType.FUTURES)
    bot.loop(NOON)
    return bot


def asked(bot: Bot, what: Wanted, *, spread: float | None = 0.0002) -> Pending:
    supervisor = bot.strategy._session.supervisor
    return ask(what, bot.strategy, supervisor, COSTS, spread_fraction=spread)


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    with running_bot(tmp_path, STOPS, strategy="Stops") as made:
        yield looked(made)


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Bot]:
    with running_bot(tmp_path, BARE, strategy="Stops") as made:
        yield looked(made)


# Stop and target


@pytest.mark.parametrize(("side", "stop", "target"), [("long", 96, 106), ("short", 104, 94)])
def test_stop_and_target_lie_at_their_distances(
    bot: Bot, side: str, stop: float, target: float
) -> None:
    request = asked(bot, wanted(side=Side(side))).request
    assert (request.stop_price, request.target_price) == (stop, target)


@pytest.mark.parametrize(("side", "stop"), [("long", 100 - 10 / 3), ("short", 100 + 10 / 3)])
def test_the_stop_is_never_wider_than_the_stoploss(bot: Bot, side: str, stop: float) -> None:
    request = asked(bot, wanted(side=Side(side), leverage=3.0)).request
    assert request.stop_price == pytest.approx(stop)


def test_without_a_distance_the_stoploss_is_the_stop(bare: Bot) -> None:
    request = asked(bare, wanted(leverage=2.0)).request
    assert request.stop_price == pytest.approx(95.0)
    assert request.target_price is None


def test_a_stoploss_of_everything_is_no_stop(bare: Bot) -> None:
    bare.strategy.stoploss = -0.99
    assert asked(bare, wanted()).request.stop_price is None
    bare.strategy.stoploss = -0.98
    assert asked(bare, wanted()).request.stop_price == pytest.approx(2.0)


def test_the_stop_that_a_trade_has_is_taken_for_an_addition(bot: Bot) -> None:
    assert asked(bot, wanted(stop_price=98.0)).request.stop_price == 98.0


@pytest.mark.parametrize("atr", [nan, 0.0, -1.0])
def test_a_stop_that_is_unknown_denies(tmp_path: Path, atr: float) -> None:
    with running_bot(tmp_path, STOPS, strategy="Stops") as made:
        looked(made, atr=atr)
        with pytest.raises(PlimsollError, match=f"{ATR} of {BTC} is unknown"):
            asked(made, wanted())
        stake = made.strategy.custom_stake_amount(
            pair=BTC,
            current_time=NOON,
            current_rate=100.0,
            proposed_stake=100.0,
            min_stake=5.0,
            max_stake=1000.0,
            leverage=1.0,
            entry_tag=None,
            side="long",
        )
        assert stake == 0.0
        assert any("is unknown, so is the stop or target" in text for text in made.said())


# The size


def test_the_request_is_of_what_the_strategy_wants(bot: Bot) -> None:
    request = asked(bot, wanted(leverage=2.0, tag="trend"), spread=0.001).request
    assert (request.pair, request.side, request.stake_usd) == (BTC, Side.LONG, 100.0)
    assert (request.leverage, request.price, request.spread_fraction) == (2.0, 100.0, 0.001)
    assert request.fill_cost_fraction == COSTS.fill_fraction


def test_a_stake_is_cut_to_the_planned_risk(bot: Bot) -> None:
    """1 % of 10,000 at a stop 4 % away, fees of both fills included."""
    profile = bot.strategy._settings.risk
    pending = asked(bot, wanted(stake_usd=5000.0))
    loss = 0.04 + COSTS.fill_fraction * (1 + 0.96)
    assert pending.size(profile).stake_usd == pytest.approx(100 / loss)


@pytest.mark.parametrize("stake", [1.0, 100.0, 2000.0])
def test_a_stake_is_never_more_than_was_wanted(bot: Bot, stake: float) -> None:
    pending = asked(bot, wanted(stake_usd=stake))
    assert pending.size(bot.strategy._settings.risk).stake_usd == stake
    assert pending.size(bot.strategy._settings.risk, planned=False).stake_usd == stake


def test_a_stake_that_is_no_number_is_none(bot: Bot) -> None:
    for stake in (nan, -5.0):
        pending = asked(bot, wanted(stake_usd=stake))
        assert pending.size(bot.strategy._settings.risk).stake_usd == 0.0


def test_an_account_that_reduces_takes_its_share(bot: Bot) -> None:
    pending = asked(bot, wanted())
    half = Verdict(Mode.REDUCING, "drawdown", "9 %", stake_multiplier=0.5)
    reduced = replace(pending, evaluation=Evaluation(NOON, (half,)))
    assert reduced.size(bot.strategy._settings.risk).stake_usd == 50.0
    loss = 0.04 + COSTS.fill_fraction * (1 + 0.96)
    large = replace(asked(bot, wanted(stake_usd=5000.0)), evaluation=reduced.evaluation)
    assert large.size(bot.strategy._settings.risk).stake_usd == pytest.approx(50 / loss), (
        "of the plan"
    )
    flat = Verdict(Mode.FLATTEN, "daily_loss", "3 %", NOON + timedelta(hours=1))
    none = replace(pending, evaluation=Evaluation(NOON, (half, flat)))
    assert none.size(bot.strategy._settings.risk).stake_usd == 0.0


def test_without_a_stop_the_whole_stake_is_the_risk(bare: Bot) -> None:
    bare.strategy.stoploss = -0.99
    pending = asked(bare, wanted(stake_usd=5000.0))
    # 1 % of 10,000 at risk, fees of both fills included
    assert 90 < pending.size(bare.strategy._settings.risk).stake_usd <= 100


def test_the_volatility_target_sizes_without_a_stop(tmp_path: Path) -> None:
    sizing = {"sizing": "volatility_target", "correlation_candles": 20}
    with running_bot(tmp_path, BARE, strategy="Stops", plimsoll={"risk": sizing}) as bot:
        looked(bot)
        profile = bot.strategy._settings.risk
        assert asked(bot, wanted()).yearly_volatility is None, "flat"
        assert asked(bot, wanted()).size(profile).stake_usd == 0.0
        rng = np.random.default_rng(1)
        prices = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, 30)))
        moved = candles(prices.tolist())
        bot.exchange._klines[BTC, "5m", CandleType.FUTURES] = moved
        pending = asked(bot, wanted(stake_usd=5000.0))
        steps = np.diff(np.log(prices[-20:]))
        yearly = steps.std(ddof=1) * (365 * 288) ** 0.5
        assert pending.yearly_volatility == pytest.approx(yearly)
        assert pending.size(profile).stake_usd == pytest.approx(10_000 * 0.2 / yearly)


def test_a_resized_question_keeps_everything_else(bot: Bot) -> None:
    pending = asked(bot, wanted())
    other = pending.resized(42.0, 101.0)
    assert (other.request.stake_usd, other.request.price) == (42.0, 101.0)
    assert replace(other.request, stake_usd=100.0, price=100.0) == pending.request
    assert other.account is pending.account


# Why a stake was too small


def test_a_stake_below_the_minimum_is_said_to_be(bot: Bot) -> None:
    pending = asked(bot, wanted(stake_usd=3.0))
    verdict = pending.size(bot.strategy._settings.risk, least_usd=5.0).denial
    assert verdict is not None
    assert (verdict.rule, verdict.value, verdict.limit) == ("position_size", 3.0, 5.0)
    assert verdict.pair == BTC
    assert not verdict.allows_entries
    assert "3.00 USD is what the limits leave" in verdict.reason


def test_the_guard_that_left_nothing_is_named_instead(bot: Bot) -> None:
    pending = asked(bot, wanted(stake_usd=3.0), spread=0.02)
    verdict = pending.size(bot.strategy._settings.risk, least_usd=5.0).denial
    assert verdict is not None
    assert verdict.rule == "spread"


def test_what_left_nothing_is_named_and_not_the_limit_that_a_stake_is_cut_to(
    tmp_path: Path,
) -> None:
    """A stake of 2,000 is cut to the 100 of a position; it is the exposure that leaves none."""
    limits = {"max_position_usd": 100, "max_exposure_usd": 1000, "max_correlation": 1.0}
    with running_bot(tmp_path, STOPS, strategy="Stops", plimsoll={"risk": limits}) as bot:
        open_trade(NOON - timedelta(hours=1), pair=ETH)  # of 1,000
        pending = asked(looked(bot), wanted(stake_usd=2000.0))
        size = pending.size(bot.strategy._settings.risk, least_usd=5.0)
        assert size.stake_usd == 0.0
        assert size.denial is not None
        assert size.denial.rule == "exposure"


def test_a_trailing_distance_is_the_stop_that_a_stake_is_sized_by(tmp_path: Path) -> None:
    source = STOPS.replace("def target_distance", "def trailing_distance")
    for multiple, stop in (("3.0", 96.0), ("1.5", 97.0)):
        folder = tmp_path / multiple
        folder.mkdir()
        trailing = source.replace("return ATR, 3.0", f"return ATR, {multiple}")
        with running_bot(folder, trailing, strategy="Stops") as bot:
            assert asked(looked(bot), wanted()).request.stop_price == stop


# Correlations and liquidity


def moving(bot: Bot, pair: str, prices: list[float], *, end: datetime = NOON) -> None:
    bot.exchange._klines[pair, "5m", CandleType.FUTURES] = candles(prices, end=end)


def test_every_other_position_is_correlated(tmp_path: Path) -> None:
    few = {"risk": {"correlation_candles": 20}}
    with running_bot(tmp_path, STOPS, strategy="Stops", plimsoll=few) as bot:
        looked(bot)
        assert asked(bot, wanted()).request.correlations == {}
        open_trade(NOON, pair=ETH)
        open_trade(NOON, pair=BTC)
        assert asked(bot, wanted()).request.correlations == {}, "flat: unknown"
        rng = np.random.default_rng(2)
        walk = np.exp(np.cumsum(rng.normal(0, 0.01, 30)))
        moving(bot, BTC, (100 * walk).tolist())
        moving(bot, ETH, (7 * walk).tolist())
        assert asked(bot, wanted()).request.correlations == {ETH: pytest.approx(1.0)}
        # Half of the candles in common are enough, fewer are not.
        moving(bot, ETH, (7 * walk).tolist(), end=NOON + timedelta(minutes=50))
        assert set(asked(bot, wanted()).request.correlations or ()) == {ETH}
        moving(bot, ETH, (7 * walk).tolist(), end=NOON + timedelta(minutes=55))
        assert asked(bot, wanted()).request.correlations == {}


def test_a_limit_of_one_reads_no_candles(tmp_path: Path) -> None:
    with running_bot(
        tmp_path, STOPS, strategy="Stops", plimsoll={"risk": {"max_correlation": 1.0}}
    ) as bot:
        looked(bot)
        open_trade(NOON, pair=ETH)
        assert asked(bot, wanted()).request.correlations == {ETH: 1.0}


def test_the_book_is_read_only_where_it_is_limited(tmp_path: Path) -> None:
    with running_bot(tmp_path, STOPS, strategy="Stops") as bot:
        looked(bot)
        assert asked(bot, wanted()).request.liquidity_usd is None
    limited = {"risk": {"max_liquidity_share_fraction": 0.5}}
    with running_bot(tmp_path, STOPS, strategy="Stops", plimsoll=limited) as bot:
        looked(bot)
        assert asked(bot, wanted()).request.liquidity_usd == 2 * 5 * 100.0
        del bot.exchange.prices[BTC]
        assert asked(bot, wanted()).request.liquidity_usd is None


def test_the_spread_of_the_book_is_the_spread(bot: Bot) -> None:
    watch = bot.strategy._session
    bot.exchange.spread_fraction = 0.004
    assert watch.spread_fraction(BTC) == pytest.approx(0.004)
    del bot.exchange.prices[BTC]
    assert watch.spread_fraction(BTC) is None


# The price of the order


def test_an_order_far_from_the_mark_is_not_sent(tmp_path: Path) -> None:
    with running_bot(tmp_path) as bot:
        looked(bot)
        bot.exchange.marks[BTC] = 95.0
        assert not entry(bot.strategy, NOON)
        assert any("from the mark 95" in text for text in bot.said())
        bot.exchange.marks[BTC] = 99.0
        assert entry(bot.strategy, NOON)


def test_a_mark_that_cannot_be_read_sends_nothing(tmp_path: Path) -> None:
    with running_bot(tmp_path) as bot:
        looked(bot)
        bot.exchange.marks[BTC] = 0.0
        assert not entry(bot.strategy, NOON)


def test_without_a_collar_no_mark_is_asked_for(tmp_path: Path) -> None:
    off = {"risk": {"max_price_deviation_fraction": None}}
    with running_bot(tmp_path, plimsoll=off) as bot:
        looked(bot)
        bot.exchange.marks[BTC] = 50.0
        assert entry(bot.strategy, NOON)


def test_an_addition_is_held_to_the_collar_too(tmp_path: Path) -> None:
    adding = BARE + "\n    def adjust_position(self, trade, now, price, profit_fraction):\n"
    adding += "        return 50.0\n"
    with running_bot(tmp_path, adding, strategy="Stops") as bot:
        looked(bot)
        trade = open_trade(NOON - timedelta(hours=1), pair=BTC, amount=2.0, stop_loss=98.0)
        rates = ("current_rate", "current_entry_rate", "current_exit_rate")
        profits = ("current_profit", "current_entry_profit", "current_exit_profit")
        arguments = {"trade": trade, "current_time": NOON, "min_stake": 5.0, "max_stake": 1000.0}
        arguments |= {**dict.fromkeys(rates, 100.0), **dict.fromkeys(profits, 0.0)}
        bot.exchange.marks[BTC] = 95.0
        assert bot.strategy._adjust_trade_position_internal(**arguments)[0] is None
        bot.exchange.marks[BTC] = 100.0
        added, _ = bot.strategy._adjust_trade_position_internal(**arguments)
        assert added == pytest.approx(50.0), bot.said()


def test_a_backtest_marks_by_the_last_close(tmp_path: Path) -> None:
    with backtest(tmp_path) as bot:
        session = bot.strategy._session
        session.learn(BTC, candles([100.0] * 30 + [50.0], end=NOON + timedelta(minutes=5)))
        bot.loop(NOON)
        assert session.mark_price(BTC, NOON) == 100.0
        assert not entry(bot.strategy, NOON, rate=103.0)
        assert entry(bot.strategy, NOON, rate=101.0)
