"""The page of ``plimsoll compare``: Markdown, HTML and the picture."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from plimsoll.cli.compare import (
    HEADER,
    apart_rows,
    difference_text,
    forecast_lines,
    side_rows,
    verdict_text,
)

if TYPE_CHECKING:
    from plimsoll.lab.compare.run import CompareOutcome

PICTURE = "compare.png"


def write_page(outcome: "CompareOutcome", folder: Path) -> Path:
    """Write the page into a folder; return its HTML file."""
    from plimsoll.reporting.compare_figure import compare_png
    from plimsoll.reporting.results_html import results_html

    folder.mkdir(parents=True, exist_ok=True)
    own, theirs = outcome.candidate, outcome.baseline
    picture = compare_png(
        own.returns,
        theirs.returns.reindex(own.returns.index),
        outcome.comparison.regimes,
        () if own.forecasts is None else own.forecasts.bins,
        names=(own.strategy, theirs.strategy),
        title=f"{own.strategy} against {theirs.strategy}",
        subtitle=_span_text(outcome),
    )
    text = "\n".join(_lines(outcome)) + "\n"
    (folder / PICTURE).write_bytes(picture)
    (folder / "compare.md").write_text(text, encoding="utf-8")
    page = folder / "compare.html"
    page.write_text(results_html(text, {PICTURE: picture}), encoding="utf-8")
    return page


def _lines(outcome: "CompareOutcome") -> Iterator[str]:
    own, theirs = outcome.candidate.strategy, outcome.baseline.strategy
    yield f"# {own} against {theirs}\n"
    yield f"{_span_text(outcome)}.\n"
    yield f"**{verdict_text(outcome)}**\n"
    yield f"{difference_text(outcome)}\n"
    yield f"![Both accounts, and their Sharpe ratios by the market's state]({PICTURE})\n"
    yield from _table([*HEADER, "Trades", "Turnover a day"], side_rows(outcome))
    if told := list(forecast_lines(outcome)):
        yield "\n## Its forecasts\n"
        yield " ".join(told)
    heads = ["", "Days", f"Sharpe of {own}", f"of {theirs}", f"Return of {own}", f"of {theirs}"]
    for title, parts in (
        ("By the market's state", outcome.comparison.regimes),
        ("By window", outcome.comparison.windows),
    ):
        yield f"\n## {title}\n"
        yield from _table(heads, apart_rows(parts))


def _table(heads: list[str], rows: Iterator[list[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|---|" + "--:|" * (len(heads) - 1)
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _span_text(outcome: "CompareOutcome") -> str:
    days = outcome.candidate.returns.index
    return (
        f"{', '.join(outcome.record['pairs'])}, {days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}, "
        f"code {outcome.record['evidence']['made_with']['code']}"
    )
