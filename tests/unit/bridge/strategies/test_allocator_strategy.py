"""The strategy that an allocator shares out, and when its shares are equal."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from freqtrade.enums import RunMode
from freqtrade.optimize.backtest_caching import get_strategy_run_id

from plimsoll.agents import Allocator, write_allocator
from plimsoll.signals.ensemble import capped_shares
from tests.unit.agents.allocators import allocator
from tests.unit.bridge.bots import Bot, build
from tests.unit.bridge.trades import backtest_trades
from tests.unit.learning.sleeves import made_returns


@pytest.fixture(scope="module", autouse=True)
def in_memory() -> Iterator[None]:
    """Trades of a backtest."""
    with backtest_trades():
        yield


def put(folder: Path, one: Allocator, name: str = "one") -> Path:
    file = folder / "agents" / "RLAllocator" / f"{name}.npz"
    write_allocator(one, file)
    return file


def sharer(folder: Path) -> Bot:
    return build(folder, RunMode.BACKTEST, strategy="RLAllocator", timeframe="1h")


def returns(days: int = 366) -> pd.DataFrame:
    index = pd.date_range("2024-01-01", periods=days, freq="D", tz="UTC")
    return pd.DataFrame(made_returns(days=days, count=4, edge=0.002), index, list("abcd"))


def held(bot: Bot) -> pd.DataFrame:
    """The shares as the ensemble holds them."""
    return capped_shares(bot.strategy.learned_shares(returns()))


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if "RLAllocator: " in one.getMessage()]


def test_it_holds_what_its_allocator_says(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    put(tmp_path, allocator())
    shares = held(sharer(tmp_path))
    assert np.allclose(shares.sum(axis=1), 1)
    assert np.allclose(shares.iloc[:59], 0.25)
    assert not np.isclose(shares.iloc[59:], 0.25).all(axis=1).any()
    assert said(caplog) == []


@pytest.mark.parametrize(
    ("day", "line"),
    [
        ("2021-01-01", "no allocator had learned lately enough"),  # too old
        ("2030-01-01", "no allocator had learned lately enough"),  # it would know what comes
    ],
)
def test_one_of_another_time_is_not_asked(
    day: str, line: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(tmp_path, allocator(trained_until=pd.Timestamp(day, tz="UTC")))
    assert np.allclose(held(sharer(tmp_path)), 0.25)
    assert line in said(caplog)[0]


def test_without_one_shares_are_equal_and_a_line_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bot = sharer(tmp_path)
    for _ in range(3):
        assert np.allclose(held(bot), 0.25)
    [line] = said(caplog)
    assert "found none; shares are equal" in line


def test_a_damaged_file_beside_a_good_one_makes_shares_equal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(tmp_path, allocator())
    file = put(tmp_path, allocator(seed=2), "two")
    bot = sharer(tmp_path)
    assert not np.allclose(held(bot), 0.25)
    file.write_bytes(file.read_bytes()[:-40])
    assert np.allclose(held(bot), 0.25)
    [line] = said(caplog)
    assert "two.npz" in line
    assert line.endswith("; shares are equal")
    file.unlink()
    assert not np.allclose(held(bot), 0.25)


def test_weights_that_are_no_numbers_are_refused_when_they_are_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = allocator()
    one.network.layers[0][0][0, 0] = np.nan
    put(tmp_path, one)
    assert np.allclose(held(sharer(tmp_path)), 0.25)
    assert "expected known weights" in said(caplog)[0]


def test_a_state_that_is_not_known_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(tmp_path, allocator())
    bot, holed = sharer(tmp_path), returns()
    holed.iloc[-1, 0] = np.nan
    shares = capped_shares(bot.strategy.learned_shares(holed))
    assert np.allclose(shares.iloc[-1], 0.25)
    assert "the newest state is not known" in said(caplog)[0]


def test_another_allocator_is_another_backtest(tmp_path: Path) -> None:
    put(tmp_path, allocator())
    first = get_strategy_run_id(sharer(tmp_path).strategy)
    put(tmp_path, allocator(seed=2), "two")
    assert get_strategy_run_id(sharer(tmp_path).strategy) != first
