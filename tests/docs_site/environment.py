"""The environment of the tools that only the documentation needs.

It lies under ``out/docs/tool``, so that ``constraints.txt`` need not carry what neither the package
nor its tests import.
"""

import subprocess
import sys
import venv
from pathlib import Path

from tests.conftest import ROOT

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
FOLDER = ROOT / "out" / "docs" / "tool"


def tool(name: str) -> str:
    """Return the path of a command; make its environment when it is absent or out of date."""
    stamp = FOLDER / "made-of.txt"
    if not stamp.is_file() or stamp.read_bytes() != REQUIREMENTS.read_bytes():
        venv.create(FOLDER, clear=True, with_pip=True)
        pip = [FOLDER / "bin" / "python", "-m", "pip", "install", "--quiet"]
        options = ["--disable-pip-version-check", "--require-hashes", "-r", REQUIREMENTS]
        subprocess.run([*pip, *options], check=True)
        stamp.write_bytes(REQUIREMENTS.read_bytes())
    return str(FOLDER / "bin" / name)


if __name__ == "__main__":
    sys.exit(subprocess.run([tool(sys.argv[1]), *sys.argv[2:]], cwd=ROOT).returncode)
