"""The reference page of all features is what the registry says."""

from typer.testing import CliRunner

from plimsoll.cli import app
from tests.conftest import ROOT


def test_the_list_of_features_is_current() -> None:
    made = CliRunner().invoke(app, ["features", "list", "--markdown"])
    page = (ROOT / "docs/feature-list.md").read_text(encoding="utf-8")
    assert page == made.stdout, "plimsoll features list --markdown > docs/feature-list.md"
