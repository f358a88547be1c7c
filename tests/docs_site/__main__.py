"""``make docs``: write every generated page, then build the site into ``out/site``.

The build fails on any warning: a dead link, a missing anchor, a page that the navigation leaves
out, or a page that would fetch something from elsewhere.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from plimsoll.core import PlimsollError
from plimsoll.lab.processes import command
from tests.conftest import ROOT
from tests.docs_site.environment import tool

SITE = ROOT / "out" / "site"
WRITERS = (
    "tests.unit.risk.test_profile",
    "tests.unit.bridge.config.test_schema",
    "tests.architecture.import_graph",
    "tests.architecture.api_page",
    "tests.architecture.gates_table",
)
"""Modules that write their page or schema when they are run with ``--write``."""
PRINTED = {"docs/feature-list.md": (command("plimsoll"), "features", "list", "--markdown")}
"""Pages that a command prints."""
QUIET = {"NO_MKDOCS_2_WARNING": "1"}
"""Keeps the theme's notice about its successor out of every build."""
FETCHED = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=\"?(?:https?:)?//")


def main() -> None:
    """Write the generated files, build the site, look for what it would fetch."""
    for module in WRITERS:
        subprocess.run([sys.executable, "-m", module, "--write"], cwd=ROOT, check=True)
    for page, words in PRINTED.items():
        printed = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True)
        (ROOT / page).write_text(printed.stdout, encoding="utf-8")
    # Not --quiet: it would hide warnings from --strict as well.
    build = [tool("mkdocs"), "build", "--strict", "--site-dir", str(SITE)]
    subprocess.run(build, cwd=ROOT, check=True, env={**os.environ, **QUIET})
    if strangers := fetching(SITE):
        raise PlimsollError(f"expected pages that fetch nothing, found {', '.join(strangers)}")
    print(f"{len(list(SITE.rglob('*.html')))} pages in {SITE.relative_to(ROOT)}/index.html")


def fetching(site: Path) -> list[str]:
    """Return the pages that load a script, a style, a font or a picture from another host."""
    return [
        page.relative_to(site).as_posix()
        for page in sorted(site.rglob("*.html"))
        if FETCHED.search(page.read_text(encoding="utf-8"))
    ]


if __name__ == "__main__":
    try:
        main()
    except (PlimsollError, subprocess.CalledProcessError) as error:
        print(f"docs: {error}", file=sys.stderr)
        sys.exit(1)
