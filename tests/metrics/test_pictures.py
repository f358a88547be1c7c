"""Pictures of dashboards: every panel drawn, and those without data named."""

from pathlib import Path

import pytest

from tests.metrics.dashboards import BOARDS, Board
from tests.metrics.live import main
from tests.metrics.pictures import draw, said, series

ROWS = [{"metric": {"bot": "a", "rule": "r"}, "values": [[1e9, "1"], [1e9 + 5, "2"]]}]


@pytest.mark.parametrize("board", BOARDS, ids=lambda one: one.uid)
def test_a_dashboard_is_drawn_and_says_what_is_empty(board: Board, tmp_path: Path) -> None:
    file, empty = draw(board, lambda _: ROWS, tmp_path)
    assert file.read_bytes().startswith(b"\x89PNG")
    assert empty == []
    _, empty = draw(board, lambda _: [], tmp_path)
    assert empty == [
        *(one.title for one in board.panels if one.small),
        *(one.title for one in board.panels if not one.small),
    ]


def test_legends_carry_their_labels_and_nan_is_no_value() -> None:
    panel = next(one for one in BOARDS[0].panels if one.title == "Limits used")
    [shown] = series(panel, lambda _: ROWS)
    assert shown.legend == "a r"
    assert said(float("nan"), "s") == "no value"
    assert said(0.125, "percentunit") == "12.50 %"


@pytest.mark.parametrize("words", [["--minutes", "-1"], ["--pictures", "x"], ["--minutes", "nan"]])
def test_times_that_are_none_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)
