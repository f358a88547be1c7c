"""What is done about a break: Freqtrade's own recovery first, then what is the bot's is closed.

What is not the bot's own beyond doubt is never touched.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import ccxt
from freqtrade.enums import TradingMode
from freqtrade.exceptions import FreqtradeException
from freqtrade.exchange import Exchange
from freqtrade.persistence import Trade
from sqlalchemy import event

from plimsoll.bridge.account.bot_books import STOP
from plimsoll.core.books import Break, BreakKind, ExchangeBooks
from plimsoll.core.side import Side
from plimsoll.risk.denial import ROUNDING

logger = logging.getLogger(__name__)

OF_A_TRADE = frozenset({BreakKind.MISSING_POSITION, BreakKind.WRONG_SIZE})
OF_AN_ORDER = frozenset({BreakKind.UNKNOWN_ORDER, BreakKind.STOP_WITHOUT_POSITION})
OF_A_POSITION = frozenset({BreakKind.UNEXPLAINED_POSITION, BreakKind.WRONG_SIZE})
FAILURES = (FreqtradeException, ccxt.BaseError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What was done about a break.

    Attributes
    ----------
    text
        A sentence for the people.
    earned_usd
        What a position that no trade knew has made by being closed, after fees.
    """

    of: Break
    text: str
    earned_usd: float = 0.0


class Mender:
    """Mends breaks of what is the bot's own, through Freqtrade's bot and exchange objects.

    Parameters
    ----------
    bot
        Returns Freqtrade's bot; ``None`` where there is none, which recovers no trade.
    """

    def __init__(self, exchange: Exchange, bot: Callable[[], Any | None]) -> None:
        self._exchange, self._bot = exchange, bot
        self._is_spot = exchange.trading_mode == TradingMode.SPOT
        self._tried: set[Any] = set()

    def mend(self, one: Break, books: ExchangeBooks) -> Mended | None:
        """Let Freqtrade recover the trade; where it cannot, close or cancel what is the bot's.

        Freqtrade's recovery rolls back when it fails, as it does without a price, and does not say
        so: that one alone is tried again at the next look. Each that ends calls the strategy's
        ``order_filled`` and sets its stop anew, so a break that it does not explain has it once.

        A position that is too large waits while an order of its trade rests: what that order has
        filled, and what somebody else has bought meanwhile, cannot be told apart.

        On spot no coins are sold: nothing there is reduce-only, and they may be a person's. Where
        coins are missing, Freqtrade looks for the orders that took them by itself, in each loop in
        which no order of the trade is open. Only its counting of fills is repaired here.

        Returns
        -------
        What was done; ``None`` when nothing was.

        Raises
        ------
        FreqtradeException, ccxt.BaseError
            When the exchange refuses; the break stays.
        """
        is_too_large = one.kind in OF_A_POSITION and _is_more(one)
        if is_too_large and (self._is_spot or _has_resting_orders(one.pair)):
            return None
        if one.key not in self._tried and self._is_of_a_trade(one):
            with _rollbacks() as rolled_back:
                taken = self._take_in(one, books)
            if not rolled_back:
                self._tried.add(one.key)
            if taken is not None:
                return taken
        if not one.ours or one.pair is None:
            return None
        if one.kind in OF_AN_ORDER:
            return self._cancel(one, books)
        if is_too_large:
            return self._reduce(one, books)
        return None

    def forget_others(self, breaks: Iterable[Break]) -> None:
        """Forget what was tried for breaks that are over."""
        self._tried &= {one.key for one in breaks}

    def _is_of_a_trade(self, one: Break) -> bool:
        """Return whether Freqtrade may look for the orders that explain a trade's size.

        Only where what is beyond the trade is the bot's own: it takes in every order of the
        pair, whoever sent it.
        """
        return one.kind in OF_A_TRADE and (one.ours or not _is_more(one))

    def _take_in(self, one: Break, books: ExchangeBooks) -> Mended | None:
        bot = self._bot()
        if bot is None:
            return None
        with bot._exit_lock:  # noqa: SLF001 - as its own /reload_trade does
            trades = [trade for trade in Trade.get_open_trades() if trade.pair == one.pair]
            before = [(trade.id, trade.amount, trade.is_open) for trade in trades]
            bot.wallets.update()
            step = books.steps.get(str(one.pair), 0.0) if self._is_spot else None
            for trade in trades:
                counted = len(trades) == 1 and _recounted(trade, one.exchange or 0.0, step)
                if not (counted or self._is_spot):
                    bot.handle_onexchange_order(trade)
            after = [(trade.id, trade.amount, trade.is_open) for trade in trades]
        if after == before:
            return None
        return Mended(of=one, text=f"Freqtrade took in the orders of {one.pair} that it lacked")

    def _cancel(self, one: Break, books: ExchangeBooks) -> Mended | None:
        if any(trade.pair == one.pair for trade in Trade.get_open_trades()) and (
            one.kind is BreakKind.STOP_WITHOUT_POSITION
        ):
            return None  # Freqtrade takes it away with the trade
        order = next(each for each in books.orders if each.id == one.order)
        if order.conditional:
            self._exchange.cancel_stoploss_order(order.id, order.pair)
        else:
            self._exchange.cancel_order(order.id, order.pair)
        return Mended(of=one, text=f"cancelled order {order.id} of {order.pair}: no trade knows it")

    def _reduce(self, one: Break, books: ExchangeBooks) -> Mended:
        pair, beyond = str(one.pair), (one.exchange or 0.0) - (one.database or 0.0)
        held = next(each for each in books.positions if each.pair == pair)
        side = Side.LONG if beyond > 0 else Side.SHORT
        sent = self._exchange.create_order(
            pair=pair,
            ordertype="market",
            side="sell" if side is Side.LONG else "buy",
            amount=abs(beyond),
            rate=held.price or 0.0,
            leverage=1.0,
            reduceOnly=True,
            initial_order=False,
        )
        done: Any = self._exchange.fetch_order(str(sent["id"]), pair)
        price = done.get("average") or held.price
        text = f"closed {abs(beyond):.8g} {side.value} of {pair} at market: no trade knew them"
        return Mended(of=one, text=text, earned_usd=self._earned_usd(one, books, price, beyond))

    def _earned_usd(
        self, one: Break, books: ExchangeBooks, price: float | None, beyond: float
    ) -> float:
        pair = str(one.pair)
        entry = unexplained_entry(pair, books, one)
        if price is None or entry is None:
            return 0.0
        fee = self._exchange.get_fee(symbol=pair, taker_or_maker="taker")
        return (price - entry) * beyond - (price + entry) * abs(beyond) * fee


def unexplained_entry(pair: str, books: ExchangeBooks, one: Break) -> float | None:
    """Return the price at which the part of a position that no trade knows was entered."""
    held = books.signed_amount(pair)
    beyond = held - (one.database or 0.0)
    entry = next((each.entry_price for each in books.positions if each.pair == pair), None)
    booked = sum(
        trade.open_rate * trade.amount * (-1 if trade.is_short else 1)
        for trade in Trade.get_open_trades()
        if trade.pair == pair
    )
    if entry is None or not beyond:
        return None
    return (held * entry - booked) / beyond


@contextmanager
def _rollbacks() -> Iterator[list[Any]]:
    """Collect the rollbacks of this thread's session of the bot's database."""
    session, collected = Trade.session(), list[Any]()
    collect = collected.append  # one object: it is removed by its identity
    event.listen(session, "after_rollback", collect)
    try:
        yield collected
    finally:
        event.remove(session, "after_rollback", collect)


def _recounted(trade: Trade, held: float, step: float | None = None) -> bool:
    """Book the fills that a trade's own orders have and its amount does not show.

    A bot that dies between storing a fill and counting it leaves that. Freqtrade's own recovery
    counts an exit twice then, and one of half or more ends the trade while the rest is held.

    Returns
    -------
    Whether they explain what the exchange holds, signed by side. On spot, where there is a
    ``step``, more coins than they explain may be a person's or dust.
    """
    filled = sum(
        order.safe_amount_after_fee * (1 if order.ft_order_side == trade.entry_side else -1)
        for order in trade.orders
        if not order.ft_is_open
    )
    sign = -1 if trade.is_short else 1
    beyond = held - filled * sign
    rounding = abs(held) * ROUNDING
    fits = abs(beyond) <= rounding if step is None else beyond >= -max(rounding, step)
    if filled <= 0 or not fits:
        return False
    trade.recalc_trade_from_orders()
    Trade.commit()
    return True


def _has_resting_orders(pair: str | None) -> bool:
    """Return whether a trade of a pair has an open order beside its stop."""
    return any(
        order.ft_order_side != STOP
        for trade in Trade.get_open_trades()
        if trade.pair == pair
        for order in trade.open_orders
    )


def _is_more(one: Break) -> bool:
    """Return whether the exchange holds more than the database, on the same side."""
    held, booked = one.exchange or 0.0, one.database or 0.0
    return held * booked >= 0 and abs(held) > abs(booked)
