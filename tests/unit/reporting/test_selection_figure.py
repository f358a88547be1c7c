"""The picture of a selection."""

import struct

from plimsoll.reporting.selection_figure import Worth, selection_png

TEXT = {"title": "Mine", "subtitle": "by lot"}


def png_of(*values: float) -> bytes:
    features = [
        Worth(f"feature {number}", value, (value, value / 2), value > 0.001)
        for number, value in enumerate(values)
    ]
    return selection_png(features, 0.001, **TEXT)


def test_a_row_a_feature_and_the_same_is_drawn_the_same() -> None:
    png = png_of(0.02, 0.01, -0.001)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", png[16:24])[0] == 1200
    assert png == png_of(0.02, 0.01, -0.001)
    assert png != png_of(0.02, 0.01, 0.005)


def test_more_features_make_it_higher() -> None:
    sizes = [struct.unpack(">I", png_of(*[0.01] * count)[20:24])[0] for count in (2, 40)]
    assert sizes[1] > sizes[0] + 900
