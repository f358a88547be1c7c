import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from plimsoll.performance.equity import buy_and_hold_curve, equity_curve
from plimsoll.performance.fills import no_trades
from plimsoll.reporting.canvas import LAYOUTS
from plimsoll.reporting.report import (
    AccountStep,
    Event,
    MarketKind,
    Report,
    ReportError,
    render_report,
    report_record,
)
from plimsoll.reporting.trading_record import RecordSource, TradingRecord, record_trades
from tests.unit.performance.frames import BTC, hours, trade, trades_frame, utc

ROWS = 24 * 20


def _track(name, trades, closes, **more):
    equity = equity_curve(trades, closes, 1_000.0)
    return TradingRecord(
        name, RecordSource.BACKTEST, record_trades(trades), equity, 1_000.0, **more
    )


@pytest.fixture(scope="module")
def report() -> Report:
    index = hours(ROWS)
    price = 100.0 + 10.0 * np.sin(np.arange(ROWS) / 20.0)
    closes = pd.DataFrame({BTC: price}, index=index)
    rows = [
        trade(
            index[i],
            index[i + 10],
            price[i],
            price[i + 10],
            side="short" if i % 40 else "long",
            fee=0.0005,
            enter_tag="<cross>",
            exit_reason="roi",
        )
        for i in range(0, ROWS - 20, 20)
    ]
    candles = pd.DataFrame(
        {"date": index, "open": price, "high": price + 1, "low": price - 1, "close": price}
    )
    return Report(
        title="Demo & <test> of $x_1$",
        made_at=utc("2026-10-02 12:00"),
        market="synthetic, seed 7",
        market_kind=MarketKind.SIMULATED,
        strategies=[
            _track("TrendFollow", trades_frame(*rows), closes),
            _track("NoTrade", no_trades(), closes, is_baseline=True),
        ],
        buy_and_hold=buy_and_hold_curve(closes, 1_000.0),
        pair=BTC,
        candles=candles,
        costs_bps={"fee": 5.0, "spread": 2.0},
        code_fingerprint="9f2c1e",
        trials=3,
        commands=["freqtrade backtesting --strategy TrendFollow"],
        steps=[AccountStep("venue started", ok=True), AccountStep("parity fell short", ok=False)],
        events=[
            Event(index[300], "second: flattened"),
            Event(index[298], "first: drawdown limit"),
        ],
    )


@pytest.fixture(scope="module")
def files(report, tmp_path_factory):
    """What the report is rendered as."""
    return render_report(report, tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def page(files) -> str:
    return files.html.read_text()


def test_page_fetches_nothing_and_runs_no_script(page):
    assert "http" not in page
    assert "<script" not in page
    assert not re.search(r"(src|href)=\"(?!#)", page)
    assert "@import" not in page
    assert "url(" not in page.replace("url(#", "")


def test_same_report_gives_the_same_bytes(files, report, tmp_path):
    one, other = files, render_report(report, tmp_path)
    assert one.html.read_bytes() == other.html.read_bytes()
    assert one.png.read_bytes() == other.png.read_bytes()


def test_folder_holds_only_the_two_whole_files(files):
    folder = files.html.parent
    assert sorted(p.name for p in folder.iterdir()) == ["report.html", "report.png"]
    assert files.html.read_text().rstrip().endswith("</html>")


def test_failed_write_leaves_the_old_report_and_no_rest(report, tmp_path, monkeypatch):
    (tmp_path / "report.png").write_bytes(b"old")

    def full_disk(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full_disk)
    with pytest.raises(OSError, match="no space"):
        render_report(report, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["report.png"]
    assert (tmp_path / "report.png").read_bytes() == b"old"


def test_png_has_1600_by_1000_pixels(files):
    head = files.png.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(head[16:20]), int.from_bytes(head[20:24])) == (1600, 1000)


def test_simulated_market_says_nothing_about_profit(page):
    assert "They say nothing about profit" in page


def test_real_market_does_not_claim_to_be_simulated(report, tmp_path):
    real = replace(report, market="real, Binance USD-M", market_kind=MarketKind.REAL)
    text = render_report(real, tmp_path).html.read_text()
    assert "Simulated market" not in text
    assert "Past prices" in text


def test_text_is_escaped(page):
    assert "Demo &amp; &lt;test&gt; of $x_1$" in page
    assert "&lt;cross&gt; → roi" in page


@pytest.mark.parametrize(
    "text",
    [
        "fee 5 bps, spread 2 bps",
        "9f2c1e",
        "synthetic, seed 7",
        "2024-01-01 00:00 to 2024-01-20 23:00",
        "freqtrade backtesting --strategy TrendFollow",
        "NoTrade (baseline)",
        "Buy and hold (no costs)",
        "parity fell short",
    ],
)
def test_page_names(page, text):
    assert text in page


def test_failed_step_is_marked_as_failed(page):
    assert re.search(r"✗</span>\s*<span>parity fell short", page)
    assert re.search(r"✓</span>\s*<span>venue started", page)


def test_events_are_numbered_in_the_order_of_time(page):
    listed = page[page.index("<h2>Events") :]
    assert listed.index("first: drawdown limit") < listed.index("second: flattened")


def test_table_shows_the_measured_figures(page, report):
    measured = report.strategies[0].performance
    row = re.search(r"Greatest drawdown.*?</tr>", page, flags=re.DOTALL).group()
    assert f"<td>{measured.max_drawdown_fraction * 100:.2f} %</td>" in row


def test_undefined_figure_is_a_dash_not_a_zero(page):
    row = re.search(r"Profit factor.*?</tr>", page, flags=re.DOTALL).group()
    assert re.findall(r"<td>(.*?)</td>", row)[1:] == ["–", "–"]


def test_inline_figures_take_the_colours_of_the_page(page):
    figures = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert len(figures) >= 3 * len(LAYOUTS)
    assert all("var(--ink)" in f and "#1b2126" not in f for f in figures)


def test_report_without_candles_has_no_price_figure(report, tmp_path):
    text = render_report(replace(report, candles=None), tmp_path).html.read_text()
    assert text.count('id="equity-figure"') == 1
    assert 'id="price-figure"' not in text
    assert "Trades on the price" not in text


def test_candles_outside_the_measured_span_are_not_drawn(report, tmp_path):
    elsewhere = report.candles.assign(date=report.candles["date"] + pd.Timedelta(days=900))
    text = render_report(replace(report, candles=elsewhere), tmp_path).html.read_text()
    assert "Trades on the price" not in text


def test_event_outside_the_span_is_listed_and_not_drawn(report, tmp_path):
    late = replace(report, events=[Event(utc("2031-01-01"), "much later")])
    text = render_report(late, tmp_path).html.read_text()
    assert "much later" in text
    assert "stroke-dasharray: 4.4,2.2" not in text


def test_event_inside_the_span_is_drawn(page):
    assert "stroke-dasharray: 4.4,2.2" in page


def test_report_without_strategies_is_refused(report, tmp_path):
    with pytest.raises(ReportError, match="one strategy at least"):
        render_report(replace(report, strategies=[]), tmp_path)


def test_price_panel_of_an_unknown_strategy_is_refused(report, tmp_path):
    with pytest.raises(ReportError, match="Nobody is not one of TrendFollow, NoTrade"):
        render_report(replace(report, price_strategy="Nobody"), tmp_path)


def test_price_panel_shows_a_strategy_before_a_baseline(report, tmp_path):
    traded = replace(report.strategies[0], name="BuyAndHold", is_baseline=True)
    text = render_report(replace(report, strategies=[traded, *report.strategies]), tmp_path)
    assert "trades of TrendFollow" in text.html.read_text()


def test_record_names_each_strategy_and_the_origin(report):
    record = report_record(report)
    assert list(record["strategies"]) == ["TrendFollow", "NoTrade"]
    assert record["market_kind"] == "simulated"
    assert record["strategies"]["NoTrade"]["profit_factor"] is None
