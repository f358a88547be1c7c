"""The drill's own strategy wants everything, unless a file says otherwise."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from plimsoll.core import Side
from plimsoll.lab.drilling.strategies.drilled_long import DrilledLong

NOW = datetime(2025, 5, 29, tzinfo=UTC)
CANDLES = pd.DataFrame({"close": [1.0, 2.0]})


def drilled(folder: Path) -> DrilledLong:
    made = DrilledLong.__new__(DrilledLong)
    made.config = {"user_data_dir": folder}
    return made


def test_it_enters_after_every_candle_until_it_is_idle(tmp_path: Path) -> None:
    assert drilled(tmp_path).entry_signal(CANDLES, Side.LONG).all()
    (tmp_path / "idle").touch()
    assert not drilled(tmp_path).entry_signal(CANDLES, Side.LONG).any()


def test_its_leverage_is_one_until_a_file_names_another(tmp_path: Path) -> None:
    assert drilled(tmp_path).desired_leverage("BTC/USDT:USDT", Side.LONG, NOW) == 1
    (tmp_path / "leverage").write_text("3")
    assert drilled(tmp_path).desired_leverage("BTC/USDT:USDT", Side.LONG, NOW) == 3


def test_it_halves_a_position_once_when_it_is_asked_to(tmp_path: Path) -> None:
    class Held:
        stake_amount, nr_of_successful_exits = 1000.0, 0

    trade: Any = Held()
    assert drilled(tmp_path).adjust_position(trade, NOW, 1.0, 0.0) is None
    (tmp_path / "halve").touch()
    assert drilled(tmp_path).adjust_position(trade, NOW, 1.0, 0.0) == -500
    trade.nr_of_successful_exits = 1
    assert drilled(tmp_path).adjust_position(trade, NOW, 1.0, 0.0) is None
