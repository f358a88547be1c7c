"""Hold the strategy of a file to the contracts, as Freqtrade loads and asks it."""

import ast
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pandas as pd
from freqtrade.data.dataprovider import DataProvider
from freqtrade.data.history import load_pair_history
from freqtrade.enums import CandleType, RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.persistence.usedb_context import FtNoDBContext
from freqtrade.resolvers import StrategyResolver
from freqtrade.strategy import IStrategy

from plimsoll.bridge.config.layers import read_layer
from plimsoll.bridge.strategies.guarded import GuardedStrategy
from plimsoll.bridge.strategies.portfolio import PortfolioStrategy
from plimsoll.candles.timeframe import timeframe_span
from plimsoll.checks.finding import Finding, described
from plimsoll.checks.strategies import CONTRACTS as ON_CANDLES
from plimsoll.checks.strategies import Market, StrategyTrial, check_strategy
from plimsoll.core import PlimsollError, Side
from plimsoll.features import registering
from plimsoll.lab.strategy_data import DAYS, PAIRS, START, end_of, write_strategy_data
from plimsoll.performance.shortfall import shortfall_words

CANDLES = 25_000
LEAST_DAYS, DAYS_AFTER_THE_CUT = 60, 40
LOOKED_AT = PAIRS[:2]
EQUITY_USD = 10_000.0
CONTRACTS = len(ON_CANDLES) + 2
"""How many contracts a strategy is held to: those on candles, its file and loading."""


def check_strategy_class(file: Path, strategy: type) -> list[Finding]:
    """Hold a strategy that a file defines to every contract; return what fell short.

    What shows in the file comes first: one class. A strategy that cannot be loaded is tried no
    further.
    """
    subject = f"strategy {strategy.__name__}"
    findings = _other_classes(subject, file)
    if findings:
        return findings
    with TemporaryDirectory(prefix="plimsoll-check-") as name, FtNoDBContext("1h"), quiet():
        folder = Path(name)
        (folder / "strategies").mkdir()
        # A copy by itself: no parameters that hyperopt left beside it, and no other file.
        shutil.copy(file, folder / "strategies")
        try:
            trial = _trial(strategy.__name__, folder)
        except (OperationalException, PlimsollError) as error:
            text = f"expected Freqtrade to load it; found {described(error)}"
            return [Finding(subject, "freqtrade loads it", text)]
        return check_strategy(strategy.__name__, trial)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Freqtrade from telling what the made-up data lacks."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(before)


def _other_classes(subject: str, file: Path) -> list[Finding]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    classes = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    if len(classes) == 1:
        return []
    text = f"expected one class, which Freqtrade loads; found {', '.join(classes)}"
    return [Finding(subject, "its file holds one class", text)]


def _trial(name: str, folder: Path) -> StrategyTrial:
    first = load_on(name, folder, folder, end_of(DAYS))
    span = timeframe_span(first.timeframe)
    days = days_of(span, first.startup_candle_count)
    end = end_of(days)
    after = min(DAYS_AFTER_THE_CUT, days // 6)
    cut = (end - pd.Timedelta(days=after) + pd.Timedelta(hours=13)).floor(span)
    made = {"timeframe": first.timeframe, "days": days}
    known = write_strategy_data(folder / "known", **made)
    other = write_strategy_data(folder / "other", changed_from=cut, **made)
    return StrategyTrial(
        known=_market(name, folder, known, end),
        other=_market(name, folder, other, end),
        until=_market(name, folder, known, cut),
        cut=cut,
        candle_span=span,
        startup_candle_count=first.startup_candle_count,
    )


def days_of(span: pd.Timedelta, startup_candle_count: int) -> int:
    """Return how many days to make up: enough for the warm-up twice, not more than needed."""
    usual = max(LEAST_DAYS, min(DAYS, int(CANDLES * span / pd.Timedelta(days=1))))
    needed = int((2 * startup_candle_count + 1000) * span / pd.Timedelta(days=1)) + 1
    return max(usual, needed)


def targets_held(file: Path, strategy: type, layer: Path | None) -> str | None:
    """Return how much of its targets on made-up candles a portfolio could hold, in words.

    Under the default risk profile, or under that of a config layer; ``None`` for what is no
    portfolio, or is not loaded.

    Raises
    ------
    UsageError
        When the layer cannot be read.
    """
    if not issubclass(strategy, PortfolioStrategy):
        return None
    section = {} if layer is None else read_layer(layer).get("plimsoll", {})
    with TemporaryDirectory(prefix="plimsoll-check-") as name, FtNoDBContext("1h"), quiet():
        folder = Path(name)
        (folder / "strategies").mkdir()
        shutil.copy(file, folder / "strategies")
        data = write_strategy_data(folder / "known")
        try:
            made = load_on(strategy.__name__, folder, data, end_of(DAYS), section)
        except (OperationalException, PlimsollError):
            return None  # said by the contract that it is loaded
        held = shortfall_words(made.past_shortfall())
    return f"this profile lets {strategy.__name__} hold {held}, on made-up candles"


def load_on(
    name: str,
    folder: Path,
    data: Path,
    until: pd.Timestamp,
    section: dict[str, Any] | None = None,
    freqai: dict[str, Any] | None = None,
) -> IStrategy:
    """Load a strategy of ``FOLDER/strategies`` as Freqtrade does, over a folder of candles."""
    config: dict[str, Any] = {
        "strategy": name,
        "strategy_path": str(folder / "strategies"),
        "user_data_dir": folder,
        "runmode": RunMode.BACKTEST,
        "stake_currency": "USDT",
        "dry_run": True,
        "candle_type_def": CandleType.FUTURES,
        "trading_mode": "futures",
        "datadir": data,
        "dataformat_ohlcv": "feather",
        "timerange": f"{START.timestamp():.0f}-{until.timestamp():.0f}",
        "plimsoll": section or {},
        **({} if freqai is None else {"freqai": freqai}),
    }
    # Freqtrade runs the file again at each load, and so what it registers.
    with registering():
        strategy = StrategyResolver.load_strategy(config)
    strategy.dp = DataProvider(config, None, SimpleNamespace(whitelist=list(PAIRS)))
    strategy.wallets = SimpleNamespace(
        get_total=lambda _: EQUITY_USD, get_total_stake_amount=lambda: EQUITY_USD
    )
    return strategy


def _market(name: str, folder: Path, data: Path, until: pd.Timestamp) -> Market:
    strategy = load_on(name, folder, data, until)
    candles = {
        pair: load_pair_history(
            pair,
            strategy.timeframe,
            data,
            data_format="feather",
            candle_type=CandleType.FUTURES,
        )
        for pair in LOOKED_AT
    }

    def analyse(pair: str, frame: pd.DataFrame) -> pd.DataFrame:
        metadata = {"pair": pair}
        return strategy.ft_advise_signals(strategy.advise_indicators(frame, metadata), metadata)

    def stakes(moment: pd.Timestamp) -> dict[str, float]:
        if not isinstance(strategy, GuardedStrategy):
            return {}
        now = moment.to_pydatetime()
        return {
            f"{pair} {side.value}": strategy.desired_stake(pair, side, EQUITY_USD / 10, now)
            for pair in LOOKED_AT
            for side in Side
        }

    return Market(candles, analyse, stakes)
