"""The tree as git will track it: what the architecture tests read."""

import ast
import subprocess
from functools import cache
from pathlib import Path

from tests.conftest import ROOT


@cache
def tracked(*patterns: str) -> list[Path]:
    """Return the files that exist and are not ignored, all of them or those of the patterns.

    A new file counts before ``git add``.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [ROOT / name for name in sorted(listed.stdout.split("\0")) if name]
    return [file for file in files if file.is_file()]


def short(file: Path) -> str:
    """Return a file's path inside the checkout."""
    return file.relative_to(ROOT).as_posix()


def parse(file: Path) -> ast.Module:
    """Parse a Python file."""
    return ast.parse(file.read_text(encoding="utf-8"), str(file))
