"""A command that has imported what it needs before its turn comes.

A process of Freqtrade's spends most of its start on imports, which depend on nothing that is only
known when it may begin.
"""

import importlib
import runpy
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from plimsoll.lab.processes import running


@contextmanager
def awaiting(
    words: Sequence[str], modules: Sequence[str], **how: Any
) -> Iterator[subprocess.Popen[str]]:
    """Start an installed command that imports ``modules`` and waits until `begin` is called.

    ``how`` is as for `running`. Before it begins it has looked at no file of its arguments; one
    that never begins ends with us.
    """
    waits = [sys.executable, "-m", "plimsoll.lab.awaiting", ",".join(modules), *words]
    with running(waits, stdin=subprocess.PIPE, **how) as child:
        yield child


def begin(child: subprocess.Popen[str]) -> None:
    """Let a waiting command begin; one that has ended meanwhile stays ended."""
    if child.stdin is not None:
        with suppress(BrokenPipeError):
            child.stdin.write("begin\n")
            child.stdin.close()


def main() -> None:
    """Import, wait for a line on the standard input, and be the command; end where none comes."""
    modules, *words = sys.argv[1:]
    sys.argv, sys.path[0] = words, str(Path(words[0]).parent)
    for name in modules.split(","):
        importlib.import_module(name)
    if sys.stdin.readline():
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    main()
