"""What a model would hold: the rule by which its forecasts are turned into a position."""

import math


def position_after(held: int | None, lean: float | None, least: float) -> int | None:
    """Return the position after a forecast: -1, 0 or 1; ``None`` without one.

    It is entered where the lean is ``least`` or more, either way, and held until the lean no
    longer is on its side: as `ModelDirection` enters and leaves, without its stop. A lean that
    is missing or no number is no forecast.
    """
    if lean is None or not math.isfinite(lean):
        return None
    if abs(lean) >= least:
        return 1 if lean > 0 else -1
    return held if held is not None and held * lean > 0 else 0
