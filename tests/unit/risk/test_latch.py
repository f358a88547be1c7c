"""A breach that one wrong tick could cause must last; one that has acted stays."""

from datetime import timedelta

import pytest

from plimsoll.core import Mode, Verdict
from plimsoll.risk import Evaluation, LatchState, evaluate, observe
from tests.unit.risk.accounts import BTC, ETH, NOON, PROFILE, account, fresh, position

START = LatchState()


def at(seconds: float, *denials: Verdict) -> Evaluation:
    return Evaluation(NOON + timedelta(seconds=seconds), denials)


def flatten(until: float = 3600, *, pair: str | None = None, debounced: bool = True) -> Verdict:
    end = NOON + timedelta(seconds=until)
    return Verdict(Mode.FLATTEN, "rule", "why", end, pair=pair, debounced=debounced)


def halt(*, debounced: bool = True, rule: str = "rule") -> Verdict:
    return Verdict(Mode.HALTED, rule, "why", value=0.13, limit=0.12, debounced=debounced)


def watch(*evaluations: Evaluation, observations: int = 3, state: LatchState = START):
    """The account's verdict after each observation, and the last state."""
    found = []
    for evaluation in evaluations:
        state, after = observe(state, evaluation, observations=observations)
        found.append(after.account)
    return found, state


def modes(*evaluations: Evaluation, **options) -> list[Mode]:
    return [verdict.mode for verdict in watch(*evaluations, **options)[0]]


A, R, F, H = Mode


def test_a_breach_by_marks_acts_at_its_third_observation() -> None:
    found, _ = watch(at(0, flatten()), at(5, flatten()), at(10, flatten()))
    assert [one.mode for one in found] == [R, R, F]
    assert found[0].reason == "why (observation 1 of 3)"
    assert found[1].reason == "why (observation 2 of 3)"
    assert found[0].multiplier == 0
    assert found[2].reason == "why"


def test_one_wrong_tick_does_nothing_but_deny_entries() -> None:
    assert modes(at(0, halt()), at(5), at(10)) == [R, A, A]


def test_observations_must_be_in_a_row() -> None:
    assert modes(at(0, halt()), at(5, halt()), at(9), at(10, halt()), at(15, halt())) == [
        R,
        R,
        A,
        R,
        R,
    ]


def test_a_breach_beyond_the_hard_limit_acts_at_once() -> None:
    assert modes(at(0, halt(debounced=False))) == [H]
    assert modes(at(0, flatten(debounced=False))) == [F]


def test_with_one_observation_everything_acts_at_once() -> None:
    assert modes(at(0, halt()), observations=1) == [H]


def test_a_halt_stays_when_its_cause_is_over_and_time_passes() -> None:
    assert modes(at(0, halt(debounced=False)), at(5), at(1e8)) == [H, H, H]


def test_a_halt_while_waiting_keeps_its_numbers() -> None:
    [found], _ = watch(at(0, halt()))
    assert (found.value, found.limit, found.until, found.mode) == (0.13, 0.12, None, R)


def test_a_person_ends_a_halt() -> None:
    _, state = watch(at(0, halt(debounced=False)), at(5, flatten()))
    after = state.release(state.held)
    assert (after.held, after.counts) == ({}, {})
    assert after.seen_at == state.seen_at
    assert modes(at(6), state=after) == [A]


def test_a_person_ends_one_of_two_and_the_other_stays_stored() -> None:
    near = flatten(debounced=False, pair=ETH)
    _, state = watch(at(0, halt(debounced=False), near), at(5, flatten(pair=BTC)))
    for key in state.held:
        state = state.confirm(key)
    after = state.release([("rule", None)])
    assert list(after.held) == [("rule", ETH)] == list(after.confirmed)
    assert after.counts == {}


def test_what_is_released_may_be_named_by_an_iterator() -> None:
    _, state = watch(at(0, halt(debounced=False), flatten(debounced=False, pair=ETH)))
    for key in state.held:
        state = state.confirm(key)
    after = state.release(iter(list(state.held)))
    assert (after.held, after.confirmed) == ({}, frozenset())
    assert isinstance(after.confirmed, frozenset)


# What is stored


def test_nothing_that_acts_is_stored_before_the_caller_says_so() -> None:
    _, state = watch(at(0, halt(debounced=False)))
    assert state.confirmed == frozenset()
    confirmed = state.confirm(("rule", None))
    assert confirmed.confirmed == {("rule", None)}
    assert (confirmed.held, state.confirmed) == (state.held, frozenset())


def test_what_was_stored_before_a_restart_is_held_and_stored() -> None:
    stored = {("rule", None): halt(), ("rule", ETH): flatten(pair=ETH)}
    state = LatchState.restored(stored)
    assert (state.held, state.confirmed) == (stored, set(stored))
    assert modes(at(0), state=state) == [H]


def test_what_stays_held_as_it_is_stays_stored() -> None:
    _, state = watch(at(0, flatten(60, debounced=False)))
    _, state = watch(at(5), at(10, flatten(60)), state=state.confirm(("rule", None)))
    assert state.confirmed == {("rule", None)}


@pytest.mark.parametrize(
    "later",
    [flatten(120, debounced=False), halt(debounced=False)],
    ids=["a later end", "a stricter mode"],
)
def test_what_is_held_longer_or_harder_must_be_stored_again(later: Verdict) -> None:
    _, state = watch(at(0, flatten(60, debounced=False)))
    _, state = watch(at(5, later), state=state.confirm(("rule", None)))
    assert state.held["rule", None].mode is later.mode
    assert state.confirmed == frozenset()


def test_what_has_ended_is_stored_no_more() -> None:
    _, state = watch(at(0, flatten(60, debounced=False)))
    _, state = watch(at(60), state=state.confirm(("rule", None)))
    assert (state.held, state.confirmed) == ({}, frozenset())


def test_starting_over_keeps_what_is_held_and_stored() -> None:
    _, state = watch(at(5, halt(debounced=False), flatten(pair=ETH)))
    state = state.confirm(("rule", None)).start_over()
    assert (state.seen_at, state.counts) == (None, {})
    assert state.confirmed == {("rule", None)}
    assert modes(at(0), state=state) == [H]


# Ends


def test_flattening_stays_until_its_end_and_not_a_moment_longer() -> None:
    assert modes(at(0, flatten(60, debounced=False)), at(59), at(60)) == [F, F, A]


def test_a_breach_that_goes_on_extends_the_hold() -> None:
    first, longer = flatten(60, debounced=False), flatten(120, debounced=False)
    assert modes(at(0, first), at(30, longer), at(100), at(120)) == [F, F, F, A]
    assert modes(at(0, longer), at(30, first), at(100)) == [F, F, F]


def test_a_held_breach_need_not_be_confirmed_again() -> None:
    assert modes(at(0, flatten(60, debounced=False)), at(30, flatten(200)), at(100)) == [F, F, F]


def test_a_breach_that_outlasts_its_hold_acts_on_without_being_confirmed_again() -> None:
    seen = [at(seconds, flatten(20)) for seconds in (0, 5, 10, 15)]
    assert modes(*seen, at(25, flatten(40))) == [R, R, F, F, F]
    assert modes(*seen, at(18), at(25, flatten(40))) == [R, R, F, F, F, R], "it was over meanwhile"


def test_what_is_halted_is_counted_no_more() -> None:
    _, state = watch(at(0, halt()), at(5, halt()), at(10, halt()), at(15, halt()))
    assert state.counts == {}


def test_a_stricter_breach_of_the_same_rule_replaces_a_milder_one() -> None:
    found, _ = watch(at(0, flatten(60, debounced=False)), at(5, halt(debounced=False)), at(100))
    assert [one.mode for one in found] == [F, H, H]
    found, _ = watch(at(0, halt(debounced=False)), at(5, flatten(60, debounced=False)))
    assert [one.mode for one in found] == [H, H]


def test_a_second_look_at_the_same_moment_counts_nothing() -> None:
    assert modes(at(0, halt()), at(0, halt()), at(0, halt()), at(1, halt()), at(2, halt())) == [
        R, R, R, R, H,
    ]  # fmt: skip
    assert modes(at(0, halt()), at(1, halt()), at(1), at(2, halt())) == [R, R, A, H]
    assert modes(*(at(second, halt()) for second in (0, 1, 1, 2))) == [R, R, R, H]


@pytest.mark.parametrize("debounced", [True, False])
def test_reducing_passes_through_and_is_not_held(debounced: bool) -> None:
    half = Verdict(Mode.REDUCING, "rule", "why", stake_multiplier=0.5, debounced=debounced)
    found, state = watch(at(0, half), at(1))
    assert [one.multiplier for one in found] == [0.5, 1.0]
    assert found[0].reason == "why"
    assert (state.held, state.counts) == ({}, {})


def test_a_pair_is_counted_and_held_on_its_own() -> None:
    both = flatten(pair=ETH), flatten(pair=BTC)
    state, _ = observe(START, at(0, *both), observations=2)
    state, found = observe(state, at(1, both[0]), observations=2)
    assert found.pairs[ETH].mode is F
    assert BTC not in found.pairs
    assert found.mode is A
    assert list(state.held) == [("rule", ETH)]


def test_two_rules_are_counted_apart() -> None:
    assert modes(at(0, halt(rule="a")), at(1, halt(rule="b")), observations=2) == [R, R]


def test_a_milder_denial_hides_no_breach_that_comes_after_it() -> None:
    half = Verdict(Mode.REDUCING, "half", "why", stake_multiplier=0.5)
    acts = halt(debounced=False, rule="acts")
    assert modes(at(0, half, acts)) == [H]
    assert modes(at(0, halt(rule="waits"), acts)) == [H]


def test_what_holds_bears_the_moment_of_the_observation() -> None:
    _, found = observe(START, at(5, halt()), observations=3)
    assert found.as_of == NOON + timedelta(seconds=5)


def test_the_given_state_is_not_changed() -> None:
    state, _ = observe(START, at(0, halt()), observations=3)
    before = dict(state.counts)
    observe(state, at(1, halt()), observations=3)
    assert state.counts == before == {("rule", None): 1}
    assert LatchState() == START


def test_an_older_evaluation_is_refused() -> None:
    state, _ = observe(START, at(10), observations=3)
    with pytest.raises(ValueError, match="not older than"):
        observe(state, at(9), observations=3)


def test_no_observation_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one observation"):
        observe(START, at(0), observations=0)


@pytest.mark.parametrize(("flagged", "modes_expected"), [("a spike", [A, R, A]), (None, [A, H, H])])
def test_a_fall_by_one_tick_is_waited_for_only_where_the_tick_is_flagged(
    flagged: str | None, modes_expected: list[Mode]
) -> None:
    calm = account()
    spike = account(
        as_of=NOON + timedelta(seconds=5),
        equity_usd=800,
        positions=[position(amount=10.0, mark_price=80.0, liquidation_price=40.0)],
        data_health=fresh(ETH, implausible=flagged),
    )
    after = account(as_of=NOON + timedelta(seconds=10))
    found = modes(*(evaluate(one, PROFILE) for one in (calm, spike, after)))
    assert found == modes_expected


# What the caller holds itself


def test_a_verdict_that_no_observation_gave_is_held_and_unconfirmed() -> None:
    state = LatchState.restored({("rule", None): flatten(60)}).hold(flatten(600))
    assert state.held == {("rule", None): flatten(600)}
    assert state.confirmed == frozenset(), "its end has moved: it is to be stored again"
    assert modes(at(0), state=state) == [F]


def test_a_verdict_that_has_done_its_work_is_let_go_and_counts_stay() -> None:
    state = LatchState(NOON, {("other", None): 2}, {("rule", None): flatten()})
    after = state.confirm(("rule", None)).let_go(("rule", None))
    assert (after.held, after.confirmed) == ({}, frozenset())
    assert after.counts == {("other", None): 2}


@pytest.mark.parametrize(
    ("pair", "open_pairs", "goes_on"),
    [(None, [BTC], True), (BTC, [BTC], True), (BTC, [ETH], False)],
    ids=["the account", "its pair", "another pair"],
)
def test_what_ends_goes_on_where_its_position_is_open(
    pair: str | None, open_pairs: list[str], goes_on: bool
) -> None:
    state = LatchState.restored({("rule", pair): flatten(60, pair=pair)})
    now, later = NOON + timedelta(seconds=60), NOON + timedelta(seconds=120)
    held = state.go_on(open_pairs, now, later).held["rule", pair]
    assert held.until == (later if goes_on else now)


def test_what_lasts_is_not_prolonged_nor_beside_a_halt() -> None:
    now, later = NOON + timedelta(seconds=60), NOON + timedelta(seconds=120)
    lasting = LatchState.restored({("rule", None): flatten(61)})
    assert lasting.go_on([BTC], now, later) == lasting
    beside = LatchState.restored({("rule", None): flatten(60), ("other", None): halt(rule="other")})
    assert beside.go_on([BTC], now, later) == beside
