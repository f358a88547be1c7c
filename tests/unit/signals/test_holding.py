"""What is held between entries and exits."""

from plimsoll.signals.holding import begins, held_side
from tests.unit.signals.columns import flags


def test_begins_marks_the_first_of_each_run() -> None:
    assert begins(flags(1, 1, 0, 1, 0)).tolist() == [True, False, False, True, False]


def test_a_side_is_held_from_its_entry_to_its_exit() -> None:
    found = held_side(
        long_entry=flags(0, 1, 0, 0, 0, 0),
        short_entry=flags(0, 0, 1, 0, 1, 0),
        long_exit=flags(0, 0, 0, 1, 0, 0),
        short_exit=flags(1, 1, 1, 0, 0, 1),
    )
    # The short entry of the third candle finds a long, which only the fourth ends.
    assert found.tolist() == [0, 1, 1, 0, -1, 0]


def test_an_exit_makes_room_for_the_other_side_at_once() -> None:
    found = held_side(
        long_entry=flags(1, 0),
        short_entry=flags(0, 1),
        long_exit=flags(0, 1),
        short_exit=flags(0, 0),
    )
    assert found.tolist() == [1, -1]
