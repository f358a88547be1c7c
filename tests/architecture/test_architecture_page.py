"""docs/architecture.md says what the tree, the registries and the contracts say."""

import re
from pathlib import Path

import pytest

from plimsoll import features
from plimsoll.risk import GUARDS
from tests.architecture.import_graph import contracts
from tests.architecture.tree import tracked
from tests.conftest import ROOT

TEXT = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
SOURCE = ROOT / "src/plimsoll"
RECORDS = ROOT / "docs/adr"
SEPARATED = {"bridge", "venue"}
"""Packages whose rooms the listing names one by one."""


def listing(indent: int, after: str) -> list[str]:
    """Names of the listing at one indent, below the line that begins with ``after``."""
    [block] = re.findall(r"## The house\n\n```text\n(.*?)```", TEXT, re.DOTALL)
    lines = block.splitlines()
    [start] = [number for number, line in enumerate(lines) if line.strip().startswith(after)]
    names = []
    for line in lines[start + 1 :]:
        depth = len(line) - len(line.lstrip())
        if depth < indent:
            break
        if depth == indent:
            names.append(line.split()[0])
    return names


def members(folder: Path) -> list[str]:
    """Packages and modules of a package, as the listing writes them."""
    files = [file.relative_to(folder) for file in tracked("src") if folder in file.parents]
    python = [file for file in files if file.suffix == ".py" and file.name != "__init__.py"]
    return sorted({f"{file.parts[0]}{'/' if len(file.parts) > 1 else ''}" for file in python})


def rows(head: str) -> list[list[str]]:
    """Rows of the table whose first column has this head."""
    _, found, rest = TEXT.partition(f"| {head} |")
    assert found, head
    lines = rest.split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def in_backticks(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def python_files(folder: str) -> int:
    return len([file for file in tracked(folder) if file.suffix == ".py"])


def test_the_listing_names_every_package_once() -> None:
    assert sorted(listing(2, "src/plimsoll/")) == members(SOURCE)


@pytest.mark.parametrize("name", sorted(SEPARATED))
def test_the_listing_names_every_room_once(name: str) -> None:
    assert sorted(listing(4, f"{name}/")) == members(SOURCE / name)


def test_every_folder_of_loose_files_is_listed() -> None:
    loose = {file.parent for file in tracked("user_data", "plugins") if file.suffix == ".py"}
    loose |= {ROOT / "user_data/config"}
    listed = re.findall(r"^((?:user_data|plugins)/\w+)/", TEXT, re.MULTILINE)
    assert sorted(listed) == sorted(folder.relative_to(ROOT).as_posix() for folder in loose)


def test_the_counts_are_those_of_the_registries() -> None:
    families = {features.get(name).family for name in features.names()}
    counts = {
        "guards": len(GUARDS.names()),
        "features": len(features.names()),
        "feature families": len(families),
        "packages": len([name for name in members(SOURCE) if name.endswith("/")]),
        "strategies": python_files("user_data/strategies"),
        "FreqAI models": python_files("user_data/freqaimodels"),
        "hyperopt losses": python_files("user_data/hyperopts"),
        "protections": python_files("plugins/protections"),
        "pairlists": python_files("plugins/pairlists"),
    }
    assert {row[0]: int(row[1]) for row in rows("What ships")} == counts


def test_the_contracts_are_those_of_the_linter() -> None:
    said = {row[0]: in_backticks(row[1]) for row in rows("Contract")}
    expected = {}
    for contract in contracts():
        if contract["type"] == "layers":
            names = re.findall(r"\w+", " ".join(contract["layers"]))
        else:
            names = [*contract["source_modules"], *contract["forbidden_modules"]]
        expected[contract["name"]] = [name.removeprefix("plimsoll.") for name in names]
    assert said == expected


def test_every_decision_is_in_the_index_on_the_page_and_in_the_site() -> None:
    records = sorted(file.name for file in tracked("docs/adr") if file.name != "README.md")
    index = (RECORDS / "README.md").read_text(encoding="utf-8")
    site = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert [int(name[:4]) for name in records] == list(range(1, len(records) + 1))
    assert re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", index) == records
    assert re.findall(r"\]\(adr/(\d{4}-[\w-]+\.md)\)", TEXT) == records
    assert re.findall(r"adr/(\d{4}-[\w-]+\.md)", site) == records


def test_every_decision_has_the_usual_form() -> None:
    for number, file in enumerate(sorted(RECORDS.glob("0*.md")), 1):
        heads = re.findall(r"^#+ (.*)", file.read_text(encoding="utf-8"), re.MULTILINE)
        title = heads[0].removeprefix(f"{number}. ")
        assert heads[1:] == ["Context", "Decision", "Consequences"], file.name
        assert heads[0] == f"{number}. {title}", file.name
        assert f"[{title}](adr/{file.name})" in TEXT, file.name
