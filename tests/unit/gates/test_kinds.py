"""The command that makes evidence anew names the strategy."""

import pytest

from plimsoll.gates.kinds import Kind, command_for


@pytest.mark.parametrize("kind", Kind)
def test_a_command_has_no_gap(kind: Kind) -> None:
    command = command_for(kind, "Mine")
    assert command.startswith(("plimsoll ", "freqtrade "))
    assert "{" not in command


def test_a_walk_forward_is_that_of_the_strategy() -> None:
    assert command_for(Kind.WALK_FORWARD, "Mine") == "plimsoll walk-forward --strategy Mine"
