"""What greets a contributor works: CI, hooks, forms and fragments name what exists."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.architecture.test_docs import make_targets
from tests.architecture.tree import short, tracked
from tests.conftest import ROOT

FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
FORMS = [file for file in FORMS if file.name != "config.yml"]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
HEADLINES = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security", "Known limits"}


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def project() -> dict[str, Any]:
    made: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return made


def commands(job: dict[str, Any]) -> list[list[str]]:
    return [shlex.split(step["run"]) for step in job["steps"] if "run" in step]


def test_every_make_target_of_the_workflow_exists() -> None:
    jobs = read(".github/workflows/ci.yml")["jobs"]
    made = [words for job in jobs.values() for words in commands(job) if words[0] == "make"]
    assert {words[1] for words in made} == {"venv", "test", "docs"}
    assert {words[1] for words in made} <= make_targets()


def test_the_workflow_tests_every_python_that_the_package_supports() -> None:
    matrix = read(".github/workflows/ci.yml")["jobs"]["test"]["strategy"]["matrix"]["python"]
    listed = [
        line.rpartition(" ")[2]
        for line in project()["project"]["classifiers"]
        if re.fullmatch(r".*:: 3\.\d+", line)
    ]
    assert matrix == listed == ["3.11", "3.12", "3.13"]


def test_the_workflow_has_no_secret_and_may_write_nothing() -> None:
    text = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    assert "secrets." not in text
    assert read(".github/workflows/ci.yml")["permissions"] == {"contents": "read"}


def test_the_hooks_at_a_commit_are_the_tools_of_make_check() -> None:
    [local] = read(".pre-commit-config.yaml")["repos"]
    assert local["repo"] == "local"
    entries = [shlex.split(hook["entry"]) for hook in local["hooks"]]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipes = re.findall(r"^(?:style|types):.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    tools = re.findall(r"\$\(BIN\)/(ruff \w+|mypy|lint-imports)", "".join(recipes))
    hooks = [" ".join([Path(words[0]).name, *words[1:2]]) for words in entries]
    assert sorted(hooks) == sorted(tools)
    assert len(recipes) == 2
    assert all((ROOT / words[0]).is_file() for words in entries)


@pytest.mark.parametrize("form", FORMS, ids=short)
def test_a_form_has_what_the_hosting_service_asks_for(form: Path) -> None:
    made = read(short(form))
    assert {"name", "description", "body"} <= set(made)
    fields = [part for part in made["body"] if part["type"] != "markdown"]
    assert fields
    ids = [part["id"] for part in fields]
    assert len(ids) == len(set(ids))
    assert all(part["attributes"]["label"] for part in fields)


def test_the_pull_request_form_names_targets_that_exist() -> None:
    text = (ROOT / ".github/PULL_REQUEST_TEMPLATE.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`make (\w+)`", text)) <= make_targets()


def test_every_fragment_has_a_kind_that_the_changelog_knows() -> None:
    kinds = {kind["directory"] for kind in project()["tool"]["towncrier"]["type"]}
    fragments = [file.name for file in tracked("changelog.d") if file.name != "template.md"]
    assert [name for name in fragments if not re.fullmatch(r"[\w-]+\.[a-z]+\.md", name)] == []
    assert {name.split(".")[1] for name in fragments} <= kinds


def test_the_changelog_has_a_dated_section_for_the_released_version() -> None:
    heads = re.findall(r"^## (.*)", CHANGELOG, re.MULTILINE)
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d", head) for head in heads)
    assert heads[0].split()[0] == project()["project"]["version"]
    assert set(re.findall(r"^### (.*)", CHANGELOG, re.MULTILINE)) <= HEADLINES
    assert project()["tool"]["towncrier"]["start_string"] in CHANGELOG


def test_each_make_target_is_there_once_and_is_no_file() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE)
    [phony] = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert sorted(targets) == sorted(phony.split())
