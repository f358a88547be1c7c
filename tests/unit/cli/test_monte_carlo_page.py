"""The page of a Monte Carlo."""

from dataclasses import replace
from pathlib import Path

from plimsoll.cli.monte_carlo_page import PICTURE, write_page
from tests.unit.cli.test_monte_carlo import OUTCOME


def test_the_page_tells_both_kinds(tmp_path: Path) -> None:
    page = write_page(OUTCOME, tmp_path / "a" / "page")
    text = (page.parent / "monte-carlo.md").read_text(encoding="utf-8")
    assert "BTC/USDT:USDT, ETH/USDT:USDT, 5m candles, 2025-01-01 to 2025-06-29. Seed 7." in text
    assert "with p = 0.1 by Sharpe ratio" in text
    assert "| Sharpe a year | 0.85 | 95% | -0.81 | -0.45 | 0.00 | 0.45 | 0.81 |" in text
    assert "data:image/png;base64," in page.read_text(encoding="utf-8")
    assert (page.parent / PICTURE).read_bytes()[:4] == b"\x89PNG"


def test_a_kind_that_was_not_run_is_left_out(tmp_path: Path) -> None:
    record = {name: value for name, value in OUTCOME.record.items() if name != "candles"}
    page = write_page(replace(OUTCOME, record=record), tmp_path)
    text = (page.parent / "monte-carlo.md").read_text(encoding="utf-8")
    assert "What else could have come" not in text
    assert "Is the timing worth anything?" in text
