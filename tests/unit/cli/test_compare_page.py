"""The page of a comparison."""

from pathlib import Path

import numpy as np

from plimsoll.cli.compare_page import PICTURE, write_page
from plimsoll.performance.forecasts import forecast_quality
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


def test_what_a_model_foresaw_has_a_section(tmp_path: Path) -> None:
    outcome = outcome_of(tmp_path, 0.003)
    told = forecast_quality(
        np.array([0.6, 0.2]),
        np.array([0.2, 0.6]),
        np.array([0.01, 0.02]),
        threshold=0.005,
        least_lean=0.1,
    )
    outcome.candidate.result.statistics["plimsoll"]["forecasts"] = told.to_dict()
    text = (write_page(outcome, tmp_path / "b").parent / "compare.md").read_text(encoding="utf-8")
    assert "2 forecasts; of 2 that it would act on 50.0% took the right side." in text
    assert "Of 2 after which the price moved far enough 50.0% leant to the right side" in text
