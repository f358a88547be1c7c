"""How bad a finding is."""

from plimsoll.lab.finding import Level


def test_the_worst_of_several_is_the_exit_status() -> None:
    assert int(max([Level.OK, Level.FAULT, Level.WARNING])) == 2
    assert int(max([Level.OK, Level.WARNING])) == 1
    assert int(Level.OK) == 0
