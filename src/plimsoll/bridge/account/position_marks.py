"""The marks of open positions: the price of an exit now, unless what else is known is worse.

The order book alone says what a position would be worth now. A book that stands still says so
for ever, whatever the market does; so it is held against the exchange's mark price, where the
books of the account were read in this loop, and against a candle that closed while the price of
the book did not move.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from freqtrade.exceptions import FreqtradeException
from freqtrade.persistence import Trade

from plimsoll.bridge.account.live_candles import LiveCandles
from plimsoll.bridge.freqtrade.exit_price import told_price
from plimsoll.risk import RiskProfile
from plimsoll.risk.denial import above, positive

logger = logging.getLogger(__name__)

Stated = Mapping[str, float]
"""The exchange's mark prices, by pair."""


@dataclass(slots=True)
class _Told:
    """What the book told of a pair last, and since when it has told the same."""

    price: float
    unmoved_since: datetime | None = None


class PositionMarks:
    """The marks of a running bot's positions, by pair.

    Parameters
    ----------
    exchange
        Freqtrade's.
    ask
        Returns the exchange's mark prices, ``None`` when it does not tell them; asked only while
        a book is in doubt and the account's books were not read in the same loop.

    Attributes
    ----------
    prices
        By pair; ``None`` where the exchange tells no price.
    implausible
        Why a mark is in doubt, by pair.
    """

    def __init__(
        self,
        profile: RiskProfile,
        exchange: Any,
        candles: LiveCandles,
        *,
        ask: Callable[[], Stated | None],
    ) -> None:
        self._profile, self._exchange, self._candles = profile, exchange, candles
        self._ask = ask
        self._told: dict[str, _Told] = {}
        self._doubted: dict[str, float] = {}
        self.prices: dict[str, float | None] = {}
        self.implausible: dict[str, str] = {}

    def mark(self, trades: Sequence[Trade], now: datetime, stated: Stated | None) -> None:
        """Mark the open trades, once a loop.

        ``stated`` are the exchange's mark prices as read in this loop, ``None`` where they were
        not. A doubt lasts until a later statement agrees with the book.
        """
        if stated is None and self._doubted:
            stated = self._ask()
        prices: dict[str, float | None] = {}
        implausible: dict[str, str] = {}
        for trade in trades:
            pair, is_short = trade.pair, bool(trade.is_short)
            told = self._ask_book(pair, now, is_short=is_short)
            mark = told
            if told is not None:
                self._hold_against(pair, told, stated)
                mark, doubt = self._worse(pair, told, now, is_short=is_short)
                doubt = doubt or self._jump(pair, mark)
                if doubt is not None:
                    implausible[pair] = doubt
            prices[pair] = mark
        self.prices, self.implausible = prices, implausible
        self._told = {pair: one for pair, one in self._told.items() if pair in prices}
        self._doubted = {pair: one for pair, one in self._doubted.items() if pair in prices}

    def _ask_book(self, pair: str, now: datetime, *, is_short: bool) -> float | None:
        """Return the price at which a position would close now; ``None`` when there is none."""
        try:
            price = told_price(self._exchange, pair, is_short=is_short)
        except FreqtradeException as error:
            logger.warning("plimsoll: no price of %s to mark it by: %s", pair, error)
            return None
        last = self._told.get(pair)
        if last is None or last.price != price:
            self._told[pair] = _Told(price)
        elif last.unmoved_since is None:
            last.unmoved_since = now
        return price

    def _hold_against(self, pair: str, told: float, stated: Stated | None) -> None:
        """Take what the exchange states of a pair now; what it leaves out changes no doubt."""
        mark = None if stated is None else stated.get(pair)
        if not positive(mark):
            return
        if self._differs(told, mark):
            self._doubted[pair] = mark
        else:
            self._doubted.pop(pair, None)

    def _worse(
        self, pair: str, told: float, now: datetime, *, is_short: bool
    ) -> tuple[float, str | None]:
        """Return the worst for the holder of what is known of a pair, and what is in doubt."""
        known = {"the exchange's mark price is": self._doubted.get(pair)}
        known["a candle has closed since at"] = self._close_since(pair, now)
        worst, doubt = told, None
        for what, price in known.items():
            if price is not None and self._differs(told, price):
                worst = max(worst, price) if is_short else min(worst, price)
                doubt = doubt or f"the order book of {pair} tells {told:g}, {what} {price:g}"
        return worst, doubt

    def _close_since(self, pair: str, now: datetime) -> float | None:
        """Return the newest close where the price of the book is as old or older, else ``None``.

        The price was seen twice before the candle closed and has been the same ever since: at
        the close the book told it too.
        """
        since = self._told[pair].unmoved_since
        if since is None:
            return None
        newest = self._candles.newest_close(pair, now)
        return None if newest is None or newest[0] <= since else newest[1]

    def _differs(self, told: float, other: float) -> bool:
        return above(abs(told / other - 1), self._profile.max_mark_deviation_fraction)

    def _jump(self, pair: str, mark: float) -> str | None:
        """Return that a mark has moved further than a wrong tick may; ``None`` when not."""
        before = self.prices.get(pair)
        if not before or abs(mark / before - 1) <= self._profile.max_mark_jump_fraction:
            return None
        moved = abs(mark / before - 1)
        return f"the mark of {pair} moved by {moved:.1%} since the last loop"
