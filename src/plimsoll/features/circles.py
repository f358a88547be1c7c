"""Sines and cosines of times within a cycle, looked up where a time is a whole minute."""

import math
from functools import cache

import numpy as np

from plimsoll.features.candles import Floats
from plimsoll.features.kernels import kernel

SLOT_SECONDS = 60.0
"""Candles open at whole minutes."""


@kernel
def seconds_into(seconds: Floats, cycle: float, start: float) -> Floats:
    """Seconds since the last multiple of ``cycle`` after ``start``; all are whole numbers."""
    out = np.empty(len(seconds))
    for row in range(len(seconds)):
        since = seconds[row] - start
        out[row] = since - np.floor(since / cycle) * cycle
    return out


@cache
def slots(cycle: float) -> tuple[Floats, Floats]:
    """Return sine and cosine of each minute of a cycle, which is a whole number of minutes."""
    angles = np.arange(0.0, cycle, SLOT_SECONDS) * (2 * math.pi / cycle)
    return np.sin(angles), np.cos(angles)


@kernel
def circle(into: Floats, cycle: float, sines: Floats, cosines: Floats) -> tuple[Floats, Floats]:
    """Sine and cosine of each time, in seconds since its cycle began; `slots` are the tables."""
    sine, cosine = np.empty(len(into)), np.empty(len(into))
    for row in range(len(into)):
        slot = int(into[row] / SLOT_SECONDS) if 0.0 <= into[row] < cycle else -1
        if slot >= 0 and slot * SLOT_SECONDS == into[row]:
            sine[row], cosine[row] = sines[slot], cosines[slot]
        else:
            angle = into[row] * (2 * math.pi / cycle)
            sine[row], cosine[row] = np.sin(angle), np.cos(angle)
    return sine, cosine
