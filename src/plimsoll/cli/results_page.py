"""The page of ``plimsoll results``: one table of all accounts, and what they say of the target."""

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from plimsoll.cli.results_cells import (
    amount,
    code,
    funding,
    grid,
    guarded,
    named,
    number,
    percent,
)
from plimsoll.cli.results_guards import bought
from plimsoll.cli.results_measures import correlations, held, precision, split_figures
from plimsoll.cli.results_reading import reading
from plimsoll.cli.results_target import Trials, target, verdict
from plimsoll.cli.results_universe import LAYER, universe

if TYPE_CHECKING:
    from plimsoll.lab.study import Study
    from plimsoll.lab.study_holes import Holes
    from plimsoll.lab.study_rows import Findings, StudyRow

CONFIG, PORT = "user_data/config", 8601
VENUE = f"{CONFIG}/venue-sim.json"
SHORTLY = timedelta(seconds=1)
LEAST_OF_A_YEAR = timedelta(days=364)
PORTFOLIO_LAYER = ("risk-portfolio.json",)

HEAD = """# Results on real data

Written by `plimsoll results`; do not edit by hand. Backtests on past prices of Binance USD-M
perpetuals with assumed fills: they say little about the next year and promise no profit.
{verdict}
![Equity of all strategies, by guards]({picture})

## All strategies

Net of all costs. Return, Sharpe, Sortino and drawdown are computed from equity marked to market
every hour; a year has 365 days and the risk-free rate is 0; of less than a year no return a year is
given. Turnover is traded notional over mean equity, per year. Costs are fee, spread and slippage in
USDT, on {balance:,} USDT at the start.
"""

VERDICT = """
{verdict}

The rules were chosen on years that include 2022 and 2023, on coins that survived, and the months
out of sample have been looked at before. Over these 18 months the standard error of a Sharpe ratio
is about 0.8: what reached the target has not been refuted, and nothing is proven.
"""

PROTOCOL = """
## How they were made

The page is one call, resumable, that keeps every backtest under its own name:

```bash
{call}
```

- **Data**: `DATA` is a Freqtrade data folder with candles, mark prices and funding. Candles longer
  than an hour are made from the hourly ones, in a folder that is deleted afterwards.{chosen}
{studies}
- **Gaps**: Freqtrade fills holes of candles with the close before them, where nothing trades. Where
  a mark is missing funding is charged at the candle's price, where a rate is missing none
  is{gaps}. `plimsoll data check --datadir DATA` lists them{limits}.
- **Costs** of each fill, the same for every pair:
  {costs}. Funding is paid and received. Orders
  fill at the open of the next candle; no market impact, no outages, no delisting.
- **Account**: {balance:,} USDT, leverage 1 unless a strategy sets its own, isolated margin, 5 %
  held in reserve. A strategy that does not size its positions takes equal stakes.
- **Guards**: *off* is the bare signal (`plimsoll.guards` off). *On* is
  {layer}. In a backtest a rule stands
  in for the person who ends a halt: `mode-backtest.json` re-arms after 30 days, flat until then and
  on probation afterwards. The guards measure drawdown on the 95 % that is
  traded, so a limit of 12 % is 11.4 % in the table. Baselines run without guards.
{trials}- **Code**: fingerprint `{fingerprint}`, Freqtrade {freqtrade}, written on {date}.

The backtests one by one, with guards on, run in the folder that holds `user_data` (`plimsoll init`
makes one). The exchange replays `DATA` itself and serves the longer candles, which are stored in
`DATA`: use a copy. They charge no funding before a pair's first mark. For guards off,
`export FREQTRADE__PLIMSOLL__GUARDS=off` and leave out the risk layer.

```bash
{commands}
```
"""

TRIALS = """- **Trials**: {trials}.
  This run used the shipped defaults, and nothing was chosen by its figures. How much of the
  research is luck, after all its trials, is in its [conclusions](research/conclusions.md).
"""

LEFT_OUT = """
    **Not traded: {pairs}.** `QualityPairList` found no sound {timeframe} candles of the days before
    {day}, which is what was known then.
"""

NO_CANDLES = """
    **Not traded: {pairs}**, without candles in the span.
"""

SURVIVED = """ The pairs
  are those with the data that a strategy needs; all of them were chosen in the knowledge that they
  survived."""


def page(
    findings: "Findings",
    *,
    picture: str,
    guards_picture: str,
    trials: Trials | None,
    balance: int,
    call: str = "plimsoll results --datadir DATA",
    layers: Sequence[str] = PORTFOLIO_LAYER,
    shipped: bool = True,
) -> str:
    """Return the whole page; ``picture`` and ``guards_picture`` are addresses seen from it.

    ``call`` is the command that makes it, ``layers`` the risk layers of guards that are on.
    Only the ``shipped`` page speaks of the target and of the research.
    """
    rows = findings.rows
    said = VERDICT.format(verdict=verdict(rows)) if shipped else ""
    parts = [HEAD.format(verdict=said, picture=picture, balance=balance), table(rows)]
    parts += [precision(rows), split_figures(rows, findings.split), held(rows)]
    parts += [universe(rows), correlations(rows), bought(rows, guards_picture), _halts(rows)]
    parts += [target(rows) if shipped else ""]
    parts += [_protocol(findings, trials, balance, call, layers, shipped=shipped)]
    parts += [reading(findings, shipped=shipped)]
    return "\n".join(part.strip("\n") + "\n" for part in parts if part)


def _protocol(
    findings: "Findings",
    trials: Trials | None,
    balance: int,
    call: str,
    layers: Sequence[str],
    *,
    shipped: bool,
) -> str:
    searched = "not known"
    if trials is not None:
        searched = (
            f"{trials.recorded} simulations in the [log of trials](research/trials.md), "
            f"{trials.checks} of them on the 18 months out of sample"
        )
    studies = list(dict.fromkeys(row.study for row in findings.rows))
    met = "; those that the research\n  met are in its [limits](research/conclusions.md#limits)"
    return PROTOCOL.format(
        call=call,
        chosen=SURVIVED if shipped else "",
        gaps=_gaps(findings.holes),
        limits=met if shipped else "",
        costs=" + ".join(f"{name} {value:g} bps" for name, value in findings.costs_bps.items()),
        balance=balance,
        layer=_layer(layers),
        trials=TRIALS.format(trials=searched) if shipped else "",
        studies=_studies(findings.rows),
        fingerprint=findings.code_fingerprint,
        freqtrade=findings.freqtrade_version,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        commands=commands(studies, balance, layers),
    )


def _gaps(holes: "Sequence[Holes]") -> str:
    """Say what each pair lacks, the funding that is not charged included."""
    said = []
    for one in holes:
        parts = []
        if one.candles:
            parts.append(f"{one.candles:,} of {one.candles_expected:,} {one.timeframe} candles")
        if one.unfunded_hours:
            parts.append(f"{one.unfunded_hours:,.0f} h in which no funding is charged")
        if one.replaced_marks:
            parts.append(f"the marks of {one.replaced_marks:,} fundings")
        said.append(f"\n  {one.pair} lacks {', '.join(parts)}")
    return f":{';'.join(said)}" if said else ": there are none in candles, funding and marks"


def _layer(layers: Sequence[str]) -> str:
    if not layers:
        return "the shipped profile"
    return " and ".join(f"`{_file_of(name)}`" for name in layers) + " on top of the shipped profile"


def _file_of(layer: str) -> str:
    """Return where a risk layer lies: a shipped one in the config folder, another as it is."""
    return f"{CONFIG}/{layer}" if Path(layer).name == layer else layer


def table(rows: "Sequence[StudyRow]") -> str:
    """Return the table of all accounts, a line each."""
    years = sorted({year for row in rows for year in row.years})
    ends = max(row.performance.end for row in rows)
    titles = ["strategy", "guards", "candles", "span", "pairs", "trades", "return", "a year"]
    titles += ["Sharpe", "Sortino", "drawdown", "profit factor", "turnover", "costs", "funding"]
    titles += [f"{y}-H1" if y == ends.year and ends.month == 7 else str(y) for y in years]
    lines = []
    for row in rows:
        made = row.performance
        cells = [code(row.strategy), guarded(row), row.study.timeframe]
        cells += [_span(row), str(len(row.study.pairs) - len(row.left_out))]
        cells += [f"{made.closed_trades:,}", percent(made.total_return_fraction)]
        a_year = made.cagr_fraction if made.end - made.start >= LEAST_OF_A_YEAR else math.nan
        cells += [percent(a_year), number(made.sharpe), number(made.sortino)]
        cells += [percent(made.max_drawdown_fraction), number(made.profit_factor)]
        cells += [amount(made.turnover_per_year), amount(made.fees_paid_usd)]
        cells += [funding(made.funding_paid_usd)]
        cells += [percent(row.years.get(year, math.nan)) for year in years]
        lines.append(cells)
    return grid(titles, lines)


def _span(row: "StudyRow") -> str:
    """Return the months of an account; Freqtrade's last candle opens where its span ends."""
    made, last = row.performance, row.study.needs().last
    end = min((made.end - SHORTLY).date(), last)
    return f"{made.start:%Y-%m} to {end:%Y-%m}"


def _studies(rows: "Sequence[StudyRow]") -> str:
    """Return a line for each study: its strategies, its pairs and its span."""
    lines = []
    for study in dict.fromkeys(row.study for row in rows):
        span = study.needs()
        names = ", ".join(code(name) for name in study.strategies)
        bases = ", ".join(pair.partition("/")[0] for pair in study.pairs)
        lines.append(f"  - {study.name}: {names} on {bases}, {span.first} to {span.last}")
        out = dict.fromkeys(pair for row in rows if row.study == study for pair in row.left_out)
        if out:
            text = LEFT_OUT if study.universe == "all" else NO_CANDLES
            said = text.format(pairs=", ".join(out), timeframe=study.timeframe, day=span.first)
            lines.append(said.strip("\n"))
    return "\n".join(lines)


def _halts(rows: "Sequence[StudyRow]") -> str:
    lines = [
        f"- {named(row)}: on {row.halt.at:%Y-%m-%d} by `{row.halt.rule}`: {row.halt.reason}."
        for row in rows
        if row.halt is not None
    ]
    return "\n".join(["\n## Halted by a guard\n", *lines]) if lines else ""


def commands(
    studies: "Sequence[Study]", balance: int, layers: Sequence[str] = PORTFOLIO_LAYER
) -> str:
    """Return the commands of the page, as a shell runs them one after another."""
    from plimsoll.lab.study import UNIVERSE_LAYER

    risk = "".join(f"-c {_file_of(name)} " for name in layers)
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
        for need in [study.needs()]
        if study.timeframe != need.candles
    ]
    made.append("export FREQTRADE__PLIMSOLL__ALLOW_MISSING_FUNDING=true")
    if any(study.universe != "all" for study in studies):
        made.append(f"echo '{json.dumps(UNIVERSE_LAYER)}' > {LAYER}")
    made += [
        f"freqtrade backtesting -c {CONFIG}/base.json -c {VENUE} \\\n"
        f"    {risk}-c {CONFIG}/mode-backtest.json {_by_rule(study)}\\\n"
        f"    --datadir DATA --cache none --dry-run-wallet {balance} \\\n"
        f"    --timeframe {study.timeframe} --timerange {study.timerange} "
        f"--max-open-trades {len(study.pairs)} \\\n"
        f"    {_others(study)}--strategy-list {' '.join(study.strategies)} \\\n"
        f"    --pairs {' '.join(study.pairs)}"
        for study in studies
        if study.strategies
    ]
    return "\n".join([serve, *made, "kill %1"])


def _by_rule(study: "Study") -> str:
    return "" if study.universe == "all" else f"-c {LAYER} "


def _others(study: "Study") -> str:
    return "" if study.folder is None else f"--strategy-path {study.folder} "
