"""Training on a data folder: what an agent learns from, and what it is judged on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plimsoll.agents import read_agent
from plimsoll.agents.training import Plan, Trained
from plimsoll.core import PlimsollError
from plimsoll.lab import agent_training
from plimsoll.lab.agent_training import Lesson, teach
from plimsoll.learning import SIGNALS, Inputs, Market
from tests.unit.agents.agents import follower

PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT")
HOUR = pd.Timedelta(hours=1)
BEGIN, UNTIL = (pd.Timestamp(day, tz="UTC") for day in ("2024-02-01", "2024-05-15"))


@pytest.fixture(scope="module")
def datadir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Candles and funding of two pairs, January to August 2024."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "futures").mkdir()
    dates = pd.date_range("2024-01-01", "2024-09-01", freq=HOUR, tz="UTC", inclusive="left")
    for seed, pair in enumerate(PAIRS):
        draw = np.random.default_rng(seed)
        close = 100 * np.exp(np.cumsum(draw.normal(0, 0.01, len(dates))))
        frame = pd.DataFrame({"date": dates, "open": close, "close": close, "volume": 5.0})
        frame["high"], frame["low"] = close * 1.01, close * 0.99
        name = pair.replace("/", "_").replace(":", "_")
        frame[["date", "open", "high", "low", "close", "volume"]].to_feather(
            folder / "futures" / f"{name}-1h-futures.feather"
        )
        rates = pd.DataFrame({"date": dates[::8], "open": 0.0001})
        for column in ("high", "low", "close", "volume"):
            rates[column] = 0.0
        rates.to_feather(folder / "futures" / f"{name}-1h-funding_rate.feather")
    return folder


@pytest.fixture
def lived(monkeypatch: pytest.MonkeyPatch) -> list[Market]:
    """The markets that were learned from; the training itself is tested with the extra."""
    markets: list[Market] = []

    def answer(market: Market, *_: object, **__: object) -> Trained:
        markets.append(market)
        return Trained(follower(), [{"total": 0.1}], 512, {"torch": "2"})

    monkeypatch.setattr(agent_training, "train", answer)
    return markets


def lesson(datadir: Path, **changed: object) -> Lesson:
    whole = Lesson(
        datadir=datadir, pairs=PAIRS, timeframe="1h", begin=BEGIN, until=UNTIL, plan=Plan(seed=7)
    )
    return replace(whole, **changed)  # type: ignore[arg-type]


def test_it_learns_up_to_the_day_and_is_judged_on_whole_months_after(
    datadir: Path, tmp_path: Path, lived: list[Market]
) -> None:
    taught = teach(lesson(datadir), tmp_path)
    [market] = lived
    hours = int((UNTIL - BEGIN) / HOUR)
    assert len(market) == 2 * hours
    assert np.isfinite(market.signals).all()  # the warm-up lies before the lesson
    assert market.settled.sum() == pytest.approx(2 * hours / 8 * 0.0001)
    agent = read_agent(taught.file)
    assert taught.file.name == "ppo-20240515-7.npz"
    assert (agent.trained_from, agent.trained_until) == (BEGIN, UNTIL)
    assert (agent.pairs, agent.steps, agent.timeframe) == (PAIRS, 512, "1h")
    assert taught.judgement is not None  # June to August of two pairs
    assert len(taught.judgement.rewards) == 2 * int(pd.Timedelta(days=92) / HOUR)


def test_few_months_after_are_not_judged(
    datadir: Path, tmp_path: Path, lived: list[Market]
) -> None:
    late = pd.Timestamp("2024-06-30", tz="UTC")
    assert teach(lesson(datadir, until=late), tmp_path).judgement is None


def test_data_that_is_missing_is_named(datadir: Path, tmp_path: Path, lived: list[Market]) -> None:
    with pytest.raises(PlimsollError, match="no open_interest of BTC"):
        teach(lesson(datadir, inputs=Inputs(interest=True)), tmp_path)
    soon = pd.Timestamp("2024-03-01", tz="UTC")
    with pytest.raises(PlimsollError, match="two months of candles or more"):
        teach(lesson(datadir, until=soon), tmp_path)
    with pytest.raises(PlimsollError, match="no 1h candles of SOL"):
        teach(lesson(datadir, pairs=("SOL/USDT:USDT",)), tmp_path)
    assert lived == []


def forecasts(folder: Path, dates: pd.DatetimeIndex, **changed: object) -> Path:
    """What FreqAI keeps of a backtest: a file a pair and training."""
    folder.mkdir(exist_ok=True)
    half = len(dates) // 2
    for number, part in enumerate((dates[:half], dates[half:])):
        for coin in ("btc", "eth"):
            frame = pd.DataFrame({"date": part, "up": 0.5, "flat": 0.3, "down": 0.2})
            told = frame.assign(**{"do_predict": 1, "holdout_side_skill": 0.1, **changed})
            told.to_feather(folder / f"cb_{coin}_{1700000000 + number}_prediction.feather")
    return folder


def test_an_agent_learns_from_what_a_model_said_in_a_backtest(
    datadir: Path, tmp_path: Path, lived: list[Market]
) -> None:
    dates = pd.date_range(BEGIN, UNTIL, freq=HOUR, inclusive="left")
    told = forecasts(tmp_path / "said", dates[: len(dates) * 3 // 4])
    inputs = Inputs(forecast=True)
    agent = teach(lesson(datadir, inputs=inputs, forecasts=told), tmp_path / "one").agent
    [market] = lived
    signal = market.signals[: len(dates), SIGNALS.index("ml_signal")]
    assert np.allclose(signal[: len(dates) * 3 // 4], 0.65)  # up, and half of flat
    assert np.allclose(signal[len(dates) * 3 // 4 :], 0.5)
    assert agent.inputs.forecast
    blind = forecasts(tmp_path / "blind", dates, holdout_side_skill=-0.1)
    teach(lesson(datadir, inputs=inputs, forecasts=blind), tmp_path / "two")
    assert np.allclose(lived[1].signals[:, SIGNALS.index("ml_signal")], 0.5)


@pytest.mark.parametrize(
    ("part", "changed", "said"),
    [
        (4, {}, "for 50% of the candles of BTC/USDT:USDT or more, found 25%"),
        (1, {"up": None}, "expected forecasts of up and down for BTC"),
        (0, {}, "found 0 files"),
    ],
)
def test_forecasts_that_are_too_few_or_none_are_refused(
    part: int,
    changed: dict[str, object],
    said: str,
    datadir: Path,
    tmp_path: Path,
    lived: list[Market],
) -> None:
    dates, folder = pd.date_range(BEGIN, UNTIL, freq=HOUR, inclusive="left"), tmp_path / "said"
    if part:
        forecasts(folder, dates[: len(dates) // part])
    for file in folder.glob("*") if changed else ():
        pd.read_feather(file).drop(columns=list(changed)).to_feather(file)
    with pytest.raises(PlimsollError, match=said):
        teach(lesson(datadir, inputs=Inputs(forecast=True), forecasts=folder), tmp_path)
    assert lived == []
