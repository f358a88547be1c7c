"""``docs/latency.md`` and its picture, written from what was measured."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from tests.latency.figures import OFFSET_SECONDS, Figures, Spread

GOAL_SECONDS = 0.5
PICTURE = "images/latency.svg"

HEAD = """# Latency: from a candle's close to an order

<!-- Written by `make latency` from what it measured. Do not edit by hand. -->

The plain `freqtrade trade` command with guards, {pairs} pairs, candles of one minute, in real time,
on the [simulated exchange](venue.md) on the same machine. A strategy with a few indicators enters
and leaves each pair all the time; limits are so wide that every guard is asked and none denies.
Measured on {made_on} on {cores} processor cores with Python {python} and Freqtrade {freqtrade}.
**Seconds depend on the machine, and on what else it does**: the load average stands in each row.
`make latency` measures again (about half an hour; what was cut off goes on) and rewrites this page.

- **Close → order**: from the candle's close to the order. In live mode the exchange measures it
  (`GET /plimsoll/order-latency`). In dry-run no order reaches the exchange: the bot's own record
  says when it made the order, on the same clock, for the exchange's is this machine's own.
- **Own work**: from the beginning of the bot's loop to the order. Freqtrade's worker wakes
  {offset:g} s after the close, on purpose: the exchange may be late with the candle. That second is
  in the first figure and not in this one.
- **Of the processor**: what the bot's process used of it until then. It says what is left of *own
  work* on a machine that has nothing else to do, less the time that the exchange takes to answer.

Goal: own work below {goal:g} s in 99 of 100 orders.
"""

ORDERS = """## Figures

| Scene | Load | Orders | Close → order | Own work | First of a loop | Processor | Goal |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""

ALL_AT_ONCE = """
Seconds are median, 99th percentile and most. Orders leave one after the other: Freqtrade asks for
order book, balance and positions, sets margin type and leverage, and reads the fills of each before
it turns to the next pair. In the scenes *live* and *dry-run* a quarter of the pairs enters and
another leaves after each candle; *all at once* is the worst there is: all pairs in one loop.

![Seconds of own work]({picture})
"""


def page(
    scenes: Mapping[str, tuple[Figures, Sequence[float]]],
    day: Mapping[str, Any],
    about: Mapping[str, Any],
) -> str:
    """Return the page of scenes by name, each with the load before and after."""
    head = HEAD.format(**about, offset=OFFSET_SECONDS, goal=GOAL_SECONDS)
    rows = [_row(name, told, load) for name, (told, load) in scenes.items()]
    return "\n".join(
        [
            head,
            ORDERS + "\n".join(rows),
            ALL_AT_ONCE.format(picture=PICTURE),
            _missed(scenes, day),
            *(_parts(name, told) for name, (told, _) in scenes.items() if told.loops),
        ]
    )


def _row(name: str, told: Figures, load: Sequence[float]) -> str:
    met = "yes" if told.work.p99 < GOAL_SECONDS else "**no**"
    cells = (
        name,
        f"{load[0]:.1f} → {load[1]:.1f}",
        str(told.orders),
        _spread(told.sent),
        _spread(told.work),
        _spread(told.first),
        _spread(told.processor),
        met,
    )
    return "| " + " | ".join(cells) + " |"


def _spread(spread: Spread) -> str:
    return f"{spread.p50:.2f}, {spread.p99:.2f}, {spread.most:.2f}"


def _missed(scenes: Mapping[str, tuple[Figures, Sequence[float]]], day: Mapping[str, Any]) -> str:
    candles = sum(told.candles for told, _ in scenes.values())
    missed = sum(told.missed for told, _ in scenes.values())
    return (
        "## Missed candles\n\n"
        "A candle is missed when no loop of the bot analysed it; each pair has its own.\n\n"
        "| Run | Candles | Missed |\n| --- | --- | --- |\n"
        f"| real time, all scenes above | {candles:,} | {missed} |\n"
        f"| 24 simulated hours, live mode, stepped clock (`minute`), {day['orders']:,} orders "
        f"| {day['candles']:,} | {day['missed']} |\n\n"
        "A stepped clock waits for the bot: it shows that no candle falls between two loops, not "
        "that the bot is quick enough. For that there is the row in real time.\n" + _halts(day)
    )


def _halts(day: Mapping[str, Any]) -> str:
    if not day["halts"]:
        return ""
    return (
        f"\nHalts of the account in that day: {day['halts']}. In the loop in which a guard halts, "
        "positions are closed before anything is analysed, which costs each pair a candle; after "
        "it the bot goes on analysing, and sends no orders.\n"
    )


def _parts(name: str, told: Figures) -> str:
    rows = (
        f"| {part} | {calls:.1f} | {1000 * seconds:.0f} |"
        for part, (calls, seconds) in told.parts.items()
        if seconds >= 0.0005
    )
    return (
        f"## Where the time goes: {name}\n\n"
        "A loop that sends orders, on average. Parts lie within each other: *entries* and *exits* "
        "hold the requests, books, guards and orders below them.\n\n"
        "| Part | Calls | ms |\n| --- | --- | --- |\n" + "\n".join(rows) + "\n"
    )


def draw(scenes: Mapping[str, tuple[Figures, Sequence[float]]], file: Path) -> None:
    """Draw how many orders took how long of own work, a line a scene."""
    figure = Figure(figsize=(7.2, 2.6))
    axis = figure.subplots()
    most = max((max(told.own_sent, default=0.0) for told, _ in scenes.values()), default=1.0)
    edges = np.arange(0.0, max(most, GOAL_SECONDS) + 0.1, 0.05)
    for name, (told, _) in scenes.items():
        axis.hist(told.own_sent, bins=edges, histtype="step", label=name)
    axis.axvline(GOAL_SECONDS, color="0.5", linestyle=":", label="goal")
    axis.set_xlabel("seconds from the worker's waking to the order")
    axis.set_ylabel("orders")
    axis.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None})
