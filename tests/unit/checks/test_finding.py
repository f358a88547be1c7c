"""A contract that is not kept becomes a finding, and so does one that raises."""

from plimsoll.checks.finding import Finding, broken, described, title


def it_is_even(number: int) -> str | None:
    return None if number % 2 == 0 else f"expected an even number; found {number}"


def it_divides_six(number: int) -> str | None:
    return None if 6 % number == 0 else f"expected a divisor of 6; found {number}"


def test_each_contract_that_is_not_kept_is_a_finding_in_order() -> None:
    assert broken("number 5", [it_is_even, it_divides_six], 5) == [
        Finding("number 5", "it is even", "expected an even number; found 5"),
        Finding("number 5", "it divides six", "expected a divisor of 6; found 5"),
    ]
    assert broken("number 2", [it_is_even, it_divides_six], 2) == []


def test_what_raises_is_a_finding_and_the_next_is_tried() -> None:
    [raised] = broken("number 0", [it_divides_six, it_is_even], 0)
    assert raised.text.startswith("expected an answer; found ZeroDivisionError: ")


def test_an_exception_is_described_in_one_line() -> None:
    assert described(ValueError("\n  first \n second")) == "ValueError: first"
    assert described(ValueError()) == "ValueError"


def test_a_finding_is_one_line_and_a_contract_a_sentence() -> None:
    assert str(Finding("a", "b", "c")) == "a: b: c"
    assert title(it_is_even) == "it is even"
