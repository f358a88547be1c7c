"""Which strategies a folder's files define, read without running one.

Freqtrade imports a file to know. This reads the classes and follows their bases by name, through
the files of the folders: a base that comes from elsewhere is taken at its name.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

OURS = "plimsoll"
ROOT = "IStrategy"
DECORATOR = "guarded"


@dataclass(frozen=True, slots=True)
class StrategyClass:
    """A strategy's class as its file states it."""

    name: str
    file: Path
    explicit: bool
    """Whether its text says that guards stand around it: our base, or our decorator."""
    reads_itself: bool
    """Whether it has a ``__getattribute__`` of its own, past which no hook can be held."""


@dataclass(frozen=True, slots=True)
class _Class:
    node: ast.ClassDef
    file: Path
    imported: Mapping[str, str] = field(repr=False)
    """Full names of what the file imports, by the name that it uses."""


@dataclass(frozen=True, slots=True)
class Files:
    """What a set of folders holds: strategies, and the files that are not Python."""

    strategies: tuple[StrategyClass, ...]
    broken: tuple[tuple[Path, str], ...]


def strategy_files(
    folders: Iterable[Path], *, recursive: bool = False, first: Path | None = None
) -> Files:
    """Return the strategies in the folders, in the order in which Freqtrade searches them.

    Of two with one name the first counts, as for Freqtrade; ``first`` is read before all.
    """
    classes: dict[str, _Class] = {}
    broken: list[tuple[Path, str]] = []
    files = [file for one in folders for file in _python_files(one, recursive=recursive)]
    for file in files if first is None else [first, *files]:
        try:
            tree = ast.parse(file.read_text(encoding="utf-8"))
        except (OSError, SyntaxError, ValueError) as error:
            broken.append((file, str(error)))
            continue
        imported = dict(_imports(tree))
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                classes.setdefault(node.name, _Class(node, file, imported))
    strategies = tuple(
        StrategyClass(
            one.node.name,
            one.file,
            explicit=_is_explicit(one, classes),
            reads_itself=any(_reads_itself(base.node) for base in _line(one, classes)),
        )
        for one in classes.values()
        if _is_strategy(one, classes)
    )
    return Files(strategies, tuple(broken))


def _python_files(folder: Path, *, recursive: bool) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for entry in sorted(folder.iterdir()):
        if entry.is_dir() and recursive and not entry.name.startswith("__"):
            yield from _python_files(entry, recursive=recursive)
        elif entry.suffix == ".py" and entry.is_file():
            yield entry


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module or ''}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.asname or alias.name, alias.name


def _dotted(node: ast.expr, imported: Mapping[str, str]) -> str:
    """Return a base's or decorator's full name, as far as the file's imports tell."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Subscript | ast.Call):
        return ""
    if isinstance(node, ast.Name):
        parts.append(imported.get(node.id, node.id))
    return ".".join(reversed(parts))


def _line(one: _Class, classes: Mapping[str, _Class]) -> list[_Class]:
    """Return a class and those of its bases that the folders define, each once."""
    line = [one]
    for item in line:
        for base in _bases(item):
            known = classes.get(base.rpartition(".")[2])
            if known is not None and known not in line:
                line.append(known)
    return line


def _bases(one: _Class) -> list[str]:
    return [_dotted(base, one.imported) for base in one.node.bases]


def _is_strategy(one: _Class, classes: Mapping[str, _Class]) -> bool:
    named = [base for item in _line(one, classes) for base in _bases(item)]
    return any(base.rpartition(".")[2] == ROOT or _is_our_base(base) for base in named)


def _is_our_base(name: str) -> bool:
    return name.partition(".")[0] == OURS and name.endswith("Strategy")


def _is_explicit(one: _Class, classes: Mapping[str, _Class]) -> bool:
    return any(
        any(_is_our_base(base) for base in _bases(item))
        or any(_is_our_decorator(mark, item) for mark in item.node.decorator_list)
        for item in _line(one, classes)
    )


def _is_our_decorator(mark: ast.expr, one: _Class) -> bool:
    name = _dotted(mark, one.imported)
    return name.partition(".")[0] == OURS and name.rpartition(".")[2] == DECORATOR


def _reads_itself(node: ast.ClassDef) -> bool:
    return any(
        isinstance(item, ast.FunctionDef) and item.name == "__getattribute__" for item in node.body
    )
