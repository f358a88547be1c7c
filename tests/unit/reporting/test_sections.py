"""What a report says of one account."""

import numpy as np
import pandas as pd

from plimsoll.performance.fills import no_trades
from plimsoll.reporting.canvas import Panel
from plimsoll.reporting.sections import (
    MOST_GROUPS,
    Section,
    Text,
    account_caption,
    account_sections,
    costs_text,
)
from plimsoll.reporting.tables import Table
from plimsoll.reporting.trading_record import RecordSource, record_trades
from tests.unit.performance.frames import hours, trade, trades_frame
from tests.unit.reporting.records import INDEX, PRICE, record

RUN = record()
SECTIONS = {section.key: section for section in account_sections(RUN, "synthetic", "main")}


def titles(section: Section, kind: type) -> list[str]:
    return [block.title for block in section.blocks if isinstance(block, kind)]


def notes(section: Section) -> str:
    return " ".join(
        line for block in section.blocks if isinstance(block, Text) for line in block.lines
    )


def test_every_section_has_its_figures_and_tables() -> None:
    assert titles(SECTIONS["main-falls"], Table) == ["The worst falls"]
    assert titles(SECTIONS["main-periods"], Panel) == [
        "Rolling Sharpe ratio, 30 days",
        "Returns of the days",
        "Returns of the trades",
    ]
    assert titles(SECTIONS["main-held"], Panel) == ["Exposure over time", "Costs and funding"]
    origins = titles(SECTIONS["main-origin"], Table)
    assert origins[:4] == ["By pair", "By side", "By entry tag", "By exit reason"]
    assert origins[-3:] == ["Returns by market regime", "By trend", "By volatility"]
    assert titles(SECTIONS["main-origin"], Panel) == ["Profit by hour of opening"]
    assert titles(SECTIONS["main-excursions"], Panel) == ["Excursions of the trades"]


def test_every_figure_states_source_market_period_candles_and_costs() -> None:
    caption = account_caption(RUN, "synthetic, seed 7")
    assert caption == (
        "Trend, backtest; synthetic, seed 7; 2024-01-01 to 2024-04-29; candles of 1h. "
        "Costs of a fill: fee 5 bps."
    )
    for section in account_sections(RUN, "synthetic, seed 7", "x"):
        for block in section.blocks:
            if isinstance(block, Panel):
                assert block.caption.startswith(caption)
                assert block.summary
                assert block.rows
    assert (costs_text(None), costs_text({})) == ("not stated", "none")


def test_keys_of_the_figures_of_two_accounts_differ() -> None:
    both = [*account_sections(RUN, "m", "one"), *account_sections(RUN, "m", "two")]
    keys = [block.key for part in both for block in part.blocks if isinstance(block, Panel)]
    assert len(set(keys)) == len(keys)


def test_a_run_without_trades_says_what_it_cannot_say() -> None:
    equity = pd.Series(1_000.0, index=INDEX)
    parts = account_sections(record(no_trades(), equity=equity), "m", "k")
    told = {part.key: notes(part) for part in parts}
    assert told["k-periods"].startswith("No rolling Sharpe ratio")
    assert told["k-held"] == "No trade: nothing was held or paid."
    assert told["k-origin"] == "No trade was closed."
    assert "No closed trade has a recorded lowest" in told["k-excursions"]


def test_a_short_run_has_no_rolling_ratio() -> None:
    index = hours(24 * 20)
    trades = record_trades(trades_frame(trade(index[1], index[9], 100.0, 101.0)))
    equity = pd.Series(np.linspace(1_000.0, 1_001.0, len(index)), index=index)
    short = record(trades, equity=equity, closes=None, market=None, source=RecordSource.LIVE)
    parts = {part.key: part for part in account_sections(short, "m", "k")}
    assert "the run has 20 days, and the shortest window needs 60" in notes(parts["k-periods"])
    assert titles(parts["k-held"], Panel) == ["Costs and funding"]
    assert "No regimes" in notes(parts["k-origin"])


def test_a_market_that_ends_before_the_run_tells_no_regime() -> None:
    earlier = RUN.market.copy()
    earlier.index = earlier.index - pd.Timedelta(days=400)
    parts = account_sections(record(market=earlier), "m", "k")
    assert "No regimes" in " ".join(notes(part) for part in parts)


def test_only_the_best_and_the_worst_of_many_tags_are_listed() -> None:
    rows = [trade(INDEX[n], INDEX[n + 2], 10.0, 10.0 + n, enter_tag=f"tag {n}") for n in range(50)]
    closes = pd.DataFrame({"BTC/USDT:USDT": PRICE}, index=INDEX)
    parts = account_sections(record(trades_frame(*rows), closes=closes), "m", "k")
    [tags] = [b for p in parts for b in p.blocks if getattr(b, "title", "") == "By entry tag"]
    assert isinstance(tags, Table)
    assert len(tags.rows) == MOST_GROUPS
    assert [row[0].text for row in (tags.rows[0], tags.rows[-1])] == ["tag 49", "tag 0"]
    assert tags.notes[0] == "The best and worst 15 of 50."
