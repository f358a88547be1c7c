"""What a model learns to foresee, and how its past is kept apart from what tests it.

Labels look into the future. Features, signals and strategy files never import them; FreqAI's
hook for targets does, in `plimsoll.bridge.freqai.strategy`.
"""

from plimsoll.labels.direction import CLASSES, DOWN, FLAT, UP, direction, future_return
from plimsoll.labels.purge import purged_rows
from plimsoll.labels.skill import log_loss_skill

__all__ = [
    "CLASSES",
    "DOWN",
    "FLAT",
    "UP",
    "direction",
    "future_return",
    "log_loss_skill",
    "purged_rows",
]
