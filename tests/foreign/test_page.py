"""The page of strategies of others: a row for each, with the figures that were measured."""

from pathlib import Path
from typing import Any

import pytest

from tests.bench.foreign import STRATEGIES as TIMED
from tests.conftest import ROOT
from tests.drills.evidence import EvidenceFolder
from tests.foreign.page import SHAPES, write_page
from tests.foreign.runs import EVERY

PAGE = ROOT / "docs" / "foreign-strategies.md"
FIGURES = {
    **{f"foreign_{name}_bare_seconds": 2.0 for name in TIMED},
    **{f"foreign_{name}_cost_ratio": 1.02 for name in TIMED},
    "foreign_cost_ratio": 1.031,
}


def crash(strategy: str) -> dict[str, Any]:
    return {
        "about": "crash",
        "strategy": strategy,
        "run": "dry-run",
        "rule": "drawdown",
        "value": 0.0123,
        "limit": 0.01,
        "closed": 2,
        "loops": 1,
        "simulated_seconds": 7.25,
        "after": "re-armed",
    }


def test_the_page_tells_what_was_measured(tmp_path: Path) -> None:
    save = EvidenceFolder(tmp_path / "evidence")
    for number, name in enumerate(EVERY):
        row = {"about": "equal", "strategy": name, "trades": 1000 + number, "digest": "ab" * 32}
        save(f"equal-{name}", row)
    for name in ("HostileForeign", "EmaCrossRoi"):
        save(f"crash-{name}", crash(name))
    observed = {"strategy": "EmaCrossRoi", "value": 0.02, "limit": 0.01, "open_after": 2}
    save("observed-x", {"about": "observed", **observed, "told": "it\nwould halt"})
    write_page(tmp_path / "evidence", FIGURES, tmp_path, seconds=600)
    text = (tmp_path / "foreign-strategies.md").read_text(encoding="utf-8")
    assert "One run of `make foreign` on " in text
    assert ", 10 minutes, with Freqtrade" in text
    assert "| `SampleStrategy` | Freqtrade's own sample | 1,000 | abababababab |" in text
    assert "| all four |  | 1.031 × |" in text
    ema, hostile = (
        text.index(f"| `{name}` | dry-run") for name in ("EmaCrossRoi", "HostileForeign")
    )
    assert ema < hostile
    assert "`drawdown` 0.0123 / 0.01 | 2 | 1 | 7.2 | re-armed |" in text
    assert "| `EmaCrossRoi` | 0.0200 / 0.01 | 2 | it would halt |" in text


def test_each_strategy_has_its_shape() -> None:
    assert set(SHAPES) == set(EVERY)


@pytest.mark.parametrize("name", EVERY)
def test_the_page_in_docs_has_a_row_for_each_strategy(name: str) -> None:
    assert f"\n| `{name}` | {SHAPES[name]} | " in PAGE.read_text(encoding="utf-8")
