"""Draw which package of Plimsoll imports which, from the code, and what stands on them.

``python -m tests.architecture.import_graph`` prints the drawing; with ``--write`` it is put into
``docs/architecture.md`` and ``docs/images/import-graph.svg``.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import grimp

from tests.architecture.layered_drawing import svg
from tests.architecture.tree import parse
from tests.conftest import ROOT

OUTSIDE = "freqtrade"
LOOSE = {"user_data": "user_data/strategies", "plugins": "plugins"}
PAGE = ROOT / "docs/architecture.md"
PICTURE = ROOT / "docs/images/import-graph.svg"
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
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    [layers] = [one["layers"] for one in contracts if one.get("containers") == ["plimsoll"]]
    made = {path.stem for path in (ROOT / "src/plimsoll").iterdir()}
    rows = [[name for name in re.findall(r"\w+", layer) if name in made] for layer in layers]
    return [[*LOOSE, *rows[0]], *rows[1:-1], [*rows[-1], OUTSIDE]]


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
    """Return what the page and the picture should hold."""
    found = edges()
    page = drawn_page(PAGE.read_text(encoding="utf-8"), mermaid(found))
    return {PAGE: page, PICTURE: svg(floors(), found, dashed={OUTSIDE})}


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        for file, text in drawings().items():
            file.write_text(text, encoding="utf-8")
    else:
        print(mermaid(edges()))
