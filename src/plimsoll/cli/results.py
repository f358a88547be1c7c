"""``plimsoll results``: the shipped strategies on real data, as a page of true figures."""

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from plimsoll.lab.study import StudyResult

HEAD = """# Results on real data

Written by `plimsoll results`; do not edit by hand. Past prices of Binance USD-M perpetuals with
assumed fills: they say little about the next year, and nothing about profit.

- Costs of each fill: {costs}; funding is paid and received.
- The daily loss guard of the shipped profile is on: 3 % of the day's starting equity, realised
  losses only.
- Starting balance {balance:,.0f} USDT, equal stakes, leverage 1, isolated margin; equity is marked
  to market at each candle's close.
- Trials: 1, the defaults as shipped; nothing was tuned on these data.

Code fingerprint `{fingerprint}`, written on {date}. Data: the folder that `make results` is given;
all of it lies before 2025-07.
"""

READING = """
## Reading them

- `TrendFollow` is the seed idea with its published defaults, shipped as it is: stop and target lie
  0.9 and 1.25 average true ranges away, which is little more than the 14 bps that a round trip
  costs. It loses on all of these data, and most where candles are shortest. It is here to be
  measured and improved, not to be traded.
- `BuyAndHold` is Freqtrade holding each pair at leverage 1 on isolated margin. Unlike the market
  itself it pays funding, and a fall of 95 % liquidates it: that happened to SOL in 2022.
- The market row is computed from the candles alone: equal weights, bought once, one fee, no
  funding.
"""


def results(
    datadir: Annotated[Path, typer.Option(help="Freqtrade data folder with real candles.")],
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("docs/results.md"),
    only: Annotated[
        str | None, typer.Option(help="Run only the study with this timeframe, and print it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Backtest the strategies on real data, costs and funding on, and write the figures down."""
    from plimsoll.core import UsageError
    from plimsoll.lab.study import STUDIES, run_study

    if not datadir.is_dir():
        raise UsageError(f"expected a Freqtrade data folder at --datadir, found none at {datadir}")
    chosen = [study for study in STUDIES if only in (None, study.timeframe)]
    if not chosen:
        known = ", ".join(study.timeframe for study in STUDIES)
        raise UsageError(f"expected --only to be one of {known}; found {only}")
    if only is None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.open("a", encoding="utf-8").close()  # an unwritable page fails now, not after the runs
    found = [
        run_study(study, datadir.resolve(), lambda text: typer.echo(text, err=True))
        for study in chosen
    ]
    if as_json:
        typer.echo(json.dumps([_record(result) for result in found]))
    if only is None:
        out.write_text(_page(found), encoding="utf-8")
        typer.echo(f"written: {out}", err=True)
    elif not as_json:
        typer.echo("\n".join(_section(result) for result in found))


def _record(result: "StudyResult") -> dict[str, object]:
    rows = [
        {"strategy": row.strategy, "years": row.years, **row.performance.as_record()}
        for row in result.rows
    ]
    return {
        "study": result.study.name,
        "timerange": result.study.timerange,
        "pairs": result.study.pairs,
        "costs_bps": result.costs_bps,
        "code_fingerprint": result.code_fingerprint,
        "rows": rows,
    }


def _page(found: "list[StudyResult]") -> str:
    first = found[0]
    costs = " + ".join(
        f"{name.removesuffix('_bps')} {value:g} bps" for name, value in first.costs_bps.items()
    )
    head = HEAD.format(
        costs=costs,
        balance=first.starting_balance_usd,
        fingerprint=first.code_fingerprint,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
    )
    return "\n".join([head, *(_section(result) for result in found), READING.strip(), ""])


def _section(result: "StudyResult") -> str:
    study = result.study
    first, last = result.rows[0].performance.start, result.rows[0].performance.end
    years = sorted({year for row in result.rows for year in row.years})
    titles = ["", "trades", "return", "a year", "Sharpe", "Sortino", "greatest drawdown"]
    titles += ["profit factor", "win rate", "fees USDT", "funding USDT", *map(str, years)]
    bases = ", ".join(pair.split("/")[0] for pair in study.pairs)
    lines = [
        f"## {study.name[0].upper()}{study.name[1:]}",
        "",
        f"{bases}; {first:%Y-%m-%d} to {last:%Y-%m-%d}, after the warm-up. {study.remark}",
        "",
        "| " + " | ".join(titles) + " |",
        "|" + "---|" * len(titles),
    ]
    for row in result.rows:
        made = row.performance
        cells = [f"`{row.strategy}`" if "," not in row.strategy else row.strategy]
        cells += [f"{made.closed_trades:,}", _percent(made.total_return_fraction)]
        cells += [_percent(made.cagr_fraction), _number(made.sharpe), _number(made.sortino)]
        cells += [_percent(made.max_drawdown_fraction), _number(made.profit_factor)]
        cells += [_percent(made.win_rate_fraction), _amount(made.fees_paid_usd)]
        cells += [_amount(made.funding_paid_usd)]
        cells += [_percent(row.years.get(year, math.nan)) for year in years]
        lines.append("| " + " | ".join(cells) + " |")
    command = study.command([row.strategy for row in result.rows[:-1]])
    return "\n".join([*lines, "", "```", command, "```", ""])


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.1%}"


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"


def _amount(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:,.0f}"
