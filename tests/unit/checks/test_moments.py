"""A strategy's future is replaced where it decided something."""

import pandas as pd

from plimsoll.checks.leaks import Decision, Fill, StrategyRun
from plimsoll.checks.moments import moments

SPAN = pd.Timedelta(minutes=5)
START = pd.Timestamp("2024-01-01", tz="UTC")
PAIR = "BTC/USDT:USDT"


def at(row: int) -> pd.Timestamp:
    return START + row * SPAN


def chosen(
    decisions: list[Decision] | None = None,
    fills: list[Fill] | None = None,
    filled_within: frozenset[pd.Timestamp] = frozenset(),
    count: int = 6,
) -> list[pd.Timestamp]:
    run = StrategyRun({}, decisions or [], fills or [], filled_within)
    return moments(run, since=START, until=at(1_000), span=SPAN, count=count)


def answers(rows: range, callback: str, value: object) -> list[Decision]:
    return [Decision(at(row), callback, PAIR, value) for row in rows]


def test_two_moments_lie_inside_every_longer_candle() -> None:
    made = chosen()
    assert len(made) == 2
    for one in made:
        for longer in ("15m", "1h", "4h", "24h"):
            assert one != one.floor(pd.Timedelta(longer))


def test_every_kind_of_decision_is_looked_at_twice() -> None:
    decisions = answers(range(300, 900), "leverage", 3.0)
    decisions += answers(range(450, 470), "custom_stake_amount", 50.0)
    fills = [Fill(at(row), PAIR, "sell", 1.0, 100.0, "peak") for row in (500, 600, 700)]
    made = chosen(decisions, fills)
    assert sum(at(450) <= one < at(470) for one in made) >= 2
    assert len({one.at for one in fills} & set(made)) >= 2


def test_answers_that_leave_things_as_they_are_are_no_decisions() -> None:
    idle = answers(range(300, 900), "custom_exit", None)
    idle += answers(range(300, 900), "confirm_trade_entry", True)
    assert chosen(idle) == chosen()
    assert len(chosen([*idle, *answers(range(500, 501), "custom_exit", "peak")])) == 3


def test_stop_shows_a_candle_later_and_an_exit_at_once() -> None:
    assert at(501) in chosen(answers(range(500, 501), "custom_stoploss", -0.1))
    assert at(500) in chosen(answers(range(500, 501), "custom_exit", "peak"))


def test_fill_in_a_candle_that_stopped_a_position_is_not_chosen() -> None:
    fills = [Fill(at(500), PAIR, "sell", 1.0, 100.0, "stop_loss")]
    assert at(500) in chosen(fills=fills)
    assert at(500) not in chosen(fills=fills, filled_within=frozenset({at(500)}))


def test_first_fifth_and_the_last_candle_are_left_out() -> None:
    early = answers(range(199), "leverage", 3.0) + answers(range(999, 1_000), "leverage", 3.0)
    assert chosen(early) == chosen()


def test_no_more_moments_than_asked() -> None:
    decisions = [Decision(at(row), f"kind {row % 20}", PAIR, 5.0) for row in range(300, 900)]
    assert len(chosen(decisions, count=4)) == 4
    assert len(chosen(decisions, count=1)) == 1
