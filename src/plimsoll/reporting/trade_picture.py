"""The price around one trade with its entries and exits, as a small SVG written by hand.

A journal has many of them: one has some 3 KB in each layout, where Matplotlib's has 20.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from markupsafe import escape
from matplotlib.dates import AutoDateLocator, num2date
from matplotlib.ticker import MaxNLocator

from plimsoll.performance.fills import utc_ns
from plimsoll.reporting.canvas import described
from plimsoll.reporting.drawing import tick_text

INK, MUTED, GRID, PAPER = "var(--ink)", "var(--muted)", "var(--grid)", "var(--paper)"
WIN, LOSS = "var(--win-mark)", "var(--loss-mark)"

BEFORE_FRACTION, AFTER_FRACTION = 0.6, 0.35
"""How much of the price is shown before and after a trade, as a part of its life."""
LEAST_CANDLES = 24
"""Candles that are shown beside a trade at least, before and after it together."""


class Frame(NamedTuple):
    """One layout: its size, what its edges need, how many bars and dates fit."""

    name: str
    width: int
    height: int
    left: int
    most_bars: int
    dates: int


FRAMES = (Frame("wide", 920, 230, 74, 150, 6), Frame("narrow", 380, 220, 60, 70, 3))
_TOP, _BOTTOM, _RIGHT = 12, 26, 12
LETTER_WIDTH = 7.0
"""Width of a letter at most, so that the last date stays within the picture."""


class Fill(NamedTuple):
    """One fill of a trade: UTC time, price, and whether it opens or enlarges the position."""

    at: pd.Timestamp
    price: float
    is_entry: bool


@dataclass(frozen=True, eq=False)
class TradePicture:
    """What the picture of a trade shows.

    ``bars`` has ``low``, ``high`` and ``close`` on a UTC index, no row where there are no
    candles. ``lowest`` and ``highest`` are the extremes while it was open, NaN when not known.
    ``is_win`` is None while it is open.
    """

    bars: pd.DataFrame
    fills: Sequence[Fill]
    opened: pd.Timestamp
    ended: pd.Timestamp
    is_short: bool
    is_win: bool | None
    lowest: float = float("nan")
    highest: float = float("nan")


def around(candles: pd.DataFrame | None, opened: pd.Timestamp, ended: pd.Timestamp) -> pd.DataFrame:
    """Return the candles around a trade: some before it, and some after it.

    ``candles`` has Freqtrade's columns (``date`` is the open time, UTC, rising); None for none.
    No row comes back where it has none of that time.
    """
    empty = pd.DataFrame(columns=["low", "high", "close"], dtype="float64")
    if candles is None or len(candles) < 2:
        return empty
    at_ns = utc_ns(candles["date"])
    life = max(ended - opened, pd.Timedelta(0))
    spare = pd.Timedelta(int(np.diff(at_ns[:LEAST_CANDLES]).min()), "ns") * LEAST_CANDLES
    before = max(life * BEFORE_FRACTION, spare * BEFORE_FRACTION)
    after = max(life * AFTER_FRACTION, spare * AFTER_FRACTION)
    first = np.searchsorted(at_ns, (opened - before).as_unit("ns").value, side="left")
    last = np.searchsorted(at_ns, (ended + after).as_unit("ns").value, side="right")
    rows = candles.iloc[first:last]
    if rows.empty:
        return empty
    return rows.set_index("date")[["low", "high", "close"]]


def picture_svgs(
    key: str, title: str, summary: str, picture: TradePicture
) -> list[tuple[str, str]]:
    """Draw a trade in every layout; return the layout's name and the SVG text of each."""
    made = []
    for frame in FRAMES:
        name = f"{key}-{frame.name}"
        made.append((frame.name, described(_Drawn(frame, picture).svg(), name, title, summary)))
    return made


class _Drawn:
    """One picture in one layout."""

    def __init__(self, frame: Frame, picture: TradePicture) -> None:
        self.frame, self.picture = frame, picture
        self.bars = _merged(picture.bars, frame.most_bars)
        times = [picture.opened, picture.ended, *(fill.at for fill in picture.fills)]
        times += [self.bars.index[0], self.bars.index[-1]] if len(self.bars) else []
        first, last = min(times), max(times)
        margin = max((last - first) * 0.02, pd.Timedelta(seconds=1))
        self.begin, self.end = first - margin, last + margin
        self._begin_s, self._end_s = self.begin.timestamp(), self.end.timestamp()
        prices = [fill.price for fill in picture.fills]
        extremes = [picture.lowest, picture.highest]
        prices += [value for value in extremes if np.isfinite(value)]
        if len(self.bars):
            prices += [float(self.bars["low"].min()), float(self.bars["high"].max())]
        low, high = min(prices), max(prices)
        room = max((high - low) * 0.06, abs(high) * 1e-4, 1e-12)
        self.low, self.high = low - room, high + room

    def svg(self) -> str:
        frame = self.frame
        parts = [self._grid(), self._life(), self._price(), self._extremes(), self._marks()]
        return (
            f'<svg viewBox="0 0 {frame.width} {frame.height}" role="img" font-size="12" '
            f'style="font-family:inherit">{"".join(parts)}</svg>'
        )

    def x(self, at: pd.Timestamp) -> float:
        return self._x_of(at.timestamp())

    def _x_of(self, seconds: float) -> float:
        inner = self.frame.width - self.frame.left - _RIGHT
        share = (seconds - self._begin_s) / (self._end_s - self._begin_s)
        return round(self.frame.left + inner * share, 1)

    def y(self, price: float) -> float:
        inner = self.frame.height - _TOP - _BOTTOM
        return round(_TOP + inner * (1.0 - (price - self.low) / (self.high - self.low)), 1)

    def _grid(self) -> str:
        frame = self.frame
        ticks = MaxNLocator(nbins=4).tick_values(self.low, self.high)
        written = tick_text(self.high - self.low)
        lines = []
        for tick in (float(one) for one in ticks if self.low <= one <= self.high):
            y = self.y(tick)
            lines.append(
                f'<path d="M{frame.left} {y}H{frame.width - _RIGHT}" style="stroke:{GRID}"/>'
                f'<text x="{frame.left - 6}" y="{y + 4}" text-anchor="end" '
                f'style="fill:{MUTED}">{escape(written(tick, None))}</text>'
            )
        return "".join(lines) + self._dates()

    def _dates(self) -> str:
        frame = self.frame
        locator = AutoDateLocator(minticks=2, maxticks=frame.dates)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a span that no step fits well
            numbers = locator.tick_values(self.begin, self.end)
        ticks = [pd.Timestamp(at) for at in num2date(numbers)]
        ticks = [at for at in ticks if self.begin <= at <= self.end]
        ticks = ticks[:: -(-len(ticks) // frame.dates) or 1]
        whole_days = all(at == at.normalize() for at in ticks)
        form = "%d %b" if whole_days else "%d %b %H:%M"
        form = "%b %Y" if self.end - self.begin > pd.Timedelta(days=366) else form
        half = LETTER_WIDTH / 2 * len(pd.Timestamp(0).strftime(form))
        return "".join(
            f'<text x="{min(self.x(at), frame.width - half)}" y="{frame.height - 8}" '
            f'text-anchor="middle" style="fill:{MUTED}">{at.strftime(form)}</text>'
            for at in ticks
        )

    def _life(self) -> str:
        left, right = self.x(self.picture.opened), self.x(self.picture.ended)
        height = self.frame.height - _TOP - _BOTTOM
        return (
            f'<rect x="{left}" y="{_TOP}" width="{max(right - left, 1.0):.1f}" height="{height}" '
            f'style="fill:{self._colour()};opacity:.09"/>'
        )

    def _price(self) -> str:
        if not len(self.bars):
            return ""
        seconds = pd.DatetimeIndex(self.bars.index).as_unit("ns").asi8 / 1e9
        times = [self._x_of(at) for at in seconds.tolist()]

        def points(name: str) -> list[str]:
            values = self.bars[name].tolist()
            return [f"{x} {self.y(value)}" for x, value in zip(times, values, strict=True)]

        highs, lows, closes = points("high"), points("low"), points("close")
        return (
            f'<path d="M{"L".join([*highs, *reversed(lows)])}Z" style="fill:{MUTED};opacity:.22"/>'
            f'<path d="M{"L".join(closes)}" style="fill:none;stroke:{MUTED};stroke-width:1.2"/>'
        )

    def _extremes(self) -> str:
        left, right = self.x(self.picture.opened), self.x(self.picture.ended)
        known = [v for v in (self.picture.lowest, self.picture.highest) if np.isfinite(v)]
        return "".join(
            f'<path d="M{left} {self.y(value)}H{max(right, left + 1)}" '
            f'style="stroke:{MUTED};stroke-dasharray:2 3"/>'
            for value in known
        )

    def _marks(self) -> str:
        colour = self._colour()
        points = [
            (self.x(fill.at), self.y(fill.price), fill.is_entry) for fill in self.picture.fills
        ]
        line = "L".join(f"{x} {y}" for x, y, _ in points)
        dashed = f"fill:none;stroke:{colour};stroke-width:1.3;stroke-dasharray:5 3"
        drawn = [f'<path d="M{line}" style="{dashed}"/>']
        for x, y, is_entry in points:
            drawn.append(_entry(x, y, self.picture.is_short) if is_entry else self._exit(x, y))
        return "".join(drawn)

    def _exit(self, x: float, y: float) -> str:
        colour = self._colour()
        if self.picture.is_win is False:
            return (
                f'<path d="M{x - 5} {y - 5}l10 10m0 -10l-10 10" '
                f'style="stroke:{colour};stroke-width:2.6;fill:none"/>'
            )
        return (
            f'<circle cx="{x}" cy="{y}" r="5" style="fill:{PAPER};stroke:{colour};stroke-width:2"/>'
        )

    def _colour(self) -> str:
        if self.picture.is_win is None:
            return INK
        return WIN if self.picture.is_win else LOSS


def _entry(x: float, y: float, is_short: bool) -> str:  # noqa: FBT001
    """Draw an entry: a triangle whose point is at the price, up for long, down for short."""
    corner = -10 if is_short else 10
    return f'<path d="M{x} {y}l-6 {corner}h12Z" style="fill:{INK};stroke:{PAPER};stroke-width:1"/>'


def _merged(bars: pd.DataFrame, most: int) -> pd.DataFrame:
    """Join bars into at most so many: lowest low, highest high, last close."""
    per_bar = -(-len(bars) // most)
    if per_bar <= 1:
        return bars
    groups: Any = np.arange(len(bars)) // per_bar
    made = bars.groupby(groups).agg({"low": "min", "high": "max", "close": "last"})
    made.index = bars.index[::per_bar]
    return made
