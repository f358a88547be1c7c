"""The report in a real browser: a desk and a phone, by day and by night."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from plimsoll.performance.guard_acts import GuardActs
from plimsoll.reporting.page import html
from plimsoll.reporting.report import MarketKind, Report
from tests.support.browser import NAMES, browser_path, opened, started
from tests.unit.performance.frames import BTC, utc
from tests.unit.reporting.records import INDEX, PRICE, record

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser_path() is None, reason=f"no {NAMES[0]} or the like on the path"),
]

LEAST_LETTER_PX = 9.0
LEAST_CONTRAST = 4.5
"""Of text against its background: WCAG 2.2, success criterion 1.4.3."""

SMALLEST = """Math.min(...[...document.querySelectorAll('figure svg text')]
  .filter(t => t.getClientRects().length && t.textContent.trim())
  .map(t => parseFloat(getComputedStyle(t).fontSize) *
    Math.hypot(t.getScreenCTM().a, t.getScreenCTM().b)))"""
OUTSIDE = """[...document.querySelectorAll('figure svg')].filter(s => s.getClientRects().length)
  .map(s => s.getBoundingClientRect())
  .filter(r => r.left < 0 || r.right > document.documentElement.clientWidth || r.width < 200)
  .length"""
SHOWN = """[...document.querySelectorAll('figure')].filter(f => f.getClientRects().length)
  .map(f => [...f.querySelectorAll('.chart')].filter(c => c.getClientRects().length).length)"""
FAINT = """(() => {
  const parts = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = c => { const [r, g, b] = parts(c).slice(0, 3).map(v => { v /= 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const paper = light(getComputedStyle(document.querySelector('section')).backgroundColor);
  const faint = [];
  for (const t of document.querySelectorAll('section p, section td, section th, section dt,' +
      'section dd, section li, figcaption, summary, h2, h3, caption, figure svg text')) {
    if (!t.getClientRects().length || !t.textContent.trim()) continue;
    if (t.closest('td.heat') || t.closest('pre')) continue;
    const style = getComputedStyle(t), own = light(t.closest('svg') ? style.fill : style.color);
    const ratio = (Math.max(own, paper) + 0.05) / (Math.min(own, paper) + 0.05);
    if (ratio < LIMIT) faint.push([t.textContent.trim().slice(0, 30), ratio.toFixed(2)]);
  }
  return faint;
})()""".replace("LIMIT", str(LEAST_CONTRAST))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = record()
    candles = {"date": INDEX, "high": PRICE + 1.0, "low": PRICE - 1.0, "close": PRICE}
    report = Report(
        title="Backtest of Trend",
        made_at=utc("2024-06-01"),
        market="synthetic, seed 7",
        market_kind=MarketKind.SIMULATED,
        strategies=[run],
        buy_and_hold=run.benchmark,
        pair=BTC,
        candles=pd.DataFrame(candles),
        against=replace(run, acts=GuardActs(guards="off")),
    )
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(html(report), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with started() as number:
        yield number


def look(port: int, page: Path, width: int, scheme: str) -> dict[str, Any]:
    """Open the page and return what it measures; keep its picture where PLIMSOLL_PICTURES says."""

    async def run() -> dict[str, Any]:
        async with opened(port) as tab:
            await tab.show(page.as_uri(), width, scheme)
            root = "document.documentElement"
            asked = {
                "widths": f"[{root}.scrollWidth, {root}.clientWidth]",
                "smallest": SMALLEST,
                "outside": OUTSIDE,
                "shown": SHOWN,
                "faint": FAINT,
            }
            told = {name: await tab.ask(question) for name, question in asked.items()}
            told["picture"] = await tab.picture()
            requests = [e for e in tab.seen if e.get("method") == "Network.requestWillBeSent"]
            told["requests"] = [e["params"]["request"]["url"] for e in requests]
            return told

    told = asyncio.run(run())
    folder = os.environ.get("PLIMSOLL_PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / f"report-{width}-{scheme}.png").write_bytes(told["picture"])
    return told


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1400, "light"),
        (390, "dark"),
        *(
            pytest.param(width, scheme, marks=pytest.mark.slow)  # all: `make browser`
            for width, scheme in [(1400, "dark"), (390, "light"), (320, "light"), (320, "dark")]
        ),
    ],
)
def test_the_page_fits_is_readable_and_fetches_nothing(
    port: int, page: Path, width: int, scheme: str
) -> None:
    told = look(port, page, width, scheme)
    assert told["widths"] == [width, width]
    assert told["outside"] == 0
    assert told["shown"]
    assert set(told["shown"]) == {1}
    least = LEAST_LETTER_PX if width > 320 else 7.5
    assert told["smallest"] >= least
    assert told["faint"] == []
    assert told["requests"] == [page.as_uri()]


def test_light_and_dark_are_two_pictures(port: int, page: Path) -> None:
    light, dark = (look(port, page, 390, scheme)["picture"] for scheme in ("light", "dark"))
    assert light[:8] == b"\x89PNG\r\n\x1a\n"
    assert light != dark
