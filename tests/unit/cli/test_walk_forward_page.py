"""The page of a walk-forward."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np

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


def test_the_page_tells_what_the_tested_days_prove(tmp_path: Path) -> None:
    record = deepcopy(OUTCOME.record)
    returns = np.random.default_rng(5).normal(0.001, 0.01, 400)
    record["out_of_sample"] |= {"daily_returns": returns.tolist(), "days": 400}
    record["trials"] = 180
    page = write_page(replace(OUTCOME, record=record), tmp_path)
    text = (page.parent / "walk-forward.md").read_text(encoding="utf-8")
    [line] = [line for line in text.splitlines() if line.startswith("| Sharpe, with its")]
    sharpe = returns.mean() / returns.std(ddof=1) * np.sqrt(365.25)
    assert f"| {sharpe:.2f} (" in line
    assert "the best of 180 trials has by luck" in text


def test_too_few_days_prove_nothing(tmp_path: Path) -> None:
    page = write_page(OUTCOME, tmp_path)
    text = (page.parent / "walk-forward.md").read_text(encoding="utf-8")
    assert "Nothing: " in text
