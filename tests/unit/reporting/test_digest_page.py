"""A digest as files."""

import json
from pathlib import Path

from plimsoll.reporting.digest_page import digest_html, write_digest
from tests.unit.reporting.digests import digest, empty
from tests.unit.reporting.runs import HOSTILE, active_parts


def test_the_page_runs_and_fetches_nothing_and_escapes_names() -> None:
    page = digest_html(digest())
    assert active_parts(page) == []
    assert HOSTILE not in page
    assert page == digest_html(digest())


def test_the_page_tells_the_whole_story() -> None:
    page = digest_html(digest())
    for part in (
        "Paper money", "less than luck explains", "Where it came from", "By exit",
        "What the guards did", "How it ran", "they agree again", "6.5 bps", "ab" * 32,
        "Every closed trade",
    ):  # fmt: skip
        assert part in page


def test_an_empty_period_and_a_simulated_market_say_so() -> None:
    assert "Nothing is on record" in digest_html(empty())
    assert "Simulated market" in digest_html(digest(market="synthetic, seed 7"))


def test_the_files_lie_side_by_side(tmp_path: Path) -> None:
    files = write_digest(digest(), tmp_path / "digests", "weekly-2024-W02")
    assert sorted(one.name for one in (tmp_path / "digests").iterdir()) == [
        f"weekly-2024-W02.{end}" for end in ("html", "json", "png", "txt")
    ]
    assert json.loads(files.record.read_text())["name"].startswith("Crosses")
    assert files.text.read_text().startswith("Crosses")
