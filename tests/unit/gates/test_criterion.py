"""A limit passes, or does not, exactly at its value."""

import math

import pytest

from plimsoll.gates.criteria import criteria_of
from plimsoll.gates.criterion import Gate, Sense, Unit, kind_of, strategy_of, with_limits
from plimsoll.gates.kinds import Kind


@pytest.mark.parametrize(
    ("sense", "below", "at", "above"),
    [
        (Sense.ABOVE, False, False, True),
        (Sense.AT_LEAST, False, True, True),
        (Sense.BELOW, True, False, False),
        (Sense.AT_MOST, True, True, False),
    ],
)
def test_a_sense_at_its_limit(sense: Sense, below: bool, at: bool, above: bool) -> None:
    values = (math.nextafter(0.2, 0.0), 0.2, math.nextafter(0.2, 1.0))
    assert [sense.passes(value, 0.2) for value in values] == [below, at, above]


@pytest.mark.parametrize("sense", Sense)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_never_passes(sense: Sense, value: float) -> None:
    assert not sense.passes(value, 0.0)
    assert not sense.passes(0.0, value)


def test_looser_is_what_lets_more_pass() -> None:
    assert Sense.BELOW.is_looser(0.3, than=0.2)
    assert not Sense.BELOW.is_looser(0.2, than=0.2)
    assert Sense.AT_LEAST.is_looser(60, than=90)
    assert not Sense.ABOVE.is_looser(0.5, than=0.0)


def test_units_write_what_is_not_known() -> None:
    assert Unit.FRACTION.words(0.125) == "12.5%"
    assert Unit.USD.words(1_000) == "1,000 USD"
    assert Unit.DAYS.words(90) == "90.0 days"
    assert Unit.NUMBER.words(None) == Unit.NUMBER.words(math.nan) == "not known"


def test_evidence_names_a_kind_and_perhaps_a_baseline() -> None:
    assert (kind_of("result SlowTrend"), strategy_of("result SlowTrend", "Mine")) == (
        Kind.RESULT,
        "SlowTrend",
    )
    assert strategy_of("walk-forward", "Mine") == "Mine"


def test_only_named_limits_change() -> None:
    shipped = criteria_of(Gate.SANDBOX, has_model=False)
    changed = with_limits(shipped, {"out_of_sample_drawdown": 0.1})
    assert {one.name for one, old in zip(changed, shipped, strict=True) if one != old} == {
        "out_of_sample_drawdown"
    }
