"""The controls of a real stepped venue over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest

from plimsoll.bridge.freqtrade.venue_steps import VenueSteps
from plimsoll.core import PlimsollError
from tests.ports import free_port
from tests.unit.venue.serving import venue

SERVING = ("--symbols", "BTCUSDT", "--start", "2025-03-05T00:00:01Z")


@pytest.fixture
def served() -> Iterator[dict[str, Any]]:
    with venue(*SERVING, "--clock", "stepped") as line:
        yield line


def test_a_step_to_the_millisecond_and_the_path_that_it_takes(served: dict[str, Any]) -> None:
    steps = VenueSteps(served["url"])
    began = steps.now_ms()
    paths = steps.paths(["BTC/USDT:USDT"], began, began + 60_000)
    assert steps.move(59_999) == began + 59_999
    assert steps.now_ms() == began + 59_999
    assert paths["BTC/USDT:USDT"].points[-1][0] == began + 60_000
    with pytest.raises(PlimsollError, match="refused path: unknown contract"):
        steps.paths(["ETH/USDT:USDT"], began, began + 1)


def test_a_clock_that_moves_by_itself_is_refused() -> None:
    with venue(*SERVING) as line, pytest.raises(PlimsollError, match="expected a stepped clock"):
        VenueSteps(line["url"]).now_ms()


def test_nobody_at_the_address_is_said() -> None:
    with pytest.raises(PlimsollError, match="does not answer"):
        VenueSteps(f"http://127.0.0.1:{free_port()}").now_ms()
