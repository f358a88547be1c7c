import pytest

from plimsoll.venue.api.statistics import STATISTICS
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.intervals import DAY_MS, HOUR_MS
from tests.unit.venue.markets import NOW_MS, ask, exchange_at


@pytest.fixture(scope="module")
def exchange() -> Exchange:
    return exchange_at()


def test_the_current_open_interest_is_the_last_of_its_history(exchange: Exchange) -> None:
    now = ask(exchange, "/fapi/v1/openInterest", symbol="BTCUSDT")["openInterest"]
    rows = ask(exchange, "/futures/data/openInterestHist", symbol="BTCUSDT", period="5m")
    assert len(rows) == 30
    assert rows[-1]["sumOpenInterest"] == now


@pytest.mark.parametrize("path", sorted(STATISTICS))
def test_statistics_keep_thirty_days(exchange: Exchange, path: str) -> None:
    asked = {"symbol": "BTCUSDT", "pair": "BTCUSDT", "period": "1h"}
    rows = ask(exchange, path, **asked, startTime=NOW_MS - 30 * DAY_MS, limit=500)
    assert len(rows) == 500
    assert rows[0]["timestamp"] - (NOW_MS - 30 * DAY_MS) < HOUR_MS
