"""The same bot with guards on and off in one crash, as one picture for a page and a phone.

An SVG of our own, not one of matplotlib's: its text is large enough at 350 pixels, and it follows
the reader's light or dark scheme by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

Line = Sequence[tuple[datetime, float]]
"""Values by time, ascending, each a fraction of the first: 0.97 is 3 % down."""

WIDTH, HEIGHT = 720, 660
LEFT, RIGHT = 92, 26
MARKET_TOP, MARKET_BOTTOM = 112, 208
TOP, BOTTOM = 272, 590
MOST_POINTS = 240
STEP_FRACTION = 0.1
STYLE = """
  .paper { fill: #fdfdfe; } .ink { fill: #1b2126; } .muted { fill: #5b646c; }
  .grid { stroke: #dfe3e6; stroke-width: 1.5; } .zero { stroke: #5b646c; stroke-width: 1.5; }
  .market { fill: none; stroke: #7b858e; stroke-width: 3; } .fall { fill: #7b858e; opacity: .18; }
  .off { fill: none; stroke: #c2410c; stroke-width: 6; } .off-text { fill: #c2410c; }
  .on { fill: none; stroke: #0067a8; stroke-width: 6; } .on-text { fill: #0067a8; }
  .mark { stroke: #0067a8; stroke-width: 2.5; stroke-dasharray: 7 5; }
  .dot { fill: #0067a8; stroke: #fdfdfe; stroke-width: 3; }
  text { font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif; font-size: 23px; }
  .title { font-size: 29px; font-weight: 700; } .big { font-size: 27px; font-weight: 700; }
  path { stroke-linejoin: round; stroke-linecap: round; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #14191e; } .ink { fill: #e8ecef; } .muted { fill: #a3adb6; }
    .grid { stroke: #2c343b; } .zero { stroke: #a3adb6; }
    .market { stroke: #98a2ab; } .fall { fill: #98a2ab; }
    .off { stroke: #ff8a4c; } .off-text { fill: #ff8a4c; }
    .on { stroke: #5fb8f2; } .on-text { fill: #5fb8f2; }
    .mark { stroke: #5fb8f2; } .dot { fill: #5fb8f2; stroke: #14191e; }
  }
"""


@dataclass(frozen=True)
class Crash:
    """What the picture shows; all lines are fractions of their first value.

    Attributes
    ----------
    market, off, on
        The market, the bot whose guards only observe, the bot whose guards enforce.
    crash_at, acted_at
        When the market began to move, and when the guards closed everything.
    rule
        What they acted by, in a few words: ``daily loss limit 3 %``.
    """

    title: str
    market: Line
    off: Line
    on: Line
    crash_at: datetime
    acted_at: datetime
    rule: str

    def alternative(self) -> str:
        """Return the picture in words."""
        return (
            f"The market moves by {_percent(self.market[-1][1])} and does not come back. The bot "
            f"whose guards only observe ends at {_percent(self.off[-1][1])}; the bot whose guards "
            f"enforce is closed {self._minutes(self.acted_at):.0f} minutes into it "
            f"({self.rule}) and ends at {_percent(self.on[-1][1])}."
        )

    def _minutes(self, at: datetime) -> float:
        return (at - self.crash_at).total_seconds() / 60


def crash_svg(crash: Crash) -> str:
    """Return the picture as an SVG 720 wide and 660 high, light or dark as its reader is.

    Raises
    ------
    ValueError
        When a line has fewer than two values.
    """
    if min(len(line) for line in (crash.market, crash.off, crash.on)) < 2:
        raise ValueError("a picture of a crash needs two values of each line")
    scale = _Scale(crash)
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>{escape(crash.alternative())}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="14"/>',
        _text(26, 46, "title ink", crash.title),
        *_market(crash, scale),
        *_equity(crash, scale),
        *_marks(crash, scale),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class _Scale:
    """Where a time and a value stand."""

    def __init__(self, crash: Crash) -> None:
        lines = (crash.market, crash.off, crash.on)
        self._first = max(line[0][0] for line in lines)
        self._span = (min(line[-1][0] for line in lines) - self._first).total_seconds() or 1.0
        values = [value for line in (crash.off, crash.on) for _, value in line]
        self.lowest = min(*values, 0.9) - 0.07
        self.highest = max(*values, 1.0) + 0.015
        self._market = [value for _, value in crash.market]

    def x(self, at: datetime) -> float:
        share = (at - self._first).total_seconds() / self._span
        return LEFT + min(max(share, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        share = (self.highest - value) / (self.highest - self.lowest)
        return TOP + share * (BOTTOM - TOP)

    def market_y(self, value: float) -> float:
        low, high = min(self._market), max(self._market)
        share = (high - value) / ((high - low) or 1.0)
        return MARKET_TOP + share * (MARKET_BOTTOM - MARKET_TOP)


def _market(crash: Crash, scale: _Scale) -> list[str]:
    points = [(scale.x(at), scale.market_y(value)) for at, value in _thin(crash.market)]
    area = [*points, (points[-1][0], MARKET_BOTTOM), (points[0][0], MARKET_BOTTOM)]
    words = f"The market: {_percent(crash.market[-1][1])}, and it stays there"
    return [
        _text(LEFT, MARKET_TOP - 16, "muted", words),
        f'<path class="fall" d="{_path(area)}Z"/>',
        f'<path class="market" d="{_path(points)}"/>',
    ]


def _equity(crash: Crash, scale: _Scale) -> list[str]:
    parts = (
        [] if scale.x(crash.acted_at) > WIDTH / 2 else [_text(LEFT, TOP - 22, "muted", "Account")]
    )
    level = 1.0
    while level > scale.lowest:
        y = scale.y(level)
        kind = "zero" if level == 1.0 else "grid"
        parts.append(f'<path class="{kind}" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(_text(LEFT - 8, y + 8, "muted", _percent(level, signed=False), anchor="end"))
        level = round(level - STEP_FRACTION, 6)
    for kind, line in (("off", crash.off), ("on", crash.on)):
        points = [(scale.x(at), scale.y(value)) for at, value in _thin(line)]
        parts.append(f'<path class="{kind}" d="{_path(points)}"/>')
    for kind, line in (("off", crash.off), ("on", crash.on)):
        end = line[-1][1]
        words = f"guards {kind}: {_percent(end)}"
        parts.append(_text(WIDTH - RIGHT - 6, scale.y(end) + 38, f"big {kind}-text", words, "end"))
    return parts


def _marks(crash: Crash, scale: _Scale) -> list[str]:
    """Mark the moment at which the guards acted, and name the minutes below."""
    x = scale.x(crash.acted_at)
    level = [value for at, value in crash.on if at <= crash.acted_at][-1:] or [crash.on[0][1]]
    y = scale.y(level[0])
    aside, anchor = (14, "start") if x < WIDTH / 2 else (-14, "end")
    parts = [
        f'<path class="mark" d="M{x:.1f} {MARKET_TOP}V{y:.1f}"/>',
        f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="10"/>',
        _text(x + aside, TOP - 22, "on-text", f"guards close all: {crash.rule}", anchor),
    ]
    end = crash.off[-1][0]
    minutes = (end - crash.crash_at).total_seconds() / 60
    start_x = scale.x(crash.crash_at)
    parts.append(_text(start_x, BOTTOM + 38, "muted", "the fall begins", "start"))
    parts.append(_text(WIDTH - RIGHT, BOTTOM + 38, "muted", f"{minutes:.0f} minutes later", "end"))
    return parts


def _thin(line: Line) -> Line:
    """Keep evenly spaced values and the last; a fall over minutes has no spike to lose."""
    step = max(1, len(line) // MOST_POINTS)
    return [*line[::step], line[-1]]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _text(x: float, y: float, kind: str, words: str, anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}"'
    return f'<text {place} class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def _percent(value: float, *, signed: bool = True) -> str:
    """Return a fraction of the first value as a change in percent, for people."""
    change = round(100 * (value - 1), 1)
    if not signed:
        return f"{change:.0f} %".replace("-", "−")
    return f"{change:+.1f} %".replace("-", "−")
