"""``docs/latency.md`` and its picture, written from what was measured."""

from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from tests.latency.figures import OFFSET_SECONDS, Figures, Spread
from tests.latency.stopwatch import OF_GUARDS, REQUESTS

GOAL_SECONDS = 0.5
PICTURE = "images/latency.svg"
GUARDS_ASK = OF_GUARDS + REQUESTS
PLAIN = ", plain bot"
"""How the name of a scene ends whose bot knows nothing of Plimsoll."""

Scenes = Mapping[str, tuple[Figures, Sequence[float]]]

HEAD = """# Latency: from a candle's close to an order

<!-- Written by `make latency` from what it measured. Do not edit by hand. -->

The plain `freqtrade trade` command with guards, {pairs} pairs, candles of one minute, in real time,
on the [simulated exchange](venue.md) on the same machine. A strategy with a few indicators enters
and leaves each pair all the time; limits are so wide that every guard is asked and none denies.
Measured on {made_on} on {cores} processor cores with Python {python} and Freqtrade {freqtrade}.
**Seconds depend on the machine, and on what else it does**: the load average stands in each row.
`make latency` measures again (about an hour with the simulated day; what is finished is kept, and
`--only` runs single scenes) and rewrites this page.

- **Close → order**: from the candle's close to the order. In live mode the exchange measures it
  (`GET /plimsoll/order-latency`). In dry-run no order reaches the exchange: the bot's own record
  says when it made the order, on the same clock, for the exchange's is this machine's own.
- **Loop → order**: from the beginning of the bot's loop to the order. Freqtrade's worker wakes
  {offset:g} s after the close, on purpose: the exchange may be late with the candle. That second is
  in the first figure and not in this one.
- **Waiting**: what of it the bot spent in the calls of its sockets, without using the processor,
  until the exchange had answered. Another exchange takes another time: on this one an answer takes
  some milliseconds, and ccxt's pauses between requests (`enableRateLimit`) are off.
- **Own work**: loop → order less the waiting. On a busy machine it holds the time in which other
  programs have the processor: **Queue**, as Linux counts it.
- **Processor**: what the bot's process used of it until the order. Own work is that, the queue, and
  the time of the disk.

Goal: own work below {goal:g} s in 99 of 100 orders, with the guards on.
"""

ORDERS = """## Figures

| Scene | Load | Orders | Close → order | Loop → order | Waiting | Own work | Queue \
| Processor | Goal |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""

BELOW = """
Seconds are median and 99th percentile. Orders leave one after the other: Freqtrade asks for order
book, balance and positions, sets margin type and leverage, and reads the fills of each before it
turns to the next pair. In most scenes a quarter of the pairs enters and another leaves after each
candle; *all at once* is the worst there is: all pairs in one loop. A *plain bot* runs the same
strategy with the same signals and knows nothing of Plimsoll: no class, no guard, no log handler.

{verdict}

![Seconds of own work]({picture})
"""

ADDED = """## What Plimsoll adds

Milliseconds an order on average: until the first order of a loop, candles included, and for each
order after it; the requests are numbers an order. *Within the guards* is measured inside the
guarded bot: processor time in their callbacks, requests by them. *Added* is the guarded bot less
the plain one. They ran one after the other, so a small difference may be the machine's.

| Mode | Orders | Measured | With guards | Plain bot | Added | Within the guards |
| --- | --- | --- | --- | --- | --- | --- |
"""


def page(scenes: Scenes, day: Mapping[str, Any] | None, about: Mapping[str, Any]) -> str:
    """Return the page of scenes by name, each with the load before and after.

    ``day`` is what a simulated day left; ``None`` where none was run.
    """
    head = HEAD.format(**about, offset=OFFSET_SECONDS, goal=GOAL_SECONDS)
    rows = [_row(name, told, load) for name, (told, load) in scenes.items()]
    return "\n".join(
        [
            head,
            ORDERS + "\n".join(rows),
            BELOW.format(picture=PICTURE, verdict=_verdict(scenes)),
            *_added(scenes),
            _missed(scenes, day),
            *(_parts(name, told) for name, (told, _) in scenes.items() if told.loops),
        ]
    )


def _row(name: str, told: Figures, load: Sequence[float]) -> str:
    cells = (
        name,
        f"{load[0]:.1f} → {load[1]:.1f}",
        str(told.orders),
        _spread(told.sent),
        _spread(told.reached),
        _spread(told.waited),
        _spread(told.work),
        _spread(told.queued),
        _spread(told.processor),
        "yes" if _is_met(told) else "**no**",
    )
    return "| " + " | ".join(cells) + " |"


def _spread(spread: Spread) -> str:
    return f"{spread.p50:.2f}, {spread.p99:.2f}"


def _is_met(told: Figures) -> bool:
    return told.work.p99 < GOAL_SECONDS


def _verdict(scenes: Scenes) -> str:
    """Return in which scenes the goal is met, and what a bot without guards needs alone."""
    guarded = {name: told for name, (told, _) in scenes.items() if not name.endswith(PLAIN)}
    met = [f"*{name}*" for name, told in guarded.items() if _is_met(told)]
    missed = [f"*{name}*" for name, told in guarded.items() if not _is_met(told)]
    text = f"**The goal is met** in {', '.join(met)}." if met else "**The goal is not met.**"
    if met and missed:
        text += f" It is not met in {', '.join(missed)}."
    compared = [
        (f"*{name}*", told, scenes[name + PLAIN][0])
        for name, told in guarded.items()
        if name + PLAIN in scenes
    ]
    for name, told, plain in compared:
        text += (
            f"\n\nIn {name}, own work less the queue is up to {told.undisturbed.p99:.2f} s in 99 "
            f"of 100 orders, and up to {plain.undisturbed.p99:.2f} s in the plain bot: what "
            "Freqtrade itself does until the last order of a loop."
        )
    return text


def _added(scenes: Scenes) -> list[str]:
    """Return what the guards add, of each mode that was measured with them and without."""
    rows: list[str] = []
    for name, (told, _) in scenes.items():
        if (plain := scenes.get(name + PLAIN)) is not None:
            rows += _added_rows(name, told, plain[0])
    return [ADDED + "\n".join(rows) + "\n"] if rows else []


def _added_rows(name: str, told: Figures, plain: Figures) -> list[str]:
    """Return a row for each kind of order and each measure, and one of the requests."""
    rows: list[str] = []
    for orders, own, bare in (
        ("first", told.first, plain.first),
        ("each further", told.further, plain.further),
    ):
        for measured in ("processor", "work"):
            ours, theirs = getattr(own, measured), getattr(bare, measured)
            within = _ms(own.guards) if measured == "processor" else ""
            cells = (name, orders, "own work less queue" if measured == "work" else measured)
            figures = (_ms(ours), _ms(theirs), _ms(ours - theirs, signed=True), within)
            rows.append("| " + " | ".join((*cells, *figures)) + " |")
    ours, theirs, within = _asked(told, REQUESTS), _asked(plain, REQUESTS), _asked(told, GUARDS_ASK)
    figures = (f"{ours:.1f}", f"{theirs:.1f}", f"{ours - theirs:+.1f}", f"{within:.1f}")
    rows.append(f"| {name} | all | requests, candles apart | {' | '.join(figures)} |")
    return rows


def _asked(told: Figures, part: str) -> float:
    """Return how often a part was called for each order."""
    calls = told.parts.get(part, (0.0,))[0] * told.loops
    return calls / told.orders if told.orders else 0.0


def _ms(seconds: float, *, signed: bool = False) -> str:
    if not isfinite(seconds):
        return "–"
    return f"{1000 * seconds:+.0f}" if signed else f"{1000 * seconds:.0f}"


def _missed(scenes: Scenes, day: Mapping[str, Any] | None) -> str:
    candles = sum(told.candles for told, _ in scenes.values())
    missed = sum(told.missed for told, _ in scenes.values())
    text = (
        "## Missed candles\n\n"
        "A candle is missed when no loop of the bot analysed it; each pair has its own.\n\n"
        "| Run | Candles | Missed |\n| --- | --- | --- |\n"
        f"| real time, all scenes above | {candles:,} | {missed} |\n"
    )
    if day is None:
        return text
    return (
        f"{text}| {24 * day['days']} simulated hours, live mode, stepped clock (`minute`), "
        f"{day['orders']:,} orders | {day['candles']:,} | {day['missed']} |\n\n"
        f"The simulated hours took {day['seconds'] / 60:.0f} minutes. "
        "A stepped clock waits for the bot: it shows that no candle falls between two loops, not "
        "that the bot is quick enough. For that there is the row in real time.\n" + _halts(day)
    )


def _halts(day: Mapping[str, Any]) -> str:
    if not day["halts"]:
        return ""
    return (
        f"\nHalts of the account in that time: {day['halts']}. In the loop in which a guard halts, "
        "positions are closed before anything is analysed, which costs each pair a candle; after "
        "it the bot goes on analysing, and sends no orders.\n"
    )


def _parts(name: str, told: Figures) -> str:
    rows = (
        f"| {part} | {calls:.1f} | {1000 * seconds:.0f} | {1000 * processor:.0f} "
        f"| {1000 * waited:.0f} |"
        for part, (calls, seconds, processor, waited) in told.parts.items()
        if seconds >= 0.0005
    )
    return (
        f"## Where the time goes: {name}\n\n"
        "A loop that sends orders, on average. Parts lie within each other: *entries* and *exits* "
        "hold the requests, books, guards and orders below them.\n\n"
        "| Part | Calls | ms | of the processor | waiting for the exchange |\n"
        "| --- | --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"
    )


def draw(scenes: Scenes, file: Path) -> None:
    """Draw how many orders took how long of own work, a line a scene."""
    figure = Figure(figsize=(7.2, 2.6))
    axis = figure.subplots()
    most = max((max(told.each_work, default=0.0) for told, _ in scenes.values()), default=1.0)
    edges = np.arange(0.0, max(most, GOAL_SECONDS) + 0.1, 0.05)
    for name, (told, _) in scenes.items():
        axis.hist(told.each_work, bins=edges, histtype="step", label=name)
    axis.axvline(GOAL_SECONDS, color="0.5", linestyle=":", label="goal")
    axis.set_xlabel("seconds of own work until the order")
    axis.set_ylabel("orders")
    axis.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None})
