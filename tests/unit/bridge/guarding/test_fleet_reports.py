"""What is told is heard as it was; what is none is said to be none."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plimsoll.bridge.guarding.fleet_reports import (
    heard_report,
    heard_window,
    told_levels,
    told_position,
    told_window,
    wallet_of,
    whose_money,
)
from plimsoll.bridge.state.fleet_folder import REPORT, FleetFolder
from plimsoll.candles.windows import Window
from plimsoll.core import Position, Side
from plimsoll.risk.fleet import FleetLevels

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
        "fleet": "f1",
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
    heard = heard_report(folder, "trend", "f1")
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
        {"fleet": "f2"},
        {"fleet": None},
    ],
)
def test_what_is_no_report_is_said_to_be_none(tmp_path: Path, changed: dict[str, Any]) -> None:
    folder = FleetFolder(tmp_path)
    folder.write(REPORT, "trend", told(**changed))
    said = heard_report(folder, "trend", "f1")
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


LEVELS: dict[str, Any] = {
    "epoch": "a",
    "day_at": NOON.isoformat(),
    "day_usd": 1.0,
    "high_usd": 2,
    "last_usd": None,
    "capital_usd": 3.0,
    "bots": ["carry", "trend"],
}


def test_levels_come_back_also_those_of_before_the_capital_was_told() -> None:
    assert told_levels(LEVELS) == FleetLevels(
        epoch="a",
        day_at=NOON,
        day_usd=1.0,
        high_usd=2.0,
        capital_usd=3.0,
        bots=("carry", "trend"),
    )
    old = {name: LEVELS[name] for name in ("epoch", "day_at", "day_usd", "high_usd", "last_usd")}
    assert told_levels(old) == FleetLevels(epoch="a", day_at=NOON, day_usd=1.0, high_usd=2.0)


@pytest.mark.parametrize(
    "changed", [{"high_usd": "2"}, {"day_usd": True}, {"day_at": "2026-11-19T00:00:00"}]
)
def test_levels_that_cannot_be_compared_are_none(changed: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        told_levels({**LEVELS, **changed})


def test_bots_of_one_spot_account_have_money_of_their_own_and_share_its_coins() -> None:
    def config(bot: str, key: str = "k") -> dict[str, Any]:
        exchange = {"name": "binance", "key": key}
        fleet = {"fleet": {"bot": bot}}
        own = {"dry_run": False, "trading_mode": "spot", "available_capital": 500.0}
        return {**own, "exchange": exchange, "plimsoll": fleet}

    one, other = config("trend"), config("carry")
    assert whose_money(one, "trend", books=False) != whose_money(other, "carry", books=False)
    assert wallet_of(one) == wallet_of(other) != ""
    assert wallet_of(one) != wallet_of(config("trend", "another"))
