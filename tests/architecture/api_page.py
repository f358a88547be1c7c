"""Write the page of the public names from their docstrings.

``python -m tests.architecture.api_page`` prints it; with ``--write`` it is put into
``docs/api.md``.
"""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import is_dataclass
from enum import Enum
from functools import cache
from importlib import import_module
from textwrap import dedent
from types import FunctionType, ModuleType
from typing import Any

from freqtrade.strategy import IStrategy

from tests.conftest import ROOT

PAGE = ROOT / "docs/api.md"
MODULES = (
    "plimsoll.strategies",
    "plimsoll.models",
    "plimsoll.features",
    "plimsoll.risk",
    "plimsoll.checks",
)
OPENING = """# API

<!-- written by python -m tests.architecture.api_page --write -->

The public names: what a strategy, a feature, a guard or a check of your own imports. What is not
here may move in any release. Signatures and texts are the code's own.
"""
WIDEST = 96
SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)


def page() -> str:
    """Return the whole page."""
    return "\n".join([OPENING, *(_of_module(import_module(name)) for name in MODULES)])


def _of_module(module: ModuleType) -> str:
    names = list(vars(module)["__all__"])
    modules = [name for name in names if isinstance(getattr(module, name), ModuleType)]
    parts = [f"## {module.__name__}", prose(inspect.getdoc(module) or "")]
    listed = frozenset(one for name in names if isinstance(one := getattr(module, name), type))
    parts += [
        _of_name(name, getattr(module, name), listed) for name in names if name not in modules
    ]
    if modules:
        rows = [
            f"| `{module.__name__}.{name}` | {_first_line(getattr(module, name))} |"
            for name in modules
        ]
        parts.append(
            "\n".join(["### Its modules", "", "| Module | What it looks at |", "|---|---|", *rows])
        )
    return "\n\n".join(parts) + "\n"


def _of_name(name: str, value: Any, listed: frozenset[type]) -> str:
    title = f"### {name}"
    if isinstance(value, type):
        return "\n\n".join([title, *_of_class(value, listed)])
    if isinstance(value, FunctionType):
        return "\n\n".join(
            [title, _code(_wrapped(signature(value))), prose(inspect.getdoc(value) or "")]
        )
    if getattr(value, "__origin__", None) is not None:
        return f"{title}\n\nA type: an array of float64 values."
    return "\n\n".join([title, _constant(value)])


def _constant(value: Any) -> str:
    if isinstance(value, dict):
        rows = [
            f"- `{key}`: {', '.join(f'`{one}`' for one in each)}" for key, each in value.items()
        ]
        return "\n".join(["A table of guards and the fields that each needs:", "", *rows])
    kinds = {key: getattr(value, key) for key in value.__dataclass_fields__}
    rows = [
        f"- `{key}`: {', '.join(f'`{one.__name__}`' for one in each)}"
        for key, each in kinds.items()
    ]
    return "\n".join([f"`{type(value).__name__}` of every shipped guard:", "", *rows])


def _of_class(made: type, listed: frozenset[type]) -> Iterator[str]:
    bases = [base.__name__ for base in made.__bases__ if base is not object]
    head = f"class {made.__name__}({', '.join(bases)})" if bases else f"class {made.__name__}"
    fields = [f"    {field}" for field in _fields(made)]
    yield _code("\n".join([f"{head}:", *fields] if fields else [head]))
    yield prose(inspect.getdoc(made) or "")
    if made.__name__ == "RiskProfile":
        yield "Its limits are on the page of the [risk profile](risk-profile.md)."
    if issubclass(made, Enum):
        yield "\n".join(f"- `{one.name}` = `{one.value!r}`" for one in made)
    parents = [base for base in made.__mro__[1:] if base in listed]
    inherited = {method for base in parents for method in _methods(base).values()}
    own = [method for method in _methods(made).values() if method not in inherited]
    if own:
        yield f"**Methods**, beside those of `{parents[0].__name__}`" if parents else "**Methods**"
        yield "\n".join(f"- `{signature(method)}`: {prose(_summary(method))}" for method in own)


def _fields(made: type) -> Iterator[str]:
    """Yield a dataclass's fields with their types."""
    if is_dataclass(made):
        [node] = _parsed(made).body
        assert isinstance(node, ast.ClassDef)
        for line in node.body:
            if isinstance(line, ast.AnnAssign) and not ast.unparse(line.target).startswith("_"):
                yield f"{ast.unparse(line.target)}: {ast.unparse(line.annotation)}"


def _methods(made: type) -> dict[str, FunctionType]:
    """Return its public methods of this package, without those that Freqtrade calls."""
    methods = {
        name: value
        for owner in reversed(made.__mro__)
        if owner.__module__.startswith("plimsoll.")
        for name, value in vars(owner).items()
        if isinstance(value, FunctionType) and not name.startswith("_")
    }
    freqtrades = set(dir(IStrategy)) if issubclass(made, IStrategy) else set()
    return {
        name: value
        for name, value in methods.items()
        if name not in freqtrades and inspect.getdoc(value)
    }


def signature(function: Any) -> str:
    """Return a function's signature as its source has it: the same with every Python."""
    [node] = _parsed(function).body
    assert isinstance(node, ast.FunctionDef)
    arguments = node.args
    if arguments.args and arguments.args[0].arg in {"self", "cls"}:
        arguments.args.pop(0)
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{node.name}({ast.unparse(arguments)}){returns}".replace("'", '"')


def _wrapped(text: str) -> str:
    """Return a signature with one parameter a line where it is too long for one."""
    if len(text) <= WIDEST:
        return text
    name, _, rest = text.partition("(")
    depth, lines, line = 1, [], ""
    for position, letter in enumerate(rest):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(letter, 0)
        if depth == 0:
            return "\n".join([f"{name}(", *lines, f"    {line.strip()},", rest[position:]])
        line += letter
        if letter == "," and depth == 1:
            lines.append(f"    {line.strip()}")
            line = ""
    raise ValueError(f"expected a signature, found {text}")


@cache
def _source(function: Any) -> str:
    return dedent(inspect.getsource(function))


def _parsed(function: Any) -> ast.Module:
    return ast.parse(_source(function))


def _code(text: str) -> str:
    return f"```python\n{text}\n```"


def _first_line(value: Any) -> str:
    return prose((inspect.getdoc(value) or "").partition("\n")[0])


def _summary(value: Any) -> str:
    first = (inspect.getdoc(value) or "").partition("\n\n")[0]
    return " ".join(first.split())


def prose(docstring: str) -> str:
    """Return a docstring as Markdown: its sections in bold, their entries as a list."""
    text = docstring.replace("``", "`")
    parts = SECTION.split(text)
    lines = [parts[0].strip()]
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        lines += ["", f"**{title}**", "", *_entries(body.strip("\n"))]
    return "\n".join(lines).strip()


def _entries(body: str) -> Iterator[str]:
    blocks = re.split(r"\n(?=\S)", body)
    for block in blocks:
        name, _, about = block.partition("\n")
        told = " ".join(about.split())
        if not told:
            yield name.strip()
        else:
            names = ", ".join(f"`{one.strip()}`" for one in name.split(","))
            yield f"- {names}: {told}"


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page(), end="")
