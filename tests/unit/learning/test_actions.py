"""Which actions are allowed, and what becomes of those that are not."""

import numpy as np

from plimsoll.learning.actions import COUNT, Action, allowed, carried_out, intended

H, L, S, X, IN, OUT = Action


def masks(units: int, **changed: bool) -> set[Action]:
    settings = {"affordable": True, "closing": False, "known": True, "can_short": True} | changed
    can_short = settings.pop("can_short")
    found = allowed(
        np.array([units]),
        most_units=3,
        can_short=can_short,
        **{name: np.array([value]) for name, value in settings.items()},
    )
    return {Action(place) for place in range(COUNT) if found[0, place]}


def test_without_a_position_one_may_be_entered() -> None:
    assert masks(0) == {H, L, S}


def test_a_position_is_left_or_changed_by_a_unit_and_never_turned() -> None:
    assert masks(1) == masks(-1) == {H, X, IN}
    assert masks(2) == masks(-2) == {H, X, IN, OUT}
    assert masks(3) == masks(-3) == {H, X, OUT}


def test_without_margin_nothing_is_added() -> None:
    assert masks(0, affordable=False) == {H}
    assert masks(2, affordable=False) == {H, X, OUT}


def test_spot_is_never_short() -> None:
    assert masks(0, can_short=False) == {H, L}


def test_an_unknown_state_does_nothing() -> None:
    assert masks(0, known=False) == masks(2, known=False) == {H}


def test_an_episode_ends_without_a_position_known_or_not() -> None:
    assert masks(0, closing=True) == {H}
    assert masks(2, closing=True) == masks(2, closing=True, known=False) == {X}


def test_what_is_not_allowed_is_not_done() -> None:
    found = np.array([[True] + [False] * 5, [False, False, False, True, False, False]])
    actions, refused = carried_out(np.array([L, L]), found)
    assert actions.tolist() == [H, X]
    assert refused.tolist() == [True, True]
    actions, refused = carried_out(np.array([H, X]), found)
    assert actions.tolist() == [H, X]
    assert refused.tolist() == [False, False]


def test_the_units_that_an_action_leads_to() -> None:
    units = np.array([0, 0, 0, 2, -2, 2, -2, 3])
    wanted = np.array([H, L, S, IN, IN, OUT, OUT, X])
    assert intended(units, wanted).tolist() == [0, 1, -1, 3, -3, 1, -1, 0]
