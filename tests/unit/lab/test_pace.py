"""A market that waits for its bot."""

from dataclasses import dataclass, field

from plimsoll.lab.pace import LATE_SECONDS, LEAST, Pace


@dataclass
class Market:
    """A clock with a speed, and the last loop of the bot on it."""

    now: float = 1_000_000.0
    looped: int | None = 1_000_000
    speeds: list[float] = field(default_factory=list)

    def health(self) -> dict[str, int | None] | None:
        return {"last_process_ts": self.looped}

    def pace(self, most: float = 120.0) -> Pace:
        return Pace(self.speeds.append, lambda: int(self.now * 1000), self.health, most=most)

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


def test_a_bot_that_keeps_up_sees_the_market_at_its_speed() -> None:
    market = Market()
    pace = market.pace()
    pace.run()
    market.pass_by(LATE_SECONDS)
    assert not pace.look()
    assert market.speeds == [120]


def test_a_bot_that_is_late_halves_the_speed_once_a_loop() -> None:
    market = Market()
    pace = market.pace()
    pace.run()
    market.pass_by(LATE_SECONDS + 1)
    assert pace.look()
    assert not pace.look(), "the same loop says nothing about the new speed"
    market.looped = int(market.now)
    assert not pace.look()
    market.pass_by(LATE_SECONDS + 1)
    assert pace.look()
    assert market.speeds == [120, 60, 30]
    pace.run()
    assert market.speeds[-1] == 30, "what the bot kept up with is kept"


def test_it_is_never_slower_than_the_least() -> None:
    market = Market()
    pace = market.pace()
    for _ in range(10):
        market.looped = int(market.now)
        market.pass_by(LATE_SECONDS + 1)
        pace.look()
    assert pace.speed == LEAST
    assert market.speeds == [60, 30, 15, LEAST]


def test_nothing_is_judged_before_the_first_loop_or_without_an_answer() -> None:
    market = Market(looped=None)
    pace = market.pace()
    market.pass_by(LATE_SECONDS * 10)
    assert pace.looped_at() is None
    assert not pace.look()
    silent = Pace(market.speeds.append, lambda: 0, lambda: None, most=120)
    assert not silent.look()
    assert market.speeds == []


def test_a_loop_that_was_judged_is_not_judged_again_after_a_pause() -> None:
    market = Market()
    pace = market.pace()
    market.pass_by(LATE_SECONDS + 1)
    assert pace.look()
    pace.run()
    assert not pace.look()
    assert pace.speed == 60
