"""Figures for a desk and for a phone."""

import re

import pytest
from matplotlib.axes import Axes

from plimsoll.reporting.canvas import (
    LAYOUTS,
    NARROW,
    WIDE,
    Layout,
    _columns,
    _cut,
    described,
    panel,
)


def draw(axis: Axes, layout: Layout) -> None:
    axis.plot([0, 1], [0, layout.most_ticks])


def test_a_panel_has_every_layout_with_name_and_description() -> None:
    made = panel("k", ("Title <x>", "What it shows", "Where from"), draw, 3.0, ("a",), [("1",)])
    assert [name for name, _ in made.svgs] == [layout.name for layout in LAYOUTS]
    for name, svg in made.svgs:
        assert svg.count('role="img"') == 1
        assert f'aria-labelledby="k-{name}-t k-{name}-d"' in svg
        assert f'<title id="k-{name}-t">Title &lt;x&gt;</title>' in svg
        assert f'<desc id="k-{name}-d">What it shows</desc>' in svg


def test_a_narrow_figure_is_drawn_narrower_and_not_scaled_down() -> None:
    made = panel("k", ("t", "s", "c"), draw, 3.0, (), [])
    widths = {
        name: float(re.search(r'viewBox="0 0 ([\d.]+)', svg).group(1)) for name, svg in made.svgs
    }
    assert widths["narrow"] < 320 < 640 < widths["wide"]
    assert NARROW.font_size == WIDE.font_size


def test_ids_of_two_figures_in_one_page_differ() -> None:
    def clipped(axis: Axes, layout: Layout) -> None:
        draw(axis, layout)
        axis.scatter([0.5], [0.5])

    pages = [panel(key, ("t", "s", "c"), clipped, 3.0, (), []).svgs for key in ("a", "b")]
    ids = [re.findall(r'id="([^"]+)"', svg) for page in pages for _, svg in page]
    assert all(ids)
    assert len({one for part in ids for one in part}) == sum(map(len, ids))


@pytest.mark.parametrize("text", ["<script>", "a & b"])
def test_words_of_a_figure_are_escaped(text: str) -> None:
    assert text not in described("<svg a='1'><g/></svg>", "k", text, text)


@pytest.mark.parametrize(
    ("labels", "layout", "columns"),
    [
        (["a", "b", "c"], WIDE, 3),
        (["a", "b", "c"], NARROW, 2),
        (["x" * 60, "y" * 60, "z"], WIDE, 2),
        (["x" * 40, "y"], NARROW, 1),
        (["a"], NARROW, 1),
    ],
)
def test_a_key_has_as_many_columns_as_fit(labels: list[str], layout: Layout, columns: int) -> None:
    assert _columns(labels, layout) == columns


def test_a_name_that_is_longer_than_the_figure_is_cut() -> None:
    cut = _cut("x" * 200, NARROW)
    assert len(cut) < 60
    assert cut.endswith("…")
    assert _cut("short", NARROW) == "short"
