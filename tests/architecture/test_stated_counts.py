"""What a page counts, and the version that it names, are those of the code."""

import re
import tomllib
from pathlib import Path

import pytest

from plimsoll import features
from plimsoll.risk import GUARDS
from tests.architecture.tree import short
from tests.conftest import ROOT

COUNTS = {"features": len(features.names()), "guards": len(GUARDS.names())}
STATED = re.compile(r"(?<![\w.,-])(\d+) (?:pure |shipped |registered )?(features|guards)\b")
WHEEL = re.compile(r"freqtrade_plimsoll-([\d.]+)-py3|freqtrade-plimsoll(?:==|:| )(\d[\d.]*\d)")
MEASURED = {"benchmarks.md", "denials.md", "results.md"}
"""Written with their figures at one moment, which is stated there."""
PAGES = [
    ROOT / "README.md",
    *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name not in MEASURED),
]


def stated(page: Path) -> list[tuple[str, int]]:
    """What a page counts, and how many it says there are."""
    return [(what, int(count)) for count, what in STATED.findall(page.read_text(encoding="utf-8"))]


def test_every_stated_count_is_that_of_the_registry() -> None:
    stale = [
        f"{short(page)} says {count} {what}, there are {COUNTS[what]}"
        for page in PAGES
        for what, count in stated(page)
        if count != COUNTS[what]
    ]
    assert stale == []


@pytest.mark.parametrize("name", ["README.md", "docs/features.md", "docs/feature-list.md"])
def test_the_pages_that_count_features_are_read(name: str) -> None:
    assert [what for what, _ in stated(ROOT / name)] == ["features"]


@pytest.mark.parametrize("name", ["docs/install.md", "docs/docker.md", "docs/profiles.md"])
def test_every_stated_version_is_the_one_that_is_built(name: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = WHEEL.findall((ROOT / name).read_text(encoding="utf-8"))
    assert {wheel or pinned for wheel, pinned in named} == {project["version"]}
