"""The picture of what a track record proves."""

import pytest

from plimsoll.core import PlimsollError
from plimsoll.performance.overfitting import overfitting
from plimsoll.performance.sharpe_track import sharpe_track
from plimsoll.reporting.significance_figure import significance_png
from tests.unit.performance.series import noise

TRACK = sharpe_track(0.01 * noise(1, (200, 1))[:, 0], points=4, resamples=50)
SEARCH = overfitting(noise(2, (200, 10)), groups=8)


def test_picture_has_1600_by_700_pixels_and_the_same_bytes_each_time() -> None:
    picture = significance_png(TRACK, SEARCH, title="Tried")
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])) == (1600, 700)
    assert significance_png(TRACK, SEARCH, title="Tried") == picture


def test_picture_without_a_search_is_another() -> None:
    assert significance_png(TRACK, None, title="Tried") != significance_png(
        TRACK, SEARCH, title="Tried"
    )


def test_track_of_one_point_is_no_picture() -> None:
    with pytest.raises(PlimsollError, match="needs two points, found 1"):
        significance_png(TRACK[:1], None, title="Tried")
