"""An order book that stands still hides no loss: its price is held against what else is known."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.enums import CandleType, RunMode

from plimsoll.bridge.account.position_marks import PositionMarks
from plimsoll.bridge.config.settings import LIVE_OPT_IN
from tests.unit.bridge.bots import BTC, NOON, Bot, candles, entry, open_trade, running_bot
from tests.unit.bridge.guarding.test_live_session import LOOP, clock, exits, written

__all__ = ["clock"]

RISK = {"drawdown_reduce_fraction": 0.005, "drawdown_halt_fraction": 0.008}
"""A fall of 10 % of the position is 1 % of the account."""
FIVE = timedelta(minutes=5)
TOLD = 100.0
MARKET = {
    **dict.fromkeys(("entry", "exit", "stoploss", "emergency_exit"), "market"),
    "stoploss_on_exchange": False,
}


@pytest.fixture
def live(tmp_path: Path, clock: Any) -> Iterator[Bot]:
    section = {"live_opt_in": LIVE_OPT_IN, "risk": RISK}
    money = {"runmode": RunMode.LIVE, "dry_run": False, "order_types": MARKET}
    with running_bot(tmp_path, plimsoll=section, **money) as bot:
        open_trade(NOON)
        bot.exchange.account.hold(BTC, 10.0)
        loop(bot, clock)
        yield bot


@pytest.fixture
def dry(tmp_path: Path, clock: Any) -> Iterator[Bot]:
    with running_bot(tmp_path, plimsoll={"risk": RISK}) as bot:
        open_trade(NOON)
        loop(bot, clock, 3)
        yield bot


def loop(
    bot: Bot, clock: Any, count: int = 1, *, close: float = TOLD, after: timedelta = LOOP
) -> None:
    """Let the bot loop; its newest candles close at a price of their own."""
    for _ in range(count):
        clock.shift(after)
        now = datetime.now(UTC)
        end = now.replace(minute=now.minute // 5 * 5, second=0)
        for pair in bot.exchange.prices:
            bot.exchange._klines[pair, "5m", CandleType.FUTURES] = candles([close] * 30, end=end)
        bot.strategy.wallets.update()
        bot.loop(now)


def marks(bot: Bot) -> PositionMarks:
    made = bot.strategy._session._account._marks
    assert isinstance(made, PositionMarks)
    return made


def state(bot: Bot, mark: float, *, side: str = "long") -> None:
    """Let the exchange's position report state a mark price; the book stays as it is."""
    bot.exchange.account.hold(BTC, 10.0, side=side, price=mark)


def reported(bot: Bot, clock: Any, mark: float) -> None:
    """Let the books of the account be read, at a mark price."""
    state(bot, mark)
    loop(bot, clock, after=timedelta(seconds=30))


# The exchange's mark price


def test_a_fall_that_the_book_does_not_show_halts(live: Bot, clock: Any, tmp_path: Path) -> None:
    reported(live, clock, 90.0)
    assert marks(live).prices == {BTC: 90.0}
    assert exits(live, clock) is None
    loop(live, clock, 2)
    assert exits(live, clock) == "drawdown"
    (halt,) = written(tmp_path, "halt")
    assert halt["rule"] == "drawdown"


def test_a_book_in_doubt_takes_no_entry_and_says_why(live: Bot, clock: Any, tmp_path: Path) -> None:
    reported(live, clock, 98.9)
    assert not entry(live.strategy, datetime.now(UTC))
    (denial,) = written(tmp_path, "denial")
    assert denial["rule"] == "stale_data"
    assert (
        f"the order book of {BTC} tells 100, the exchange's mark price is 98.9" in denial["reason"]
    )


@pytest.mark.parametrize(
    ("is_short", "mark", "marked_at", "doubted"),
    [
        (False, 98.0, 98.0, True),
        (False, 102.0, 100.0, True),
        (False, 99.02, 100.0, False),
        (False, 101.0, 100.0, False),
        (True, 102.0, 102.0, True),
        (True, 98.0, 100.0, True),
    ],
)
def test_the_worse_price_for_the_holder_is_the_mark(
    dry: Bot, *, is_short: bool, mark: float, marked_at: float, doubted: bool
) -> None:
    made, now = marks(dry), datetime.now(UTC)
    trade = open_trade(NOON, pair=BTC, is_short=is_short)
    made.mark([trade], now, {BTC: mark})
    assert made.prices == {BTC: marked_at}
    assert (BTC in made.implausible) is doubted


def test_a_doubt_lasts_until_the_exchange_agrees_and_asks_for_positions_alone(
    live: Bot, clock: Any
) -> None:
    reported(live, clock, 98.0)
    account = live.exchange.account
    account.asked.clear()
    loop(live, clock)
    assert marks(live).prices == {BTC: 98.0}
    assert account.asked == ["positions", "positions"], "the wallets' own question, and this one"
    state(live, 99.5)
    loop(live, clock)
    assert marks(live).prices == {BTC: TOLD}
    assert marks(live).implausible == {}
    account.asked.clear()
    loop(live, clock)
    assert account.asked == ["positions"], "nothing is asked that was not asked before"


def test_a_statement_of_an_earlier_loop_begins_no_doubt(live: Bot, clock: Any) -> None:
    """The market moves between two reports: an old one says nothing of the book of now."""
    reported(live, clock, 100.0)
    live.exchange.prices[BTC] = 103.0
    state(live, 103.0)
    loop(live, clock)
    assert marks(live).prices == {BTC: 103.0}
    assert marks(live).implausible == {}


@pytest.mark.parametrize("silence", [None, {}, {BTC: float("nan")}, {BTC: 0.0}])
def test_an_exchange_that_tells_no_mark_ends_no_doubt(dry: Bot, silence: Any) -> None:
    made, trade = marks(dry), open_trade(NOON, pair=BTC)
    made._ask = lambda: silence
    made.mark([trade], datetime.now(UTC), {BTC: 90.0})
    made.mark([trade], datetime.now(UTC), None)
    assert made.prices == {BTC: 90.0}
    made.mark([], datetime.now(UTC), None)
    made.mark([trade], datetime.now(UTC), None)
    assert made.prices == {BTC: TOLD}, "another position, another statement"


# A newer close


def test_a_candle_that_closes_lower_while_the_book_stands_still_is_the_mark(
    dry: Bot, clock: Any
) -> None:
    loop(dry, clock, close=90.0, after=FIVE)
    assert marks(dry).prices == {BTC: 90.0}
    assert "tells 100, a candle has closed since at 90" in marks(dry).implausible[BTC]
    loop(dry, clock, 2, close=90.0)
    assert exits(dry, clock) == "drawdown"


def test_a_book_that_moves_is_believed_again(dry: Bot, clock: Any) -> None:
    loop(dry, clock, close=95.0, after=FIVE)
    dry.exchange.prices[BTC] = 100.1
    loop(dry, clock, close=95.0)
    assert marks(dry).prices == {BTC: 100.1}
    assert marks(dry).implausible == {}


def test_a_close_from_before_the_book_stood_still_says_nothing(dry: Bot, clock: Any) -> None:
    """The market has moved since it closed, as it may within a candle."""
    loop(dry, clock, close=90.0)
    assert marks(dry).prices == {BTC: TOLD}
    dry.exchange.prices[BTC] = 101.0
    loop(dry, clock, close=90.0, after=FIVE)
    assert marks(dry).prices == {BTC: 101.0}, "seen once: it may have come after the close"


def test_a_candle_without_trades_or_with_a_fault_says_nothing(dry: Bot, clock: Any) -> None:
    made, now = marks(dry), datetime.now(UTC)
    trade, key = open_trade(NOON, pair=BTC), (BTC, "5m", CandleType.FUTURES)
    now = now.replace(minute=0, second=0) + 2 * FIVE
    good = candles([90.0] * 30, end=now)
    spoilt = (good.assign(volume=0.0), good.assign(high=80.0))
    for frame, mark in ((spoilt[0], TOLD), (spoilt[1], TOLD), (good, 90.0)):
        dry.exchange._klines[key] = frame
        made.mark([trade], now, None)
        assert made.prices == {BTC: mark}
