"""The rules of the house that no linter knows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.tree import parse, short, tracked

SOURCES = [file for file in tracked("src") if file.suffix == ".py"]
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}
PICTURES = {".png", ".svg", ".jpg", ".jpeg", ".gif", ".webp", ".ico"}
DATA = {
    *(".feather", ".parquet", ".h5", ".hdf5", ".csv", ".gz", ".zip", ".7z", ".npy", ".npz"),
    *(".pkl", ".joblib", ".sqlite", ".sqlite3", ".db"),
}
RECORDS = {"docs/research/trials.csv", "docs/research/portfolio-trials.csv"}
"""What research wrote down of itself: no market data."""
# Put together, so that this file does not hold what it looks for.
MACHINE_PATH = re.compile(r"(?<![\w./-])/(?:" + "root" + "|" + "work" + r")(?![\w-])")
REGISTRY = re.compile("pypi" + r"\.org|" + "files" + r"\.pythonhosted")
UNDONE = re.compile(r"\b(?:" + "TO" + "DO|" + "FIX" + r"ME)\b")
MAX_BYTES = 300_000
MAX_MODULE_LINES = 400
LISTS = {"src/plimsoll/risk/profile.py": 600, "src/plimsoll/features/trend.py": 600}
"""Modules that are one list, of limits or of features, which a contributor adds to."""
MAX_FUNCTION_LINES = 60


def texts() -> Iterator[tuple[Path, str]]:
    for file in tracked():
        if file.suffix not in PICTURES:
            yield file, file.read_text(encoding="utf-8")


def matches(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{short(file)}:{number}: {line.strip()[:100]}"
        for file, text in texts()
        if pattern.search(text)
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def undocumented(body: list[ast.stmt], owner: str = "") -> Iterator[str]:
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if node.name.startswith("_"):
            continue
        if not ast.get_docstring(node):
            yield f"{owner}{node.name}"
        if isinstance(node, ast.ClassDef):
            yield from undocumented(node.body, f"{owner}{node.name}.")


def test_the_rules_look_at_the_package() -> None:
    assert len(SOURCES) > 50


def test_only_the_command_line_prints() -> None:
    calls = [
        f"{short(file)}:{node.lineno}"
        for file in SOURCES
        if "cli" not in file.parts
        for node in ast.walk(parse(file))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert calls == []


def test_no_module_is_longer_than_its_limit() -> None:
    lines = {short(file): len(file.read_text(encoding="utf-8").splitlines()) for file in SOURCES}
    allowed = dict.fromkeys(lines, MAX_MODULE_LINES) | LISTS
    assert set(LISTS) <= set(lines)
    assert {name: count for name, count in lines.items() if count > allowed[name]} == {}


def test_no_function_is_longer_than_its_limit() -> None:
    lines = {
        f"{short(file)}: {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for file in SOURCES
        for node in functions(parse(file))
    }
    assert {name: count for name, count in lines.items() if count > MAX_FUNCTION_LINES} == {}


def test_what_is_public_says_what_it_is() -> None:
    silent = [
        f"{short(file)}: {name}" for file in SOURCES for name in undocumented(parse(file).body)
    ]
    assert silent == []


def test_no_file_has_a_vague_name() -> None:
    python = [file for file in tracked() if file.suffix == ".py"]
    assert [short(file) for file in python if file.stem in VAGUE_NAMES] == []


def test_nothing_is_left_undone_in_a_comment() -> None:
    assert matches(UNDONE) == []


def test_no_path_of_one_machine_is_named() -> None:
    # A Dockerfile's paths are those of the image.
    found = [match for match in matches(MACHINE_PATH) if "/Dockerfile" not in match]
    assert found == []


def test_no_package_registry_is_named() -> None:
    assert matches(REGISTRY) == []


def test_no_tracked_file_is_large() -> None:
    large = [
        short(file)
        for file in tracked()
        if file.suffix not in PICTURES
        and file.name != "constraints.txt"
        and file.stat().st_size > MAX_BYTES
    ]
    assert large == []


def test_no_market_data_and_no_database_is_tracked() -> None:
    found = {short(file) for file in tracked() if file.suffix in DATA}
    assert found - RECORDS == set()


def test_no_strategy_or_plugin_lies_in_the_package() -> None:
    bundled = [short(file) for file in SOURCES if "_bundle" in file.parts]
    assert bundled == []
