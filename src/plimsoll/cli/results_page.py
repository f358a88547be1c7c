"""The page of ``plimsoll results``: one table of all accounts, and what they say of the target."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from plimsoll.cli.results_cells import amount, code, funding, number, percent
from plimsoll.cli.results_guards import bought

if TYPE_CHECKING:
    from plimsoll.lab.study import Findings, Study, StudyRow

TARGET_SHARPE, TARGET_DRAWDOWN = 1.0, 0.12
CONFIG, PORT = "user_data/config", 8601
VENUE = f"{CONFIG}/venue-sim.json"
SHORTLY = timedelta(seconds=1)
BEAR, SIDEWAYS = 2022, 2023
NOTHING = 1e-9
"""A return of a halted account that is not exactly 0 by rounding."""
YEAR = timedelta(days=365)
RELATED = 0.7
"""Correlation of daily returns from which two strategies are reported as one bet."""

HEAD = """# Results on real data

Written by `plimsoll results`; do not edit by hand. Backtests on past prices of Binance USD-M
perpetuals with assumed fills: they say little about the next year and promise no profit.

{verdict}

A Sharpe ratio measured over 18 months has a standard error of about 0.8. The rules were chosen on
years that include 2022 and 2023.

![Equity of all strategies, guards off and on]({picture})

## All strategies

Net of all costs. Return, Sharpe, Sortino and drawdown are computed from equity marked to market
every hour; a year has 365 days and the risk-free rate is 0. Turnover is traded notional over mean
equity, per year. Costs are fee, spread and slippage in USDT, on {balance:,} USDT at the start.
"""

TARGET = """
## Against the target

The target: out-of-sample Sharpe above {sharpe:g}, drawdown below {drawdown:.0%}, 2022 and 2023
positive, and a higher annual return per unit of drawdown than buy and hold, over the whole span and
out of sample. Out of sample is 2024-01 to 2025-06: the research chose everything on earlier years
and looked at these months once before. 2022 and 2023 are in sample. For buy and hold that ratio is
{held} over the whole span and {held_check} in those 18 months (the better of both rows).
"""

PROTOCOL = """
## How they were made

- **Data**: `DATA` is the folder that `make results` is given, a Freqtrade data folder with hourly
  candles, mark prices and funding. 4-hour candles are made from the hourly ones, in a folder that
  is deleted afterwards. The pairs are those with the data that a strategy needs; all of them were
  chosen in the knowledge that they survived.
{studies}
- **Gaps** are not filled. `plimsoll data check --datadir DATA` lists them; those that the research
  met are in its [limits](research/conclusions.md#limits).
- **Costs** of each fill, the same for every pair:
  {costs}. Funding is paid and received. Orders
  fill at the open of the next candle; no market impact, no outages, no delisting.
- **Account**: {balance:,} USDT, leverage 1, isolated margin, 5 % held in reserve. The portfolio
  strategies size their positions by volatility; `TrendFollow` and `BuyAndHold` take equal stakes.
- **Guards**: *off* is the bare signal (`plimsoll.guards` off). *On* is
  `user_data/config/risk-portfolio.json` on top of the shipped profile. In a backtest a rule stands
  in for the person who ends a halt: `mode-backtest.json` re-arms after 30 days, flat until then and
  on [probation](risk-profile.md) afterwards. The guards measure drawdown on the 95 % that is
  traded, so a limit of 12 % is 11.4 % in the table. Baselines run without guards.
- **Trials**: {trials}.
  This run used the shipped defaults, and nothing was chosen by its figures. How much of the
  research is luck, after all its trials, is in its [conclusions](research/conclusions.md).
- **Code**: fingerprint `{fingerprint}`, Freqtrade {freqtrade}, written on {date}.

The commands, with guards on, run in the folder that holds `user_data` (`plimsoll init` makes one).
The exchange replays `DATA` itself and serves the 4-hour candles, which are stored in `DATA`: use a
copy. For guards off, `export FREQTRADE__PLIMSOLL__GUARDS=off` and leave out
`risk-portfolio.json`.

```bash
{commands}
```
"""

READING = """
## How to read them

- `TrendFollow` runs with its default parameters. It is here to be measured and improved, not to be
  traded: a round trip costs {round_trip_bps:g} bps, and its stop and target are close to the entry.
- `MeanReversion` and `BasisReversion` failed in the [research](research/conclusions.md) and are
  kept for comparison.
- `ModelDirection` is retrained every month by FreqAI and is not part of this command: see
  [the model](research/model-direction.md).
- `BuyAndHold` is Freqtrade holding each pair at leverage 1 on isolated margin. Unlike the market
  itself it pays funding, and a fall of about 95 % liquidates it.
- The market row is computed from the candles alone: equal weights, one fee, no funding.
- The research judged ten pairs. Those here are the ones with files from which Freqtrade can charge
  funding; no rule chose them, so figures better than the research's may be due to that choice.
- The guards shrink stakes from `drawdown_reduce_fraction` on and may halt the account, which costs
  most where a strategy earns in jumps.
{computed}
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


def page(
    findings: "Findings",
    *,
    picture: str,
    guards_picture: str,
    trials: Trials | None,
    balance: int,
) -> str:
    """Return the whole page; ``picture`` and ``guards_picture`` are addresses seen from it."""
    rows = findings.rows
    searched = (
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
        trials=searched,
        studies=_studies(rows),
        fingerprint=findings.code_fingerprint,
        freqtrade=findings.freqtrade_version,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        commands=commands(list(dict.fromkeys(row.study for row in rows)), balance),
    )
    parts = [head, table(rows), bought(rows, guards_picture), _halts(rows), target(rows)]
    parts += [protocol, reading(findings)]
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
        f"- The best Sharpe out of sample, {number(_check_sharpe(best))}, is that of "
        f"{_name(best)}; the target is above {TARGET_SHARPE:g}. Its best days: {_best_days(best)}."
    )
    for row in judged:
        if row.strategy == "Ensemble":
            made = row.performance
            text.append(
                f"- The ensemble, guards {row.guarding}: Sharpe out of sample "
                f"{number(_check_sharpe(row))}, drawdown {percent(made.max_drawdown_fraction)}, "
                f"2022 {percent(row.years.get(BEAR, math.nan))}, "
                f"2023 {percent(row.years.get(SIDEWAYS, math.nan))}."
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
        cells = [code(row.strategy), _short(row), row.study.timeframe]
        cells += [f"{made.start:%Y-%m} to {made.end - SHORTLY:%Y-%m}", str(len(row.study.pairs))]
        cells += [f"{made.closed_trades:,}", percent(made.total_return_fraction)]
        cells += [percent(made.cagr_fraction), number(made.sharpe), number(made.sortino)]
        cells += [percent(made.max_drawdown_fraction), number(made.profit_factor)]
        cells += [amount(made.turnover_per_year), amount(made.fees_paid_usd)]
        cells += [funding(made.funding_paid_usd)]
        cells += [percent(row.years.get(year, math.nan)) for year in years]
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
        held=number(whole),
        held_check=number(later),
    )
    titles = ["strategy", "guards", "Sharpe out of sample", "drawdown", "2022", "2023"]
    titles += ["a year / drawdown", "the same out of sample", "met"]
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    for row in judged:
        outcomes = criteria(row, rows)
        cells = [code(row.strategy), _short(row)]
        cells += [f"{value} {'✓' if met else '✗'}" for value, met in outcomes]
        cells += [f"{sum(met for _, met in outcomes)} of {len(outcomes)}"]
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
        (number(sharpe), sharpe > TARGET_SHARPE),
        (percent(made.max_drawdown_fraction), made.max_drawdown_fraction < TARGET_DRAWDOWN),
        (percent(bear), bear > NOTHING),
        (percent(sideways), sideways > NOTHING),
        (number(made.calmar), made.calmar > whole),
        (number(later_calmar), later_calmar > later),
    ]


def reading(findings: "Findings") -> str:
    """Return what to bear in mind, with the figures of these rows alone."""
    rows = findings.rows
    lines = [_short_spans(rows), _guard_effects(rows), _related(rows)]
    return READING.format(
        round_trip_bps=2 * sum(findings.costs_bps.values()),
        computed="\n".join(line for line in lines if line),
    )


def _studies(rows: "Sequence[StudyRow]") -> str:
    """Return a line for each study: its strategies, its pairs and its span."""
    lines = []
    for study in dict.fromkeys(row.study for row in rows):
        span = study.needs()
        names = ", ".join(code(name) for name in study.strategies)
        bases = ", ".join(pair.partition("/")[0] for pair in study.pairs)
        lines.append(f"  - {study.name}: {names} on {bases}, {span.first} to {span.last}")
    return "\n".join(lines)


def _short_spans(rows: "Sequence[StudyRow]") -> str:
    """Name the strategies whose span is too short for a judgement."""
    days = {
        row.strategy: row.performance.end - row.performance.start
        for row in rows
        if not row.is_baseline and row.performance.end - row.performance.start < YEAR
    }
    names = ", ".join(f"{code(name)} ({span.days} days)" for name, span in days.items())
    return f"- Less than a year says nothing about a strategy: {names}." if names else ""


def _guard_effects(rows: "Sequence[StudyRow]") -> str:
    """Compare the return of each strategy with guards on and off."""
    returns = {(row.strategy, row.guarding): row.performance.total_return_fraction for row in rows}
    pairs = [
        f"{code(name)} {percent(value)} off, {percent(returns[name, 'on'])} on"
        for (name, guarding), value in returns.items()
        if guarding == "off" and (name, "on") in returns
    ]
    return f"- Total return by guards: {'; '.join(pairs)}." if pairs else ""


def _related(rows: "Sequence[StudyRow]") -> str:
    """Name the strategies whose daily returns, guards off, move together."""
    from plimsoll.performance.measures import daily_returns

    bare = [row for row in rows if not row.is_baseline and row.guarding == "off"]
    daily = [(row.strategy, daily_returns(row.equity)) for row in bare]
    pairs = [(a.corr(b), one, two) for (one, a), (two, b) in combinations(daily, 2)]
    close = sorted((pair for pair in pairs if pair[0] >= RELATED), reverse=True)
    names = "; ".join(f"{code(one)} and {code(two)} {value:.2f}" for value, one, two in close)
    return f"- One bet in two rows, by correlation of daily returns: {names}." if names else ""


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
    return f"{code(row.strategy)}, guards {row.guarding}"


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
        f"{midnight - timedelta(days=1):%Y-%m-%d} {percent(float(value))}"
        for midnight, value in zip(pd.DatetimeIndex(best.index), best, strict=True)
    )


def _or_least(value: float) -> float:
    return -math.inf if math.isnan(value) else value
