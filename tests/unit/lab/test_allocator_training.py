"""Training an allocator on a data folder: what it learns from, and what it is judged on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plimsoll.agents import read_allocator
from plimsoll.agents.allocator_training import AllocatorPlan, TrainedAllocator
from plimsoll.core import PlimsollError
from plimsoll.lab import allocator_training
from plimsoll.lab.allocator_training import AllocatorLesson, rule_returns, teach_allocator
from plimsoll.learning.allocation import Sleeves
from tests.conftest import random_candles
from tests.unit.agents.allocators import signal_network

PAIRS = tuple(f"{coin}/USDT:USDT" for coin in ("BTC", "ETH", "SOL", "XRP", "ADA"))
BEGIN, UNTIL = (pd.Timestamp(day, tz="UTC") for day in ("2024-01-01", "2025-06-20"))


@pytest.fixture(scope="module")
def datadir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Candles and funding of five pairs, four years from 2023 on."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "futures").mkdir()
    dates = pd.date_range("2023-01-01", "2027-01-01", freq="h", tz="UTC", inclusive="left")
    for seed, pair in enumerate(PAIRS):
        frame = random_candles(len(dates), timeframe="1h", seed=seed).assign(date=dates)
        name = pair.replace("/", "_").replace(":", "_")
        frame[["date", "open", "high", "low", "close", "volume"]].to_feather(
            folder / "futures" / f"{name}-1h-futures.feather"
        )
        rates = pd.DataFrame({"date": dates[::8]})
        rates["open"] = np.random.default_rng(seed + 9).normal(1e-4, 1e-4, len(rates))
        for column in ("high", "low", "close", "volume"):
            rates[column] = 0.0
        rates.to_feather(folder / "futures" / f"{name}-1h-funding_rate.feather")
    return folder


@pytest.fixture(scope="module")
def returns(datadir: Path) -> pd.DataFrame:
    return rule_returns(datadir, PAIRS)


@pytest.fixture
def lived(monkeypatch: pytest.MonkeyPatch, returns: pd.DataFrame) -> list[Sleeves]:
    """What was learned from; the training itself is tested with the extra."""
    found: list[Sleeves] = []

    def answer(sleeves: Sleeves, *_: object, **__: object) -> TrainedAllocator:
        found.append(sleeves)
        return TrainedAllocator(signal_network(), [{"total": 0.1}], 512, {"torch": "2"})

    monkeypatch.setattr(allocator_training, "train_allocator", answer)
    monkeypatch.setattr(allocator_training, "rule_returns", lambda *_: returns)
    return found


def lesson(datadir: Path, **changed: object) -> AllocatorLesson:
    whole = AllocatorLesson(
        datadir=datadir, pairs=PAIRS, begin=BEGIN, until=UNTIL, plan=AllocatorPlan(seed=7)
    )
    return replace(whole, **changed)  # type: ignore[arg-type]


def test_the_returns_are_those_of_the_four_rule_strategies(returns: pd.DataFrame) -> None:
    assert list(returns) == ["trend", "carry", "cross", "follow"]
    assert returns.notna().all(axis=None)
    assert (returns != 0).mean().min() > 0.3
    assert returns.abs().max().max() < 0.5
    steps = pd.DatetimeIndex(returns.index).to_series().diff().dropna()
    assert (steps == pd.Timedelta(days=1)).all()


def test_it_learns_up_to_the_day_and_is_judged_on_whole_quarters_after(
    datadir: Path, tmp_path: Path, lived: list[Sleeves]
) -> None:
    taught = teach_allocator(lesson(datadir), tmp_path)
    [sleeves] = lived
    assert len(sleeves) == (UNTIL - BEGIN).days
    kept = read_allocator(taught.file)
    assert taught.file.name == "ppo-20250620-7.npz"
    assert (kept.trained_from, kept.trained_until) == (BEGIN, UNTIL)
    assert kept.sleeves == ("trend", "carry", "cross", "follow")
    assert taught.judgement is not None
    assert taught.judgement.episodes == 6  # from July 2025 to the end of 2026


def test_few_quarters_after_are_not_judged(
    datadir: Path, tmp_path: Path, lived: list[Sleeves]
) -> None:
    late = lesson(datadir, until=pd.Timestamp("2025-12-31", tz="UTC"))
    assert teach_allocator(late, tmp_path).judgement is None


def test_too_few_days_to_learn_from_are_refused(
    datadir: Path, tmp_path: Path, lived: list[Sleeves]
) -> None:
    short = lesson(datadir, begin=UNTIL - pd.Timedelta(days=100))
    with pytest.raises(
        PlimsollError, match=r"expected 120 days of the rule strategies .* found 100"
    ):
        teach_allocator(short, tmp_path)
    assert lived == []


def test_data_that_is_missing_is_named(datadir: Path, tmp_path: Path) -> None:
    with pytest.raises(PlimsollError, match="LTC/USDT:USDT"):
        rule_returns(datadir, ["LTC/USDT:USDT"])
