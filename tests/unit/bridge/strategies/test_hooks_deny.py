"""A callback that fails is a no, it is told and recorded, and nothing is raised into Freqtrade."""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
import time_machine
from freqtrade.persistence import LocalTrade

from plimsoll.bridge.strategies.guarded import GuardedStrategy
from plimsoll.bridge.wrapping.install import guard_of
from plimsoll.journal.files import records_backwards
from tests.unit.bridge.bots import BTC, NOON, PLAIN, Bot, backtest, candles, entry, running_bot
from tests.unit.bridge.trades import trade_fields

FAILING = f"""{PLAIN}
    def fails(self, *_):
        raise ValueError("a bug of its own")

    desired_stake = desired_leverage = veto_entry = adjust_position = fails
"""
ODD = f"""{PLAIN}
    answer = None

    def desired_stake(self, pair, side, proposed_stake, now):
        return self.answer

    def desired_leverage(self, pair, side, now):
        return self.answer

    def adjust_position(self, trade, now, price, profit_fraction):
        return self.answer
"""

Begin = Callable[..., AbstractContextManager[Bot]]


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture(params=[running_bot, backtest], ids=["bot", "backtest"])
def begin(request: pytest.FixtureRequest) -> Begin:
    return request.param


def looked(bot: Bot) -> GuardedStrategy:
    """The strategy after its first loop, with candles."""
    if bot.strategy._session.in_memory:
        bot.strategy._session.learn(BTC, candles([100.0] * 30))
    bot.loop(NOON)
    return bot.strategy


def stake(strategy: GuardedStrategy, **others: Any) -> float:
    arguments = {
        "pair": BTC,
        "current_time": NOON,
        "current_rate": 100.0,
        "proposed_stake": 100.0,
        "min_stake": 5.0,
        "max_stake": 1000.0,
        "leverage": 1.0,
        "entry_tag": None,
        "side": "long",
        **others,
    }
    return strategy.custom_stake_amount(**arguments)


def confirm(strategy: GuardedStrategy, **others: Any) -> bool:
    arguments = {
        "pair": BTC,
        "order_type": "market",
        "amount": 1.0,
        "rate": 100.0,
        "time_in_force": "GTC",
        "current_time": NOON,
        "entry_tag": None,
        "side": "long",
        **others,
    }
    return strategy.confirm_trade_entry(**arguments)


def leverage(strategy: GuardedStrategy, **others: Any) -> float:
    arguments = {
        "pair": BTC,
        "current_time": NOON,
        "current_rate": 100.0,
        "proposed_leverage": 1.0,
        "max_leverage": 20.0,
        "entry_tag": None,
        "side": "long",
        **others,
    }
    return strategy.leverage(**arguments)


def adjust(strategy: GuardedStrategy, **others: Any) -> Any:
    arguments = {
        "trade": LocalTrade(**trade_fields(NOON - timedelta(hours=1), pair=BTC)),
        "current_time": NOON,
        "current_rate": 100.0,
        "current_profit": 0.0,
        "min_stake": 5.0,
        "max_stake": 1000.0,
        "current_entry_rate": 100.0,
        "current_exit_rate": 100.0,
        "current_entry_profit": 0.0,
        "current_exit_profit": 0.0,
        **others,
    }
    stake, _ = strategy._adjust_trade_position_internal(**arguments)
    return stake


NO = {stake: 0.0, leverage: 1.0, confirm: False, adjust: None}


def written(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [
        one
        for one in reversed(list(records_backwards(folder / "plimsoll/decisions")))
        if one["kind"] == kind
    ]


# What raises


@pytest.mark.parametrize("ask", NO, ids=lambda ask: ask.__name__)
def test_a_hook_of_the_strategy_that_raises_is_a_no(
    tmp_path: Path, begin: Begin, ask: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    with begin(tmp_path, FAILING) as bot, caplog.at_level(logging.WARNING):
        strategy = looked(bot)
        assert ask(strategy) == NO[ask]
        # A veto is asked for last, of an order whose stake was allowed: see the next test.
        assert ask is confirm or "a bug of its own" in caplog.text


def test_so_is_one_that_raises_after_the_stake_was_given(tmp_path: Path, begin: Begin) -> None:
    vetoes = FAILING.replace("desired_stake = desired_leverage = veto_entry", "veto_entry")
    with begin(tmp_path, vetoes) as bot:
        strategy = looked(bot)
        assert stake(strategy) == 100.0
        assert confirm(strategy) is False


@pytest.mark.parametrize("ask", NO, ids=lambda ask: ask.__name__)
def test_before_the_first_loop_everything_is_a_no(
    tmp_path: Path, begin: Begin, ask: Callable[..., Any]
) -> None:
    adds = ODD.replace("answer = None", "answer = 10.0")
    with begin(tmp_path, adds) as bot:
        assert ask(bot.strategy) == NO[ask]


@pytest.mark.parametrize("ask", NO, ids=lambda ask: ask.__name__)
def test_without_a_start_everything_is_a_no(tmp_path: Path, ask: Callable[..., Any]) -> None:
    with backtest(tmp_path, ODD.replace("answer = None", "answer = 10.0")) as bot:
        guard_of(bot.strategy).session = None
        assert ask(bot.strategy) == NO[ask]


def test_a_failure_is_recorded_and_told_once(tmp_path: Path) -> None:
    with running_bot(tmp_path, FAILING) as bot:
        strategy = looked(bot)
        for _ in range(3):
            assert stake(strategy) == 0.0
        said = [text for text in bot.said() if "a bug of its own" in text]
        assert len(said) == 1
    errors = written(tmp_path, "error")
    assert [(one["where"], one["message"]) for one in errors] == [
        ("sizing", "ValueError: a bug of its own")
    ] * 3


def test_a_confirmation_that_nobody_asked_a_stake_for_is_a_no(tmp_path: Path, begin: Begin) -> None:
    with begin(tmp_path) as bot:
        strategy = looked(bot)
        assert confirm(strategy) is False
        assert entry(strategy, NOON)
        assert confirm(strategy) is False, "a stake is good for one order"


# What is no number


@pytest.mark.parametrize("answer", [nan, None, "much"], ids=str)
@pytest.mark.parametrize("ask", [stake, leverage, adjust], ids=lambda ask: ask.__name__)
def test_an_answer_that_is_no_number_is_a_no(
    tmp_path: Path, begin: Begin, ask: Callable[..., Any], answer: object
) -> None:
    with begin(tmp_path, ODD) as bot:
        strategy = looked(bot)
        strategy.answer = answer
        found = ask(strategy)
        assert found == NO[ask] or (ask is adjust and found is not None and not found > 0)


@pytest.mark.parametrize("answer", [nan, inf, -inf])
def test_a_leverage_that_is_no_number_is_one(tmp_path: Path, begin: Begin, answer: float) -> None:
    with begin(tmp_path, ODD) as bot:
        strategy = looked(bot)
        strategy.answer = answer
        assert leverage(strategy) == 1.0


@pytest.mark.parametrize("answer", [0.0, -100.0, -inf])
def test_a_stake_of_nothing_is_no_entry(tmp_path: Path, begin: Begin, answer: float) -> None:
    with begin(tmp_path, ODD) as bot:
        strategy = looked(bot)
        strategy.answer = answer
        assert stake(strategy) == 0.0


@pytest.mark.parametrize("price", [nan, inf, 0.0, -1.0, None])
def test_a_price_that_is_none_is_no_entry(
    tmp_path: Path, begin: Begin, price: float | None
) -> None:
    with begin(tmp_path) as bot:
        strategy = looked(bot)
        assert stake(strategy, current_rate=price) == 0.0
        assert stake(strategy) == 100.0
        assert confirm(strategy, rate=price) is False


@pytest.mark.parametrize("amount", [nan, inf, None])
def test_an_amount_that_is_none_is_no_entry(
    tmp_path: Path, begin: Begin, amount: float | None
) -> None:
    with begin(tmp_path) as bot:
        strategy = looked(bot)
        assert stake(strategy) == 100.0
        assert confirm(strategy, amount=amount) is False


@pytest.mark.parametrize("side", ["sideways", None])
def test_a_side_that_is_none_is_no_entry(tmp_path: Path, begin: Begin, side: object) -> None:
    with begin(tmp_path) as bot:
        strategy = looked(bot)
        assert stake(strategy, side=side) == 0.0
        assert leverage(strategy, side=side) == 1.0


# What is well


def test_an_account_that_is_well_trades(tmp_path: Path, begin: Begin) -> None:
    with begin(tmp_path) as bot:
        strategy = looked(bot)
        assert stake(strategy) == 100.0
        assert confirm(strategy) is True


def test_a_stake_below_the_exchanges_minimum_is_none(tmp_path: Path, begin: Begin) -> None:
    with begin(tmp_path) as bot:
        strategy = looked(bot)
        assert stake(strategy, min_stake=142.0) == 100.0, "Freqtrade raises it to the minimum"
        assert stake(strategy, min_stake=143.0) == 0.0
        assert stake(strategy, min_stake=None) == 100.0


def test_a_stake_is_at_most_what_the_wallet_has(tmp_path: Path, begin: Begin) -> None:
    with begin(tmp_path) as bot:
        assert stake(looked(bot), max_stake=60.0) == 60.0


def test_a_veto_of_the_strategy_is_a_denial_with_its_reason(tmp_path: Path) -> None:
    vetoes = f"{PLAIN}\n    def veto_entry(self, pair, side, price, now):\n        return 'no'\n"
    with running_bot(tmp_path, vetoes) as bot:
        strategy = looked(bot)
        assert not entry(strategy, NOON)
    (denial,) = written(tmp_path, "denial")
    assert (denial["rule"], denial["reason"], denial["pair"]) == ("strategy", "no", BTC)


def test_a_denial_is_recorded_once_a_candle(tmp_path: Path) -> None:
    vetoes = f"{PLAIN}\n    def veto_entry(self, pair, side, price, now):\n        return 'no'\n"
    with running_bot(tmp_path, vetoes) as bot:
        strategy = looked(bot)
        for seconds in (0, 5, 10):
            assert not entry(strategy, NOON + timedelta(seconds=seconds))
        bot.price(BTC, 100.0, now=NOON + timedelta(minutes=5))
        assert not entry(strategy, NOON + timedelta(minutes=5))
    assert len(written(tmp_path, "denial")) == 2


def test_reducing_is_free_and_enlarging_is_asked(tmp_path: Path, begin: Begin) -> None:
    with begin(tmp_path, ODD) as bot:
        strategy = looked(bot)
        strategy.answer = -50.0
        assert adjust(strategy) == -50.0
        strategy.answer = 50.0
        assert adjust(strategy) == 50.0
        assert adjust(strategy, min_stake=60.0) is None
        assert adjust(strategy, max_stake=20.0) == 20.0


def test_leverage_is_at_most_what_the_exchange_and_the_profile_allow(
    tmp_path: Path, begin: Begin
) -> None:
    with begin(tmp_path, ODD) as bot:
        strategy = looked(bot)
        strategy.answer = 2.0
        assert leverage(strategy) == 2.0
        assert leverage(strategy, max_leverage=1.5) == 1.5
        strategy.answer = 20.0
        assert leverage(strategy) == 3.0
