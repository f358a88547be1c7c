"""The page of a comparison."""

from pathlib import Path

from plimsoll.cli.compare_page import PICTURE, write_page
from tests.unit.cli.test_compare import outcome_of


def test_the_page_tells_the_verdict_both_sides_and_the_states(tmp_path: Path) -> None:
    page = write_page(outcome_of(tmp_path, 0.003), tmp_path / "a" / "page")
    text = (page.parent / "compare.md").read_text(encoding="utf-8")
    assert "# Mine against SlowTrend" in text
    assert "**Mine adds value beyond SlowTrend.**" in text
    assert "## By the market's state" in text
    assert "| bull |" in text
    assert "2025-01-02 to 2026-06-25" in text
    assert "data:image/png;base64," in page.read_text(encoding="utf-8")
    assert (page.parent / PICTURE).read_bytes()[:4] == b"\x89PNG"
