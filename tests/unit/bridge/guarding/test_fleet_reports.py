"""What is told is heard as it was; what is none is said to be none."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plimsoll.bridge.guarding.fleet_reports import (
    heard_report,
    heard_window,
    told_position,
    told_window,
)
from plimsoll.bridge.state.fleet_folder import REPORT, FleetFolder
from plimsoll.candles.windows import Window
from plimsoll.core import Position, Side

NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)
HELD = Position(
    pair="BTC/USDT:USDT",
    side=Side.SHORT,
    entry_price=100.0,
    mark_price=None,
    amount=2.0,
    leverage=3.0,
    stop_price=None,
    liquidation_price=130.0,
    margin_usd=66.0,
    opened_at=NOON,
)


def told(**changed: Any) -> dict[str, Any]:
    return {
        "account": "one",
        "as_of": NOON.isoformat(),
        "capital_usd": 1.0,
        "profit_usd": -2,
        "mode": "ACTIVE",
        "positions": [told_position(HELD)],
        "windows": {},
        **changed,
    }


def test_a_report_and_its_positions_come_back(tmp_path: Path) -> None:
    folder = FleetFolder(tmp_path)
    folder.write(REPORT, "trend", told())
    heard = heard_report(folder, "trend")
    assert not isinstance(heard, str)
    assert heard.positions == (HELD,)
    assert (heard.profit_usd, heard.as_of) == (-2.0, NOON)


@pytest.mark.parametrize(
    "changed",
    [
        {"profit_usd": True},
        {"capital_usd": "1"},
        {"as_of": "2026-11-19T12:00:00"},
        {"as_of": 5},
        {"positions": [{}]},
        {"positions": [{**told_position(HELD), "amount": "much"}]},
        {"positions": 3},
    ],
)
def test_what_is_no_report_is_said_to_be_none(tmp_path: Path, changed: dict[str, Any]) -> None:
    folder = FleetFolder(tmp_path)
    folder.write(REPORT, "trend", told(**changed))
    said = heard_report(folder, "trend")
    assert isinstance(said, str)
    assert "trend" in said


def test_closes_come_back_and_what_was_not_told_is_not_there(tmp_path: Path) -> None:
    folder = FleetFolder(tmp_path)
    window = Window(np.asarray([0, 300]), np.asarray([1.0, 2.0]))
    folder.write(REPORT, "trend", told(windows={"BTC": told_window(window)}))
    heard = heard_window(folder, "trend", "BTC")
    assert heard is not None
    assert heard.closes.tolist() == [1.0, 2.0]
    assert heard.opened == window.opened
    assert heard_window(folder, "trend", "ETH") is None
    assert heard_window(folder, "carry", "BTC") is None
