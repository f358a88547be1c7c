"""``plimsoll features select`` from beginning to end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from freqtrade.configuration import TimeRange
from freqtrade.exceptions import ConfigurationError

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.bridge.config.layers import read_layers
from plimsoll.bridge.freqai.strategy import ModelStrategy
from plimsoll.core import UsageError
from plimsoll.features import FeatureUse, table
from plimsoll.lab.results import load_candles
from plimsoll.lab.selection.importance import FoldImportance, fold_importances, with_shadows
from plimsoll.lab.selection.ranking import Selection, select
from plimsoll.lab.strategy_loading import load_strategy
from plimsoll.labels import direction

SHADOWS = 8
REPEATS = 3
Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class SelectRequest:
    """What is asked for; the span is cut into ``windows``, each into purged ``folds``."""

    strategy: str
    userdir: Path
    config: tuple[Path, ...]
    datadir: Path
    start: pd.Timestamp
    end: pd.Timestamp
    windows: int = 3
    folds: int = 4
    seed: int = 1


@dataclass(frozen=True, slots=True)
class SelectOutcome:
    """What came of it: the ranking, and what it was made with."""

    selection: Selection
    record: dict[str, Any]


def select_features(request: SelectRequest, say: Say) -> SelectOutcome:
    """Measure what each feature of a model's strategy is worth.

    Raises
    ------
    UsageError
        For a strategy without a model, a feature that candles do not give, or numbers that make no
        sense.
    PlimsollError
        When the data is missing or too little.
    """
    if request.windows < 1 or request.folds < 2:
        raise UsageError("expected 1 of --windows and 2 of --folds at least")
    strategy = load_strategy(request.strategy, request.userdir, request.config).strategy
    if not isinstance(strategy, ModelStrategy) or not strategy.has_model:
        raise UsageError(
            f"expected a strategy with a model and a config that has FreqAI enabled, found "
            f"{request.strategy}; add --config freqai-direction.json"
        )
    pairs = [str(one) for one in read_layers(request.config)["exchange"]["pair_whitelist"]]
    features, labels = _rows(request, strategy, pairs)
    lot = np.random.default_rng(request.seed)
    whole = with_shadows(features, SHADOWS, lot)
    windows: list[list[FoldImportance]] = []
    for number, dates in enumerate(_windows(whole, request.windows), start=1):
        rows = whole.index.get_level_values("date").isin(dates)
        windows.append(
            fold_importances(
                whole[rows],
                labels[rows],
                folds=request.folds,
                horizon_candles=strategy.horizon_candles,
                embargo_candles=_embargo(strategy),
                repeats=REPEATS,
                seed=request.seed,
            )
        )
        say(f"window {number} of {request.windows}: {int(rows.sum()):,} rows")
    made = select(list(whole.columns), windows)
    record = {
        "strategy": strategy.get_strategy_name(),
        "identifier": str(strategy.config["freqai"].get("identifier", "")),
        "pairs": pairs,
        "timeframe": strategy.timeframe,
        "span": [f"{request.start:%Y-%m-%d}", f"{request.end:%Y-%m-%d}"],
        "rows": len(whole),
        "windows": request.windows,
        "folds": request.folds,
        "seed": request.seed,
        "code_fingerprint": code_fingerprint(),
        **made.to_dict(),
    }
    return SelectOutcome(made, record)


def span_of(timerange: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the start and end of a timerange as Freqtrade writes it.

    Raises
    ------
    UsageError
        When it is none, or has no start or end.
    """
    try:
        span = TimeRange.parse_timerange(timerange)
    except ConfigurationError as error:
        raise UsageError(f"--timerange: {error}") from None
    if span.startdt is None or span.stopdt is None:
        raise UsageError("expected --timerange with a start and an end, such as 20230101-20240101")
    return pd.Timestamp(span.startdt), pd.Timestamp(span.stopdt)


def _rows(
    request: SelectRequest, strategy: ModelStrategy, pairs: Sequence[str]
) -> tuple[pd.DataFrame, "pd.Series[str]"]:
    """Return features and labels of all pairs, indexed by date and pair, whole rows only."""
    uses = strategy.model_features()
    _require_candles_alone(uses)
    timeframe = str(strategy.timeframe)
    warm_up = max(use.lookback_candles for use in uses) * pd.Timedelta(timeframe)
    candles = load_candles(
        request.datadir,
        pairs,
        timeframe,
        start=request.start - warm_up,
        end=request.end,
        futures=strategy.config.get("trading_mode") == "futures",
    )
    parts = []
    for pair, frame in candles.items():
        target = direction(
            frame["close"],
            horizon_candles=strategy.horizon_candles,
            threshold=strategy.target_move,
        )
        part = table(frame, uses).assign(target=target, date=frame["date"], pair=pair)
        parts.append(part[part["date"] >= request.start])
    whole = pd.concat(parts).dropna().sort_values(["date", "pair"]).set_index(["date", "pair"])
    if whole.empty:
        raise UsageError("no row has all features and a label; take a longer --timerange")
    return whole.drop(columns="target"), whole["target"].astype(str)


def _require_candles_alone(uses: Sequence[FeatureUse]) -> None:
    known = {"date", "open", "high", "low", "close", "volume"}
    beyond = sorted({one for use in uses for one in use.feature.inputs} - known)
    if beyond:
        raise UsageError(f"expected features of candles alone, found some of {', '.join(beyond)}")


def _embargo(strategy: ModelStrategy) -> int:
    own = strategy.config["freqai"]["feature_parameters"]
    return int(own.get("buffer_train_data_candles", 0))


def _windows(features: pd.DataFrame, count: int) -> list[pd.Index]:
    dates = features.index.get_level_values("date").unique()
    return [dates[part] for part in np.array_split(np.arange(len(dates)), count)]
