"""The page of a walk-forward."""

from dataclasses import replace
from pathlib import Path

from plimsoll.cli.walk_forward_page import PICTURE, write_page
from tests.unit.cli.test_walk_forward import OUTCOME


def test_the_page_tells_windows_parameters_and_paths(tmp_path: Path) -> None:
    page = write_page(OUTCOME, tmp_path / "a" / "page")
    text = (page.parent / "walk-forward.md").read_text(encoding="utf-8")
    assert "| 2025-06-01 to 2025-06-04 | 2025-06-04 to 2025-06-06 | 2.50 | - | 1.00% | 3 |" in text
    assert "| period | 10, 20 | 50% | 33% |" in text
    assert "median 1.00, 33% below 0" in text
    assert "Probability of backtest overfitting: 25%." in text
    html = page.read_text(encoding="utf-8")
    assert "data:image/png;base64," in html
    assert (page.parent / PICTURE).read_bytes()[:4] == b"\x89PNG"


def test_a_page_without_paths_leaves_them_out(tmp_path: Path) -> None:
    page = write_page(replace(OUTCOME, paths_record=None), tmp_path)
    assert "Paths" not in (page.parent / "walk-forward.md").read_text(encoding="utf-8")
