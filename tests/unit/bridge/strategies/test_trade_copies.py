"""What a backtest is spared, and that a strategy's own code only reads the trade."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from ccxt import TICK_SIZE
from freqtrade.enums import RunMode
from freqtrade.persistence import LocalTrade
from freqtrade.strategy import IStrategy, stoploss_from_absolute

from plimsoll.bridge.config.settings import LIVE_OPT_IN
from plimsoll.bridge.strategies.trade_copies import READS_TRADE, only_moving, read_only, spared
from plimsoll.bridge.wrapping.install import guard_of
from plimsoll.core import PlimsollError
from tests.unit.bridge.bots import NOON, PLAIN, backtest, running_bot
from tests.unit.bridge.strategies.test_rules import PAIR, TWO_PERIODS, trade

LOOPS = f"""{PLAIN}
    def on_loop(self, now):
        self.looped = now
"""


@pytest.mark.parametrize("runmode", [RunMode.BACKTEST, RunMode.HYPEROPT])
def test_a_backtest_is_spared_the_copy_of_the_trade(tmp_path: Path, runmode: RunMode) -> None:
    with backtest(tmp_path, strategy="TrendFollow", runmode=runmode) as bot:
        assert {hook.__qualname__ for hook in hooks_of(bot.strategy)} == {
            f"IStrategy.{name}" for name in READS_TRADE
        }


@pytest.mark.parametrize("runmode", [RunMode.DRY_RUN, RunMode.LIVE])
def test_a_running_bot_keeps_the_copy_of_the_trade(tmp_path: Path, runmode: RunMode) -> None:
    opted_in = {"live_opt_in": LIVE_OPT_IN}
    with running_bot(tmp_path, strategy="TrendFollow", runmode=runmode, plimsoll=opted_in) as bot:
        for hook in hooks_of(bot.strategy):
            assert not hook.__qualname__.startswith("IStrategy.")


def hooks_of(strategy: IStrategy) -> list[Callable[..., object]]:
    """The strategy's own answers, behind its guard."""
    hooks = guard_of(strategy)._hooks
    return [
        hooks[name].own(strategy) if name in hooks else getattr(strategy, name)
        for name in READS_TRADE
    ]


def test_a_hook_that_a_strategy_wrote_itself_is_held_to_reading(tmp_path: Path) -> None:
    own = """
    def custom_roi(self, pair, trade, **kwargs):
        trade.stake_amount = 0
"""
    held = trade()
    with (
        backtest(tmp_path, TWO_PERIODS + own, strategy="TwoPeriods") as bot,
        pytest.raises(PlimsollError, match="only read its trade, it set stake_amount"),
    ):
        bot.strategy.custom_roi(pair=PAIR, trade=held)
    assert held.stake_amount == 1000.0


def test_a_hook_that_only_reads_answers_as_ever() -> None:
    held = trade()

    def reads(*, trade: LocalTrade, share: float) -> float:
        return trade.stake_amount * share

    assert read_only(reads)(trade=held, share=0.5) == 500.0


def test_every_field_that_a_hook_has_changed_is_named_and_put_back() -> None:
    held = trade()
    before = dict(vars(held))

    def writes(*, trade: LocalTrade) -> None:
        trade.stop_loss, trade.amount, trade.own_note = 1.0, 2.0, "mine"

    with pytest.raises(PlimsollError, match="writes to only read its trade") as caught:
        read_only(writes)(trade=held)
    assert str(caught.value).endswith("it set amount, own_note, stop_loss")
    assert {name: vars(held)[name] for name in before} == before


def test_a_spared_hook_bears_the_name_that_freqtrade_copies_nothing_for() -> None:
    def custom_roi(*, pair: str) -> str:
        return pair

    hook = spared(custom_roi)
    assert (hook.__name__, hook.__qualname__) == ("custom_roi", "IStrategy.custom_roi")
    assert hook(pair=PAIR) == PAIR


@pytest.mark.parametrize(
    ("source", "is_spared"), [(PLAIN, True), (LOOPS, False)], ids=["plain", "a loop of its own"]
)
def test_the_loop_is_spared_only_where_it_has_nothing_else_to_do(
    tmp_path: Path, source: str, is_spared: bool
) -> None:
    with backtest(tmp_path, source) as bot:
        own = guard_of(bot.strategy)._hooks["bot_loop_start"].own(bot.strategy)
        assert (own.__func__ is IStrategy.bot_loop_start) is is_spared
        bot.loop(NOON)
        assert bot.strategy._session.supervisor is not None
        assert getattr(bot.strategy, "looped", None) == (NOON if source is LOOPS else None)


@pytest.mark.parametrize("is_short", [False, True])
@pytest.mark.parametrize("tick", [0.1, 0.01, 0.0001])
def test_a_stop_that_is_not_asked_where_it_would_not_move_moves_alike(
    is_short: bool, tick: float
) -> None:
    """A stop by distance, which trails in one half of the walk, beside the same one spared."""
    chance, asked = random.Random(int(1 / tick)), 0

    def stop(*, trade: LocalTrade, current_rate: float, after_fill: bool, trails: bool) -> float:
        origin = current_rate if trails else trade.open_rate
        price = origin + (3.3333 if is_short else -3.3333)
        return stoploss_from_absolute(price, current_rate, is_short, trade.leverage)

    trades = [trade(is_short=is_short, leverage=3.0) for _ in range(2)]
    for one in trades:
        one.price_precision, one.precision_mode_price = tick, TICK_SIZE
        one.adjust_stop_loss(one.open_rate, -0.1, initial=True)
    for number in range(600):
        rate = trades[0].open_rate * (1 + chance.uniform(-0.02, 0.02))
        after_fill, trails = number % 100 == 7, number > 300
        for one, hook in zip(trades, (stop, only_moving(stop)), strict=True):
            answer = hook(trade=one, current_rate=rate, after_fill=after_fill, trails=trails)
            if answer:
                one.adjust_stop_loss(rate, answer, allow_refresh=after_fill)
                asked += hook is not stop
        plain, spared_one = trades
        assert spared_one.stop_loss == plain.stop_loss
        assert spared_one.stop_loss_pct == plain.stop_loss_pct
        assert spared_one.is_stop_loss_trailing == plain.is_stop_loss_trailing
    assert asked < 400
