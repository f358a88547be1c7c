"""The pictures of ``plimsoll results``: equity of all accounts, and the worst of each."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plimsoll.lab.study_rows import Findings


def equity_picture(findings: "Findings") -> bytes:
    """Draw a panel for each way of guarding; baselines are in all of them."""
    from plimsoll.reporting.drawing import Curve
    from plimsoll.reporting.results_figure import Panel, results_png

    baselines = [
        Curve(row.strategy, row.equity, is_hold=True) for row in findings.rows if row.is_baseline
    ]
    panels = []
    traded = dict.fromkeys(row.guarding for row in findings.rows if not row.is_baseline)
    for guarding in traded or {"off": None}:
        rows = [row for row in findings.rows if row.guarding == guarding and not row.is_baseline]
        panels.append(
            Panel(
                f"Guards {guarding}",
                [*(Curve(row.strategy, row.equity) for row in rows), *baselines],
                {row.strategy: row.halt.at for row in rows if row.halt is not None},
            )
        )
    return results_png(
        panels,
        title="All strategies on real data, after all costs",
        subtitle="Binance USD-M perpetuals, marked to market each hour; a cross: account halted",
    )


def guards_picture(findings: "Findings") -> bytes:
    """Draw the worst of each strategy with guards off and on."""
    from plimsoll.cli.results_guards import bars
    from plimsoll.reporting.results_figure import guards_png

    return guards_png(
        bars(findings.rows),
        title="What the guards bought",
        subtitle="The worst of each account, guards off and on; Binance USD-M perpetuals, "
        "after all costs",
    )
