import asyncio
from datetime import date

import pandas as pd
import pytest

from plimsoll.archive.listing import Listing, ask_listing
from plimsoll.core import UsageError
from tests.unit.archive.archives import served
from tests.unit.venue.markets import NOW_MS, exchange_at

BTC, PEPE = "BTC/USDT:USDT", "PEPE/USDT:USDT"
DAYS = {"BTCUSDT": date(2019, 9, 8), "1000PEPEUSDT": date(2023, 5, 5)}
LISTING = Listing(pd.Timestamp("2025-03-05 14:37", tz="UTC"), DAYS)


def test_a_pair_that_does_not_trade_is_named_with_its_likes() -> None:
    assert LISTING.unknown(BTC) is None
    line = LISTING.unknown(PEPE)
    assert line is not None
    assert line.startswith(f"{PEPE}: PEPEUSDT does not trade on the exchange")
    assert "(there is 1000PEPEUSDT)" in line


def test_a_span_before_the_listing_has_nothing_yet() -> None:
    listed = DAYS["BTCUSDT"]
    assert LISTING.nothing_yet(BTC, listed) is None
    line = LISTING.nothing_yet(BTC, date(2019, 9, 7))
    assert line is not None
    assert "listed on 2019-09-08, so there is nothing until 2019-09-07" in line
    assert LISTING.nothing_yet(BTC, None) is LISTING.nothing_yet(PEPE, date(2000, 1, 1)) is None


def test_a_span_that_begins_before_the_listing_is_filled_from_there() -> None:
    assert LISTING.later_begin(BTC, DAYS["BTCUSDT"]) is None
    line = LISTING.later_begin(BTC, date(2019, 9, 7))
    assert line == f"{BTC}: listed on 2019-09-08, filled from there"


def test_a_span_in_the_future_is_refused_by_the_exchange_s_clock() -> None:
    LISTING.require_begun(date(2025, 3, 5))
    with pytest.raises(UsageError, match="no later than today, 2025-03-05"):
        LISTING.require_begun(date(2025, 3, 6))


def test_an_exchange_tells_its_time_and_the_days_of_its_contracts() -> None:
    async def ask() -> Listing:
        async with served(exchange_at()) as url:
            return await ask_listing(url)

    listing = asyncio.run(ask())
    assert listing.now == pd.Timestamp(NOW_MS, unit="ms", tz="UTC")
    assert listing.days["BTCUSDT"] == date(2019, 9, 8)
