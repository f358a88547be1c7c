"""What a FreqAI model learns from: features of the past, and labels of the declared future."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from freqtrade.data.history import load_pair_history
from freqtrade.enums import CandleType
from freqtrade.strategy import IStrategy

from plimsoll.checks.comparing import difference
from plimsoll.checks.finding import Finding
from plimsoll.lab.strategy_data import PAIRS

LABEL_CANDLES = 24
FEATURES_OF_THE_PAST = "a model's features rest on the past"
LABELS_IN_TIME = "a model's labels end where they say"
LABELS_OF_THE_FUTURE = "a model's labels are of the future"
SETTINGS: dict[str, Any] = {
    "enabled": False,
    "feature_parameters": {
        "label_period_candles": LABEL_CANDLES,
        "include_timeframes": ["1h"],
        "include_corr_pairlist": [],
        "include_shifted_candles": 1,
        "indicator_periods_candles": [10, 20],
    },
}


def learns(strategy: IStrategy) -> bool:
    """Return whether a strategy makes labels for FreqAI."""
    return type(strategy).set_freqai_targets is not IStrategy.set_freqai_targets


@dataclass(frozen=True)
class LearningTrial:
    """A strategy over two folders that are the same up to a moment."""

    known: IStrategy
    other: IStrategy
    known_data: Path
    other_data: Path
    cut: pd.Timestamp
    span: pd.Timedelta


def label_findings(subject: str, trial: LearningTrial) -> list[Finding]:
    """Compare the features and labels of both: a finding for each column that knows too much.

    A feature may not change before the moment. A label may change in the last
    ``label_period_candles`` before it, as the config declares them to FreqAI, and must change
    there: one that does not is known when it is to be forecast.
    """
    findings: list[Finding] = []
    for pair in PAIRS[:2]:
        one = _engineered(trial.known, trial.known_data, pair)
        two = _engineered(trial.other, trial.other_data, pair)
        for name in one.columns:
            closed = one["date"] + trial.span <= trial.cut
            if name.startswith("%"):
                findings += _feature(subject, pair, name, one[closed], two[closed], trial)
            elif name.startswith("&"):
                findings += _label(subject, pair, name, one[closed], two[closed], trial)
    first: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        first.setdefault((finding.contract, finding.text.partition(" of ")[0]), finding)
    return list(first.values())


def _feature(
    subject: str,
    pair: str,
    name: str,
    one: pd.DataFrame,
    two: pd.DataFrame,
    trial: LearningTrial,
) -> Iterator[Finding]:
    if text := difference(_numbers(two[name]), _numbers(one[name])):
        said = f"the feature {name} of {pair} with another future from {trial.cut:%Y-%m-%d %H:%M}"
        text = f"{said}: {text}; a model that learns from it learns its own answer"
        yield Finding(subject, FEATURES_OF_THE_PAST, text)


def _label(
    subject: str,
    pair: str,
    name: str,
    one: pd.DataFrame,
    two: pd.DataFrame,
    trial: LearningTrial,
) -> Iterator[Finding]:
    told = int(trial.known.freqai_info["feature_parameters"]["label_period_candles"])
    if text := difference(_numbers(two[name].iloc[:-told]), _numbers(one[name].iloc[:-told])):
        said = f"the label {name} of {pair} reaches farther than label_period_candles ({told})"
        yield Finding(subject, LABELS_IN_TIME, f"{said}: {text}; training sees into the test")
    if difference(_numbers(two[name].iloc[-told:]), _numbers(one[name].iloc[-told:])) is None:
        said = f"the label {name} of {pair} does not depend on what comes after its candle"
        yield Finding(subject, LABELS_OF_THE_FUTURE, f"{said}: is it shifted the wrong way?")


def _engineered(strategy: IStrategy, data: Path, pair: str) -> pd.DataFrame:
    """Return a pair's candles with features and labels, made as FreqAI asks for them."""
    frame = load_pair_history(
        pair, strategy.timeframe, data, data_format="feather", candle_type=CandleType.FUTURES
    )
    metadata = {"pair": pair, "tf": strategy.timeframe}
    periods = strategy.freqai_info["feature_parameters"]["indicator_periods_candles"]
    for period in periods:
        frame = strategy.feature_engineering_expand_all(frame, period, metadata=metadata)
        names = {name: name.replace("-period", f"-{period}") for name in frame.columns}
        frame = frame.rename(columns=names)
    for step in ("feature_engineering_expand_basic", "feature_engineering_standard"):
        make: Callable[..., pd.DataFrame] = getattr(strategy, step)
        frame = make(frame, metadata=metadata)
    return strategy.set_freqai_targets(frame, metadata=metadata)


def _numbers(column: "pd.Series[Any]") -> "pd.Series[float]":
    """Return a column as numbers; a word is its hash."""
    if pd.api.types.is_numeric_dtype(column):
        return column.astype("float64")
    words = column.astype("object").where(column.notna(), "").astype(str).to_numpy(dtype="object")
    return pd.Series(pd.util.hash_array(words).astype("float64"), index=column.index)
