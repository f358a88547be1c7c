"""The picture of a Monte Carlo."""

import struct

import numpy as np

from plimsoll.reporting.monte_carlo_figure import LotPanel, monte_carlo_png

VALUES = np.random.default_rng(1).normal(0.0, 1.0, 200).tolist()
TEXT = {"title": "Monte Carlo", "subtitle": "by lot"}


def test_a_row_for_each_kind_makes_it_higher() -> None:
    row = [LotPanel("Sharpe", VALUES, 1.0), LotPanel("Return", VALUES, 0.5, is_share=True)]
    sizes = []
    for rows in ([row], [row, row[:1]]):
        png = monte_carlo_png(rows, **TEXT)
        assert png[:8] == b"\x89PNG\r\n\x1a\n"
        sizes.append(struct.unpack(">II", png[16:24]))
    assert sizes == [(1600, 450), (1600, 790)]


def test_the_real_run_is_seen_and_the_same_is_drawn_the_same() -> None:
    one, other = LotPanel("Sharpe", VALUES, 1.0), LotPanel("Sharpe", VALUES, -1.0)
    assert monte_carlo_png([[one]], **TEXT) == monte_carlo_png([[one]], **TEXT)
    assert monte_carlo_png([[one]], **TEXT) != monte_carlo_png([[other]], **TEXT)


def test_runs_that_are_all_alike_are_drawn() -> None:
    assert monte_carlo_png([[LotPanel("Sharpe", [0.0] * 3, 0.0)]], **TEXT)
