"""Strangers cannot fill the log."""

from plimsoll.control.phone.strangers import AGAIN_SECONDS, MOST_LINES, Strangers


def test_one_stranger_is_one_line_an_hour_with_the_count_of_the_others() -> None:
    strangers = Strangers()
    assert strangers.met("a", 0.0) == 0
    assert [strangers.met("a", float(at)) for at in range(1, 100)] == [None] * 99
    assert strangers.met("b", 100.0) == 99
    assert strangers.met("a", AGAIN_SECONDS) == 0


def test_a_thousand_strangers_are_no_thousand_lines() -> None:
    strangers = Strangers()
    lines = [strangers.met(f"m{number}", float(number)) for number in range(1000)]
    assert sum(one is not None for one in lines) == MOST_LINES
