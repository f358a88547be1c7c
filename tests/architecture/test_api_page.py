"""The page of the public names is what their docstrings say."""

import re
from importlib import import_module

from tests.architecture import api_page
from tests.architecture.api_page import MODULES, PAGE, page, prose


def test_the_committed_page_is_current() -> None:
    command = "python -m tests.architecture.api_page --write"
    assert PAGE.read_text(encoding="utf-8") == page(), command


def test_every_public_name_is_on_it_with_a_text() -> None:
    sections = dict(
        re.findall(r"^## (plimsoll\.\w+)\n(.*?)(?=^## |\Z)", page(), re.MULTILINE | re.DOTALL)
    )
    assert set(sections) == set(MODULES)
    for module, text in sections.items():
        for name in import_module(module).__all__:
            assert f"### {name}\n" in text or f"| `{module}.{name}` |" in text, name
    assert not re.search(r"```\n\n(?=#|$)", page()), "a name without a docstring"


def test_sections_of_a_docstring_become_lists() -> None:
    text = "Do it.\n\nRaises\n------\nPlimsollError\n    When ``it``\n    cannot.\n"
    assert prose(text) == "Do it.\n\n**Raises**\n\n- `PlimsollError`: When `it` cannot."


def test_a_long_signature_has_a_parameter_a_line() -> None:
    text = (
        "name(first: dict[str, int], " + 'second: str="x" * 90, *, third: None=None) -> ' + "T" * 60
    )
    assert api_page._wrapped(text).splitlines()[:3] == [
        "name(",
        "    first: dict[str, int],",
        '    second: str="x" * 90,',
    ]
    assert api_page._wrapped("short(one: int) -> int") == "short(one: int) -> int"
