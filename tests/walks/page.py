"""``docs/walk-forward-results.md``, written from the rows of a run."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from freqtrade import __version__ as freqtrade_version

from plimsoll.performance.significance import assess
from tests.walks.subjects import EPOCHS, Subject

HEAD = """# Walk-forward of shipped strategies on real data

<!-- Written by `make walks` from what it ran. Do not edit by hand. -->

Six rolling windows, {epochs} epochs in each, winners by daily Sharpe ratio, traded on the days
after. Binance USDT-margined perpetuals, taker fees and funding, guards off, 100,000 USDT to begin
with. Each winner was run again by Freqtrade {freqtrade} itself, on its test days.
How to read it: [walk-forward](walk-forward.md).

```bash
make walks DATA=folder
```

Nothing here was chosen by these tests: the strategies are shipped with the values that their own
pages give reasons for. All of it lies before July 2025, on data that was looked at before.

"""

TABLE = (
    "| Strategy | Tested | Return | Deepest fall | Sharpe (95 %) | above 0 | Deflated, one look | "
    "Deflated, all trials | Overfitting | Paths below 0 | Trials | Confirmed |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|\n"
)


def page(rows: Sequence[tuple[Subject, dict[str, Any]]]) -> str:
    """Return the page's text."""
    text = HEAD.format(epochs=EPOCHS, freqtrade=freqtrade_version)
    text += "## Out of sample\n\n" + TABLE
    text += "".join(_proof_row(subject, row["walk"]) for subject, row in rows)
    text += (
        "\n*Above 0* is the chance that the true Sharpe ratio is. *Deflated* is the chance that it "
        "is above what the best of as many trials has by luck: of one look at the tested days, and "
        "of every epoch of every window. *Overfitting* is how often the best of the training days "
        "is among the lower half on the others ([paths](walk-forward.md#paths)).\n\n"
    )
    text += "## Time\n\n" + _times(rows)
    for subject, row in rows:
        text += f"\n## {subject.strategy}: {subject.study.name}\n\n"
        text += f"![Account, paths and winners](images/walk-forward-{subject.strategy}.png)\n\n"
        text += _windows(row["walk"])
    return text


def _proof_row(subject: Subject, walk: dict[str, Any]) -> str:
    told = walk["out_of_sample"]
    returns = np.array(told["daily_returns"])
    once, searched = (assess(returns, trials=count) for count in (1, walk["trials"]))
    paths = walk["paths"]
    below = sum(one < 0 for one in paths["sharpes"]) / len(paths["sharpes"])
    confirmed = sum(one["confirmed"] for one in walk["windows"])
    cells = (
        subject.strategy,
        f"{told['days']} days from {walk['windows'][0]['test'][0][:10]}",
        f"{told['total_return_fraction']:+.1%}",
        f"{told['drawdown_fraction']:.1%}",
        f"{once.sharpe:.2f} ({once.low:.2f} to {once.high:.2f})",
        f"{once.probabilistic_sharpe:.0%}",
        f"{once.deflated_sharpe:.0%}",
        f"{searched.deflated_sharpe:.0%}",
        f"{paths['overfitting']['probability']:.0%} of {paths['trials']} sets",
        f"{below:.0%} of {len(paths['sharpes'])}",
        f"{walk['trials']:,}",
        f"{confirmed} of {len(walk['windows'])}",
    )
    return f"| {' | '.join(cells)} |\n"


def _times(rows: Sequence[tuple[Subject, dict[str, Any]]]) -> str:
    text = (
        "Two processors. *By the command* is what six times `freqtrade hyperopt` of as many epochs "
        "and `freqtrade backtesting` of the tests would take: its start and its epochs were timed "
        "in the first window, with two jobs.\n\n"
        "| Strategy | Walk-forward, paths and confirmations included | By the command | Ratio | "
        "Search, epochs a minute: one process | two | two Dask workers on PostgreSQL | "
        "`freqtrade hyperopt`, two jobs |\n"
        "|---|---|---|---|---|---|---|---|\n"
    )
    for subject, row in rows:
        own, took = row["own"], row["walk"]["wall_seconds"]
        each = own["start_seconds"] + own["epoch_seconds"] * (EPOCHS - 1) + own["test_seconds"]
        whole = each * len(row["walk"]["windows"])
        rates = row["search"]
        shared = f"{rates['dask']:,.0f}" if "dask" in rates else "not measured"
        text += (
            f"| {subject.strategy} | {took:.0f} s | {whole / 60:.0f} min | {whole / took:.0f} | "
            f"{rates['1']:,.0f} | {rates['2']:,.0f} | {shared} | "
            f"{60 / own['epoch_seconds']:.0f} |\n"
        )
    text += (
        "\nThe figure of two Dask workers contains that each loads data and strategy first; "
        "those of one and two processes begin when that is done.\n"
    )
    for subject, row in rows:
        if again := row.get("again"):
            found = "found the same" if again["same"] else "DID NOT FIND THE SAME"
            text += (
                f"\nA second walk of {subject.strategy}, killed after "
                f"{again['killed_after_seconds']:.0f} s and gone on with, {found}: parameters, "
                "losses, test returns and hashes of every fill, window by window.\n"
            )
    return text


def _windows(walk: dict[str, Any]) -> str:
    text = "| Training | Test | Sharpe in training | in test | Return | Trades |\n"
    text += "|---|---|---|---|---|---|\n"
    for one in walk["windows"]:
        spans = [f"{days[0][:10]} to {days[1][:10]}" for days in (one["train"], one["test"])]
        text += (
            f"| {spans[0]} | {spans[1]} | {_figure(one['train_sharpe'])} | "
            f"{_figure(one['test_sharpe'])} | {one['test_return_fraction']:+.1%} | "
            f"{one['trades']:,} |\n"
        )
    text += "\n| Parameter | Winners by window | Mean step, share of its range | By luck |\n"
    text += "|---|---|---|---|\n"
    for one in walk["stability"]:
        winners = ", ".join(map(str, one["winners"]))
        text += (
            f"| {one['name']} | {winners} | {one['step_fraction']:.0%} | {one['by_luck']:.0%} |\n"
        )
    return text


def _figure(value: float | None) -> str:
    return "-" if value is None or value != value else f"{value:.2f}"
