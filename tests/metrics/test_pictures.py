"""Pictures of dashboards: every panel drawn in its place, and those without data named."""

import json
from pathlib import Path
from typing import Any

import pytest
from matplotlib.image import imread

from tests.metrics.dashboards import BOARDS, UNKNOWN, Board, Panel, Shape
from tests.metrics.pictures import FOLDER, draw, said, series

AT = 1.8e9
ROWS = [{"metric": {"bot": "a", "rule": "r"}, "values": [[AT, "1"], [AT + 5, "2"]]}]
SPAN = (AT, AT + 300)
MOST_BYTES = 250_000


def panel(title: str) -> Panel:
    return next(one for board in BOARDS for one in board.panels if one.title == title)


@pytest.mark.parametrize("board", BOARDS, ids=lambda one: one.uid)
def test_a_dashboard_is_drawn_and_says_what_is_empty(board: Board, tmp_path: Path) -> None:
    file, empty = draw(board, lambda *_: ROWS, SPAN, tmp_path)
    assert file.read_bytes().startswith(b"\x89PNG")
    assert empty == []
    whole = imread(file)
    _, empty = draw(board, lambda *_: [], SPAN, tmp_path)
    assert empty == [one.title for one in board.panels]
    assert imread(file).shape == whole.shape  # an empty panel keeps its place


def test_a_panel_of_nan_alone_is_empty(tmp_path: Path) -> None:
    rows = [{"metric": {"bot": "a"}, "values": [[AT, "NaN"], [AT + 5, "+Inf"]]}]
    _, empty = draw(BOARDS[2], lambda *_: rows, SPAN, tmp_path)
    assert empty == [one.title for one in BOARDS[2].panels]


def test_legends_carry_their_labels() -> None:
    [shown] = series(panel("Limits used"), lambda *_: ROWS)
    assert shown.legend == "a r"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (float("nan"), "s", UNKNOWN),
        (float("inf"), "none", UNKNOWN),
        (0.125, "percentunit", "12.5 %"),
        (-3.0, "currencyUSD", "-$3.00"),
        (10160.5, "currencyUSD", "$10,160.50"),
        (90.0, "s", "90 s"),
        (180.0, "s", "3 min"),
        (2**26, "bytes", "64 MiB"),
    ],
)
def test_a_value_is_said_in_its_unit(value: float, unit: str, text: str) -> None:
    assert said(value, unit) == text


@pytest.mark.parametrize("board", BOARDS, ids=lambda one: one.uid)
def test_the_picture_of_the_page_is_there_and_light(board: Board) -> None:
    size = (FOLDER / f"{board.uid}.png").stat().st_size
    assert 10_000 < size < MOST_BYTES


def test_states_and_figures_have_words_for_what_is_no_amount() -> None:
    """A bar has a colour for 0 and 1, and a flag is no number."""
    for board in BOARDS:
        for one in board.panels:
            if one.shape is Shape.STATES:
                assert set(one.words or {}) == {0, 1}, one.title
    assert panel("Flag file").words


def test_a_figure_is_asked_for_now_alone() -> None:
    """The last value of a bot that is dead would look like its present one."""
    folder = FOLDER.parents[1] / "docker/grafana/dashboards"
    for board in BOARDS:
        shown: dict[str, Any] = json.loads((folder / f"{board.uid}.json").read_text())
        for one in shown["panels"]:
            for target in one.get("targets", []):
                assert target.get("instant", False) is (one["type"] == "stat"), one["title"]
