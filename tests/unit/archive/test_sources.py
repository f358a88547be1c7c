import pytest

from plimsoll.archive.backfill import BINANCE_API, BINANCE_ARCHIVE
from plimsoll.archive.layout import Kind
from plimsoll.archive.sources import Addresses, addresses_of, offered_kinds
from plimsoll.core import UsageError
from plimsoll.venue.market.symbols import LISTED
from plimsoll.venue.profile import freqtrade_config

URL = "http://127.0.0.1:8123"


def config(**named: str) -> dict[str, object]:
    return {"exchange": {"ccxt_config": {"urls": {"api": named}}}}


@pytest.mark.parametrize("empty", [{}, {"exchange": {"name": "binance"}}, config()])
def test_without_addresses_it_is_binance_itself(empty: dict[str, object]) -> None:
    assert addresses_of(empty) == Addresses(BINANCE_API, BINANCE_ARCHIVE)


def test_the_config_that_the_venue_writes_leads_to_the_venue_alone() -> None:
    written = freqtrade_config(URL, list(LISTED.values())[:2], follow_clock=False)
    assert addresses_of(written) == Addresses(URL, URL)


def test_half_of_another_exchange_is_refused() -> None:
    with pytest.raises(UsageError, match="names no daily files"):
        addresses_of(config(fapiPublic=f"{URL}/fapi/v1"))


@pytest.mark.parametrize(
    ("exchange", "left", "lines"),
    [("binance", 6, 0), ("bybit", 5, 1), ("okx", 3, 3)],
)
def test_what_an_exchange_lacks_is_said(exchange: str, left: int, lines: int) -> None:
    kinds = tuple(kind for kind in Kind if kind not in (Kind.INDEX, Kind.SPOT))
    offered, told = offered_kinds(exchange, kinds)
    assert (len(offered), len(told)) == (left, lines)
    assert all(line.startswith(f"{exchange} offers no ") for line in told)


def test_nothing_left_and_an_unknown_exchange_are_wrong_usage() -> None:
    with pytest.raises(UsageError, match="okx offers no ratios"):
        offered_kinds("okx", (Kind.RATIOS,))
    with pytest.raises(UsageError, match="kraken"):
        offered_kinds("kraken", (Kind.CANDLES,))
