"""What a portfolio strategy's targets promise over the span of a study."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from freqtrade.data.dataprovider import DataProvider

from plimsoll.bridge.strategies.portfolio import PortfolioStrategy
from plimsoll.bundle import user_data_folder
from plimsoll.lab.strategy_loading import load_strategy
from plimsoll.lab.study import ALL, Study
from plimsoll.performance.held import Book, promised, years_of

ONE_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Promise:
    """What targets promise over a span and in each calendar year of it."""

    whole: Book
    years: Mapping[int, Book]


def promised_by(
    study: Study, strategy: str, datadir: Path, start: pd.Timestamp, end: pd.Timestamp
) -> Promise | None:
    """Measure the targets that a strategy has from ``start`` to ``end``, as if each were held.

    The targets are those of its default parameters on the candles of ``datadir``; of several a
    day the last counts. ``None`` for a strategy that has no target weights.
    """
    loaded = _portfolio(study, strategy, datadir)
    if loaded is None:
        return None
    weights = loaded.current_targets().weights
    days = weights.groupby(pd.DatetimeIndex(weights.index).floor("D")).last()
    # A day's targets are known at its end: those of the midnights from ``start`` to ``end``.
    closes = loaded.panel().closes("1d").reindex(columns=days.columns)

    def over(first: pd.Timestamp, last: pd.Timestamp) -> Book:
        return promised(days.loc[first - ONE_DAY : last - ONE_DAY], closes)

    years = {year: over(*span) for year, span in years_of(start, end).items()}
    return Promise(over(start, end), years)


def members_by(
    study: Study, strategy: str, datadir: Path, start: pd.Timestamp, end: pd.Timestamp
) -> Mapping[str, tuple[str, ...]] | None:
    """Return which pairs a strategy could hold in each month of a span, by ``2024-03``.

    A month at its end of which less than a day is in the span is not named.
    ``None`` for what holds by no rule: all pairs of a study without one, or no portfolio.
    """
    if study.universe == ALL:
        return None
    loaded = _portfolio(study, strategy, datadir)
    known = None if loaded is None else loaded.membership()
    if known is None:
        return None
    first, last = f"{start:%Y-%m}", f"{end - ONE_DAY:%Y-%m}"
    return {month: pairs for month, pairs in known.months().items() if first <= month <= last}


def _portfolio(study: Study, strategy: str, datadir: Path) -> PortfolioStrategy | None:
    """Return a strategy that sees the data of a study; ``None`` for one without target weights."""
    base = user_data_folder("config") / "base.json"
    userdir = user_data_folder("strategies").parent
    loaded = load_strategy(strategy, userdir, [base], folder=study.folder).strategy
    if not isinstance(loaded, PortfolioStrategy):
        return None
    loaded.config |= {"datadir": datadir, "pairs": list(study.pairs), "timerange": study.timerange}
    ours = loaded.config.get("plimsoll", {})
    loaded.config["plimsoll"] = {**ours, "universe": study.universe}
    loaded.dp = DataProvider(loaded.config, None)
    return loaded
