"""The account of a running bot, marked to market at each loop."""

import logging
import weakref
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from math import isfinite
from typing import Any

from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import TradingMode
from freqtrade.exceptions import FreqtradeException
from freqtrade.persistence import Trade
from freqtrade.wallets import Wallets
from sqlalchemy.orm import Session

from plimsoll.bridge.account.bot_books import entry_fee_usd
from plimsoll.bridge.account.closed_trades import ClosedTrades
from plimsoll.bridge.account.exchange_books import stated_marks
from plimsoll.bridge.account.freqtrade_trades import (
    open_profit_usd,
    resting_profit_usd,
    whole_position,
)
from plimsoll.bridge.account.levels import LiveLevels
from plimsoll.bridge.account.live_candles import LiveCandles
from plimsoll.bridge.account.position_marks import PositionMarks
from plimsoll.bridge.account.producers import ProducerFrames
from plimsoll.bridge.account.reconciler import News, Reconciler
from plimsoll.bridge.account.sent_orders import sent_since
from plimsoll.bridge.account.stored_levels import moved_usd
from plimsoll.bridge.freqtrade.database_writes import is_written, write_counter
from plimsoll.bridge.freqtrade.log_listeners import LogListener
from plimsoll.bridge.freqtrade.priced_book import PricedBook
from plimsoll.candles.windows import Window
from plimsoll.core import (
    AccountSnapshot,
    ApiHealth,
    DataHealth,
    Expectation,
    ModelHealth,
    PairData,
    Position,
    TrackRecord,
)
from plimsoll.core.books import Break
from plimsoll.journal.phrases import usd
from plimsoll.risk import RiskProfile
from plimsoll.risk.rearming import Standing
from plimsoll.risk.track_record import track_record

ORDERS_KEPT = 1000
"""As many as the profile's throttle may count."""

logger = logging.getLogger(__name__)


class LiveAccount:
    """Reads Freqtrade's database, wallets and market data; the mark is the price of an exit.

    Where the order book is in doubt the mark is the worse price: see `PositionMarks`.
    """

    def __init__(
        self,
        profile: RiskProfile,
        data: DataProvider,
        wallets: Wallets,
        *,
        timeframe: str,
        candle_seconds: int,
        failed_requests: LogListener,
        expectation: Expectation | None = None,
        rearmed_at: datetime | None = None,
        closed: ClosedTrades | None = None,
        reconciler: Reconciler | None = None,
        producers: ProducerFrames | None = None,
    ) -> None:
        self._profile, self._data, self._wallets = profile, data, wallets
        self._candle_seconds = candle_seconds
        self._candles = LiveCandles(data, timeframe=timeframe, candle_seconds=candle_seconds)
        self._failed_requests, self._expectation = failed_requests, expectation
        self._levels = LiveLevels(profile, rearmed_at=rearmed_at)
        self.require_stored = self._levels.require_stored
        self._begun, self._producers = False, producers
        self._closed = closed or ClosedTrades()
        self._reconciler = reconciler
        self._money = reconciler if reconciler and reconciler.counts_money else None
        exchange = data._exchange  # noqa: SLF001 - DataProvider offers no exchange
        self._priced = PricedBook(exchange)
        self._writes = write_counter()
        self._seen: tuple[int, weakref.ref[Session], list[Position]] | None = None
        self._marks = PositionMarks(
            profile, exchange, self._candles, ask=partial(stated_marks, exchange)
        )
        self._order_times: list[datetime] = []
        self._equity_usd: float | None = None
        self._starting: float | None = None
        self._notices: dict[str, str] = {}
        self._looks_since: datetime | None = None
        self._record: tuple[int, object, TrackRecord] | None = None
        self._models: Sequence[ModelHealth] = ()
        self._manual_halt_reason: str | None = None
        self.seen: AccountSnapshot | None = None
        """The whole account of the last mark; ``None`` while it cannot be seen."""

    @property
    def has_positions(self) -> bool:
        """Whether there is a position to be closed."""
        return bool(Trade.get_open_trades())

    @property
    def open_pairs(self) -> frozenset[str]:
        """The pairs in which there is one; a resting entry counts."""
        return frozenset(position.pair for position in self.open_positions())

    def open_positions(self) -> list[Position]:
        """Return what is open now, at the marks of the last loop; a resting entry counts."""
        return [
            whole_position(trade, self._marks.prices.get(trade.pair))
            for trade in Trade.get_open_trades()
        ]

    def update(self, now: datetime) -> bool:
        """Mark the account; a running bot is evaluated at every loop."""
        self.seen = None
        if self._producers is not None:
            self._producers.look(self._data.current_whitelist(), now)
        writes = self._writes.writes
        self._closed.read()
        trades = Trade.get_open_trades()
        if self._reconciler is not None and self._reconciler.look(now, trades):
            trades = Trade.get_open_trades()
        before, self._starting = self._starting, self._starting_balance(trades)
        stated = None if self._reconciler is None else self._reconciler.marks_of(now)
        self._marks.mark(trades, now, stated)
        self._see(trades, writes)
        self._equity_usd = self._equity(trades)
        begins = not self._begun
        if begins:
            window = timedelta(seconds=self._profile.order_window_seconds)
            self._order_times = sent_since(now - window, at_most=ORDERS_KEPT)
            fault = self._levels.begin(
                now,
                starting_balance_usd=self._starting,
                outside_usd=self._outside_usd(trades),
                closed=self._closed.trades,
                exact=self._money is not None,
            )
            if fault is not None:
                self._notices["levels"] = fault
        self._begun = True
        follows = self._follow_capital(before)
        changed = self._levels.observe(now, self._equity_usd) or begins or follows
        self._levels.store(now, starting_balance_usd=self._starting, changed=changed)
        return True

    def snapshot(
        self, now: datetime, pair: str | None = None, *, with_record: bool = False
    ) -> AccountSnapshot:
        """Return the account with the marks of the last loop and the positions of this moment.

        Watched are the pairs that are held and, beside them, the pair that is asked about or,
        where none is, the whole whitelist.
        """
        positions, standing = self._positions(), self.standing
        asked = [pair] if pair is not None else self._data.current_whitelist()
        watched = dict.fromkeys([*asked, *(position.pair for position in positions)])
        data = {one: self._pair_data(one, now, is_asked=one == pair) for one in watched}
        account = AccountSnapshot(
            as_of=now,
            equity_usd=self._equity_usd,
            day_start_equity_usd=self._levels.day_start_usd,
            high_water_equity_usd=self._levels.high_water_usd,
            peak_equity_usd=standing.peak_usd,
            peak_at=standing.peak_at,
            starting_balance_usd=self._starting,
            sees_open_positions=True,
            positions=positions,
            closed_trades=self._closed.trades,
            order_times=self._order_times,
            data_health=DataHealth(pairs=data),
            api_health=ApiHealth(error_times=self._failed_requests.times()),
            models=self._models,
            expectation=self._expectation,
            track_record=self._record_of(now) if with_record else None,
            manual_halt_reason=self._manual_halt_reason,
            breaks=self.breaks,
            rearmed_at=standing.rearmed_at,
            beyond_terminal_at=standing.beyond_terminal_at,
        )
        if pair is None:
            self.seen = account
        return account

    def track_record(self, now: datetime) -> TrackRecord:
        """Return what the account has shown up to this moment."""
        self._closed.read()
        return self._record_of(now)

    def ordered(self, now: datetime) -> None:
        """Remember that an order was sent."""
        self._order_times.append(now)
        del self._order_times[:-ORDERS_KEPT]

    @property
    def manual_halt_reason(self) -> str | None:
        """Why a person wants the bot halted; ``None`` when nobody does."""
        return self._manual_halt_reason

    def set_manual_halt(self, reason: str | None) -> None:
        """Take why a person wants the bot halted; ``None`` when nobody does any longer."""
        self._manual_halt_reason = reason

    def set_models(self, models: Sequence[ModelHealth]) -> None:
        """Take what the models' predictions were worth of late."""
        self._models = models

    def look_again(self, since: datetime) -> None:
        """Count from this moment on what is late or cannot be read: before it nobody asked."""
        self._looks_since = since
        if self._reconciler is not None:
            self._reconciler.look_again(since)

    def take_notices(self) -> dict[str, str]:
        """Return once what people should know of the last mark, each text by what it is about."""
        notices, self._notices = self._notices, {}
        return notices

    @property
    def breaks(self) -> Sequence[Break]:
        """Where the exchange's books and the database differ; none where there are no books."""
        return () if self._reconciler is None else self._reconciler.breaks

    def take_news(self) -> list[News]:
        """Return once what there is to tell of the exchange's books; nothing in a dry-run."""
        return [] if self._reconciler is None else self._reconciler.take_news()

    @property
    def standing(self) -> Standing:
        """What of the account outlives its re-armings, as of the last loop."""
        return self._levels.standing(self._equity_usd)

    def rearm(self, now: datetime, *, beyond_terminal: bool = False) -> None:
        """Measure losses in a row, statistics and the drawdown from now on.

        Money that nothing explains is accepted as it is.
        """
        if self._reconciler is not None:
            self._reconciler.accept()
        self._levels.rearm(now, self._equity_usd, beyond_terminal=beyond_terminal)
        self._levels.store(now, starting_balance_usd=self._starting)

    def liquidity_usd(self, pair: str, now: datetime) -> float | None:
        """Return the depth of the order book, both sides; ``None`` when it cannot be read."""
        if (book := self._book(pair)) is None:
            return None
        return float(sum(price * size for side in book for price, size, *_ in side))

    def spread_fraction(self, pair: str) -> float | None:
        """Return ask minus bid over mid; ``None`` when the book cannot be read.

        Of the book that an entry has just been priced by, where it was.
        """
        book = self._priced.take(pair) or self._book(pair)
        if book is None or not book[0] or not book[1]:
            return None
        bid, ask = float(book[0][0][0]), float(book[1][0][0])
        return (ask - bid) / ((ask + bid) / 2) if bid + ask > 0 else None

    def window(self, pair: str, now: datetime, candles: int) -> Window | None:
        """Return the latest closes of a pair."""
        return self._candles.window(pair, candles)

    def facts(self) -> Mapping[str, float | None]:
        """Return the figures of the last loop, for status and decision log."""
        return {
            "equity_usd": self._equity_usd,
            "day_start_equity_usd": self._levels.day_start_usd,
            "high_water_equity_usd": self._levels.high_water_usd,
        }

    def _book(self, pair: str) -> tuple[list[Any], list[Any]] | None:
        try:
            book = self._data.orderbook(pair, 20)
        except FreqtradeException:
            return None
        return book["bids"], book["asks"]

    def _pair_data(self, pair: str, now: datetime, *, is_asked: bool) -> PairData:
        newest = self._candles.newest(pair, now)
        if newest is None:
            return PairData(newest_candle_closed_at=None, candle_seconds=self._candle_seconds)
        closed_at, fault = newest
        implausible, signal_fault = self._marks.implausible.get(pair) or fault, None
        if self._producers is not None:
            own = self._candles.newest_close(pair, now) or (closed_at, None)
            signal_fault = self._producers.fault(pair, own, now, is_asked=is_asked)
        if (looks := self._looks_since) is not None:
            length = timedelta(seconds=self._candle_seconds)
            blind = timedelta(seconds=self._profile.max_blind_seconds)
            if now - looks <= blind < now - closed_at - length:
                # Late since nobody asked for candles: no entry by it, no close for that alone.
                implausible = f"the newest candle of {pair} closed at {closed_at}, before a gap"
                closed_at = looks - length
        return PairData(
            newest_candle_closed_at=closed_at,
            candle_seconds=self._candle_seconds,
            implausible=implausible,
            signal_fault=signal_fault,
        )

    def _positions(self) -> list[Position]:
        """Return the positions of this moment, and take in what has closed.

        The database is asked again only after a mark, or when this process has written to it:
        an order of the bot's own, a fill, a person who forces an entry from another thread.
        """
        writes, session, seen = self._writes.writes, weakref.ref(Trade.session()), self._seen
        if seen is not None and seen[:2] == (writes, session) and is_written():
            return seen[2]
        trades = Trade.get_open_trades()
        for trade in trades:
            self._marks.prices.setdefault(trade.pair, trade.open_rate)
        self._closed.read()
        return self._see(trades, writes)

    def _see(self, trades: Sequence[Trade], writes: int) -> list[Position]:
        """Keep the positions of trades that were read after so many writes."""
        positions = [whole_position(trade, self._marks.prices.get(trade.pair)) for trade in trades]
        self._seen = (writes, weakref.ref(Trade.session()), positions) if is_written() else None
        return positions

    def _follow_capital(self, before: float | None) -> bool:
        """Move the levels with money that came or went: it was neither earned nor lost."""
        if self._money is not None:
            moved = 0.0 if before is None else (self._starting or 0.0) - before
            self._levels.shift(moved)
            return bool(moved)  # the record that moved it is told by the books
        moved = moved_usd(before, self._starting)
        if not moved:
            return False
        self._levels.shift(moved)
        self._notices["capital"] = (
            f"the capital was moved by {usd(moved, signed=True)} without a trade; losses are "
            f"measured from as much {'less' if moved < 0 else 'more'}"
        )
        return True

    def _starting_balance(self, trades: Sequence[Trade]) -> float:
        """Return Freqtrade's starting balance, without what open trades have made so far.

        Where the exchange's books are read it is the bot's share of their capital, which moves
        with transfers on record alone. Else Freqtrade's own is taken: without closed trades
        only; `_equity` adds what open ones have realised, and takes off their entry fees, which
        an exchange has already taken.
        """
        config = self._data._config  # noqa: SLF001 - DataProvider offers no config
        if self._money is not None and "available_capital" not in config:
            return self._money.capital.usd * float(config["tradable_balance_ratio"])
        balance = self._wallets.get_starting_balance()
        if "available_capital" in config:
            return balance
        realised = sum(trade.realized_profit or 0.0 for trade in trades)
        if not config["dry_run"]:
            realised -= sum(map(entry_fee_usd, trades))
        return balance - realised * config["tradable_balance_ratio"]

    def _equity(self, trades: Sequence[Trade]) -> float | None:
        equity = (self._starting or 0.0) + sum(trade.profit_usd for trade in self._closed.trades)
        for trade in trades:
            mark = self._marks.prices.get(trade.pair)
            if mark is None:
                return None
            equity += (trade.realized_profit or 0.0) + open_profit_usd(trade, mark)
            equity += resting_profit_usd(trade, mark)
        if self._money is not None:
            equity += self._money.capital.beside_usd + self._money.unexplained_usd
        return equity if self._starting is not None and isfinite(equity) else None

    def _outside_usd(self, trades: Sequence[Trade]) -> float:
        """Return the part of the wallet that the bot may not use (tradable balance ratio)."""
        if self._money is not None:
            return self._money.capital.usd - (self._starting or 0.0)
        config = self._data._config  # noqa: SLF001 - DataProvider offers no config
        whole = self._wallets.get_total(config["stake_currency"])
        if config.get("trading_mode") != TradingMode.FUTURES:  # what was bought is no longer there
            whole += sum(trade.stake_amount for trade in trades)
        realised = sum(trade.profit_usd for trade in self._closed.trades)
        realised += sum(trade.realized_profit or 0.0 for trade in trades)
        return whole - realised - (self._starting or 0.0)

    def _record_of(self, now: datetime) -> TrackRecord:
        trades = self._closed.trades
        key = len(trades), now.date()
        if self._record is None or self._record[:2] != key:
            record = track_record(trades, starting_balance_usd=self._starting or 0.0, as_of=now)
            self._record = (*key, record)
        return self._record[2]
