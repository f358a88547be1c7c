"""The page of results as one HTML file."""

from base64 import b64encode

from plimsoll.reporting.results_html import results_html

TEXT = """# Results <on> data

First, [a page](research/trials.md) and [a site](https://example.org/x).

![Equity](images/a.png)

## All strategies

| strategy | Sharpe |
|---|---|
| `Own<b>` | −1.20 |
"""


def test_page_stands_by_itself() -> None:
    page = results_html(TEXT, {"images/a.png": b"picture"})
    assert f'src="data:image/png;base64,{b64encode(b"picture").decode()}"' in page
    assert "images/a.png" not in page
    assert "research/trials.md" not in page
    assert 'First, a page and <a href="https://example.org/x">a site</a>.' in page
    assert "<script" not in page


def test_each_part_is_a_section_and_each_table_scrolls() -> None:
    page = results_html(TEXT, {})
    assert page.count("<section>") == 2
    assert '<div class="wide" role="region" tabindex="0"><table>' in page
    assert "<td>−1.20</td>" in page


def test_text_is_escaped() -> None:
    page = results_html(TEXT, {})
    assert "<title>Results &lt;on&gt; data</title>" in page
    assert "<code>Own&lt;b&gt;</code>" in page
