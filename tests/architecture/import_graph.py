"""Draw which package of Plimsoll imports which, from the code, and what stands on them.

``python -m tests.architecture.import_graph`` prints the drawing; with ``--write`` it is put into
``docs/architecture.md`` and ``docs/images/import-graph.svg``; the rooms inside the bridge are drawn
into ``docs/images/bridge-graph.svg``.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import grimp

from tests.architecture.layered_drawing import svg
from tests.architecture.tree import parse
from tests.conftest import ROOT

OUTSIDE = "freqtrade"
LOOSE = {"user_data": "user_data/strategies", "plugins": "plugins"}
PAGE = ROOT / "docs/architecture.md"
PICTURE = ROOT / "docs/images/import-graph.svg"
ROOMS_PICTURE = ROOT / "docs/images/bridge-graph.svg"
BRIDGE = "plimsoll.bridge"
BEGIN = "<!-- drawn by python -m tests.architecture.import_graph --write -->"
END = "<!-- end of the drawing -->"

Edge = tuple[str, str]


def edges() -> list[Edge]:
    """Return ``(importer, imported)`` for every two of them with a direct import."""
    graph = grimp.build_graph("plimsoll", include_external_packages=True, cache_dir=None)
    found = {
        (package(module), package(imported))
        for module in graph.modules
        if module.startswith("plimsoll.")
        for imported in graph.find_modules_directly_imported_by(module)
    }
    found |= {
        (name, package(imported))
        for name, folder in LOOSE.items()
        for file in sorted((ROOT / folder).rglob("*.py"))
        for imported in imports(file)
    }
    known = {name for floor in floors() for name in floor}
    return sorted((one, other) for one, other in found if one != other and other in known)


def imports(file: Path) -> Iterator[str]:
    """Yield the modules that a loose file imports from; these files import by ``from`` only."""
    for node in ast.walk(parse(file)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def package(module: str) -> str:
    """Return the package of Plimsoll that a module is in, or the distribution outside."""
    first, *rest = module.split(".")
    return rest[0] if first == "plimsoll" and rest else first


def floors() -> list[list[str]]:
    """Return the floors of the house, top first, as the import contract names them.

    What Freqtrade loads stands beside the command on top, Freqtrade itself at the bottom.
    """
    rows = layers_of("plimsoll")
    return [[*LOOSE, *rows[0]], *rows[1:-1], [*rows[-1], OUTSIDE]]


def contracts() -> list[dict[str, Any]]:
    """Return the import contracts of the project, in their order."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed: list[dict[str, Any]] = config["tool"]["importlinter"]["contracts"]
    return listed


def layers_of(container: str) -> list[list[str]]:
    """Return the layers of a package, top first, as far as they exist."""
    [layers] = [one["layers"] for one in contracts() if one.get("containers") == [container]]
    made = {path.stem for path in ROOT.joinpath("src", *container.split(".")).iterdir()}
    return [[name for name in re.findall(r"\w+", layer) if name in made] for layer in layers]


def edges_between_rooms(container: str) -> list[Edge]:
    """Return ``(importer, imported)`` for every two rooms of a package with a direct import."""
    graph = grimp.build_graph("plimsoll", cache_dir=None)
    inside = f"{container}."
    between = {
        (module.removeprefix(inside).split(".")[0], other.removeprefix(inside).split(".")[0])
        for module in graph.modules
        if module.startswith(inside)
        for other in graph.find_modules_directly_imported_by(module)
        if other.startswith(inside)
    }
    return sorted((one, other) for one, other in between if one != other)


def mermaid(found: Iterable[Edge]) -> str:
    """Return the graph in Mermaid's words; what lies outside hangs on dotted lines."""
    rank = {name: number for number, floor in enumerate(floors()) for name in floor}
    lines = [
        f"    {one} {'-.->' if other == OUTSIDE else '-->'} {other}"
        for one, other in sorted(found, key=lambda edge: (rank[edge[0]], rank[edge[1]], edge))
    ]
    return "\n".join(["```mermaid", "flowchart TD", *lines, "```"])


def drawn_page(text: str, drawing: str) -> str:
    """Return the page's text with the drawing between its two marks."""
    before, _, rest = text.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"expected {BEGIN!r} and {END!r} in the page, found not both")
    return f"{before}{BEGIN}\n\n{drawing}\n\n{END}{after}"


def drawings() -> dict[Path, str]:
    """Return what the page and the pictures should hold."""
    found = edges()
    page = drawn_page(PAGE.read_text(encoding="utf-8"), mermaid(found))
    rooms = svg(layers_of(BRIDGE), edges_between_rooms(BRIDGE), dashed=())
    return {
        PAGE: page,
        PICTURE: svg(floors(), found, dashed={OUTSIDE}),
        ROOMS_PICTURE: rooms,
    }


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        for file, text in drawings().items():
            file.write_text(text, encoding="utf-8")
    else:
        print(mermaid(edges()))
