"""The page of ``plimsoll monte-carlo``: Markdown, HTML and the picture."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plimsoll.cli.monte_carlo import HEADER, NAMES, candles_lines, candles_rows, signals_lines

if TYPE_CHECKING:
    from plimsoll.lab.monte_carlo.run import MonteCarloOutcome

PICTURE = "monte-carlo.png"


def write_page(outcome: "MonteCarloOutcome", folder: Path) -> Path:
    """Write the page into a folder; return its HTML file."""
    from plimsoll.reporting.results_html import results_html

    folder.mkdir(parents=True, exist_ok=True)
    picture, text = _picture(outcome.record), "\n".join(_lines(outcome.record)) + "\n"
    (folder / PICTURE).write_bytes(picture)
    (folder / "monte-carlo.md").write_text(text, encoding="utf-8")
    page = folder / "monte-carlo.html"
    page.write_text(results_html(text, {PICTURE: picture}), encoding="utf-8")
    return page


def _picture(record: dict[str, Any]) -> bytes:
    from plimsoll.reporting.monte_carlo_figure import LotPanel, monte_carlo_png

    rows = []
    for kind, drawn, words in (
        ("signals", "shuffled", "signals shuffled"),
        ("candles", "redrawn", "days drawn anew"),
    ):
        if kind in record:
            told = record[kind]
            names = [name for name in NAMES if kind == "candles" or name != "drawdown_fraction"]
            rows.append(
                [
                    LotPanel(
                        f"{NAMES[name]}, {words}",
                        told[drawn][name],
                        told["real"][name],
                        is_share=name != "sharpe",
                    )
                    for name in names
                ]
            )
    return monte_carlo_png(
        rows, title=f"Monte Carlo of {record['strategy']}", subtitle=_span_text(record)
    )


def _lines(record: dict[str, Any]) -> Iterator[str]:
    yield f"# Monte Carlo of {record['strategy']}\n"
    yield f"{_span_text(record)}. Seed {record['seed']}.\n"
    yield f"![Where the real run lies among those of the lot]({PICTURE})\n"
    if "signals" in record:
        yield "## Is the timing worth anything?\n"
        yield from signals_lines(record)
        yield ""
    if "candles" in record:
        yield "## What else could have come of such days?\n"
        yield f"| {' | '.join(HEADER)} |"
        yield "|" + "---|" * len(HEADER)
        for row in candles_rows(record):
            yield f"| {' | '.join(row)} |"
        yield ""
        yield from candles_lines(record)


def _span_text(record: dict[str, Any]) -> str:
    first, last = (text[:10] for text in record["span"])
    return f"{', '.join(record['pairs'])}, {record['timeframe']} candles, {first} to {last}"
