"""The drawdown drill in one picture: equity, limits, verdict and fills over time."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.dates import DateFormatter
from matplotlib.figure import Figure

from plimsoll.reporting.drawing import EVENT_COLOUR, HOLD_COLOUR, INK, LOSS, MUTED, STYLE, WIN

MODES = {"ACTIVE": 0, "REDUCING": 1, "FLATTEN": 2, "HALTED": 3}
REDUCE_COLOUR = "#E69F00"


def drawdown_svg(evidence: Mapping[str, Any]) -> str:
    """Return the picture of a drill's record: status by loop, fills, moments, limits."""
    seen = pd.DataFrame(evidence["status"])
    seen.index = pd.to_datetime(seen.pop("as_of"), utc=True, format="ISO8601")
    moments = {name: pd.Timestamp(evidence[name]) for name in (*MOMENTS, "restarted_at")}
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11, 6.2), layout="constrained")
        FigureCanvasSVG(figure)
        top, middle, below = figure.subplots(3, 1, sharex=True, height_ratios=[5, 1.5, 1.8])
        _draw_equity(top, seen, evidence["risk"], moments)
        _draw_fills(middle, evidence["fills"])
        _draw_mode(below, seen, moments)
        for axis in (top, middle, below):
            axis.axvspan(moments["killed_at"], moments["restarted_at"], color="#dfe3e6", lw=0)
            for name in ("halted_at", "killed_at", "rearmed_at"):
                axis.axvline(moments[name], color=EVENT_COLOUR, lw=0.9, ls=":")
        below.xaxis.set_major_formatter(DateFormatter("%H:%M"))
        below.set_xlabel("simulated time, UTC")
        figure.align_ylabels()
        text = (
            "Open losses alone halt the account; it is killed while it closes, "
            "and goes on where it was"
        )
        figure.suptitle(text, x=0.012, ha="left", fontsize=13, fontweight="bold", color=INK)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    lines = out.getvalue().splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


MOMENTS = {
    "halted_at": "halted",
    "killed_at": "kill -9, restart",
    "rearmed_at": "re-armed",
}


def _draw_equity(
    axis: Axes, seen: pd.DataFrame, risk: Mapping[str, Any], moments: Mapping[str, pd.Timestamp]
) -> None:
    high = seen["high_water_equity_usd"]
    axis.step(seen.index, high, where="post", color=HOLD_COLOUR, lw=1.4, ls="--")
    ends = seen.index[-1]
    for key, colour, words in (
        ("drawdown_reduce_fraction", REDUCE_COLOUR, "stakes halve"),
        ("drawdown_halt_fraction", EVENT_COLOUR, "halt"),
    ):
        level = high * (1 - risk[key])
        axis.step(seen.index, level, where="post", color=colour, lw=1.4)
        told = f"{words}: −{risk[key]:.0%}"
        axis.annotate(
            told,
            (seen.index[0], level.iloc[0]),
            xytext=(6, -4),
            textcoords="offset points",
            va="top",
            color=colour,
        )
    axis.annotate(
        "high-water mark",
        (seen.index[0], high.iloc[0]),
        xytext=(6, 4),
        textcoords="offset points",
        va="bottom",
        color=MUTED,
    )
    axis.plot(seen.index, seen["equity_usd"], color=WIN, lw=2, marker="o", ms=2.6)
    axis.set_ylabel("equity, USD\nopen and realised")
    axis.margins(y=0.1)
    top = axis.get_ylim()[1]
    for name, words in MOMENTS.items():
        axis.annotate(
            words,
            (moments[name], top),
            xytext=(-4 if name == "halted_at" else 4, -4),
            textcoords="offset points",
            ha="right" if name == "halted_at" else "left",
            va="top",
            color=EVENT_COLOUR,
        )
    axis.set_xlim(seen.index[0], ends)


def _draw_fills(axis: Axes, fills: Sequence[Mapping[str, Any]]) -> None:
    pairs = list(dict.fromkeys(one["pair"] for one in fills))
    for one in fills:
        closes = one["closes"]
        axis.plot(
            pd.Timestamp(one["at"]),
            pairs.index(one["pair"]),
            marker="v" if closes else "^",
            color=LOSS if closes else WIN,
            ms=8,
            clip_on=False,
        )
    axis.set_yticks(range(len(pairs)), [pair.partition("/")[0] for pair in pairs])
    axis.set_ylim(len(pairs) - 0.4, -0.6)
    axis.set_ylabel("fills\n▲ enter  ▼ exit")


def _draw_mode(axis: Axes, seen: pd.DataFrame, moments: Mapping[str, pd.Timestamp]) -> None:
    level = seen["mode"].map(MODES)
    axis.step(seen.index, level, where="post", color=INK, lw=2)
    axis.fill_between(seen.index, level, step="post", color=EVENT_COLOUR, alpha=0.12, lw=0)
    axis.set_yticks(list(MODES.values()), list(MODES))
    axis.set_ylim(-0.3, 3.4)
    axis.set_ylabel("verdict")
