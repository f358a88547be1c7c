"""A guard's answer."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from plimsoll.core import AccountSnapshot, Mode, Verdict

LATER = datetime(2024, 8, 6, tzinfo=UTC)


def test_modes_are_ordered_by_strictness() -> None:
    assert Mode.ACTIVE < Mode.REDUCING < Mode.FLATTEN < Mode.HALTED


def test_a_yes_takes_the_whole_stake_and_a_no_takes_none() -> None:
    assert Verdict(Mode.ACTIVE, "rule").multiplier == 1
    assert Verdict(Mode.ACTIVE, "rule").allows_entries
    for mode in (Mode.REDUCING, Mode.FLATTEN, Mode.HALTED):
        assert Verdict(mode, "rule", "why").stake_multiplier == 0
        assert not Verdict(mode, "rule", "why").allows_entries


def test_a_reduced_stake_is_an_entry() -> None:
    assert Verdict(Mode.REDUCING, "rule", "why", stake_multiplier=0.5).allows_entries


def test_a_no_must_say_why() -> None:
    with pytest.raises(ValueError, match="REDUCING verdict of rule needs a reason"):
        Verdict(Mode.REDUCING, "rule")


@pytest.mark.parametrize(
    ("mode", "multiplier"),
    [
        (Mode.ACTIVE, 0.5),
        (Mode.REDUCING, 1.0),
        (Mode.REDUCING, -0.1),
        (Mode.REDUCING, float("nan")),
        (Mode.FLATTEN, 0.5),
        (Mode.HALTED, 1.0),
    ],
)
def test_a_stake_that_does_not_fit_the_mode_is_refused(mode: Mode, multiplier: float) -> None:
    with pytest.raises(ValueError, match="of a stake"):
        Verdict(mode, "rule", "why", stake_multiplier=multiplier)


@pytest.mark.parametrize("mode", ["REDUCING", 1, None])
def test_a_mode_that_is_none_is_refused(mode: object) -> None:
    with pytest.raises(TypeError, match=f"expected a Mode as the mode of rule, found {mode!r}"):
        Verdict(mode, "rule", "why")  # type: ignore[arg-type]


def test_a_halt_has_no_end() -> None:
    with pytest.raises(ValueError, match="ends only by a person"):
        Verdict(Mode.HALTED, "rule", "why", LATER)


@pytest.mark.parametrize(
    "until",
    [LATER.replace(tzinfo=None), LATER.astimezone(timezone(timedelta(hours=2)))],
    ids=["naive", "another zone"],
)
def test_an_end_that_is_not_utc_is_refused(until: datetime) -> None:
    with pytest.raises(ValueError, match="timezone-aware UTC end of rule"):
        Verdict(Mode.FLATTEN, "rule", "why", until)
    with pytest.raises(ValueError, match="timezone-aware UTC moment"):
        AccountSnapshot(as_of=until)
