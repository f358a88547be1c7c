"""What a user wants to see backtested: a span, pairs and strategies, shipped or of others."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from plimsoll.archive.layout import exchange_symbol
from plimsoll.bridge.freqtrade.strategy_files import strategy_files
from plimsoll.bundle import user_data_folder
from plimsoll.candles.timeframe import timeframe_span
from plimsoll.core import UsageError
from plimsoll.lab.strategy_loading import load_strategy
from plimsoll.lab.study import (
    ALL,
    GUARDS_OFF,
    GUARDS_ON,
    RULE,
    SPAN,
    STUDIES,
    TEN,
    Guarding,
    Study,
)
from plimsoll.lab.study_data import KINDS

BASELINES = tuple(name for study in STUDIES for name in study.baselines)
OFF, ON, BOTH = "off", "on", "both"
DEFAULT_PROFILE = "default"
"""A ``--profile`` that adds no risk layer: the limits that every strategy has by default."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen; what is left out is as in the shipped studies.

    ``folders`` hold strategies of others; all of them run when ``strategies`` names none.
    """

    pairs: tuple[str, ...] = ()
    timerange: str | None = None
    strategies: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()
    timeframe: str | None = None
    universe: str = RULE

    @property
    def is_shipped(self) -> bool:
        """Whether nothing is chosen: the run is that of the shipped page."""
        return self == Choice()


def chosen_studies(choice: Choice) -> tuple[Study, ...]:
    """Return the studies that a choice means, one for strategies that can share one.

    A strategy of others brings its own timeframe; it is loaded to know it. The baselines run in
    the first study of shipped strategies, or in the first.

    Raises
    ------
    UsageError
        For a strategy, pair, span or timeframe that there is not, in one line.
    """
    if choice.is_shipped:
        return STUDIES
    _check(choice)
    studies: dict[Study, list[str]] = {}
    for name, template in _templates(choice):
        studies.setdefault(_chosen(template, choice), []).append(name)
    made = [replace(study, strategies=tuple(names)) for study, names in studies.items()]
    if not made:  # baselines alone
        made = [_chosen(replace(STUDIES[0], strategies=(), baselines=()), choice)]
    shipped = (place for place, study in enumerate(made) if study.folder is None)
    place = next(shipped, 0)
    made[place] = replace(made[place], baselines=BASELINES)
    return tuple(made)


def chosen_guardings(guards: str, profile: str | None) -> tuple[Guarding, ...]:
    """Return the ways of guarding that ``guards`` means, under a risk layer.

    ``profile`` is a file, the name of a shipped risk layer, or `DEFAULT_PROFILE`; ``None`` is
    the layer of portfolios.

    Raises
    ------
    UsageError
        For another word, or a layer that is not there.
    """
    on = GUARDS_ON if profile is None else replace(GUARDS_ON, layers=_layers(profile))
    known = {OFF: (GUARDS_OFF,), ON: (on,), BOTH: (GUARDS_OFF, on)}
    if guards not in known:
        raise UsageError(f"expected --guards to be off, on or both; found {guards}")
    return known[guards]


def _layers(profile: str) -> tuple[str, ...]:
    if profile == DEFAULT_PROFILE:
        return ()
    file = Path(profile).expanduser()
    if file.is_file():
        return (str(file.resolve()),)
    shipped = sorted(one.name for one in user_data_folder("config").glob("risk-*.json"))
    name = file.name if file.name.endswith(".json") else f"{file.name}.json"
    if name in shipped and len(file.parts) == 1:
        return (name,)
    known = ", ".join([DEFAULT_PROFILE, *shipped])
    raise UsageError(f"expected --profile to be a file or one of {known}; found {profile}")


def _check(choice: Choice) -> None:
    if choice.universe not in (ALL, RULE):
        raise UsageError(f"expected --universe to be {ALL} or {RULE}; found {choice.universe}")
    for pair in choice.pairs:
        exchange_symbol(pair)
    if choice.timeframe is not None:
        timeframe_span(choice.timeframe)
    if choice.timerange is not None:
        span_of(choice.timerange)


def span_of(timerange: str) -> tuple[datetime, datetime]:
    """Return the first day of a timerange and the day that ends it.

    Raises
    ------
    UsageError
        When it is not two days, the first before the second.
    """
    if re.fullmatch(r"\d{8}-\d{8}", timerange):
        try:
            first, end = (
                datetime.strptime(f"{day}+0000", "%Y%m%d%z") for day in timerange.split("-")
            )
        except ValueError:
            pass
        else:
            if first < end:
                return first, end
    raise UsageError(
        f"expected --timerange to be two days such as 20230101-20240101, found {timerange}"
    )


def _templates(choice: Choice) -> Iterator[tuple[str, Study]]:
    """Yield each strategy with the study that it would have were nothing else chosen."""
    shipped = {name: study for study in STUDIES for name in study.strategies}
    ships = user_data_folder("strategies")  # what others derive theirs from
    others = {
        one.name: folder
        for folder in reversed(choice.folders)
        for one in reversed(strategy_files([_folder(folder), ships]).strategies)
        if ships not in one.file.parents
    }
    names = choice.strategies or tuple(reversed(others)) or tuple(shipped)
    for name in dict.fromkeys(names):
        if name in others:
            yield name, _foreign(name, others[name], choice)
        elif name in shipped:
            yield name, shipped[name]
        elif name not in BASELINES:
            known = ", ".join([*reversed(others), *shipped, *BASELINES])
            raise UsageError(f"expected --strategies to be of {known}; found {name}")


def _folder(folder: Path) -> Path:
    if not folder.is_dir():
        raise UsageError(f"expected a folder of strategies at --strategy-path, found {folder}")
    return folder


def _foreign(name: str, folder: Path, choice: Choice) -> Study:
    """Return the study of a strategy of others; its timeframe is its own unless one is chosen."""
    timeframe = choice.timeframe
    if timeframe is None:
        base = user_data_folder("config") / "base.json"
        userdir = user_data_folder("strategies").parent
        loaded = load_strategy(name, userdir, [base], folder=folder)
        timeframe = str(loaded.strategy.timeframe)
    return Study("", timeframe, TEN, SPAN, (), folder=folder.resolve())


def _chosen(template: Study, choice: Choice) -> Study:
    """Return a study without strategies, as the choice wants it; shipped ones keep their name."""
    changed = replace(
        template,
        pairs=choice.pairs or template.pairs,
        timerange=choice.timerange or template.timerange,
        timeframe=choice.timeframe or template.timeframe,
        strategies=(),
        universe=choice.universe,
        baselines=(),
    )
    if template.name and replace(template, strategies=(), baselines=()) == changed:
        return changed
    count = len(changed.pairs)
    parts = [f"{count} pair{'s' if count > 1 else ''}", changed.timeframe]
    parts += [f"with {KINDS[kind].replace('_', ' ')}" for kind in changed.kinds]
    if changed.universe == ALL:
        parts.append("all of the time")
    if changed.folder is not None:
        parts.append(f"strategies of {changed.folder.name}")
    return replace(changed, name=", ".join(parts))
