"""The picture of a calibration: every curve with its intervals, both lines, every criterion."""

import pytest
from matplotlib.figure import Figure

from plimsoll.core import PlimsollError
from plimsoll.reporting import calibration_figure
from plimsoll.reporting.calibration_figure import Bars, Point, calibration_png

CURVES = {
    "Mine": [Point(1.4, 0.8, 0.6, 0.9), Point(-0.5, 0.0, 0.0, 0.03)],
    "Other": [Point(0.2, 0.1, 0.05, 0.2)],
}
BARS = Bars({"out_of_sample_sharpe": 0.04}, {"out_of_sample_sharpe": 0.9})


def test_it_is_a_picture_of_the_stated_size() -> None:
    png = calibration_png(CURVES, BARS, years=4.0, title="Mine and the other")
    assert png.startswith(b"\x89PNG")
    assert (int.from_bytes(png[16:20]), int.from_bytes(png[20:24])) == (1600, 700)


def test_intervals_are_drawn_and_points_stand_in_order() -> None:
    left, right = Figure().subplots(1, 2)
    calibration_figure._draw_curves(left, CURVES, 4.0)
    mine = left.containers[0]
    assert mine.lines[0].get_xydata().tolist() == [[-0.5, 0.0], [1.4, 0.8]]
    spans = mine.lines[2][0].get_segments()
    assert spans[1][:, 1].tolist() == pytest.approx([0.6, 0.9])
    words = [one.get_text() for one in left.get_legend().get_texts()]
    assert {"Mine", "Other"} <= set(words)
    calibration_figure._draw_bars(right, BARS)
    assert [one.get_width() for one in right.patches] == [0.04, 0.9]


def test_nothing_walked_is_no_picture() -> None:
    with pytest.raises(PlimsollError, match="needs a point"):
        calibration_png({"Mine": []}, BARS, years=4.0, title="")
