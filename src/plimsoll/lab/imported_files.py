"""The files that a strategy brings along from elsewhere: what its own files import."""

import ast
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

from plimsoll.bundle import PACKAGE

LIBRARIES = ("stdlib", "platstdlib")
INSTALLED = {"site-packages", "dist-packages"}
"""Folders that hold what is installed, in this environment or in one that it builds on."""


def imported_files(files: Iterable[Path]) -> dict[str, Path]:
    """Return the Python files that files import, and what these import, by module name.

    Left out are the files themselves, this package, Python's own library and what is installed
    from a package: what remains lies on a search path that a strategy or its user has added to.
    Only modules that were loaded are looked at: load the strategy before. A file that cannot be
    read or is not Python imports nothing.
    """
    left_out = [Path(sysconfig.get_path(name)).resolve() for name in LIBRARIES]
    left_out.append(PACKAGE.resolve())
    queue = [file.resolve() for file in files]
    seen, imported = set(queue), dict[str, Path]()
    while queue:
        for name in _imports(queue.pop()):
            place = getattr(sys.modules.get(name), "__file__", None)
            file = None if place is None else Path(place).resolve()
            if file is None or file.suffix != ".py" or file in seen:
                continue
            if INSTALLED.intersection(file.parts):
                continue
            if not any(file.is_relative_to(folder) for folder in left_out):
                seen.add(file)
                queue.append(file)
                imported[name] = file
    return imported


def _imports(file: Path) -> Iterator[str]:
    """Yield every module that a file may mean by its absolute imports, packages before parts."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            yield from (".".join(parts[: end + 1]) for end in range(len(parts)))
