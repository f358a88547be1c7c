"""From which candle on the guards may have something to do, by what they say of their rest."""

from collections.abc import Mapping
from typing import Any

from plimsoll.bridge.account.calm import Bounds
from plimsoll.lab.fast_lane.candle_rows import Grid, Line
from plimsoll.lab.fast_lane.waking import first_uncalm_step


def guards_wake(
    rest: Bounds | None,
    trades: list[Any],
    lines: Mapping[str, Line],
    grid: Grid,
    step: int,
    *,
    has_funding: bool,
) -> int:
    """Return the first step after ``step`` on which the guards may have something to do.

    Parameters
    ----------
    rest
        How long they surely have not; ``None`` when the next candle may have them do something.
    trades
        The open ones, in the order of the marks in ``rest``.
    lines
        The candles of each pair.
    grid
        Those of the run.
    step
        The one that was visited last.
    has_funding
        Whether funding is booked.
    """
    if rest is None:
        return step + 1
    wake = grid.step_after(rest.until)
    for trade, marks in zip(trades if rest.marks else [], rest.marks or (), strict=True):
        line = lines[trade.pair]
        rows = line.rows
        row = int(rows.row_of[step])
        if row < 0 or line.next_row != row + 1:
            return step + 1
        again = _booked_again(line, row) if has_funding else -1
        calm = first_uncalm_step(
            row,
            len(rows),
            (rows.close, rows.steps, rows.stamps),
            marks[:2],
            (int(rows.stamps[row]), again),
        )
        wake = min(wake, int(calm))
    return wake


def _booked_again(line: Line, row: int) -> int:
    """Return the row at which the funding of a trade that was just filled is booked anew."""
    if line.booked is not None:
        return -1
    return int(line.rows.funding_rows.searchsorted(row + 1))
