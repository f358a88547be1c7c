"""Which model of several decides: a champion, a challenger in its shadow, and what replaces it.

Pure: events come in, a `Seat` comes out. The same events give the same seat, today and after a
crash.
"""

from plimsoll.champions.arms import Arm, arm_of
from plimsoll.champions.errors import SeatError
from plimsoll.champions.events import Event
from plimsoll.champions.judging import Judgement, compare, decide, retraining_due
from plimsoll.champions.policy import ChampionPolicy
from plimsoll.champions.seat import EMPTY, Role, Seat, Version
from plimsoll.champions.transition import apply, replay

__all__ = [
    "EMPTY",
    "Arm",
    "ChampionPolicy",
    "Event",
    "Judgement",
    "Role",
    "Seat",
    "SeatError",
    "Version",
    "apply",
    "arm_of",
    "compare",
    "decide",
    "replay",
    "retraining_due",
]
