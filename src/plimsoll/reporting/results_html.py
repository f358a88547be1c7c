"""A page of results as one HTML file, made of its Markdown; it fetches nothing, runs no script."""

import re
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

import jinja2
from markdown_it import MarkdownIt
from markupsafe import Markup

_LINK_TO_A_FILE = re.compile(r'<a href="(?!https?:|#)[^"]*">(.*?)</a>', re.DOTALL)


def results_html(text: str, pictures: Mapping[str, bytes]) -> str:
    """Return a page of Markdown as HTML; ``pictures`` are PNGs by their addresses in it.

    Each part below a heading is a section, each table scrolls sideways in a box of its own. A link
    to another file keeps its words alone: the page stands by itself.
    """
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    for address, png in pictures.items():
        data = f"data:image/png;base64,{b64encode(png).decode()}"
        body = body.replace(f'src="{address}"', f'src="{data}"')
    body = _LINK_TO_A_FILE.sub(r"\1", body)
    body = body.replace("<table>", '<div class="wide" role="region" tabindex="0"><table>')
    body = body.replace("</table>", "</table></div>")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("results.html.j2").render(
        title=text.partition("\n")[0].removeprefix("# "),
        # Markdown was rendered with HTML of its own switched off: all text in it is escaped.
        parts=[Markup(part) for part in re.split(r"(?=<h2>)", body)],  # noqa: S704
    )
