"""``plimsoll compare``: whether a candidate adds anything to a baseline."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from plimsoll.lab.compare.run import CompareOutcome
    from plimsoll.performance.comparison import Apart, Side

Candidate = Annotated[
    str, typer.Option(help="A strategy, a stored backtest (zip), or a walk-forward (JSON).")
]
Baseline = Annotated[str, typer.Option(help="What it has to beat; the same kinds of name.")]
Windows = Annotated[int, typer.Option(help="Parts of the days that are shown apart.")]
Trials = Annotated[int, typer.Option(help="Variants that were tried and no ledger counts.")]
Out = Annotated[Path | None, typer.Option(help="Folder for the page (HTML) and its picture (PNG).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the record as JSON.")]

HEADER = ("", "Days", "Sharpe", "Return", "Deepest fall")


def compare(
    context: typer.Context,
    candidate: Candidate,
    baseline: Baseline = "SlowTrend",
    windows: Windows = 6,
    trials: Trials = 0,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Compare a candidate with a baseline over the same days, candles, costs and guards.

    All other arguments are those of freqtrade backtesting: -c, --timerange, --freqaimodel, …
    The exit status is 0 when the candidate adds value, 1 when it does not.
    """
    from plimsoll.lab.compare.run import CompareRequest, compare_strategies

    request = CompareRequest(tuple(context.args), candidate, baseline, windows, trials)
    outcome = compare_strategies(request, lambda text: typer.echo(text, err=True))
    if as_json:
        typer.echo(json.dumps(outcome.record | {"file": str(outcome.file)}, indent=4))
    else:
        _show(outcome)
    if out is not None:
        from plimsoll.cli.compare_page import write_page

        typer.echo(f"Written to {write_page(outcome, out)}", err=as_json)
    if not outcome.comparison.adds_value:
        raise typer.Exit(1)


def verdict_text(outcome: "CompareOutcome") -> str:
    """Return the verdict in a sentence."""
    own, other = outcome.candidate.strategy, outcome.baseline.strategy
    if outcome.comparison.adds_value:
        return f"{own} adds value beyond {other}."
    return f"{own} does not add value beyond {other}: {'; '.join(outcome.comparison.why)}."


def difference_text(outcome: "CompareOutcome") -> str:
    """Return the difference and how sure it is in a sentence."""
    told = outcome.comparison
    return (
        f"Sharpe ratio {told.difference:+.2f} a year apart, {told.low:+.2f} to {told.high:+.2f} "
        f"(90 %); better with a probability of {told.probability:.0%} after {told.trials:,} "
        f"trial{'s' if told.trials != 1 else ''}."
    )


def forecast_lines(outcome: "CompareOutcome") -> Iterator[str]:
    """Yield how good the candidate's forecasts were, in sentences; nothing without a model."""
    told = outcome.candidate.forecasts
    if told is None:
        return
    right = "none" if told.calls_right_fraction is None else f"{told.calls_right_fraction:.1%}"
    yield (
        f"{told.rows:,} forecasts; of {told.calls:,} that it would act on {right} took the right "
        "side."
    )
    if told.brier is not None and told.accuracy_fraction is not None:
        skill = "–" if told.brier_skill is None else f"{told.brier_skill:+.3f}"
        yield (
            f"Of {told.sided:,} after which the price moved far enough "
            f"{told.accuracy_fraction:.1%} leant to the right side; Brier score {told.brier:.3f} "
            f"(skill {skill}), calibration error {told.calibration_error:.3f}."
        )


def side_rows(outcome: "CompareOutcome") -> Iterator[list[str]]:
    """Yield a row a side, over all days."""
    for one, side in (
        (outcome.candidate, outcome.comparison.candidate),
        (outcome.baseline, outcome.comparison.baseline),
    ):
        turnover = f"{one.daily_turnover:.2f}"
        yield [one.strategy, *side_cells(side), f"{one.trades:,}", turnover]


def apart_rows(parts: "tuple[Apart, ...]") -> Iterator[list[str]]:
    """Yield a row a regime or window: days, and Sharpe ratio and return of both sides."""
    for one in parts:
        own, theirs = one.candidate, one.baseline
        yield [
            one.name,
            f"{own.days:,}",
            _ratio(own.sharpe),
            _ratio(theirs.sharpe),
            f"{own.total_return_fraction:+.1%}",
            f"{theirs.total_return_fraction:+.1%}",
        ]


def side_cells(side: "Side") -> list[str]:
    """Return days, Sharpe ratio, return and deepest fall as people read them."""
    return [
        f"{side.days:,}",
        _ratio(side.sharpe),
        f"{side.total_return_fraction:+.1%}",
        f"{side.drawdown_fraction:.1%}",
    ]


def _ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _show(outcome: "CompareOutcome") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title="THE SAME DAYS, CANDLES, COSTS AND GUARDS")
    for name in (*HEADER, "Trades", "Turnover a day"):
        table.add_column(name, justify="right" if name else "left")
    for row in side_rows(outcome):
        table.add_row(*row)
    console.print(table)
    for title, parts in (
        ("BY THE MARKET'S STATE", outcome.comparison.regimes),
        ("BY WINDOW", outcome.comparison.windows),
    ):
        table = Table(title=title)
        for name in ("", "Days", "Sharpe", "of baseline", "Return", "of baseline"):
            table.add_column(name, justify="right" if name else "left")
        for row in apart_rows(parts):
            table.add_row(*row)
        console.print(table)
    for line in forecast_lines(outcome):
        typer.echo(line)
    typer.echo(difference_text(outcome))
    typer.echo(verdict_text(outcome))
    typer.echo(f"{outcome.seconds:.1f} s; evidence for the gates: {outcome.file}")
