"""One record of a strategy's trading with what else is known of the run: the evidence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import pandas as pd

from plimsoll.parity.trade import RecordedTrade


class Kind(StrEnum):
    """Who made the record."""

    BACKTEST = "backtest"
    BOT = "bot"


@dataclass(frozen=True, slots=True)
class Denied:
    """An entry that a guard refused, or a stake that it cut, as the decision log has it.

    ``side`` is ``*`` where the log does not say.
    """

    pair: str
    at: datetime
    rule: str
    side: str = "*"

    def is_of(self, trade: RecordedTrade) -> bool:
        """Return whether it is of a trade's pair and side."""
        return self.pair == trade.pair and self.side in ("*", trade.side.value)


@dataclass(frozen=True, slots=True)
class Halted:
    """A span in which a guard kept the account, or one pair, from entering."""

    since: datetime
    until: datetime | None
    rule: str
    pair: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A lock of Freqtrade's; ``pair`` is ``*`` for all, ``side`` is ``*`` for both."""

    pair: str
    side: str
    since: datetime
    until: datetime
    reason: str
    by_guard: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Record:
    """The trades of one run, and what its files say of the run.

    Attributes
    ----------
    start, end
        The span that the record covers, UTC; a trade that opens outside of it is not its own.
    candle
        The length of a candle.
    starting_balance
        In the stake currency; None when nothing says it.
    max_open_trades
        None when nothing says it or there is no limit.
    limit_entries
        Whether entries rest as limit orders on their own side of the book; None when not known.
        ``entry_timeout_seconds`` is how long one may rest; Freqtrade's default is ten minutes.
    candles
        Freqtrade's candles by pair, where they were at hand: what the run traded on.
    """

    name: str
    kind: Kind
    trades: tuple[RecordedTrade, ...]
    start: datetime
    end: datetime
    candle: timedelta
    stake_currency: str = "USDT"
    starting_balance: float | None = None
    max_open_trades: int | None = None
    limit_entries: bool | None = None
    entry_timeout_seconds: float = 600.0
    denied: tuple[Denied, ...] = ()
    halted: tuple[Halted, ...] = ()
    locks: tuple[Held, ...] = ()
    candles: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def open_at(self, at: datetime) -> list[RecordedTrade]:
        """Return the trades that were open at a moment."""
        return [trade for trade in self.trades if trade.holds(at)]

    def candle_of(self, at: datetime) -> datetime:
        """Return when the candle that a moment lies in began."""
        seconds = self.candle.total_seconds()
        return datetime.fromtimestamp(at.timestamp() // seconds * seconds, tz=at.tzinfo)
