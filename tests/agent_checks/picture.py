"""The picture of the rewards: while learning, and on months that were not seen."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from plimsoll.reporting.drawing import MUTED, STRATEGY_COLOURS, STYLE


def rewards_png(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the picture of the rows with a planted pattern."""
    planted = [row for row in rows if row["trial"]["planted"]]
    algorithms = sorted({row["trial"]["algorithm"] for row in planted})
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(16, 7), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2)
        for row in planted:
            place = algorithms.index(row["trial"]["algorithm"])
            look: dict[str, Any] = {
                "color": STRATEGY_COLOURS[place % len(STRATEGY_COLOURS)],
                "lw": 1.8,
                "label": row["trial"]["algorithm"].upper() if row["trial"]["seed"] == 1 else None,
            }
            rounds = len(row["rewards"])
            steps = [row["steps"] / rounds * (one + 1) / 1000 for one in range(rounds)]
            left.plot(steps, row["rewards"], marker="o", **look)
            right.plot(
                [one / 52 * 12 for one in range(len(row["cumulative"]))], row["cumulative"], **look
            )
        for axis, (title, across) in zip(
            (left, right),
            (
                ("Mean reward of a step while learning, % of equity", "thousand steps"),
                ("Cumulative reward on months not seen, % of equity", "months"),
            ),
            strict=True,
        ):
            axis.axhline(0, color=MUTED, lw=1)
            axis.set_title(title, loc="left")
            axis.set_xlabel(across)
            axis.legend(frameon=False)
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
