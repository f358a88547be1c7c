"""What a model learns to foresee, and how its past is kept apart from what tests it.

Labels look into the future. Features, signals and strategy files never import them; FreqAI's
hook for targets does, in `plimsoll.bridge.freqai.strategy`.
"""

from plimsoll.labels.barriers import LOSS, TIMEOUT, WIN, barrier_direction, triple_barrier
from plimsoll.labels.direction import CLASSES, DOWN, FLAT, UP, direction, future_return
from plimsoll.labels.forward import (
    BEAR,
    BULL,
    CRASH,
    SIDEWAYS,
    forward_volatility,
    future_interest_change,
    future_regime,
)
from plimsoll.labels.overlap import average_uniqueness
from plimsoll.labels.purge import forward_folds, purged_folds, purged_rows
from plimsoll.labels.skill import log_loss_skill, squared_error_skill

__all__ = [
    "BEAR",
    "BULL",
    "CLASSES",
    "CRASH",
    "DOWN",
    "FLAT",
    "LOSS",
    "SIDEWAYS",
    "TIMEOUT",
    "UP",
    "WIN",
    "average_uniqueness",
    "barrier_direction",
    "direction",
    "forward_folds",
    "forward_volatility",
    "future_interest_change",
    "future_regime",
    "future_return",
    "log_loss_skill",
    "purged_folds",
    "purged_rows",
    "squared_error_skill",
    "triple_barrier",
]
