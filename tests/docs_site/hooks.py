"""What MkDocs does differently for this project; it runs without Plimsoll installed.

The pages at the root of the repository join the site. Links are written as they work in the
repository; on the site, those to a page lead to the page, and those to a file that is no page keep
their words only. Of the import graph, which the repository shows twice, the picture stays.
"""

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[2]
ROOT_PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
}
FENCE = re.compile(r"(^ *```.*?^ *```[^\n]*\n?)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")
DRAWING = re.compile(r"<!-- drawn by .*?<!-- end of the drawing -->\n*", re.DOTALL)


def on_files(files: Any, *, config: Any) -> Any:
    """Add the pages that lie at the root of the repository."""
    for name, place in ROOT_PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Return the page as the site shows it."""
    return site_text(markdown, page.file.src_uri)


def site_text(markdown: str, place: str) -> str:
    """Return the text of the page at ``place``, a path in docs/, with the links of the site."""
    homes = {site: name for name, site in ROOT_PAGES.items()}
    origin = PurePosixPath(homes.get(place, f"docs/{place}"))
    parts = FENCE.split(DRAWING.sub("", markdown))
    return "".join(
        part if number % 2 else LINK.sub(lambda link: _rewritten(link, origin, place), part)
        for number, part in enumerate(parts)
    )


def _rewritten(link: re.Match[str], origin: PurePosixPath, place: str) -> str:
    mark, words, target, anchor = link.groups(default="")
    if re.match(r"[a-z]+:", target):
        return link[0]
    file = normpath(origin.parent / target)
    if (ROOT / file).is_dir():
        file = f"{file}/README.md"
    if not (ROOT / file).exists():
        return link[0]
    if file in ROOT_PAGES:
        site = ROOT_PAGES[file]
    elif file.startswith("docs/"):
        site = file.removeprefix("docs/")
    else:
        return words
    return f"{mark}[{words}]({relpath(site, PurePosixPath(place).parent)}{anchor})"
