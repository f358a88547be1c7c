"""The page of ``plimsoll results``: one table of all accounts, and what they say of the target."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plimsoll.lab.study import Findings, Study, StudyRow

TARGET_SHARPE, TARGET_DRAWDOWN = 1.0, 0.12
CONFIG = "user_data/config"
PORT = 8601
VENUE = f"{CONFIG}/venue-sim.json"
SHORTLY = timedelta(seconds=1)
BEAR, SIDEWAYS = 2022, 2023
NOTHING = 1e-9
"""A return of a halted account that is not exactly 0 by rounding."""

HEAD = """# Results on real data

Written by `plimsoll results`; do not edit by hand. Past prices of Binance USD-M perpetuals with
assumed fills: they say little about the next year, and nothing about profit.

{verdict}

18 months measure a Sharpe to about ±0.8. 2022 and 2023 are years on which the rules were chosen.

![Equity of all strategies, guards off and on]({picture})

## All strategies

Net of all costs. Returns, Sharpe, Sortino and drawdown are of the equity marked to market each
hour; a year has 365 days, the risk-free rate is 0. Turnover is traded notional over mean equity,
a year. Costs are fee, spread and slippage, in USDT of {balance:,} at the start.
"""

TARGET = """
## Against the target

Wanted: out-of-sample Sharpe above {sharpe:g}, drawdown below {drawdown:.0%}, 2022 and 2023
positive, and more return a year for each unit of drawdown than buying and holding, over the whole
span and out of sample. Out of sample is 2024-01 to 2025-06: the research chose everything on
earlier years and looked at it once before. 2022 and 2023 are in sample. Buying and holding made
{held} over the whole span and {held_check} in those 18 months (the better of both rows).
"""

PROTOCOL = """
## How they were made

- **Data**: `DATA` is the folder that `make results` is given, a Freqtrade data folder with hourly
  candles, mark prices and funding; all of it lies before 2025-07. 4-hour candles are not in it:
  they are made of the hourly ones, in a folder that is thrown away. Six pairs have mark prices
  and funding over the whole span: BTC, ETH, SOL, XRP, ADA, LTC. They were chosen knowing that
  they survived.
- **Holes**: SOL has no candles and no funding from 2022-05-29 to 06-25, and its mark prices
  before 2024 exist every 8 hours only: its two-hourly payments of November 2022 are missed.
- **Fewer data**: `BasisReversion` needs spot candles, which four pairs have; `OpenInterestFlow`
  needs hourly open interest, which three pairs have for two months.
- **Costs** of each fill, the same for every pair:
  {costs}. Funding is paid and received. Orders
  fill at the open of the next candle; no market impact, no outages, no delisting.
- **Account**: {balance:,} USDT, leverage 1, isolated margin, 5 % kept back. The portfolio
  strategies size themselves by volatility; `TrendFollow` and `BuyAndHold` take equal stakes.
- **Guards**: *off* is the bare signal (`plimsoll.guard_backtests` false). *On* is
  `user_data/config/risk-portfolio.json` on the shipped profile. In a backtest a guard that halts
  halts for good, because nobody re-arms it: what follows is a flat line, where a running bot
  would wait for a person. The guards measure drawdown on the 95 % that is traded: their 12 % is
  11.4 % of the table. Baselines have no guards.
- **Trials**: {trials}.
  Here the defaults as shipped ran, and nothing was chosen by these figures. Once deflated for its
  trials, no Sharpe of the research reached the usual 95 %: see
  [conclusions](research/conclusions.md).
- **Code**: fingerprint `{fingerprint}`, Freqtrade {freqtrade}, written on {date}.

The commands, with the guards on, in the folder that holds `user_data` (`plimsoll init` makes one).
The exchange is the replay of `DATA` itself, and the 4-hour candles come from it: give a copy, they
are stored there. Off: `export FREQTRADE__PLIMSOLL__GUARD_BACKTESTS=false`, without
`risk-portfolio.json`.

```bash
{commands}
```
"""

READING = """
## Reading them

- `TrendFollow` is the idea with the numbers it came with, shipped as it is: stop and target lie
  0.9 and 1.25 average true ranges away, which is little more than the 14 bps that a round trip
  costs. Its own timeframe is 5 minutes, where it loses faster. It is here to be measured and
  improved, not to be traded.
- `MeanReversion` and `BasisReversion` failed in the research too, and are kept to be measured
  against.
- `OpenInterestFlow` cannot be judged by two months.
- `ModelDirection` is trained anew every month by FreqAI and is not part of this command. Its own
  page has 1.7 % in 2024-01 to 2025-06 on three pairs with the guards off, Sharpe 0.40, drawdown
  4.9 %: [the model](research/model-direction.md).
- `BuyAndHold` is Freqtrade holding each pair at leverage 1 on isolated margin. Unlike the market
  itself it pays funding, and a fall of 95 % liquidates it: that happened to SOL in 2022.
- The market row is computed from the candles alone: equal weights, bought once, one fee, no
  funding.
- The research judged ten pairs and found less: out of sample 0.55 for `FundingCarry`, 0.54 for
  `Ensemble`, with the same rules. Here are the six of them whose files Freqtrade can charge
  funding with. What is better here is the choice of pairs, and that was not made by a rule.
- Guards cost return where a strategy earns in jumps. From a drawdown of 8 % on they halve stakes:
  `MomentumCross` had three quarters of its stakes in late 2023 and half in late 2024, in the two
  rallies that made most of its profit. `FundingCarry` alone is too large for a limit of 12 %: it
  was halted in its first spring.
- The strategies are not independent of each other: trend is one bet, in four of these rows.
"""


@dataclass(frozen=True, slots=True)
class Trials:
    """How many simulations the research recorded, and how many of them looked at the check."""

    recorded: int
    checks: int


def read_trials(file: Path) -> Trials | None:
    """Count the log of trials; ``None`` where there is none."""
    if not file.is_file():
        return None
    with file.open(encoding="utf-8", newline="") as lines:
        stages = [row["stage"] for row in csv.DictReader(lines)]
    return Trials(len(stages), sum(stage.startswith("CHECK") for stage in stages))


def page(findings: "Findings", *, picture: str, trials: Trials | None, balance: int) -> str:
    """Return the whole page; ``picture`` is the image's address, seen from the page."""
    rows = findings.rows
    told = (
        "not known"
        if trials is None
        else (
            f"{trials.recorded} simulations in the [log of trials](research/trials.md), "
            f"{trials.checks} of them on the 18 months out of sample"
        )
    )
    head = HEAD.format(verdict=verdict(rows), picture=picture, balance=balance)
    protocol = PROTOCOL.format(
        costs=" + ".join(f"{name} {value:g} bps" for name, value in findings.costs_bps.items()),
        balance=balance,
        trials=told,
        fingerprint=findings.code_fingerprint,
        freqtrade=findings.freqtrade_version,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        commands=commands(list(dict.fromkeys(row.study for row in rows)), balance),
    )
    parts = [head, table(rows), _halts(rows), target(rows), protocol, READING]
    return "\n".join(part.strip("\n") + "\n" for part in parts if part)


def verdict(rows: "Sequence[StudyRow]") -> str:
    """Return what was reached of the target, in one paragraph."""
    judged = _judged(rows)
    if not judged:
        return "None of these rows can be judged against the target: none covers its span."
    reached = [_name(row) for row in judged if all(met for _, met in criteria(row, rows))]
    best = max(judged, key=lambda row: _or_least(_check_sharpe(row)))
    text = ["**The target was not reached:** no account met all of it, with guards or without.\n"]
    if reached:
        text = [f"**The target was reached** by {'; '.join(reached)}.\n"]
    text.append(
        f"- The best Sharpe out of sample, {_number(_check_sharpe(best))}, is of {_name(best)}; "
        f"above {TARGET_SHARPE:g} was wanted. Its best days: {_best_days(best)}."
    )
    for row in judged:
        if row.strategy == "Ensemble":
            made = row.performance
            text.append(
                f"- The ensemble, guards {row.guarding}: Sharpe out of sample "
                f"{_number(_check_sharpe(row))}, drawdown {_percent(made.max_drawdown_fraction)}, "
                f"2022 {_percent(row.years.get(BEAR, math.nan))}, "
                f"2023 {_percent(row.years.get(SIDEWAYS, math.nan))}."
            )
    return "\n".join(text)


def table(rows: "Sequence[StudyRow]") -> str:
    """Return the table of all accounts, a line each."""
    years = sorted({year for row in rows for year in row.years})
    ends = max(row.performance.end for row in rows)
    titles = ["strategy", "guards", "candles", "span", "pairs", "trades", "return", "a year"]
    titles += ["Sharpe", "Sortino", "drawdown", "profit factor", "turnover", "costs", "funding"]
    titles += [f"{y}-H1" if y == ends.year and ends.month == 7 else str(y) for y in years]
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    for row in rows:
        made = row.performance
        cells = [_code(row.strategy), _short(row), row.study.timeframe]
        cells += [f"{made.start:%Y-%m} to {made.end - SHORTLY:%Y-%m}", str(len(row.study.pairs))]
        cells += [f"{made.closed_trades:,}", _percent(made.total_return_fraction)]
        cells += [_percent(made.cagr_fraction), _number(made.sharpe), _number(made.sortino)]
        cells += [_percent(made.max_drawdown_fraction), _number(made.profit_factor)]
        cells += [_amount(made.turnover_per_year), _amount(made.fees_paid_usd)]
        cells += [_funding(made.funding_paid_usd)]
        cells += [_percent(row.years.get(year, math.nan)) for year in years]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def target(rows: "Sequence[StudyRow]") -> str:
    """Return the target, and how far each account came."""
    judged = _judged(rows)
    if not judged:
        return ""
    whole, later = _held(rows)
    text = TARGET.format(
        sharpe=TARGET_SHARPE,
        drawdown=TARGET_DRAWDOWN,
        held=_number(whole),
        held_check=_number(later),
    )
    titles = ["strategy", "guards", "Sharpe out of sample", "drawdown", "2022", "2023"]
    titles += ["a year / drawdown", "the same out of sample", "met"]
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    for row in judged:
        found = criteria(row, rows)
        cells = [_code(row.strategy), _short(row)]
        cells += [f"{value} {'✓' if met else '✗'}" for value, met in found]
        cells += [f"{sum(met for _, met in found)} of {len(found)}"]
        lines.append("| " + " | ".join(cells) + " |")
    return f"{text}\n" + "\n".join(lines)


def criteria(row: "StudyRow", rows: "Sequence[StudyRow]") -> list[tuple[str, bool]]:
    """Return each value that the target asks for, and whether it is met; unknown is not met."""
    whole, later = _held(rows)
    made, check = row.performance, row.check
    bear, sideways = (row.years.get(year, math.nan) for year in (BEAR, SIDEWAYS))
    later_calmar = math.nan if check is None else check.calmar
    sharpe = _check_sharpe(row)
    return [
        (_number(sharpe), sharpe > TARGET_SHARPE),
        (_percent(made.max_drawdown_fraction), made.max_drawdown_fraction < TARGET_DRAWDOWN),
        (_percent(bear), bear > NOTHING),
        (_percent(sideways), sideways > NOTHING),
        (_number(made.calmar), made.calmar > whole),
        (_number(later_calmar), later_calmar > later),
    ]


def _judged(rows: "Sequence[StudyRow]") -> "list[StudyRow]":
    return [row for row in rows if not row.is_baseline and row.check is not None]


def _held(rows: "Sequence[StudyRow]") -> tuple[float, float]:
    """Return the best return a year over drawdown of the baselines that held: whole, check."""
    held = [row for row in rows if row.is_baseline and not math.isnan(row.performance.calmar)]
    whole = [row.performance.calmar for row in held]
    later = [row.check.calmar for row in held if row.check is not None]
    best, best_later = (max(values, default=math.nan) for values in (whole, later))
    return best, best_later


def _halts(rows: "Sequence[StudyRow]") -> str:
    lines = [
        f"- {_name(row)}: on {row.halt.at:%Y-%m-%d} by `{row.halt.rule}`: {row.halt.reason}."
        for row in rows
        if row.halt is not None
    ]
    return "\n".join(["\n## Halted by a guard\n", *lines]) if lines else ""


def commands(studies: "Sequence[Study]", balance: int) -> str:
    """Return the commands of the page, as a shell runs them one after another."""
    pairs = list(dict.fromkeys(pair for study in studies for pair in study.pairs))
    serve = (
        f"plimsoll venue serve --market replay --datadir DATA --clock stepped --port {PORT} \\\n"
        f"    --symbols {','.join(pairs)} \\\n"
        f"    --write-config {VENUE} &"
    )
    made = [
        f"plimsoll data backfill -c {VENUE} --datadir DATA --allow-missing \\\n"
        f"    --since {need.first} --until {need.last} --kinds candles \\\n"
        f"    --timeframes {study.timeframe} --pairs {','.join(study.pairs)}"
        for study in studies
        if study.timeframe != "1h"
        for need in [study.needs()]
    ]
    made.append("export FREQTRADE__PLIMSOLL__ALLOW_MISSING_FUNDING=true")
    made += [
        f"freqtrade backtesting -c {CONFIG}/base.json -c {VENUE} \\\n"
        f"    -c {CONFIG}/risk-portfolio.json -c {CONFIG}/mode-backtest.json \\\n"
        f"    --datadir DATA --cache none --dry-run-wallet {balance} \\\n"
        f"    --timeframe {study.timeframe} --timerange {study.timerange} "
        f"--max-open-trades {len(study.pairs)} \\\n"
        f"    --strategy-list {' '.join(study.strategies)} \\\n"
        f"    --pairs {' '.join(study.pairs)}"
        for study in studies
    ]
    return "\n".join([serve, *made, "kill %1"])


def _name(row: "StudyRow") -> str:
    return f"{_code(row.strategy)}, guards {row.guarding}"


def _code(name: str) -> str:
    return name if " " in name else f"`{name}`"


def _short(row: "StudyRow") -> str:
    if row.is_baseline:
        return "–"
    halted = "" if row.halt is None else f", halted {row.halt.at:%Y-%m}"
    return f"{row.guarding}{halted}"


def _check_sharpe(row: "StudyRow") -> float:
    return math.nan if row.check is None else row.check.sharpe


def _best_days(row: "StudyRow") -> str:
    """Return the two days that made most: how much of an account is luck."""
    import pandas as pd

    from plimsoll.performance.measures import daily_returns

    best = daily_returns(row.equity).nlargest(2)
    return ", ".join(
        f"{midnight - timedelta(days=1):%Y-%m-%d} {_percent(float(value))}"
        for midnight, value in zip(pd.DatetimeIndex(best.index), best, strict=True)
    )


def _or_least(value: float) -> float:
    return -math.inf if math.isnan(value) else value


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.1%}".replace("-0.0%", "0.0%").replace("-", "−")


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def _amount(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:,.0f}"


def _funding(paid_usd: float) -> str:
    if round(paid_usd) == 0:
        return "0"
    return f"{abs(paid_usd):,.0f} {'paid' if paid_usd > 0 else 'received'}"
