"""The page of ``plimsoll walk-forward``: Markdown, HTML and the picture."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plimsoll.lab.walk_forward.run import WalkOutcome
    from plimsoll.performance.drawdown_interval import DrawdownInterval
    from plimsoll.performance.significance import Significance

PICTURE = "walk-forward.png"


def write_page(outcome: "WalkOutcome", folder: Path) -> Path:
    """Write the page into a folder; return its HTML file."""
    from plimsoll.reporting.results_html import results_html

    folder.mkdir(parents=True, exist_ok=True)
    picture, text = _picture(outcome), "\n".join(_lines(outcome)) + "\n"
    (folder / PICTURE).write_bytes(picture)
    (folder / "walk-forward.md").write_text(text, encoding="utf-8")
    page = folder / "walk-forward.html"
    page.write_text(results_html(text, {PICTURE: picture}), encoding="utf-8")
    return page


def _picture(outcome: "WalkOutcome") -> bytes:
    import pandas as pd

    from plimsoll.reporting.walk_forward_figure import ParameterPanel, walk_forward_png

    record = outcome.record
    told = record["out_of_sample"]
    start = pd.Timestamp(record["windows"][0]["test"][0])
    days = pd.date_range(start + pd.Timedelta(days=1), periods=told["days"], freq="D")
    return walk_forward_png(
        pd.Series(told["daily_returns"], index=days),
        [pd.Timestamp(window["test"][0]) for window in record["windows"]],
        [
            ParameterPanel(one.name, [float(value) for value in one.winners], one.low, one.high)
            for one in outcome.stability
            if one.low is not None and one.high is not None and len(one.winners)
        ],
        (outcome.paths_record or {}).get("sharpes", ()),
        title=f"Walk-forward of {record['strategy']}",
        subtitle=f"{len(record['windows'])} {record['kind']} windows, {record['trials']:,} trials; "
        "what each window found, traded on the days after it",
    )


def _lines(outcome: "WalkOutcome") -> Iterator[str]:
    record, told = outcome.record, outcome.record["out_of_sample"]
    yield f"# Walk-forward of {record['strategy']}"
    yield ""
    yield (
        f"Out of sample: {told['days']} days, {told['total_return_fraction']:+.2%}, Sharpe "
        f"{_figure(told['sharpe'])} a year, deepest fall {told['drawdown_fraction']:.2%}. "
        f"{record['trials']:,} trials; {record['trials_on_data']:,} on this data by now."
    )
    yield f"\n![Account over all tests, paths, and winners by window]({PICTURE})\n"
    yield from _proof_lines(record)
    yield "## Windows\n"
    yield "| Training | Test | Sharpe in training | in test | Return | Trades | Confirmed |"
    yield "|---|---|---|---|---|---|---|"
    for window in record["windows"]:
        yield _window_row(window)
    yield "\n## Parameters\n"
    yield "| Parameter | Winners by window | Mean step, share of its range | By luck |"
    yield "|---|---|---|---|"
    for one in outcome.stability:
        values = ", ".join(map(str, one.winners))
        yield f"| {one.name} | {values} | {one.step_fraction:.0%} | {one.by_luck:.0%} |"
    if outcome.paths_record is not None:
        yield from _paths_lines(outcome.paths_record)


def _proof_lines(record: dict[str, Any]) -> Iterator[str]:
    """Yield what the tested days prove, or why they prove nothing."""
    import numpy as np

    from plimsoll.performance.errors import MeasureError
    from plimsoll.performance.significance import assess

    yield "## What it proves\n"
    returns = np.array(record["out_of_sample"]["daily_returns"], dtype="float64")
    try:
        once, searched = (assess(returns, trials=max(1, one)) for one in (1, record["trials"]))
    except MeasureError as error:
        yield f"Nothing: {error}.\n"
        return
    yield "| Tested days | |"
    yield "|---|---|"
    yield f"| Sharpe, with its interval of {once.covered:.0%} | {_within(once)} |"
    yield f"| Chance of a true Sharpe above 0 | {once.probabilistic_sharpe:.0%} |"
    yield (
        f"| The same above what the best of {searched.trials:,} trials has by luck "
        f"({searched.sharpe_by_luck:.2f}) | {searched.deflated_sharpe:.0%} |"
    )
    yield f"| Days that would prove this Sharpe | {_figure(once.least_track_record_days, 0)} |"
    fall = once.drawdown
    yield f"| Deepest fall, and the same of such days in a worse order | {_falls(fall)} |"
    yield (
        "\nThe winners were found on other days than these, so that one look stands behind them; "
        "deflating by all trials is the harsher view, for whoever looked at tests and searched "
        "on.\n"
    )


def _within(proof: "Significance") -> str:
    return f"{proof.sharpe:.2f} ({proof.low:.2f} to {proof.high:.2f})"


def _falls(fall: "DrawdownInterval") -> str:
    return f"{fall.value:.1%}, up to {fall.high:.1%}"


def _window_row(window: dict[str, Any]) -> str:
    spans = [f"{one[0][:10]} to {one[1][:10]}" for one in (window["train"], window["test"])]
    return (
        f"| {spans[0]} | {spans[1]} | {_figure(window['train_sharpe'])} | "
        f"{_figure(window['test_sharpe'])} | {window['test_return_fraction']:.2%} | "
        f"{window['trades']:,} | {'yes' if window['confirmed'] else 'no'} |"
    )


def _paths_lines(crossed: dict[str, Any]) -> Iterator[str]:
    sharpes = sorted(crossed["sharpes"])
    below = sum(one < 0 for one in sharpes) / len(sharpes)
    yield "\n## Paths\n"
    yield (
        f"{len(sharpes)} paths of {crossed['trials']} trials, {crossed['tested']} of "
        f"{crossed['groups']} groups of days held out at a time: Sharpe {sharpes[0]:.2f} to "
        f"{sharpes[-1]:.2f}, median {sharpes[len(sharpes) // 2]:.2f}, {below:.0%} below 0."
    )
    if (pbo := crossed["overfitting"]) is not None:
        yield f"\nProbability of backtest overfitting: {pbo['probability']:.0%}."


def _figure(value: float | None, places: int = 2) -> str:
    return "-" if value is None or value != value else f"{value:,.{places}f}"
