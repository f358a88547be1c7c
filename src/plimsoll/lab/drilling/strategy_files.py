"""The files that a strategy is made of: its own, its parameters, and what it imports beside it."""

import ast
from collections.abc import Iterator
from pathlib import Path


def files_of(file: Path, root: Path) -> list[Path]:
    """Return a strategy's file and all under ``root`` that it is made of, itself first.

    A parameter file is Freqtrade's ``NAME.json`` beside ``NAME.py``. What comes from installed
    packages is not among them.
    """
    files: list[Path] = []
    todo = [file]
    while todo:
        one = todo.pop(0)
        if one in files:
            continue
        files.append(one)
        if one.suffix == ".py":
            parameters = one.with_suffix(".json")
            todo += [*([parameters] if parameters.is_file() else []), *_imported(one, root)]
    return files


def _imported(file: Path, root: Path) -> list[Path]:
    folders = dict.fromkeys((file.parent, *(up for up in file.parents if up.is_relative_to(root))))
    places = [
        folder.joinpath(*name.split("."))
        for name in dict.fromkeys(_names(file))
        for folder in folders
    ]
    candidates = [way for place in places for way in (_module(place), place / "__init__.py")]
    return [one for one in candidates if one.is_file()]


def _module(place: Path) -> Path:
    return place.with_name(f"{place.name}.py")


def _names(file: Path) -> Iterator[str]:
    """Yield the modules that a file names, relative ones without their dots."""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8", errors="replace"))
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            within = f"{node.module}." if node.module else ""
            if node.module:
                yield node.module
            yield from (f"{within}{alias.name}" for alias in node.names if alias.name != "*")
