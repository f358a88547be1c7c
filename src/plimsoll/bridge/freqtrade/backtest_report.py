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

from plimsoll.bridge.freqtrade.command_line import running_command
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.guard_acts import SECTION, GuardActs
from plimsoll.performance.guard_words import guard_sentences, guard_table

logger = logging.getLogger(__name__)

ActsOf = Callable[[Iterable[Mapping[str, Any]], datetime, datetime], GuardActs]
"""Returns what the guards did, given the run's trades and its first and last candle."""

SHOWN_BY = ("freqtrade.optimize.optimize_reports", "freqtrade.optimize.backtesting")
"""Modules that hold `show_backtest_results` by its name."""

_offered: dict[str, tuple[Mapping[str, Any], ActsOf]] = {}


def offer_acts(strategy: str, config: Mapping[str, Any], acts_of: ActsOf) -> None:
    """Have the result of a strategy's run say what its guards did.

    ``config`` is the strategy's own: by it the run is told from another of the same name.
    """
    _offered[strategy] = config, acts_of
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
        for sentence in guard_sentences(acts, strategy):
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
        config, acts_of = _offered.get(strategy, (None, None))
        if acts_of is not None and config is content.get("config"):
            acts = acts_of(statistics["trades"], min_date, max_date)
            statistics[SECTION] = acts.to_dict()
        return statistics

    return generated


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
