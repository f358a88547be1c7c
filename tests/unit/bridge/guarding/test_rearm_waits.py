"""The policy of re-arming waits as long after every halt."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from plimsoll.bridge.guarding.rearming import RearmPolicy
from plimsoll.core import Mode, Verdict

START = datetime(2024, 1, 1, tzinfo=UTC)
HALT = Verdict(Mode.HALTED, "break_even", "the latest 100 trades lost", None)
FLAT: Any = SimpleNamespace(has_positions=False)


def due(policy: RearmPolicy, day: float) -> bool:
    return policy.is_due([HALT], FLAT, START + timedelta(days=day))


def test_a_second_halt_waits_as_long_as_the_first() -> None:
    policy = RearmPolicy(20.0)
    assert [due(policy, day) for day in (0, 19, 20)] == [False, False, True]
    assert [due(policy, day) for day in (60, 79, 80)] == [False, False, True]
