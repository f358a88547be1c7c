"""A process that lives in the time of a venue: real processes, a real server on loopback.

Rates are of the process's own two clocks. A busy machine may take the processor away between the
two, so that one look proves nothing: a right clock is seen to be right sooner or later, a wrong one
never.
"""

import time
from collections.abc import Callable, Iterator

import pytest

from plimsoll.bridge.freqtrade.venue_clock import FollowVenueClock
from plimsoll.core import PlimsollError
from tests.ports import free_port
from tests.unit.bridge.clocks import ClockServer, Follower, clock_server, follower

SPEED = 50.0
PATIENCE_SECONDS = 60.0

Seen = dict[str, float]


@pytest.fixture
def server() -> Iterator[ClockServer]:
    with clock_server(SPEED) as served:
        yield served


@pytest.fixture
def bot(server: ClockServer) -> Iterator[Follower]:
    with follower(server.url) as started:
        yield started


def rate(seen: Seen) -> float:
    return seen["simulated"] / seen["real"]


def sooner_or_later(look: Callable[[], Seen], is_right: Callable[[Seen], bool]) -> Seen:
    """Look until what is seen is right, and return it; fail with the last look."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_right(seen := look()):
        assert time.monotonic() < until, seen
    return seen


def runs_at(bot: Follower, speed: float) -> Seen:
    """Look until its time is seen to run at a speed."""
    return sooner_or_later(
        lambda: bot.watch(0.4), lambda seen: rate(seen) == pytest.approx(speed, rel=0.1)
    )


def test_time_runs_at_the_venues_speed_from_the_venues_moment(
    server: ClockServer, bot: Follower
) -> None:
    def look() -> Seen:
        seen = bot.watch(0.4)
        return {**seen, "venue": server.reading()["now_ms"] / 1000}

    assert runs_at(bot, SPEED)["backwards"] == 0
    sooner_or_later(
        look,
        lambda seen: (
            seen["venue"] == pytest.approx(seen["now"], abs=0.3 * SPEED)
            and seen["datetime"] == pytest.approx(seen["now"], abs=0.1 * SPEED)
        ),
    )


def test_sleep_wakes_by_simulated_time(bot: Follower) -> None:
    seen = bot.sleep(20)
    assert seen["simulated"] >= 20
    sooner_or_later(lambda: bot.sleep(20), lambda seen: seen["real"] < 10)


def test_sleep_of_a_clock_that_stands_still_ends_in_real_time(
    server: ClockServer, bot: Follower
) -> None:
    server.change(speed=0)
    sooner_or_later(lambda: bot.watch(0.4), lambda seen: seen["simulated"] == 0)
    seen = bot.sleep(0.3)
    assert seen["simulated"] == 0
    assert seen["real"] >= 0.3
    sooner_or_later(lambda: bot.sleep(0.3), lambda seen: seen["real"] < 0.55)


def test_a_change_of_speed_is_followed(server: ClockServer, bot: Follower) -> None:
    server.change(speed=500)
    runs_at(bot, 500)


def test_a_venue_whose_clock_jumps_back_never_turns_time_back(
    server: ClockServer, bot: Follower
) -> None:
    server.change(speed=SPEED, by_seconds=-3600)
    seen = bot.watch(0.8)
    assert seen["backwards"] == 0
    assert seen["simulated"] >= 0


def test_time_goes_on_when_the_venue_dies(server: ClockServer, bot: Follower) -> None:
    server.end()
    bot.watch(0.8)
    runs_at(bot, SPEED)


@pytest.mark.parametrize("breaks", ["half an answer", "no HTTP", "an error", "no object"])
def test_time_goes_on_when_the_venue_breaks_off(
    server: ClockServer, bot: Follower, breaks: str
) -> None:
    server.breaks = breaks
    asked = server.asked
    sooner_or_later(lambda: bot.watch(0.4), lambda _: server.asked > asked)
    runs_at(bot, SPEED)


def test_a_process_that_stops_following_lives_in_real_time(bot: Follower) -> None:
    seen = bot.stop_following()
    assert abs(seen["now"] - time.time()) < 5
    assert abs(seen["datetime"] - time.time()) < 5
    slept = bot.sleep(0.3)
    assert slept["real"] >= 0.29
    assert slept["simulated"] == pytest.approx(slept["real"], abs=0.02)


def test_a_proxy_of_the_environment_is_not_asked_for_loopback(server: ClockServer) -> None:
    dead = f"http://127.0.0.1:{free_port()}"
    with follower(server.url, {"http_proxy": dead, "HTTP_PROXY": dead, "no_proxy": ""}) as bot:
        runs_at(bot, SPEED)


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1:8601",
        "http://example.com",
        "http://127.0.0.1@example.com",
        "http://127.0.0.1.example.com",
        "8601",
        "",
    ],
)
def test_an_address_off_this_machine_is_refused(url: str) -> None:
    with pytest.raises(PlimsollError, match="expected a venue on loopback"):
        FollowVenueClock(url)


def test_an_address_where_nobody_answers_is_refused() -> None:
    with pytest.raises(PlimsollError, match="expected a venue clock at"):
        FollowVenueClock(f"http://127.0.0.1:{free_port()}")
