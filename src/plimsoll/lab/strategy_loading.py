"""One strategy, loaded as Freqtrade loads it, for a look at it; what is wrong is one line."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from freqtrade.enums import CandleType, RunMode, TradingMode
from freqtrade.resolvers import StrategyResolver

from plimsoll.bridge.config.layer_checks import sound_settings
from plimsoll.bridge.config.layers import read_layers
from plimsoll.bridge.freqtrade.strategy_files import StrategyClass, strategy_files
from plimsoll.bridge.strategies.portfolio import PortfolioStrategy
from plimsoll.core import PlimsollError, UsageError

LOGGERS = ("freqtrade", "plimsoll")


@dataclass(frozen=True, slots=True)
class LoadedStrategy:
    """A strategy's object as Freqtrade built it, its file, and whether its text names guards."""

    strategy: Any
    file: Path
    explicit: bool

    @property
    def adjusts(self) -> bool:
        """Whether it may adjust an open position at any price, not at its plan's closes alone."""
        own = getattr(type(self.strategy), "adjust_position", None)
        by_plan = own is PortfolioStrategy.adjust_position
        return bool(self.strategy.position_adjustment_enable) and not by_plan


def load_strategy(
    name: str, userdir: Path, files: Sequence[Path], *, folder: Path | None = None
) -> LoadedStrategy:
    """Load a strategy by its class's name or its file, under a config's layers.

    ``folder`` is Freqtrade's ``--strategy-path``. Nothing is asked of an exchange or read of a
    data folder.

    Raises
    ------
    UsageError
        In one line: no such strategy, several in the file, or what is wrong in its file.
    PlimsollError
        When the layers are not valid.
    """
    config = read_layers(files)
    config["user_data_dir"] = userdir.resolve()
    sound_settings(config)
    recursive = bool(config.get("recursive_strategy_search"))
    own = config.get("strategy_path")
    if name.endswith(".py"):
        folder = Path(name).expanduser().resolve().parent
    folders = [one for one in (folder, own and Path(own), userdir / "strategies") if one]
    chosen = _chosen(name, [Path(one) for one in folders], recursive=recursive)
    config |= {
        "strategy": chosen.name,
        "strategy_path": str(chosen.file.parent),
        "runmode": RunMode.UTIL_NO_EXCHANGE,
    }
    mode = TradingMode(config.get("trading_mode") or TradingMode.SPOT)
    config["candle_type_def"] = CandleType.get_default(mode)
    config.setdefault("stake_amount", "unlimited")
    with _said() as said:
        try:
            strategy = StrategyResolver.load_strategy(config)
        except Exception as error:  # noqa: BLE001 - a strategy's file may raise what it likes
            raise UsageError(_fault(chosen, error, said)) from None
    if broken := _import_fault(said):
        raise UsageError(_named(chosen, broken))
    taken = Path(strategy.__file__)
    if taken.resolve() != chosen.file.resolve():
        why = f"Freqtrade finds a {chosen.name} in {taken} first; rename one"
        raise UsageError(_named(chosen, why))
    return LoadedStrategy(strategy, chosen.file, chosen.explicit)


def _chosen(name: str, folders: Sequence[Path], *, recursive: bool) -> StrategyClass:
    """Return the class that a name or a file means, by the text of the files."""
    if name.endswith(".py"):
        return _of_file(Path(name).expanduser().resolve())
    files = strategy_files(folders, recursive=recursive)
    for one in files.strategies:
        if one.name == name:
            return one
    broken = [f"{file} is not Python: {why}" for file, why in files.broken if file.stem == name]
    if broken:
        raise UsageError(broken[0])
    where = " or ".join(str(folder) for folder in folders)
    known = ", ".join(sorted(one.name for one in files.strategies)) or "no strategy"
    raise UsageError(f"expected a strategy {name} in {where}, found {known}")


def _of_file(file: Path) -> StrategyClass:
    if not file.is_file():
        raise UsageError(f"expected a file with a strategy, found none at {file}")
    files = strategy_files([file.parent], first=file)
    for place, why in files.broken:
        if place == file:
            raise UsageError(f"{file} is not Python: {why}")
    held = [one for one in files.strategies if one.file == file]
    for one in held:
        if one.name == file.stem or len(held) == 1:
            return one
    if not held:
        raise UsageError(f"expected a class derived from IStrategy in {file}, found none")
    names = ", ".join(one.name for one in held)
    raise UsageError(
        f"expected one strategy in {file}, found {names}; name one, with --strategy-path "
        f"{file.parent}"
    )


def _fault(chosen: StrategyClass, error: Exception, said: Sequence[str]) -> str:
    if isinstance(error, PlimsollError):
        return _named(chosen, str(error))
    return _named(chosen, _import_fault(said) or f"{type(error).__name__}: {error}")


def _import_fault(said: Sequence[str]) -> str | None:
    """Return why Freqtrade could not import the file; it warns of that and goes on."""
    line = next((line for line in said if line.startswith("Could not import ")), None)
    return None if line is None else line.partition(" due to ")[2][1:-1]


def _named(chosen: StrategyClass, why: str) -> str:
    return f"{chosen.name} of {chosen.file} cannot be loaded: {' '.join(why.split())}"


class _Collected(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(record.getMessage())


@contextmanager
def _said() -> Iterator[list[str]]:
    """Collect what Freqtrade and the guards log, instead of printing it."""
    lines: list[str] = []
    handler = _Collected(lines)
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
    try:
        yield lines
    finally:
        for logger, propagates in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.propagate = propagates
