"""A busy machine gives a bot fewer loops in a second; what a row waits for comes by loops."""

from dataclasses import dataclass

import pytest

from plimsoll.lab.drilling.patience import LONGEST, Patience

SECONDS, A_SECOND = 90.0, 4.0
WANTED = 90


@dataclass
class Machine:
    """A clock and a bot's count of its loops."""

    now: float = 0.0
    loops: int = 7

    def patience(self) -> Patience:
        return Patience(SECONDS, lambda: self.loops, A_SECOND, lambda: self.now)


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_an_idle_machine_waits_its_seconds_however_many_loops_there_were(machine: Machine) -> None:
    patience = machine.patience()
    machine.now, machine.loops = SECONDS, 7 + 360
    assert not patience.is_over
    machine.now += 0.1
    assert patience.is_over
    assert str(patience) == "90 s, in which the bot ended 360 loops"


def test_a_busy_one_waits_for_the_loops_and_a_restart_counts_on(machine: Machine) -> None:
    patience = machine.patience()
    machine.now, machine.loops = 2 * SECONDS, 7 + 40
    assert not patience.is_over
    machine.loops = 0  # started again
    assert not patience.is_over
    machine.loops = WANTED - 41
    assert not patience.is_over
    machine.loops += 1
    assert patience.is_over


def test_a_bot_that_has_no_loops_is_not_waited_for_without_an_end(machine: Machine) -> None:
    patience = machine.patience()
    machine.now = LONGEST * SECONDS
    assert not patience.is_over
    machine.now += 0.1
    assert patience.is_over
