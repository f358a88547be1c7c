"""Which strategies are held to parity over which spans, and what came of it: rows kept on disk."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.core import PlimsollError
from plimsoll.lab.parity_check import CheckPlan, run_check
from plimsoll.parity import Bill, Cause
from plimsoll.parity.money import amount
from plimsoll.parity.told import bill_record

GOAL_FRACTION = 0.005
LIMIT_FRACTION = 0.02

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Span:
    """A span of the real data, and why it was taken; the end is excluded."""

    name: str
    begin: datetime
    days: int

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return self.begin + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Entrant:
    """A strategy to hold to parity, and for how many days of a span at most.

    ``adjusts`` is that of a `CheckPlan`.
    """

    strategy: str
    timeframe: str
    days: int
    foreign: bool = False
    pairs: tuple[str, ...] = ("BTC/USDT:USDT", "ETH/USDT:USDT")
    adjusts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What came of one strategy over one span; money in the stake currency.

    ``net_fraction`` is None where the backtest made exactly nothing; ``apart_fraction`` is
    ``fraction`` of the trades without a partial exit that Freqtrade's bot refuses, None where no
    trade has one; ``error`` is what failed.
    """

    strategy: str
    span: str
    begin: str
    end: str
    timeframe: str
    trades_a: int = 0
    trades_b: int = 0
    matched: int = 0
    profit_a: float = 0.0
    profit_b: float = 0.0
    fraction: float | None = None
    net_fraction: float | None = None
    apart_fraction: float | None = None
    unexplained: float = 0.0
    causes: dict[str, float] | None = None
    days_a_minute: float = 0.0
    seconds: float = 0.0
    code: str = ""
    error: str = ""


def run_rows(
    entrants: list[tuple[Entrant, Span]],
    folder: Path,
    datadir: Path,
    foreign: Path,
    say: Say,
) -> list[Row]:
    """Check every entrant that has no row yet, and keep each row as it is finished.

    A row of other code or other dates is made again. A check that was cut short goes on where it
    stopped; one that failed is a row with its error.
    """
    rows = []
    for place, (entrant, span) in enumerate(entrants, start=1):
        kept = row_file(folder, entrant, span)
        row = read_row(kept)
        if row is None or row.error or not _is_of(row, entrant, span):
            say(f"{place} of {len(entrants)}: {entrant.strategy}, {span.name}")
            row = _checked(entrant, span, folder, datadir, foreign, say)
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(asdict(row), indent=1) + "\n", encoding="utf-8")
        rows.append(row)
    return rows


def _is_of(row: Row, entrant: Entrant, span: Span) -> bool:
    dates = (f"{span.begin:%Y-%m-%d}", f"{_end(entrant, span):%Y-%m-%d}")
    return row.code == code_fingerprint() and (row.begin, row.end) == dates


def row_file(folder: Path, entrant: Entrant, span: Span) -> Path:
    """Return where the row of an entrant and a span is kept."""
    return folder / "rows" / f"{entrant.strategy}-{span.name}.json"


def read_row(file: Path) -> Row | None:
    """Return a row that was kept; None where there is none, or it was cut off in writing."""
    try:
        return Row(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _checked(
    entrant: Entrant, span: Span, folder: Path, datadir: Path, foreign: Path, say: Say
) -> Row:
    begun = time.monotonic()
    bare: dict[str, Any] = {
        "strategy": entrant.strategy,
        "span": span.name,
        "begin": f"{span.begin:%Y-%m-%d}",
        "end": f"{_end(entrant, span):%Y-%m-%d}",
        "timeframe": entrant.timeframe,
        "code": code_fingerprint(),
    }
    plan = CheckPlan(
        strategy=entrant.strategy,
        begin=span.begin,
        end=_end(entrant, span),
        timeframe=entrant.timeframe,
        strategy_path=foreign if entrant.foreign else None,
        pairs=entrant.pairs,
        adjusts=entrant.adjusts,
        datadir=datadir,
        candles=folder / "candles" / _candles_of(entrant, span),
    )
    dates = f"{span.begin:%Y%m%d}-{_end(entrant, span):%Y%m%d}"
    work = folder / "runs" / f"{entrant.strategy}-{dates}-{code_fingerprint()[:12]}"
    try:
        checked = run_check(plan, work, say=say)
    except PlimsollError as error:
        say(f"failed: {error}")
        return Row(**bare, error=str(error), seconds=time.monotonic() - begun)
    made = time.monotonic() - begun
    row = Row(
        **bare,
        **_figures(checked.compared.bill),
        days_a_minute=checked.replay.days_a_minute,
        seconds=made,
    )
    record = bill_record(checked.compared.bill, LIMIT_FRACTION)
    (work / "bill.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    say(f"{entrant.strategy}, {span.name}: {_share(row.fraction)} in {made / 60:.1f} min")
    return row


def _figures(bill: Bill) -> dict[str, Any]:
    verdict, apart = bill.verdict, bill.without(Cause.LEAST_LEFT).verdict
    is_other = 0 < apart.trades < verdict.trades
    return {
        "trades_a": len(bill.a.trades),
        "trades_b": len(bill.b.trades),
        "matched": len(bill.pairs),
        "profit_a": amount(bill.total_a),
        "profit_b": amount(bill.total_b),
        "fraction": verdict.fraction if verdict.trades else None,
        "net_fraction": verdict.net_fraction,
        "apart_fraction": apart.fraction if is_other else None,
        "unexplained": amount(bill.unexplained),
        "causes": {row.cause.value: amount(row.units) for row in bill.rows()},
    }


def _candles_of(entrant: Entrant, span: Span) -> str:
    """Return what one download of candles is for: several strategies may share it."""
    bases = "-".join(pair.partition("/")[0] for pair in entrant.pairs)
    dates = f"{span.begin:%Y%m%d}-{_end(entrant, span):%Y%m%d}"
    return f"{dates}-{entrant.timeframe}-{bases}-{code_fingerprint()[:12]}"


def _share(fraction: float | None) -> str:
    return "no trade on either side" if fraction is None else f"{fraction:.3%}"


def _end(entrant: Entrant, span: Span) -> datetime:
    return span.begin + timedelta(days=min(entrant.days, span.days))
