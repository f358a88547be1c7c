"""The trade journal in lines."""

import math

import pytest

from plimsoll.journal.trade_notes import Evidence, TradeNote
from plimsoll.reporting.journal_words import entry_lines, journal_entries, journal_text
from plimsoll.reporting.trading_record import record_trades
from tests.unit.performance.frames import BTC, trade, trades_frame, utc

OPENED = utc("2024-01-02 03:00")


def entries(**more: float) -> list:  # type: ignore[type-arg]
    rows = record_trades(
        trades_frame(
            trade(OPENED, utc("2024-01-02 05:00"), 100.0, 110.0, fee=0.001, funding_usd=-0.2,
                  stake_amount=50.0, leverage=2.0, exit_reason="roi", **more),
            trade(utc("2024-01-03"), None, 90.0, 0.0, side="short", stake_amount=math.nan),
        )
    )  # fmt: skip
    note = TradeNote(
        entry="long signal trend", verdict="allowed",
        evidence=[Evidence("signal", 7, "2024-01-02T03:00:00Z", "ab" * 32)],
    )  # fmt: skip
    return journal_entries(rows, {(BTC, OPENED): note})


def test_a_closed_trade_has_profit_fees_funding_and_its_records() -> None:
    closed, _ = entries()
    assert closed.fees_usd == pytest.approx(0.21)
    assert closed.profit_fraction == pytest.approx((10.0 - 0.21 - 0.2) / 50.0)
    said = "\n".join(entry_lines(closed, "USDT"))
    assert "+9.59 USDT (19.18 % of stake) after 2.0 h" in said
    assert "stake 50.00, 2 times leverage; long signal trend" in said
    assert "exit     110 at 2024-01-02 05:00; roi" in said
    assert "fees −0.21, funding −0.20" in said
    assert "log      signal 7 abababababab" in said


def test_an_open_trade_without_a_note_says_what_is_not_on_record() -> None:
    _, still_open = entries()
    said = "\n".join(entry_lines(still_open, "USDT"))
    assert "still open" in said
    assert "guards   not on record" in said
    assert "exit" not in said
    record = still_open.as_record()
    assert (record["profit_usd"], record["stake_usd"], record["closed"]) == (None, None, None)


def test_a_journal_without_trades_says_so() -> None:
    assert journal_text([], "USDT", "No log.") == "No trade in this time.\n\nNo log.\n"


def test_a_tag_of_several_lines_stays_one_line() -> None:
    closed, _ = entries(enter_tag="up\n  exit     1 at noon")  # type: ignore[arg-type]
    forged = closed.__class__(**{**closed.__dict__, "note": TradeNote()})
    assert "\n" not in "".join(entry_lines(forged, "USDT"))


def test_a_stake_in_coins_is_written_with_its_cents() -> None:
    closed, _ = entries()
    assert "stake 50.00000000" in "\n".join(entry_lines(closed, "BTC"))
