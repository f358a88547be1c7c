"""What a bot did in a day, a week or a month: the figures of a digest, and its text for a phone."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from plimsoll.journal.operation import Operation
from plimsoll.performance.attribution import Causes
from plimsoll.performance.calendar_periods import Period
from plimsoll.performance.drawdown import drawdown_curve
from plimsoll.performance.guard_acts import GuardActs
from plimsoll.performance.promised import Kept
from plimsoll.performance.slippage import Slippage
from plimsoll.reporting.trading_record import RecordSource
from plimsoll.reporting.words import money_digits


@dataclass(frozen=True)
class Drift:
    """Slippage of a span beside that of the spans before it, and beside what the config assumes.

    ``before_days`` is how far back the earlier fills go; ``assumed_bps`` is the sum of spread and
    slippage in ``plimsoll.costs``, None where no config is known.
    """

    now: Slippage
    before: Slippage
    before_days: int
    assumed_bps: float | None


@dataclass(frozen=True, eq=False)
class Digest:
    """One bot over one period. Drawing and writing it reads neither clock nor file.

    Attributes
    ----------
    name, source, market, currency
        Whose it is; ``source`` is None where nothing says whether money was at stake.
    made_at
        When it was made, UTC; the figures do not depend on it.
    period
        The whole days it is of.
    equity
        The account's value from the end of the last period to that of this one, open positions
        included, on a rising UTC index; None where no equity is known.
    high_usd
        The highest value before the period, and at its beginning.
    causes
        What the account made, and what that came from.
    benchmark, benchmark_name
        Value of the same money in the traded pairs instead; None without candles.
    closed, opened, still_open
        Trades that closed in the period (`TradingRecord` columns), how many were opened in it,
        and how many are open at its end.
    kept
        The backtest's promise, held to the closed trades; None without one.
    drift
        Slippage; None where no fill is on record.
    acts, spans
        What the guards did in the period; None where no log says.
    story
        The guards' acts of the account's whole life, for the picture: what began before holds on.
    operation
        How the bot ran; None where no log says.
    due
        Reviews that are due next, in words.
    reviewed
        The review of this period, where one is on record.
    notes
        What is not known, or only in part, in sentences.
    head
        Hash of the log's last record before the period's end.
    """

    name: str
    source: RecordSource | None
    market: str
    currency: str
    made_at: pd.Timestamp
    period: Period
    equity: "pd.Series[float] | None" = None
    high_usd: float = math.nan
    causes: Causes | None = None
    benchmark: "pd.Series[float] | None" = None
    benchmark_name: str = ""
    closed: pd.DataFrame | None = None
    opened: int = 0
    still_open: int = 0
    kept: Kept | None = None
    drift: Drift | None = None
    acts: GuardActs | None = None
    story: GuardActs | None = None
    operation: Operation | None = None
    due: Sequence[str] = ()
    reviewed: Mapping[str, Any] | None = None
    notes: Sequence[str] = ()
    head: str | None = None

    @property
    def digits(self) -> int:
        """With how many decimals its money is written."""
        return money_digits(self.currency)

    @property
    def steps(self) -> list[tuple[str, float]]:
        """The causes by name, with the rest where it would not be written as 0; none unknown."""
        return [] if self.causes is None else self.causes.steps_above(0.5 * 10.0**-self.digits)

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the period is on record: no trade, no record of the log."""
        untouched = not self.opened and not self.still_open and not self.closed_count
        return untouched and (self.operation is None or not self.operation.records)

    @property
    def closed_count(self) -> int:
        """How many trades closed in the period."""
        return 0 if self.closed is None else len(self.closed)

    @property
    def won(self) -> int:
        """How many of them made a profit."""
        return 0 if self.closed is None else int((self.closed["profit_abs"] > 0.0).sum())

    @property
    def return_fraction(self) -> float:
        """What the period made of the equity at its beginning; NaN where that is not known."""
        return _growth(self.equity)

    @property
    def benchmark_fraction(self) -> float:
        """What holding made; NaN without a benchmark."""
        return _growth(self.benchmark)

    @cached_property
    def drawdown(self) -> "pd.Series[float] | None":
        """The fraction lost from the highest value of the account's life, over the period."""
        if self.equity is None:
            return None
        high = max(self.high_usd, float(self.equity.iloc[0]))
        before = self.equity.index[0] - pd.Timedelta(1, unit="ns")
        whole = pd.concat([pd.Series([high], index=pd.DatetimeIndex([before])), self.equity])
        return drawdown_curve(whole).iloc[1:]

    @property
    def drawdown_fraction(self) -> float:
        """The deepest of it; NaN where no equity is known."""
        return math.nan if self.drawdown is None else float(self.drawdown.max())

    @property
    def drawdown_now_fraction(self) -> float:
        """What of it stands at the end; NaN where no equity is known."""
        return math.nan if self.drawdown is None else float(self.drawdown.iloc[-1])

    @property
    def break_count(self) -> int | None:
        """How many breaks between the books began; None where no log says."""
        if self.operation is None:
            return None
        return sum(one.event == "begun" for one in self.operation.books)

    def as_record(self) -> dict[str, Any]:
        """Return plain values for JSON; what is not known is None."""
        return {
            "name": self.name,
            "source": None if self.source is None else str(self.source),
            "market": self.market,
            "currency": self.currency,
            "made_at": self.made_at.isoformat(),
            "period": {
                "name": self.period.name,
                "length": str(self.period.length),
                "start": self.period.start.isoformat(),
                "end": self.period.end.isoformat(),
            },
            "is_empty": self.is_empty,
            "equity_usd": None if self.equity is None else _ends(self.equity),
            "return_fraction": _known(self.return_fraction),
            "benchmark_fraction": _known(self.benchmark_fraction),
            "benchmark": self.benchmark_name or None,
            "causes": None if self.causes is None else self.causes.as_record(),
            "drawdown_fraction": _known(self.drawdown_fraction),
            "drawdown_now_fraction": _known(self.drawdown_now_fraction),
            "trades": {
                "opened": self.opened,
                "closed": self.closed_count,
                "won": self.won,
                "still_open": self.still_open,
            },
            "promise": None if self.kept is None else self.kept.as_record(),
            "slippage": _drift_record(self.drift),
            "guards": None if self.acts is None else self.acts.to_dict(),
            "operation": None if self.operation is None else self.operation.as_record(),
            "breaks": self.break_count,
            "reviews_due": list(self.due),
            "review": None if self.reviewed is None else dict(self.reviewed),
            "notes": list(self.notes),
            "log_head": self.head,
        }


def _growth(series: "pd.Series[float] | None") -> float:
    if series is None or not float(series.iloc[0]) > 0.0:
        return math.nan
    return float(series.iloc[-1]) / float(series.iloc[0]) - 1.0


def _ends(equity: "pd.Series[float]") -> dict[str, float]:
    return {
        "start": float(equity.iloc[0]),
        "end": float(equity.iloc[-1]),
        "low": float(equity.min()),
        "high": float(equity.max()),
    }


def _drift_record(drift: Drift | None) -> dict[str, Any] | None:
    if drift is None:
        return None
    return {
        "now": drift.now.as_record(),
        "before": drift.before.as_record(),
        "before_days": drift.before_days,
        "assumed_bps": drift.assumed_bps,
    }


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
