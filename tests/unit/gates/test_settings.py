"""A config may set other limits; looser ones are known as such."""

import pytest
from pydantic import ValidationError

from plimsoll.gates.settings import GateSettings


def test_a_tighter_limit_is_not_loosened() -> None:
    assert GateSettings(limits={"out_of_sample_drawdown": 0.15}).loosened() == ()
    assert GateSettings(limits={"out_of_sample_drawdown": 0.2}).loosened() == ()


def test_a_looser_limit_is_named_with_its_shipped_value() -> None:
    [one] = GateSettings(limits={"paper_days": 30, "paper_trades": 60}).loosened()
    assert (one.name, one.limit) == ("paper_days", 90)


def test_a_name_that_is_no_criterion_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValidationError, match="did you mean paper_days"):
        GateSettings(limits={"paper_day": 30})


@pytest.mark.parametrize("limit", [float("nan"), float("inf")])
def test_a_limit_is_a_number(limit: float) -> None:
    with pytest.raises(ValidationError):
        GateSettings(limits={"paper_days": limit})


def test_nothing_else_may_be_set() -> None:
    with pytest.raises(ValidationError):
        GateSettings.model_validate({"attestation": False})
