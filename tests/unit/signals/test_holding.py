"""Where a condition begins."""

from plimsoll.signals.holding import begins
from tests.unit.signals.columns import flags


def test_begins_marks_the_first_of_each_run() -> None:
    assert begins(flags(1, 1, 0, 1, 0)).tolist() == [True, False, False, True, False]
