"""A check of many cases in one test hides none of them."""

import pytest

from tests.contracts.every import for_every

CASES = {"first": 1, "second": 2, "third": 3, "fourth": 4}


def refuse_odd_numbers(number: int) -> None:
    if number == 3:
        raise ZeroDivisionError("\n".join(["a long story"] * 100))
    if number == 2:
        with pytest.raises(KeyError):
            pass
    assert number != 1, "it is odd"


def test_every_case_that_falls_short_is_named_with_its_fault() -> None:
    with pytest.raises(pytest.fail.Exception) as caught:
        for_every(CASES, refuse_odd_numbers)
    said = str(caught.value)
    assert said.startswith("3 of 4 fell short: first, second, third\n")
    assert "first: AssertionError: it is odd" in said
    assert "second: Failed: DID NOT RAISE" in said
    assert "third: ZeroDivisionError: a long story" in said
    assert said.count("a long story") == 8


def test_cases_that_all_pass_are_silent() -> None:
    tried: list[int] = []
    for_every(CASES, tried.append)
    assert tried == [1, 2, 3, 4]
