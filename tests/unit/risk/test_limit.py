"""How a limit is described, and limits that contradict each other."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from plimsoll.risk import RiskProfile
from plimsoll.risk.limit import ORDERED, again, disorder, limit


class Limits(BaseModel):
    most: float = limit("group", "its source", "What it limits.", gt=0, le=5)


def test_a_limit_says_what_it_is_and_where_its_default_is_from() -> None:
    (schema,) = Limits.model_json_schema()["properties"].values()
    assert (schema["group"], schema["source"]) == ("group", "its source")
    assert schema["description"] == "What it limits."


@pytest.mark.parametrize("value", [0, 5.1])
def test_its_bounds_are_hard(value: float) -> None:
    with pytest.raises(ValidationError):
        Limits(most=value)
    assert Limits(most=5).most == 5


def values(**changes: Any) -> dict[str, Any]:
    return {**RiskProfile().model_dump(), **changes}


@pytest.mark.parametrize(("low", "high"), ORDERED)
def test_a_limit_above_the_one_it_must_not_pass_is_a_fault(low: str, high: str) -> None:
    assert disorder(values(**{low: 2.0, high: 2.0})) == [], "as high is allowed"
    (fault,) = disorder(values(**{low: 2.1, high: 2.0}))
    assert (fault["loc"], fault["input"]) == ((low,), 2.1)
    assert str(fault["type"].message()) == f"expected at most {high}, which is 2.0"


def test_a_limit_that_is_switched_off_contradicts_none() -> None:
    assert disorder(values(max_position_usd=None, max_exposure_usd=1.0)) == []
    assert disorder(values(max_position_usd=5.0, max_exposure_usd=None)) == []


def test_a_fault_is_raised_again_as_it_was() -> None:
    with pytest.raises(ValidationError) as caught:
        Limits(most=9)
    (fault,) = caught.value.errors()
    same = again(fault)
    assert (same["loc"], same["input"]) == (("most",), 9)
    assert str(same["type"].message()) == fault["msg"]
