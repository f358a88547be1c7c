"""Public text names no source that a reader cannot open, and gives each word one meaning."""

import re
from collections import Counter

import pytest

from tests.conftest import ROOT

INTERNAL = re.compile(
    r"\bseed [A-Z]\b"
    r"|\bno seed\b"
    r"|\b\w+_v\d+ (?:seed|idea)\b"
    r"|\b[A-Z], phase \d"
    r"|// [A-Z](?:, [A-Z])*(?::| names| says| lists| assumes) "
)
"""Letters and names of documents that do not ship."""

WORDS = [
    "position", "order", "fill", "equity", "drawdown", "exposure", "margin", "mark price", "limit",
    "breach", "halt", "flatten", "re-arm", "latch", "lock", "reconcile", "break", "alarm",
    "session", "guard", "denial", "verdict", "lookback", "warm-up", "turnover", "depth",
]  # fmt: skip


def public_files() -> list[str]:
    folders = ("docs", "src", "user_data", "plugins", "docker")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*")]
    return sorted(
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "README.md", *files)
        if file.suffix in {".md", ".py", ".json", ".yml"}
    )


def internal_sources(text: str) -> list[str]:
    return INTERNAL.findall(text)


def glossary_entries() -> list[str]:
    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    first_cells = re.findall(r"^\| (\*\*[^|]+) \|", text, re.MULTILINE)
    return [
        word.casefold() for cell in first_cells for word in re.findall(r"\*\*([^*]+)\*\*", cell)
    ]


def test_no_public_file_names_an_internal_source() -> None:
    named = {
        name: sources
        for name in public_files()
        if (sources := internal_sources((ROOT / name).read_text(encoding="utf-8")))
    }
    assert named == {}


@pytest.mark.parametrize(
    "text",
    [
        "of Information Rate; seed Q.",
        '"source": "no seed: off"',
        "The slow_v3 seed; the changes",
        "weeks 5 to 8 (E, phase 4)",
        '"max_daily_loss_usd": 100, // E: max_daily_loss_usd 100',
        '"max_divergence_fraction": 0.2, // A, M: 20 %',
        '"max_exposure_usd": 2000, // E names the cap without a figure',
    ],
)
def test_the_reader_sees_an_internal_source(text: str) -> None:
    assert internal_sources(text)


@pytest.mark.parametrize(
    "text", ["Same seed, same bytes.", "seed 7", "the same seed", "// Layer 3: backtesting"]
)
def test_the_reader_lets_random_seeds_and_remarks_pass(text: str) -> None:
    assert internal_sources(text) == []


def test_the_glossary_gives_each_word_one_meaning() -> None:
    counts = Counter(glossary_entries())
    assert [word for word, count in counts.items() if count > 1] == []
    assert [word for word in WORDS if word not in counts] == []
