"""How the fast lane's functions are compiled: kept on disk, and never beyond a change.

Numba keeps what it compiled until the function's own file changes; a function that was compiled
into a caller in another file would live on in there. So here what is kept belongs to the text of
the whole package: any change compiles all of it anew. What runs seldom and is long is called as
Python would call it (``objmode``): compiled into each of its callers it would take them a minute.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numba

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


OF_PYTHON = "asking candle_rows engine market open_trade plan"
OF_PYTHON += " rule_market sparse trades wallet_captures"
NEVER_COMPILED = frozenset(f"{name}.py" for name in OF_PYTHON.split())


@cache
def package_stamp() -> str:
    """Return a hash of the text of the fast lane's modules that are, or may be, compiled."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        if file.name not in NEVER_COMPILED:
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def compiled(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Compile at the first call; keep the result on disk until the package's text changes."""
    return _made(function, _nrt=True)


def uncounted(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Compile a function that makes no array, for callers that are compiled.

    It does not count who holds the arrays that it is handed: called from Python it would never let
    go of them.
    """
    return _made(function, _nrt=False)


def inlined(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Compile a function that makes no array into each of its callers: for what is called often.

    A call hands over the arrays of a market one by one, and counts who holds them, which took nine
    tenths of the loop's time.
    """
    return _made(function, _nrt=False, forceinline=True)


def _made(function: Callable[Parameters, Result], **options: Any) -> Callable[Parameters, Result]:
    made: Any
    try:
        made = numba.njit(cache=True, error_model="numpy", **options)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        made = numba.njit(error_model="numpy", **options)(function)
    kept = getattr(made._cache, "_cache_file", None)  # noqa: SLF001 - none without a folder
    if kept is not None:
        kept._source_stamp = package_stamp()  # noqa: SLF001 - numba knows one file only
    answer: Callable[Parameters, Result] = made
    return answer
