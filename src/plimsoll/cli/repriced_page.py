"""The page of repriced results: tables of what remains, and how they were made."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from plimsoll.cli.results_cells import amount, code, number, percent
from plimsoll.execution.offer import Cause

if TYPE_CHECKING:
    from plimsoll.execution.settings import ExecutionSettings
    from plimsoll.lab.repriced_studies import RepricedFindings, RepricedRow

HEAD = """# Results at the market's prices

Written by `plimsoll repriced-results`; do not edit by hand. The backtests of
[Results on real data](results.md), each fill priced at what the market offered:
[Reprice a backtest](reprice.md) says how. Past prices and a model of the market: no promise of
profit.

{verdict}

![What each cause gave or took, by strategy]({picture})
"""

MADE = """
## How they were made

- **Backtests**: those of the results page, with the plain `freqtrade backtesting` command: the same
  pairs, spans, guards and 100,000 USDT.
- **Costs**: the backtest charged {charged:g} bps a fill, of which {included:g} bps stand for spread
  and slippage. They are given back (`stated costs`); then half a spread of {spread:g} bps is
  charged, the same for every pair, for nobody has measured the order books of those years.
- **Impact**: {impact:g} × daily volatility × √(order / daily volume), over the {days} days before.
- **Latency**: {latency:g} ms, read from shorter candles where the data folder has them: 5 or 15
  minutes of BTC, ETH, SOL and XRP, in part. Elsewhere the stated share of volatility.
- **Participation**: {participation:.0%} of a candle's volume.
- **Not simulated again**: stakes, signals, stops and halts are the backtest's own. Where the
  account is larger, every order is, and the trades are the same.
- **Code**: fingerprint `{fingerprint}`, Freqtrade {freqtrade}, written on {date}.

```bash
make reprice DATA=folder
```
"""


def page(findings: "RepricedFindings", settings: "ExecutionSettings", picture: str) -> str:
    """Return the whole page; ``picture`` is its address seen from it."""
    first = findings.rows[0].repriced
    head = HEAD.format(verdict=verdict(findings.rows), picture=picture)
    made = MADE.format(
        charged=(first.result.fee_fraction or 0.0) * 10_000,
        included=first.included_bps,
        spread=first.costs.spread_bps,
        impact=settings.impact_coefficient,
        days=settings.volume_days,
        latency=first.costs.latency_ms,
        participation=settings.participation_fraction,
        fingerprint=findings.code_fingerprint,
        freqtrade=findings.freqtrade_version,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
    )
    return "\n".join([head, tables(findings.rows), made])


def verdict(rows: "Sequence[RepricedRow]") -> str:
    """Return in one paragraph who earned before and after, and at which size no longer."""
    winners = [row for row in rows if row.repriced.bill.before_usd > 0]
    lost = [row for row in winners if row.repriced.bill.after_usd <= 0]
    text = f"Of {len(winners)} accounts that earned in the backtest, {len(winners) - len(lost)} "
    text += "still earn at the market's prices."
    for size in list(winners[0].sizes if winners else ())[1:]:
        kept = sum(row.sizes[size].bill.after_usd > 0 for row in winners)
        text += f" With {size} times the money {kept} do."
    if lost:
        names = ", ".join(f"{code(row.strategy)} (guards {row.guarding})" for row in lost)
        text += f" The profit of {names} was the cost that the backtest left out."
    return text


def tables(rows: "Sequence[RepricedRow]") -> str:
    """Return the three tables: the accounts, the causes, and larger accounts."""
    return "\n".join([_accounts(rows), _causes(rows), _larger(rows)])


def _accounts(rows: "Sequence[RepricedRow]") -> str:
    titles = ["strategy", "guards", "trades", "return", "at the market", "Sharpe", "at the market"]
    titles += ["drawdown", "at the market"]
    lines = [
        [
            code(row.strategy),
            row.guarding,
            f"{row.before.closed_trades:,}",
            percent(row.before.total_return_fraction),
            percent(row.after.total_return_fraction),
            number(row.before.sharpe),
            number(row.after.sharpe),
            percent(row.before.max_drawdown_fraction),
            percent(row.after.max_drawdown_fraction),
        ]
        for row in rows
    ]
    return _table("What remains", titles, lines)


def _causes(rows: "Sequence[RepricedRow]") -> str:
    causes = [c for c in Cause if any(row.repriced.bill.causes_usd()[c] for row in rows)]
    titles = ["strategy", "guards", "profit", *(cause.value for cause in causes), "at the market"]
    lines = []
    for row in rows:
        bill = row.repriced.bill
        amounts = bill.causes_usd()
        sums = [bill.before_usd, *(amounts[cause] for cause in causes), bill.after_usd]
        lines.append([code(row.strategy), row.guarding, *map(_signed, sums)])
    text = _table("What each cause gave or took", titles, lines)
    return f"{text}\nIn USDT; each row adds up.\n"


def _larger(rows: "Sequence[RepricedRow]") -> str:
    sizes = list(rows[0].sizes)
    titles = ["strategy", "guards", *(f"{size} ×" for size in sizes), "fills beyond their share"]
    lines = [
        [
            code(row.strategy),
            row.guarding,
            *(percent(_return(row, size)) for size in sizes),
            " / ".join(f"{row.sizes[size].bill.over:,}" for size in sizes),
        ]
        for row in rows
    ]
    text = _table("With more money", titles, lines)
    return (
        f"{text}\nReturn at the market's prices, were the account so many times as large. The last "
        "column counts the fills, at each size,\nthat were larger than their share of a candle.\n"
    )


def _return(row: "RepricedRow", size: int) -> float:
    one = row.sizes[size]
    return one.bill.after_usd / one.result.starting_balance_usd


def _signed(value: float) -> str:
    return "0" if round(value) == 0 else amount(value).replace("-", "−")


def _table(title: str, titles: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = ["| " + " | ".join(cells) + " |" for cells in lines]
    head = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    return "\n".join([f"## {title}\n", *head, *rows, ""])
