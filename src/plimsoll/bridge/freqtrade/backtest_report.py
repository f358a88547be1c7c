"""Let Freqtrade's report of a backtest say what the guards did, in the file and on the screen.

`generate_strategy_stats` makes a strategy's part of the exported result: ours is added there, so
that it is in the zip, in ``--strategy-list`` and in what the API returns. `show_backtest_results`
prints the tables of ``backtesting`` and ``backtesting-show``: ours follows. Hyperopt imports the
first by another name and is left alone.
"""

import logging
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any

from plimsoll.bridge.config.subject import versions
from plimsoll.bridge.freqtrade.backtest_marks import marked_record
from plimsoll.bridge.freqtrade.command_line import running_command
from plimsoll.gates.evidence.results import MADE_WITH
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.guard_acts import SECTION, GuardActs
from plimsoll.performance.guard_words import guard_sentences, guard_table
from plimsoll.performance.marked_days import KEY as MARKED_DAYS
from plimsoll.performance.shortfall import Shortfall, shortfall_sentence

logger = logging.getLogger(__name__)

ActsOf = Callable[[Iterable[Mapping[str, Any]], datetime, datetime], GuardActs]
"""Returns what the guards did, given the run's trades and its first and last candle."""

FigureOf = Callable[[], Mapping[str, Any] | None]
"""Returns a figure of the strategy's own, as JSON holds it; ``None`` where there is none."""

SHOWN_BY = ("freqtrade.optimize.optimize_reports", "freqtrade.optimize.backtesting")
"""Modules that hold `show_backtest_results` by its name."""

_offered: dict[str, tuple[Mapping[str, Any], ActsOf]] = {}
_figures: dict[tuple[str, str], tuple[Mapping[str, Any], FigureOf]] = {}


def offer_acts(strategy: str, config: Mapping[str, Any], acts_of: ActsOf) -> None:
    """Have the result of a strategy's run say what its guards did.

    ``config`` is the strategy's own: by it the run is told from another of the same name.
    """
    _offered[strategy] = config, acts_of
    install()


def offer_figure(strategy: str, config: Mapping[str, Any], key: str, figure: FigureOf) -> None:
    """Have the result of a strategy's run hold a figure of its own beside its guards' acts."""
    _figures[strategy, key] = config, figure
    install()


def install_where_shown() -> None:
    """Add ours where this process's command prints a report, also of a run without guards."""
    if running_command() in ("backtesting", "backtesting-show"):
        install()


def install() -> None:
    """Add ours to Freqtrade's report; a second call changes nothing."""
    from freqtrade.optimize.optimize_reports import bt_output, optimize_reports

    if getattr(bt_output.show_backtest_results, SECTION, False):
        return
    optimize_reports.generate_strategy_stats = _with_acts(optimize_reports.generate_strategy_stats)
    showing = _showing_acts(bt_output.show_backtest_results)
    bt_output.show_backtest_results = showing
    for name in SHOWN_BY:
        if (module := sys.modules.get(name)) is not None:
            module.show_backtest_results = showing  # type: ignore[attr-defined]


def show_acts(statistics: Mapping[str, Mapping[str, Any]]) -> None:
    """Print what the guards did, a table a strategy, in the style of Freqtrade's own.

    Raises
    ------
    MeasureError
        When a result holds what the guards did in another shape than this version's.
    """
    from freqtrade.loggers.rich_console import get_rich_console
    from freqtrade.util import print_rich_table
    from rich.table import Column

    console = get_rich_console()
    for strategy, one in statistics.items():
        acts = GuardActs.from_result(one)
        table = None if acts is None else guard_table(acts, strategy)
        if table is not None:
            columns: Any = [
                Column(name, justify="right" if number else "left")
                for number, name in enumerate(table.headers)
            ]
            print_rich_table(table.rows, columns, summary=table.title)
        sentences = guard_sentences(acts, strategy)
        if (shortfall := Shortfall.from_result(one)) is not None:
            sentences.append(shortfall_sentence(shortfall, strategy))
        for sentence in sentences:
            console.print(sentence, markup=False, highlight=False)


def _with_acts(generate: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    @wraps(generate)
    def generated(
        pairlist: list[str],
        strategy: str,
        content: Mapping[str, Any],
        min_date: datetime,
        max_date: datetime,
        *others: Any,
        **named: Any,
    ) -> dict[str, Any]:
        statistics = generate(pairlist, strategy, content, min_date, max_date, *others, **named)
        offered = _offered.get(strategy)
        if offered is not None and offered[0] is content.get("config"):
            config, acts_of = offered
            acts = acts_of(statistics["trades"], min_date, max_date)
            ours = acts.to_dict() | _figures_of(strategy, config) | {MADE_WITH: versions()}
            balance = statistics["starting_balance"]
            marked = marked_record(
                config, content["results"], pairlist, min_date, max_date, balance
            )
            statistics[SECTION] = ours if marked is None else ours | {MARKED_DAYS: marked}
        return statistics

    return generated


def _figures_of(strategy: str, config: Any) -> dict[str, Any]:
    """Return the figures that are offered for a run and that there are."""
    offered = {
        key: figure()
        for (name, key), (own, figure) in _figures.items()
        if name == strategy and own is config
    }
    return {key: figure for key, figure in offered.items() if figure is not None}


def _showing_acts(show: Callable[..., None]) -> Callable[..., None]:
    @wraps(show)
    def shown(config: Any, backtest_stats: Any) -> None:
        show(config, backtest_stats)
        try:
            show_acts(backtest_stats["strategy"])
        except MeasureError as error:
            logger.warning("plimsoll: %s", error)

    setattr(shown, SECTION, True)
    return shown
