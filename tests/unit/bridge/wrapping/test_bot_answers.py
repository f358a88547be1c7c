"""What a running bot asks between an entry and its exit is bounded by the guards as well."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.exceptions import DependencyException
from freqtrade.persistence import Order, Trade
from freqtrade.strategy.strategy_wrapper import strategy_safe_wrapper

from plimsoll.bridge.wrapping.install import guard_of
from plimsoll.core import Mode, Verdict
from tests.unit.bridge.bots import BTC, NOON, Bot, candles, open_trade
from tests.unit.bridge.guarding.test_live_session import HOUR, clock, loops, written
from tests.unit.bridge.wrapping.foreign import FOREIGN, answering, observing, traded

__all__ = ["clock"]

HALT = Verdict(Mode.HALTED, "drawdown", "too deep")
NO_SIGNAL = (False, False, None)


def session_of(bot: Bot) -> Any:
    """The guards of a bot."""
    return guard_of(bot.strategy).session


def resting(*, side: str = "buy") -> tuple[Trade, Order]:
    """A trade whose entry, or exit, rests at 100 USDT."""
    trade = open_trade(
        NOON - HOUR, amount=0.0 if side == "buy" else 5.0, stake_amount=500.0, amount_requested=5.0
    )
    order = Order(
        ft_pair=BTC,
        ft_order_side=side,
        side=side,
        order_id="resting",
        status="open",
        ft_is_open=True,
        order_type="limit",
        price=100.0,
        ft_price=100.0,
        ft_amount=5.0,
        amount=5.0,
        remaining=5.0,
        order_date=NOON - HOUR,
    )
    trade.orders.append(order)
    Trade.commit()
    return trade, order


def adjusted(bot: Bot, trade: Trade, order: Order) -> float | None:
    """The price that Freqtrade gets for what rests."""
    ask = strategy_safe_wrapper(bot.strategy.adjust_order_price, default_retval=100.0)
    return ask(
        trade=trade,
        order=order,
        pair=BTC,
        current_time=NOON + timedelta(minutes=5),
        proposed_rate=100.0,
        current_order_rate=100.0,
        entry_tag=None,
        side="long",
        is_entry=order.ft_order_side == "buy",
    )


@pytest.mark.parametrize("callback", ["adjust_entry_price", "adjust_order_price"])
@pytest.mark.parametrize(("wanted", "sent"), [(100.5, 100.5), (150.0, 100.0), (60.0, 100.0)])
def test_an_entry_that_rests_is_sent_anew_inside_the_collar_only(
    tmp_path: Path, clock: Any, callback: str, wanted: float, sent: float
) -> None:
    with traded(tmp_path, answering(**{callback: f"return {wanted}"})) as bot:
        trade, order = resting()
        loops(bot, clock)
        assert adjusted(bot, trade, order) == sent
    denied = [one["rule"] for one in written(tmp_path, "denial")]
    assert denied == ([] if wanted == sent else ["price_collar"])


def test_an_entry_that_rests_is_not_sent_anew_while_entries_are_denied(
    tmp_path: Path, clock: Any
) -> None:
    with traded(tmp_path, answering(adjust_entry_price="return 100.5")) as bot:
        trade, order = resting()
        loops(bot, clock)
        session_of(bot).looks_after.hold(HALT, NOON)
        assert adjusted(bot, trade, order) == 100.0


@pytest.mark.parametrize(
    ("code", "given"),
    [("return None", None), ('raise KeyError("x")', 100.0), ("return 100.0", 100.0)],
)
def test_the_strategy_may_cancel_an_entry_or_leave_it(
    tmp_path: Path, clock: Any, code: str, given: float | None
) -> None:
    with traded(tmp_path, answering(adjust_entry_price=code)) as bot:
        trade, order = resting()
        loops(bot, clock)
        assert adjusted(bot, trade, order) == given
    assert written(tmp_path, "order") == []


def test_an_exit_that_rests_is_the_strategys_to_move(tmp_path: Path, clock: Any) -> None:
    with traded(tmp_path, answering(adjust_exit_price="return 150.0")) as bot:
        trade, order = resting(side="sell")
        loops(bot, clock)
        assert adjusted(bot, trade, order) == 150.0


def test_observing_guards_leave_every_price(tmp_path: Path, clock: Any) -> None:
    source = answering(adjust_entry_price="return 150.0", custom_entry_price="return 150.0")
    with traded(tmp_path, source, **observing()) as bot:
        trade, order = resting()
        loops(bot, clock)
        assert adjusted(bot, trade, order) == 150.0
        assert priced(bot, trade) == 150.0


def priced(bot: Bot, trade: Trade | None) -> float:
    """The price that Freqtrade gets for an entry or an addition."""
    ask = strategy_safe_wrapper(bot.strategy.custom_entry_price, default_retval=100.0)
    return float(
        ask(
            pair=BTC,
            trade=trade,
            current_time=NOON,
            proposed_rate=100.0,
            entry_tag=None,
            side="long",
        )
    )


@pytest.mark.parametrize(("wanted", "sent"), [(99.0, 99.0), (60.0, 98.0), (150.0, 102.0)])
def test_the_price_of_an_addition_is_inside_the_collar(
    tmp_path: Path, clock: Any, wanted: float, sent: float
) -> None:
    source = answering(custom_entry_price=f"return {wanted}")
    with traded(tmp_path, source) as bot:
        trade = open_trade(NOON - HOUR)
        loops(bot, clock)
        assert priced(bot, trade) == pytest.approx(sent)
        assert priced(bot, None) == wanted  # it is asked about when the entry is confirmed


def test_a_halt_closes_though_the_strategys_signals_cannot_be_read(
    tmp_path: Path, clock: Any
) -> None:
    source = FOREIGN.replace(
        "class Plain",
        f"from {DependencyException.__module__} import DependencyException\n\n\nclass Plain",
    ) + (
        "    def get_exit_signal(self, *given, **asked):\n"
        '        raise DependencyException("no signal")\n'
    )
    with traded(tmp_path, source) as bot:
        loops(bot, clock)
        assert bot.strategy.get_exit_signal(BTC, "5m", candles([100.0] * 30)) == NO_SIGNAL
        session_of(bot).looks_after.hold(HALT, NOON)
        assert bot.strategy.get_exit_signal(BTC, "5m", candles([100.0] * 30)) == NO_SIGNAL
    errors = [one for one in written(tmp_path, "error") if one["where"] == "exit signals"]
    assert len(errors) == 1


def test_nothing_is_analysed_while_the_whole_account_is_closed(tmp_path: Path, clock: Any) -> None:
    source = FOREIGN + ("    def analyze(self, pairs):\n        raise SystemExit\n")
    with traded(tmp_path, source) as bot:
        trade = open_trade(NOON - HOUR)
        loops(bot, clock)
        with pytest.raises(SystemExit):
            bot.strategy.analyze([BTC])
        session_of(bot).looks_after.hold(
            Verdict(Mode.FLATTEN, "cooldown", "too late", pair=BTC), NOON
        )
        loops(bot, clock)
        with pytest.raises(SystemExit):  # the others are traded on
            bot.strategy.analyze([BTC])
        session_of(bot).looks_after.hold(HALT, NOON)
        loops(bot, clock)
        bot.strategy.analyze([BTC])
        trade.close(100.0)
        Trade.commit()
        loops(bot, clock)
        with pytest.raises(SystemExit):
            bot.strategy.analyze([BTC])


def test_informative_pairs_that_fail_end_a_start_and_no_loop(tmp_path: Path, clock: Any) -> None:
    source = answering(informative_pairs='raise KeyError("no pairs")').replace("**asked", "")
    with traded(tmp_path, source.replace("(self, )", "(self)")) as bot:
        with pytest.raises(KeyError):
            bot.strategy.gather_informative_pairs()
        loops(bot, clock)
        assert bot.strategy.gather_informative_pairs() == []
    assert [one["where"] for one in written(tmp_path, "error")] == ["informative pairs"]
