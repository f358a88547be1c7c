"""The config of a search, as ``freqtrade hyperopt`` would read it from its arguments."""

import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from copy import deepcopy
from pathlib import Path
from typing import Any

from freqtrade.commands.arguments import Arguments
from freqtrade.commands.optimize_commands import setup_optimize_configuration
from freqtrade.enums import RunMode
from freqtrade.exceptions import FreqtradeException

from plimsoll.bridge.freqtrade.plugin_search import register
from plimsoll.core import PlimsollError, UsageError

Config = dict[str, Any]


def hyperopt_config(arguments: Sequence[str]) -> Config:
    """Return what ``freqtrade hyperopt`` makes of its arguments.

    Raises
    ------
    UsageError
        In one line, when Freqtrade would not accept them.
    """
    return _config_of("hyperopt", arguments, RunMode.HYPEROPT)


def backtest_config(arguments: Sequence[str]) -> Config:
    """Return what ``freqtrade backtesting`` makes of its arguments, of which nothing is stored.

    Raises
    ------
    UsageError
        In one line, when Freqtrade would not accept them.
    """
    config = _config_of("backtesting", arguments, RunMode.BACKTEST)
    return config | {"export": "none", "backtest_cache": "none"}


def as_backtest(config: Config) -> Config:
    """Return a copy of a search's config for a backtest of Freqtrade's own that stores nothing."""
    made = deepcopy(config)
    return made | {"runmode": RunMode.BACKTEST, "export": "none", "backtest_cache": "none"}


def with_timerange(config: Config, timerange: str) -> Config:
    """Return a copy of a config for another span."""
    return deepcopy(config) | {"timerange": timerange}


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Freqtrade's news from the terminal, not its warnings."""
    before = logging.root.manager.disable
    logging.disable(max(before, logging.INFO))
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def one_line() -> Iterator[None]:
    """Make an error of Freqtrade one of ours: a line without a traceback."""
    try:
        yield
    except FreqtradeException as error:
        said = " ".join(str(error).split()).removeprefix("plimsoll: ")
        raise PlimsollError(said) from None


def _config_of(command: str, arguments: Sequence[str], mode: RunMode) -> Config:
    said = io.StringIO()
    try:
        with redirect_stderr(said), redirect_stdout(said):
            parsed = Arguments([command, *arguments]).get_parsed_arg()
    except SystemExit:
        lines = [line for line in said.getvalue().splitlines() if line.strip()]
        why = lines[-1].partition(" error: ")[2] if lines else ""
        raise UsageError(
            f"freqtrade {command} would not take these arguments: {why or 'see its --help'}"
        ) from None
    userdir = Path(parsed.get("user_data_dir") or "user_data").expanduser()
    register({"user_data_dir": userdir})
    try:
        config: Config = setup_optimize_configuration(parsed, mode)
    except FreqtradeException as error:
        raise UsageError(" ".join(str(error).split())) from None
    return config
