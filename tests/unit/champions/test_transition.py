from dataclasses import replace
from datetime import timedelta

import pytest

from plimsoll.champions.errors import SeatError
from plimsoll.champions.events import (
    RULE,
    CandleClosed,
    Drifted,
    Lost,
    Promoted,
    Refused,
    RolledBack,
    Started,
    TradeClosed,
    Trained,
    TrainingBegan,
    TrainingFailed,
)
from plimsoll.champions.seat import EMPTY, Seat
from plimsoll.champions.transition import apply, checked, replay
from tests.unit.champions.seats import COST, HOUR, NOON, SECONDS, candle, seated, version, walked


def names(seat: Seat) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for role, one in seat.versions():
        found.setdefault(role.value, []).append(one.name)
    return found


def promoted(seat: Seat, name: str, by: str = RULE) -> Seat:
    return apply(seat, Promoted(NOON, name, by, "better"))


def test_the_first_training_takes_the_seat_and_the_next_ones_wait_their_turn() -> None:
    assert names(seated("v1")) == {"champion": ["v1"]}
    assert names(seated("v1", "v2")) == {"champion": ["v1"], "challenger": ["v2"]}
    # The newest waits; the one that waited before was never asked for a forecast.
    assert names(seated("v1", "v2", "v3", "v4")) == {
        "champion": ["v1"],
        "challenger": ["v2"],
        "waiting": ["v4"],
    }


def test_a_promoted_challenger_leaves_its_place_to_who_waits() -> None:
    seat = promoted(seated("v1", "v2", "v3"), "v2")
    assert names(seat) == {"champion": ["v2"], "predecessor": ["v1"], "challenger": ["v3"]}


def test_a_refused_challenger_is_kept_and_not_taken_by_rule_again() -> None:
    seat = apply(seated("v1", "v2", "v3"), Refused(NOON, "v2", "noise"))
    assert names(seat) == {"champion": ["v1"], "challenger": ["v3"], "retired": ["v2"]}
    with pytest.raises(SeatError, match="expected the challenger"):
        promoted(seat, "v2")
    assert names(promoted(seat, "v2", by="Ada"))["champion"] == ["v2"]


def test_a_rollback_puts_the_predecessor_back_and_retires_who_failed() -> None:
    seat = promoted(seated("v1", "v2", "v3"), "v2")
    back = apply(seat, RolledBack(NOON, "v1", RULE, "degraded"))
    assert names(back) == {"champion": ["v1"], "challenger": ["v3"], "retired": ["v2"]}
    with pytest.raises(SeatError, match="expected the predecessor"):
        apply(back, RolledBack(NOON, "v1", RULE, "again"))


def test_three_predecessors_and_five_retired_are_kept() -> None:
    seat = seated("v0", "v1")
    for number in range(1, 9):
        seat = apply(promoted(seat, f"v{number}"), Trained(NOON, version(f"v{number + 1}")))
    assert names(seat)["predecessor"] == ["v7", "v6", "v5"]
    for number in range(9, 17):
        seat = apply(seat, Refused(NOON, f"v{number}", "noise"))
        seat = apply(seat, Trained(NOON, version(f"v{number + 1}")))
    assert names(seat)["retired"] == ["v16", "v15", "v14", "v13", "v12"]


@pytest.mark.parametrize("name", ["v1", "v9", ""])
def test_nobody_else_is_promoted(name: str) -> None:
    with pytest.raises(SeatError, match="to promote"):
        promoted(seated("v1", "v2"), name, by="Ada")


def test_a_waiting_version_is_promoted_by_a_person_alone() -> None:
    seat = seated("v1", "v2", "v3")
    with pytest.raises(SeatError, match="expected the challenger"):
        promoted(seat, "v3")
    assert names(promoted(seat, "v3", by="Ada")) == {
        "champion": ["v3"],
        "challenger": ["v2"],
        "predecessor": ["v1"],
    }


def test_a_version_cannot_be_trained_twice_or_on_nothing() -> None:
    with pytest.raises(SeatError, match="found v1 again"):
        apply(seated("v1"), Trained(NOON, version("v1")))
    empty = replace(version("v2"), trained_from=NOON)
    with pytest.raises(SeatError, match="expected v2 to have seen data"):
        apply(seated("v1"), Trained(NOON, empty))


def test_outcomes_are_returns_less_costs_of_positions_taken_before() -> None:
    since = NOON + HOUR
    seat = walked(seated("v1", "v2"), {"v1": 1, "v2": -1}, [100.0, 110.0, 99.0], since=since)
    first, second = seat.trial.outcomes
    assert (first.own, first.other) == pytest.approx((0.1 - COST, -0.1 - COST))
    assert (second.own, second.other) == pytest.approx((-0.1, 0.1))
    assert first.since == since
    turned = apply(seat, candle(since + 3 * HOUR, {"v1": -1, "v2": 0}, 99.0))
    last = apply(turned, candle(since + 4 * HOUR, {"v1": -1, "v2": 0}, 108.9)).trial.outcomes[-1]
    assert (last.own, last.other) == pytest.approx((-0.1 - 2 * COST, -COST))


def test_candles_that_one_of_both_has_seen_are_no_evidence() -> None:
    late = NOON + 5 * HOUR
    seat = replay([Trained(NOON, version("v1")), Trained(late, version("v2", seen_until=late))])
    seat = walked(seat, {"v1": 1, "v2": 1}, [100.0] * 10, since=NOON)
    assert [one.since for one in seat.trial.outcomes] == [late + n * HOUR for n in range(4)]
    assert seat.trial.missing == 0


def test_the_rule_cannot_promote_on_what_was_seen_in_training() -> None:
    seat = walked(seated("v1", "v2"), {"v1": 1, "v2": 1}, [100.0] * 5, since=NOON + HOUR)
    assert seat.challenger is not None
    cheat = replace(seat, challenger=replace(seat.challenger, seen_until=NOON + timedelta(days=9)))
    with pytest.raises(SeatError, match="has not seen"):
        promoted(cheat, "v2")
    assert promoted(seat, "v2").champion == version("v2")


@pytest.mark.parametrize(
    ("positions", "closes", "missing"),
    [
        ({"v1": 1, "v2": None}, [100.0] * 4, 3),
        ({"v1": 1}, [100.0] * 4, 3),
        ({"v1": 1, "v2": 1}, [100.0, None, 100.0, 100.0], 2),
        ({"v1": 1, "v2": 1}, [100.0, float("nan"), 100.0, 100.0], 2),
        ({"v1": 1, "v2": 1}, [100.0, 0.0, 100.0, 100.0], 2),
    ],
)
def test_what_is_not_known_is_missing_and_never_a_zero(
    positions: dict[str, int | None], closes: list[float | None], missing: int
) -> None:
    seat = walked(seated("v1", "v2"), positions, closes, since=NOON + HOUR)
    assert (seat.trial.missing, len(seat.trial.outcomes)) == (missing, 3 - missing)


def test_a_gap_in_the_candles_is_a_missing_outcome() -> None:
    seat = walked(seated("v1", "v2"), {"v1": 1, "v2": 1}, [100.0] * 3, since=NOON + HOUR)
    late = apply(seat, candle(NOON + 9 * HOUR, {"v1": 1, "v2": 1}, 150.0))
    assert (len(late.trial.outcomes), late.trial.missing) == (2, 1)


def test_a_candle_told_again_or_from_before_counts_once() -> None:
    seat = walked(seated("v1", "v2"), {"v1": 1, "v2": 1}, [100.0] * 5, since=NOON + HOUR)
    for at in (NOON + 5 * HOUR, NOON + 2 * HOUR):
        again = apply(seat, candle(at, {"v1": -1, "v2": -1}, 500.0))
        assert replace(again, seq=seat.seq, latest_at=seat.latest_at) == seat


def test_the_clock_of_a_seat_does_not_go_back_but_for_a_person() -> None:
    seat = seated("v1", "v2")
    yesterday = NOON - timedelta(days=1)
    assert apply(seat, Started(yesterday)).latest_at == NOON
    assert apply(seat, Promoted(yesterday, "v2", "Ada", "the clock was wrong")).latest_at == (
        yesterday
    )


def test_a_new_champion_begins_its_own_evidence() -> None:
    seat = walked(seated("v1", "v2", "v3"), {"v1": 1, "v2": 1}, [100.0] * 5, since=NOON + HOUR)
    seat = promoted(seat, "v2")
    assert seat.trial.candles == seat.tenure.candles == 0
    # Who steps in has not forecast yet: its first candle is no gap.
    seat = walked(seat, {"v1": 1, "v2": 1, "v3": 1}, [100.0] * 3, since=NOON + 6 * HOUR)
    assert (seat.tenure.candles, seat.tenure.missing) == (3, 0)
    assert (seat.trial.candles, seat.trial.missing) == (2, 0)


def test_a_training_that_was_killed_is_over_with_the_next_start() -> None:
    seat = apply(seated("v1"), TrainingBegan(NOON, "24 h"))
    assert seat.training_since == NOON
    assert apply(seat, Started(NOON + HOUR)).training_since is None
    failed = apply(seat, TrainingFailed(NOON + HOUR, "one class only"))
    assert (failed.training_since, failed.failed_at) == (None, NOON + HOUR)
    assert failed.champion == version("v1")


def test_trades_are_counted_and_booked_by_arm() -> None:
    seat = seated("v1")
    made = [("champion", 0.02), ("challenger", -0.01), ("champion", -0.04)]
    for hour, (arm, profit) in enumerate([*made, ("champion", float("nan"))]):
        closed = TradeClosed(NOON, NOON + hour * HOUR, arm, profit)
        seat = apply(apply(seat, closed), closed)  # told again after a restart
    assert seat.trades_since_training == 4
    assert (seat.arms["champion"].trades, seat.arms["champion"].wins) == (2, 1)
    assert seat.arms["champion"].profit_fraction == pytest.approx(-0.02)
    assert seat.arms["challenger"].trades == 1
    assert apply(seat, Trained(NOON, version("v2"))).trades_since_training == 0


def test_drift_stands_until_the_next_training() -> None:
    seat = apply(apply(seated("v1"), Drifted(NOON, "rsi")), Drifted(NOON, "rsi"))
    assert seat.drifted == ("rsi",)
    assert apply(seat, Trained(NOON, version("v2"))).drifted == ()


def test_a_champion_without_its_files_gives_the_seat_back() -> None:
    seat = promoted(seated("v1", "v2", "v3"), "v2")
    assert names(apply(seat, Lost(NOON, "v2", "changed"))) == {
        "champion": ["v1"],
        "challenger": ["v3"],
    }


def test_the_last_champion_without_its_files_leaves_nobody() -> None:
    seat = apply(seated("v1", "v2", "v3"), Lost(NOON, "v1", "gone"))
    assert names(seat) == {"retired": ["v3", "v2"]}
    assert names(apply(seat, Trained(NOON, version("v4"))))["champion"] == ["v4"]


def test_another_version_without_its_files_is_dropped() -> None:
    assert names(apply(seated("v1", "v2", "v3"), Lost(NOON, "v2", "gone"))) == {
        "champion": ["v1"],
        "challenger": ["v3"],
    }
    seat = promoted(seated("v1", "v2"), "v2")
    assert names(apply(seat, Lost(NOON, "v1", "gone"))) == {"champion": ["v2"]}


def test_a_seat_with_two_of_one_name_is_refused() -> None:
    with pytest.raises(SeatError, match="expected every version once"):
        checked(replace(seated("v1", "v2"), waiting=version("v1")))
    with pytest.raises(SeatError, match="expected a champion before"):
        checked(replace(seated("v1", "v2"), champion=None))


def test_a_position_is_one_of_three() -> None:
    with pytest.raises(SeatError, match="expected a position"):
        apply(seated("v1"), CandleClosed(NOON, NOON, SECONDS, 1.0, {"v1": 2}, COST))


def test_events_count() -> None:
    assert replay([Started(NOON)] * 3, EMPTY).seq == 3
