"""The real bot through recorded or synthetic candles on a stepped clock."""

from collections.abc import Callable
from pathlib import Path

from plimsoll.lab.replay_plan import ReplayPlan, ReplayProgress, ReplayRecord

__all__ = ["ReplayPlan", "ReplayProgress", "ReplayRecord", "run_replay"]

Tell = Callable[[ReplayProgress], None]


def run_replay(plan: ReplayPlan, folder: Path, tell: Tell = lambda _: None) -> ReplayRecord:
    """Replay a plan in ``folder`` and return what it left there.

    A folder that holds the checkpoints of an interrupted replay of the same plan is resumed from
    the last of them. Every process that it starts has ended when it returns or raises.

    Raises
    ------
    UsageError
        When the plan names what is not there, or the folder holds another plan's replay.
    PlimsollError
        When the exchange or the bot does not start, or ends before it should.
    """
    raise NotImplementedError(plan, folder, tell)
