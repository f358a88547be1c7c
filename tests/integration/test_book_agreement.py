"""Three days in live mode: the exchange's own books and the bot's database, held side by side."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plimsoll.lab.book_agreement import BookCause
from plimsoll.lab.book_records import database_trades
from plimsoll.lab.replay import run_replay
from plimsoll.lab.replay_plan import ReplayPlan
from tests.conftest import ROOT

pytestmark = [pytest.mark.freqtrade, pytest.mark.slow]

BEGIN = datetime(2025, 4, 7, tzinfo=UTC)
NEAR = {"price_side": "same", "use_order_book": True, "order_book_top": 1}
PLAN = ReplayPlan(
    "EveryBooking",
    BEGIN,
    BEGIN + timedelta(days=3),
    strategy_path=ROOT / "tests/support/strategies",
    market="synthetic",
    mode="live",
    # As large as the market's minutes, so that orders fill in parts; amounts so small in number
    # that an average of five decimals is right to the cent.
    pairs=("AAVE/USDT:USDT", "LTC/USDT:USDT"),
    balance_usd=1_000_000.0,
    segment_days=2,
    overlay={
        "stake_amount": 30_000,
        "max_open_trades": 2,
        "entry_pricing": NEAR,
        "exit_pricing": {**NEAR, "price_side": "other"},
        "plimsoll": {
            "risk": {
                "max_correlation": 1,
                "max_consecutive_losses": 20,
                "max_trades_per_day": 100,
            }
        },
    },
)


def test_books_and_database_agree_to_the_cent_but_for_what_freqtrade_leaves_out(
    tmp_path: Path,
) -> None:
    record = run_replay(PLAN, tmp_path / "run")
    books = record.agreement
    assert books is not None
    assert books.trades >= 8
    assert books.orders_in_parts >= 10
    assert books.stops >= 20, "trailing stops are replaced"
    assert books.stops_hit >= 3
    assert books.funding_bookings >= 6
    assert {one.cause for one in books.differences} <= {BookCause.STOPPED_FUNDING}
    assert abs(books.rounding_usd) < 0.01 * books.trades
    agreed = [one for one in database_trades(record.database) if one.funding_usd]
    assert len(agreed) >= 2, "funding of trades that an order of the bot's closed is there"
