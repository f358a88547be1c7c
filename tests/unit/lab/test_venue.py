"""A venue as a child process: served, steered, refused, ended."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from plimsoll.core import PlimsollError
from plimsoll.lab.processes import wait_until
from plimsoll.lab.venue import Venue, serve_venue

START = "2025-03-01T00:00:00Z"
START_MS = 1_740_787_200_000


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    folder = tmp_path_factory.mktemp("venue")
    with serve_venue(["--symbols", "BTCUSDT", "--start", START], folder=folder) as served:
        yield served


def test_it_says_where_it_listens_and_writes_its_profile(venue: Venue) -> None:
    assert venue.url.startswith("http://127.0.0.1:")
    assert venue.symbols == ("BTCUSDT",)
    assert venue.url in venue.config.read_text(encoding="utf-8")


def test_its_clock_can_be_read_and_sped_up(venue: Venue) -> None:
    before = venue.now_ms()
    assert START_MS <= before < START_MS + 600_000
    venue.set_speed(3600.0)
    wait_until(lambda: venue.now_ms() >= before + 60_000, seconds=10, what="a minute to pass")
    venue.set_speed(1.0)


def test_what_it_refuses_is_told_with_its_own_words(venue: Venue) -> None:
    with pytest.raises(PlimsollError, match=r"the venue refused clock/speed: .+"):
        venue.set_speed(-1.0)
    with pytest.raises(PlimsollError, match=r"the venue refused scenario: .*no_such_scenario"):
        venue.start_scenario("no_such_scenario")


def test_after_the_block_its_process_has_ended(tmp_path: Path) -> None:
    with serve_venue(["--symbols", "BTCUSDT"], folder=tmp_path) as served:
        os.kill(served.pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(served.pid, 0)
    with pytest.raises(PlimsollError, match="does not answer"):
        served.now_ms()


def test_a_venue_that_does_not_start_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(PlimsollError, match=r"did not start: .*NOSUCHUSDT"),
        serve_venue(["--symbols", "NOSUCHUSDT"], folder=tmp_path),
    ):
        pass
