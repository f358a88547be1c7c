"""The picture of a walk-forward."""

import struct

import numpy as np
import pandas as pd

from plimsoll.reporting.walk_forward_figure import ParameterPanel, walk_forward_png

DAYS = pd.date_range("2025-06-02", periods=20, freq="D", tz="UTC")
RETURNS = pd.Series(np.linspace(-0.01, 0.02, 20), index=DAYS)
TEXT = {"title": "Walk-forward", "subtitle": "after costs"}


def panels(count: int) -> list[ParameterPanel]:
    return [ParameterPanel(f"p{number}", [10, 20, 15], 5, 25) for number in range(count)]


def size(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


def test_it_grows_with_the_rows_of_parameters() -> None:
    heights = [
        size(walk_forward_png(RETURNS, [DAYS[5]], panels(count), [], **TEXT)) for count in (0, 3, 4)
    ]
    assert heights == [(1600, 510), (1600, 740), (1600, 970)]


def test_paths_and_borders_are_seen_and_the_same_is_drawn_the_same() -> None:
    plain = walk_forward_png(RETURNS, [], panels(1), [], **TEXT)
    assert plain == walk_forward_png(RETURNS, [], panels(1), [], **TEXT)
    assert plain != walk_forward_png(RETURNS, [DAYS[5]], panels(1), [], **TEXT)
    assert plain != walk_forward_png(RETURNS, [], panels(1), [0.5, 1.0, -0.2], **TEXT)
