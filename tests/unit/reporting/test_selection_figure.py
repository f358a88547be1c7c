"""The picture of a selection."""

import struct

import numpy as np

from plimsoll.lab.selection.importance import FoldImportance
from plimsoll.lab.selection.ranking import select
from plimsoll.reporting.selection_figure import selection_png

TEXT = {"title": "Mine", "subtitle": "by lot"}


def png_of(*values: float) -> bytes:
    names = [f"feature {number}" for number in range(len(values))]
    fold = FoldImportance(np.array([*values, 0.001]), np.ones(len(values) + 1))
    return selection_png(select([*names, "shadow-0"], [[fold], [fold]]), **TEXT)


def test_a_row_a_feature_and_the_same_is_drawn_the_same() -> None:
    png = png_of(0.02, 0.01, -0.001)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", png[16:24])[0] == 1200
    assert png == png_of(0.02, 0.01, -0.001)
    assert png != png_of(0.02, 0.01, 0.005)


def test_more_features_make_it_higher() -> None:
    sizes = [struct.unpack(">I", png_of(*[0.01] * count)[20:24])[0] for count in (2, 40)]
    assert sizes[1] > sizes[0] + 900
