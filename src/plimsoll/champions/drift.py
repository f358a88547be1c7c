"""Whether features, or a model's errors, are distributed otherwise than before: ADWIN, of river.

Bifet & Gavaldà (2007, Learning from Time-Changing Data with Adaptive Windowing, SIAM International
Conference on Data Mining): a window grows until two parts of it have means that differ by more than
a bound in which the probability of a false alarm, for independent values, is ``delta``. Values that
are related from candle to candle, as most features are, give alarms more often.
"""

import math
from collections.abc import Mapping
from typing import Any

from plimsoll.core import PlimsollError

ERRORS = "the champion's errors"
_ALPHA = 0.01
"""Weight of the newest value in the scale by which a feature is made comparable."""


def require_river() -> Any:
    """Return river's module of drift detectors.

    Raises
    ------
    PlimsollError
        When it is not installed.
    """
    try:
        from river import drift
    except ImportError as error:
        raise PlimsollError(
            f"river is not installed ({error}); pip install 'freqtrade-plimsoll[drift]', or set "
            "plimsoll.champion.drift to false"
        ) from None
    return drift


class DriftWatch:
    """Watches named series, one value a candle; a value that is no number is left out.

    What it has seen is in memory: it begins anew with the process.
    """

    def __init__(self, *, delta: float) -> None:
        self._make, self._delta = require_river().ADWIN, delta
        self._detectors: dict[str, Any] = {}
        self._scales: dict[str, float] = {}

    def update(self, values: Mapping[str, float]) -> list[str]:
        """Take a candle's values; return the names of what has drifted just now."""
        return [name for name, value in values.items() if self._drifted(name, value)]

    def forget(self, name: str) -> None:
        """Begin a series anew, as the errors of another champion."""
        self._detectors.pop(name, None)
        self._scales.pop(name, None)

    def _drifted(self, name: str, value: float) -> bool:
        if not math.isfinite(value):
            return False
        detector = self._detectors.get(name)
        if detector is None:
            detector = self._detectors[name] = self._make(delta=self._delta)
        # Its bound is for values of about one in size.
        scale = self._scales.get(name, abs(value))
        self._scales[name] = scale = (1 - _ALPHA) * scale + _ALPHA * abs(value)
        detector.update(value / scale if scale > 0 else 0.0)
        return bool(detector.drift_detected)
