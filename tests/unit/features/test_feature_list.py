"""The reference page of all features is what the registry says."""

import re

from typer.testing import CliRunner

from plimsoll import features
from plimsoll.cli import app
from tests.conftest import ROOT


def test_the_list_of_features_is_current() -> None:
    made = CliRunner().invoke(app, ["features", "list", "--markdown"])
    page = (ROOT / "docs/feature-list.md").read_text(encoding="utf-8")
    assert page == made.stdout, "plimsoll features list --markdown > docs/feature-list.md"


def test_the_index_leads_to_every_family_with_its_count() -> None:
    page = (ROOT / "docs/feature-list.md").read_text(encoding="utf-8")
    index = re.findall(r"^- \[(.+)\]\(#(.+)\): (\d+)$", page, flags=re.MULTILINE)
    assert len(index) == len(features.Family)
    for title, anchor, count in index:
        assert anchor == title.lower().replace(" ", "-")
        section = page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
        assert section.count("\n| `") == int(count) > 0
