"""Rolling computations in machine code: one pass, no memory of what left the window.

Running sums start over after every window's length and are measured from a value inside it, so
that a value depends on its own window only, to rounding (relative 1e-12). A window that holds a
value that is not finite gives NaN; the next clean window gives a number again.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba
import numpy as np

from plimsoll.features.candles import Floats

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

FLAT = 1e-13
"""Share of the largest sum of squares below which a window counts as flat."""


def kernel(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Compile at the first call; keep the result on disk where a folder for it can be written."""
    made: Callable[Parameters, Result]
    try:
        made = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        made = numba.njit(nogil=True, error_model="numpy")(function)
    return made


@kernel
def finish(values: Floats, lookback: int, out: Floats) -> None:
    """Write values to ``out``: NaN in the first ``lookback`` rows and where one is not finite."""
    for row in range(min(lookback, len(out))):
        out[row] = np.nan
    for row in range(lookback, len(out)):
        out[row] = values[row] if values[row] - values[row] == 0.0 else np.nan


@kernel
def rolling_mean(values: Floats, window: int) -> Floats:
    """Mean of the last ``window`` values."""
    out = np.empty(len(values))
    out[: window - 1] = np.nan
    total, bad, left = 0.0, 0, 0
    for row in range(window - 1, len(values)):
        if left == 0:
            total, bad, left = 0.0, 0, window
            for past in range(row - window + 1, row + 1):
                if values[past] - values[past] == 0.0:
                    total += values[past]
                else:
                    bad += 1
        else:
            new, old = values[row], values[row - window]
            step = new - old
            if step - step == 0.0:
                total += step
            else:
                fresh, gone = new - new == 0.0, old - old == 0.0
                total += (new if fresh else 0.0) - (old if gone else 0.0)
                bad += int(gone) - int(fresh)
        left -= 1
        out[row] = total / window if bad == 0 else np.nan
    return out


@kernel
def rolling_std(values: Floats, window: int) -> Floats:
    """Sample standard deviation of the last ``window`` values; exactly 0 in a flat window."""
    out = np.empty(len(values))
    out[: window - 1] = np.nan
    share, scale = 1.0 / window, 1.0 / (window - 1)
    anchor, first, second, peak, bad, left = 0.0, 0.0, 0.0, 0.0, 0, 0
    for row in range(window - 1, len(values)):
        if left == 0:
            anchor = values[row] if values[row] - values[row] == 0.0 else 0.0
            first, second, peak, bad, left = 0.0, 0.0, 0.0, 0, window
            for past in range(row - window + 1, row + 1):
                gap = values[past] - anchor
                if gap - gap == 0.0:
                    first += gap
                    second += gap * gap
                else:
                    bad += 1
        else:
            new, old = values[row] - anchor, values[row - window] - anchor
            step = new - old
            if step - step == 0.0:
                first += step
                second += new * new - old * old
            else:
                fresh, gone = new - new == 0.0, old - old == 0.0
                new, old = (new if fresh else 0.0), (old if gone else 0.0)
                first += new - old
                second += new * new - old * old
                bad += int(gone) - int(fresh)
        left -= 1
        peak = max(peak, second)
        spread = second - first * first * share
        if bad != 0:
            out[row] = np.nan
        else:
            out[row] = np.sqrt(spread * scale) if spread > FLAT * peak else 0.0
    return out


@kernel
def rolling_fit(target: Floats, cause: Floats, window: int) -> tuple[Floats, Floats]:
    """Slope of the least-squares line of target on cause, and their correlation."""
    slope, correlation = np.full(len(target), np.nan), np.full(len(target), np.nan)
    share = 1.0 / window
    zero_y, zero_x, peak_x, peak_y, bad, left = 0.0, 0.0, 0.0, 0.0, 0, 0
    y1, x1, yy, xx, xy = 0.0, 0.0, 0.0, 0.0, 0.0
    for row in range(window - 1, len(target)):
        start = row
        if left == 0:
            start, left, bad, peak_x, peak_y = row - window + 1, window, 0, 0.0, 0.0
            y1, x1, yy, xx, xy = 0.0, 0.0, 0.0, 0.0, 0.0
            fine = (target[row] - target[row]) + (cause[row] - cause[row]) == 0.0
            zero_y, zero_x = (target[row], cause[row]) if fine else (0.0, 0.0)
        else:
            y, x = target[row - window] - zero_y, cause[row - window] - zero_x
            if (y - y) + (x - x) == 0.0:
                y1, x1, yy, xx, xy = y1 - y, x1 - x, yy - y * y, xx - x * x, xy - x * y
            else:
                bad -= 1
        for past in range(start, row + 1):
            y, x = target[past] - zero_y, cause[past] - zero_x
            if (y - y) + (x - x) == 0.0:
                y1, x1, yy, xx, xy = y1 + y, x1 + x, yy + y * y, xx + x * x, xy + x * y
            else:
                bad += 1
        left -= 1
        peak_x, peak_y = max(peak_x, xx), max(peak_y, yy)
        spread_x, spread_y = xx - x1 * x1 * share, yy - y1 * y1 * share
        if bad == 0 and spread_x > FLAT * peak_x:
            joint = xy - x1 * y1 * share
            slope[row] = joint / spread_x
            if spread_y > FLAT * peak_y:
                unclipped = joint / np.sqrt(spread_x * spread_y)
                correlation[row] = min(max(unclipped, -1.0), 1.0)
    return slope, correlation


@kernel
def rolling_line(values: Floats, window: int) -> tuple[Floats, Floats]:
    """Slope per row of the least-squares line through the window, and its correlation."""
    slope, correlation = np.full(len(values), np.nan), np.full(len(values), np.nan)
    middle = (window - 1) / 2
    spread_k = window * (window * window - 1) / 12
    zero, first, second, weighted, peak, left = 0.0, 0.0, 0.0, 0.0, 0.0, 0
    for row in range(window - 1, len(values)):
        if left == 0 or not second - second == 0.0:  # noqa: SIM201 - NaN is unequal to itself
            zero, first, second, weighted, peak, left = values[row], 0.0, 0.0, 0.0, 0.0, window
            for place in range(window):
                y = values[row - window + 1 + place] - zero
                first, second, weighted = first + y, second + y * y, weighted + place * y
        else:
            new, old = values[row] - zero, values[row - window] - zero
            weighted += (window - 1) * new - (first - old)
            first, second = first + new - old, second + new * new - old * old
        left -= 1
        peak = max(peak, second)
        joint = weighted - middle * first
        spread = second - first * first / window
        slope[row] = joint / spread_k
        if spread > FLAT * peak:
            correlation[row] = min(max(joint / np.sqrt(spread_k * spread), -1.0), 1.0)
    return slope, correlation


@kernel
def rolling_rank(values: Floats, window: int) -> Floats:
    """Share of the ``window`` values before this one that lie below it; ties count half."""
    out = np.full(len(values), np.nan)
    known = 0
    for row in range(len(values)):
        value = values[row]
        if known >= window:
            past = values[row - window : row]  # a slice, for indices that need no check: SIMD
            balance = 0
            for place in range(window):
                balance += int(past[place] < value) - int(past[place] > value)
            out[row] = 0.5 + balance / (2 * window)
        known = known + 1 if value == value else 0
        if known == 0:
            out[row] = np.nan
    return out


@kernel
def volume_profile(
    price: Floats, volume: Floats, low: Floats, high: Floats, window: int, bins: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """Volume by price over each window: centre of the fullest bin, value area, its share.

    ``low`` and ``high`` are the window's extremes of ``price``. The value area grows from the
    fullest bin to the fuller neighbour until it holds 70 % of the volume. Returns the point of
    control, the value area's low and high (prices) and the fullest bin's share of the volume;
    NaN in a window without range or volume.
    """
    count = len(price)
    control, bottom = np.full(count, np.nan), np.full(count, np.nan)
    top, share = np.full(count, np.nan), np.full(count, np.nan)
    held = np.zeros(bins + 1)
    for row in range(window - 1, count):
        width = (high[row] - low[row]) / bins
        if not width > 0.0:
            continue
        held[:] = 0.0
        scale, floor = 1.0 / width, low[row]
        prices, volumes = price[row - window + 1 : row + 1], volume[row - window + 1 : row + 1]
        for place in range(window):
            held[np.uint64((prices[place] - floor) * scale)] += volumes[place]
        held[bins - 1] += held[bins]  # the highest price itself
        held[bins] = 0.0
        best = int(np.argmax(held[:bins]))
        total = held.sum()
        if not total > 0.0:
            continue
        lower, upper, inside = best, best, held[best]
        while inside < 0.7 * total:
            down = held[lower - 1] if lower > 0 else -1.0
            up = held[upper + 1] if upper < bins - 1 else -1.0
            if up >= down:
                upper += 1
                inside += up
            else:
                lower -= 1
                inside += down
        control[row] = floor + (best + 0.5) * width
        bottom[row], top[row] = floor + lower * width, floor + (upper + 1) * width
        share[row] = held[best] / total
    return control, bottom, top, share


@kernel
def session_vwap(
    seconds: Floats, price: Floats, volume: Floats, session_seconds: float, longest: int
) -> Floats:
    """Volume-weighted mean price since the session began; NaN when that is too long ago.

    A session is a whole multiple of ``session_seconds`` since the epoch: 86400 is the UTC day.
    """
    out = np.full(len(price), np.nan)
    session, money, amount, rows = -1.0, 0.0, 0.0, 0
    for row in range(len(price)):
        now = np.floor(seconds[row] / session_seconds)
        if now != session:
            session, money, amount, rows = now, 0.0, 0.0, 0
        money += price[row] * volume[row]
        amount += volume[row]
        rows += 1
        if amount > 0.0 and rows <= longest:
            out[row] = money / amount
    return out


@kernel
def rolling_pattern_entropy(values: Floats, window: int) -> Floats:
    """Entropy of the order of three neighbouring values, over ``window`` triples; 0 to 1."""
    count = len(values)
    out, code = np.full(count, np.nan), np.zeros(count, np.uint8)
    held, terms = np.zeros(8, np.int64), np.zeros(window + 1)
    for number in range(1, window + 1):
        terms[number] = number / window * np.log(number / window)
    for row in range(2, count):
        a, b, c = values[row - 2], values[row - 1], values[row]
        code[row] = (a < b) * 4 + (b < c) * 2 + (a < c)
        held[code[row]] += 1
        if row >= window + 2:
            held[code[row - window]] -= 1
        if row >= window + 1:
            total = 0.0
            for kind in range(8):
                total -= terms[held[kind]]
            out[row] = total / np.log(6.0)
    return out
