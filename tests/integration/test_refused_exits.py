"""Exits that the exchange refuses or lets expire: an alarm that says why, and flat in the end."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.lab.venue import Venue, serve_venue
from tests.support.one_process import ENTERS, WIDE, OneProcessBot, one_process_bot

pytestmark = pytest.mark.freqtrade

IMPATIENT = {**WIDE, "flatten_alarm_seconds": 0.2, "flatten_repeat_seconds": 0.2}
FAULTS = [
    ({"kind": "reject-order"}, "ReduceOnly Order is rejected. (-2022)"),
    (
        {"kind": "reject-order", "code": -1111},
        "Precision is over the maximum defined for this asset. (-1111)",
    ),
    (
        {"kind": "reject-order", "code": -4131},
        "The counterparty's best price does not meet the PERCENT_PRICE filter limit. (-4131)",
    ),
    ({"kind": "reject-order", "code": -2019}, "Margin is insufficient."),
    ({"kind": "http-error", "paths": ["POST /fapi/v1/order"]}, "Service unavailable: fault."),
    ({"kind": "expire-order"}, "its last exit order ended unfilled: expired"),
]


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    arguments = ["--market", "synthetic", "--symbols", "BTC/USDT:USDT,ETH/USDT:USDT"]
    with serve_venue(arguments, folder=tmp_path_factory.mktemp("venue")) as served:
        yield served


@pytest.fixture(autouse=True)
def mended(venue: Venue) -> Iterator[None]:
    """Leave no fault to the next test."""
    yield
    faults(venue, "DELETE", {})


def faults(venue: Venue, method: str, body: dict[str, Any]) -> None:
    with httpx.Client(trust_env=False, timeout=10) as client:
        client.request(method, f"{venue.url}/plimsoll/faults", json=body).raise_for_status()


def closing(bot: OneProcessBot) -> dict[str, Any]:
    return (StateFolder(bot.folder / "user_data/plimsoll").status() or {})["closing"]


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        pytest.param(fault, why, id=why, marks=[pytest.mark.slow] if number not in (0, 5) else [])
        for number, (fault, why) in enumerate(FAULTS)
    ],
)
def test_an_exit_that_fails_is_an_alarm_with_its_reason_and_flat_once_it_can_be(
    tmp_path: Path, venue: Venue, fault: dict[str, Any], why: str
) -> None:
    with one_process_bot(tmp_path, venue, ENTERS, plimsoll={"risk": IMPATIENT}) as bot:
        bot.loop()
        assert len(bot.held()) == 2
        faults(venue, "POST", {**fault, "symbols": ["ETHUSDT"]})
        StateFolder(tmp_path / "user_data/plimsoll").set_halt("drill")
        for _ in range(3):
            bot.loop()
            time.sleep(0.25)
        bot.loop()
        assert list(bot.held()) == ["ETHUSDT"], "one pair keeps no other from being closed"
        (open_row,) = closing(bot)["open"]
        assert (open_row["pair"], open_row["rule"]) == ("ETH/USDT:USDT", "manual_halt")
        assert why in open_row["why"]
        assert closing(bot)["alarms"] >= 2
        faults(venue, "DELETE", {})
        bot.loop()
        assert bot.held() == {}
        assert bot.open_trades() == []
        bot.loop()
        told = [one["message"] for one in bot.records("error") if one["where"] == "flatten"]
        assert why in told[0]
        assert told[1].startswith("🛑🛑 STILL OPEN after ")
        assert told[-1].startswith("✅ All positions closed after ")
        assert "closing" not in (StateFolder(tmp_path / "user_data/plimsoll").status() or {})


def test_a_restart_goes_on_where_the_refused_exit_was(tmp_path: Path, venue: Venue) -> None:
    risk = {"plimsoll": {"risk": IMPATIENT}}
    with one_process_bot(tmp_path, venue, ENTERS, **risk) as bot:
        bot.loop()
        faults(venue, "POST", {"kind": "reject-order"})
        StateFolder(tmp_path / "user_data/plimsoll").set_halt("drill")
        bot.loop()
        bot.loop()
        assert len(bot.held()) == 2
        since = closing(bot)["since"]
    with one_process_bot(tmp_path, venue, ENTERS, **risk) as again:
        again.loop()
        assert closing(again)["since"] == since
        faults(venue, "DELETE", {})
        again.loop()
        assert again.held() == {}
