"""Who accuses whom: the bars themselves, before words are made of them."""

import numpy as np

from plimsoll.archive.agreement import CLOSE_OFF, FILE_WICK, accusations
from plimsoll.archive.tables import Table, utc
from tests.unit.archive.price_tables import coarse, fine


def test_agreeing_tables_accuse_nobody() -> None:
    assert accusations([fine(), coarse(length="15m"), coarse()]) == {}


def test_an_accusation_names_the_bar_its_size_and_its_witnesses() -> None:
    rows = coarse().rows.copy()
    rows.loc[50, "close"] *= 1.02
    [(key, [one])] = accusations(
        [fine(), coarse(length="15m"), Table(coarse().series, rows)]
    ).items()
    assert key == (CLOSE_OFF, coarse().series)
    assert [utc(at) for at in one.opens_ms] == [rows["date"][50]]
    assert np.isclose(one.off, 0.02).all()
    assert one.against == {fine().series, coarse(length="15m").series}
    assert one.undecided == 0


def test_a_bar_judged_in_a_longer_one_is_not_judged_again_inside() -> None:
    rows = fine().rows.copy()
    rows.loc[600, "high"] *= 1.4
    told = accusations([Table(fine().series, rows), coarse(length="15m"), coarse()])
    [(key, accused)] = told.items()
    assert key == (FILE_WICK, fine().series)
    assert len(accused) == 1
