"""Whatever happens to a seat: one champion at most, on unseen data, and the same when replayed."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.champions.errors import SeatError
from plimsoll.champions.events import (
    RULE,
    CandleClosed,
    Drifted,
    Event,
    Lost,
    Promoted,
    Refused,
    Reviewed,
    RolledBack,
    Started,
    TradeClosed,
    Trained,
    TrainingBegan,
    TrainingFailed,
    event_from,
    event_record,
    seat_from,
    seat_record,
)
from plimsoll.champions.judging import decide
from plimsoll.champions.policy import ChampionPolicy
from plimsoll.champions.seat import EMPTY, Role, Seat, Version
from plimsoll.champions.transition import apply, replay

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS = 3600
# The shortest trial there is, shortened past its bound: a decision within a few events.
POLICY = ChampionPolicy(enabled=True).model_copy(
    update={"trial_outcomes": 6, "level": 0.45, "rollback_level": 0.45, "max_missing_fraction": 0.4}
)
NAMES = [f"v{number}" for number in range(6)]
PRICES = st.one_of(
    st.floats(50, 200), st.none(), st.sampled_from([float("nan"), 0.0, -1.0, float("inf")])
)
POSITIONS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from([-1, 0, 1, None]))
MOMENTS = st.integers(-48, 400).map(lambda hours: BEGIN + timedelta(hours=hours))


@st.composite
def versions(draw: st.DrawFn) -> Version:
    seen = draw(MOMENTS)
    return Version(draw(st.sampled_from(NAMES)), "hash", seen - timedelta(days=9), seen, seen)


def hours(number: int) -> datetime:
    return BEGIN + timedelta(hours=number)


@st.composite
def weeks(draw: st.DrawFn) -> list[Event]:
    """A life in order: trainings, runs of candles with a trend, acts, now and then a hole."""
    now, made = 0, 0
    events: list[Event] = []
    for part in draw(
        st.lists(st.sampled_from(["train", "candles", "candles", "act"]), min_size=3, max_size=14)
    ):
        if part == "train":
            seen = hours(now + draw(st.integers(0, 4)))
            version = Version(f"v{made}", "hash", BEGIN - timedelta(days=9), seen, hours(now))
            events.append(Trained(hours(now), version))
            made += 1
        elif part == "act":
            name = f"v{draw(st.integers(0, max(made - 1, 0)))}"
            kind = draw(st.sampled_from([Promoted, RolledBack, None]))
            events.append(
                Lost(hours(now), name, "") if kind is None else kind(hours(now), name, "Ada", "")
            )
        else:
            held = {f"v{n}": draw(st.sampled_from([-1, 0, 1, 1, None])) for n in range(made)}
            up, price = draw(st.sampled_from([0.99, 1.01])), 100.0
            for swing in draw(st.lists(st.floats(0.995, 1.005), min_size=7, max_size=10)):
                price *= up * swing
                events.append(
                    CandleClosed(hours(now + 1), hours(now), SECONDS, price, held, 0.0005)
                )
                now += draw(st.sampled_from([1, 1, 1, 1, 1, 1, 2]))
    return events


SINGLE: list[st.SearchStrategy[Event]] = [
    st.builds(Started, MOMENTS),
    st.builds(TrainingBegan, MOMENTS, st.just("due")),
    st.builds(TrainingFailed, MOMENTS, st.just("no rows")),
    st.builds(Trained, MOMENTS, versions()),
    st.builds(CandleClosed, MOMENTS, MOMENTS, st.just(SECONDS), PRICES, POSITIONS, st.just(0.001)),
    st.builds(
        TradeClosed, MOMENTS, MOMENTS, st.sampled_from(["champion", "challenger"]), st.floats()
    ),
    st.builds(Drifted, MOMENTS, st.just("rsi")),
    st.builds(
        Promoted, MOMENTS, st.sampled_from(NAMES), st.sampled_from([RULE, "Ada"]), st.just("")
    ),
    st.builds(Refused, MOMENTS, st.sampled_from(NAMES), st.just("")),
    st.builds(Reviewed, MOMENTS, st.sampled_from(NAMES), st.just("")),
    st.builds(
        RolledBack, MOMENTS, st.sampled_from(NAMES), st.sampled_from([RULE, "Ada"]), st.just("")
    ),
    st.builds(Lost, MOMENTS, st.sampled_from(NAMES), st.just("gone")),
]
HISTORIES = st.one_of(st.lists(st.one_of(SINGLE), max_size=25), weeks(), weeks())


def lived(
    history: list[Event],
) -> tuple[Seat, list[Event], list[tuple[Seat, Promoted | RolledBack]]]:
    """The seat after a history, what of it was taken, and the decisions with the seat before."""
    seat, taken = EMPTY, list[Event]()
    decisions: list[tuple[Seat, Promoted | RolledBack]] = []
    for wanted in history:
        decision: Event | None = wanted
        while decision is not None:
            try:
                after = apply(seat, decision)
            except SeatError:
                break  # refused; the seat is as it was
            if isinstance(decision, Promoted | RolledBack):
                decisions.append((seat, decision))
            seat = after
            taken.append(decision)
            decision = decide(seat, wanted.at, POLICY, candle_seconds=SECONDS)
    return seat, taken, decisions


def stored(value: Any) -> Any:
    return json.loads(json.dumps(value))


@settings(max_examples=80, deadline=None)
@given(HISTORIES)
def test_there_is_never_a_second_champion_nor_a_version_in_two_places(
    history: list[Event],
) -> None:
    seat = EMPTY
    for event in history:
        try:
            seat = apply(seat, event)
        except SeatError:
            continue
        roles = [role for role, _ in seat.versions()]
        names = [one.name for _, one in seat.versions()]
        assert roles.count(Role.CHAMPION) <= 1
        assert roles.count(Role.CHALLENGER) <= 1
        assert len(names) == len(set(names))
        assert seat.champion is not None or seat.challenger is None


@settings(max_examples=80, deadline=None)
@given(HISTORIES)
def test_a_champion_is_never_taken_away_but_for_another_or_for_lost_files(
    history: list[Event],
) -> None:
    seat = EMPTY
    for event in history:
        try:
            after = apply(seat, event)
        except SeatError:
            continue
        if seat.champion is not None and after.champion is None:
            assert isinstance(event, Lost)
        if seat.champion is not None and after.champion != seat.champion:
            assert isinstance(event, Promoted | RolledBack | Lost)
        seat = after


@settings(max_examples=80, deadline=None)
@given(HISTORIES)
def test_no_rule_promotes_on_data_that_a_model_was_trained_on(history: list[Event]) -> None:
    _, _, decisions = lived(history)
    for seat, event in decisions:
        if not isinstance(event, Promoted) or event.by != RULE:
            continue
        assert seat.champion is not None
        assert seat.challenger is not None
        borders = (seat.champion.seen_until, seat.challenger.seen_until)
        assert all(one.since >= max(borders) for one in seat.trial.outcomes)


@settings(max_examples=80, deadline=None)
@given(HISTORIES, st.integers(0, 60))
def test_what_was_written_down_gives_the_same_seat(history: list[Event], cut: int) -> None:
    seat, taken, _ = lived(history)
    read = [event_from(stored(event_record(event))) for event in taken]
    assert seat_record(replay(read)) == seat_record(seat)
    # From a state in the middle as well: what a start does after a kill.
    middle = seat_from(stored(seat_record(replay(taken[:cut]))))
    assert seat_record(replay(read[cut:], middle)) == seat_record(seat)
    assert seat.seq == len(taken)


def test_the_histories_reach_promotions_and_rollbacks_by_rule() -> None:
    """Without such cases the properties above would hold of nothing."""
    found: set[tuple[str, bool]] = set()

    @settings(max_examples=120, deadline=None, database=None, derandomize=True)
    @given(weeks())
    def search(history: list[Event]) -> None:
        found.update((one.kind, one.by == RULE) for _, one in lived(history)[2])

    search()
    assert ("promoted", False) in found
    assert ("rolled_back", False) in found
    assert ("promoted", True) in found
    assert ("rolled_back", True) in found
