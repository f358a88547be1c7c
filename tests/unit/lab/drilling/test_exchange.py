"""The exchange, asked with the account's own keys and steered from outside."""

import json
from pathlib import Path

import pytest

from plimsoll.core import PlimsollError
from plimsoll.lab.drilling.books import ExchangeSide
from plimsoll.lab.drilling.exchange import (
    ANY_KEY,
    OUTAGE_SECONDS,
    Exchange,
    drilled_exchange,
    keys_of,
)


def test_a_position_of_somebody_else_is_on_the_books_until_it_is_cleaned(
    exchange: Exchange,
) -> None:
    fills, orders = len(exchange.fills("BTCUSDT")), len(exchange.orders("BTCUSDT"))
    exchange.order("BTCUSDT", "BUY", "0.010")
    assert ExchangeSide.read(exchange.get).positions == {"BTCUSDT": 0.010}
    exchange.clean()
    assert ExchangeSide.read(exchange.get).is_flat
    assert [one["side"] for one in exchange.fills("BTCUSDT")][fills:] == ["BUY", "SELL"]
    assert len(exchange.orders("BTCUSDT")) == orders + 2


def test_a_fault_counts_its_hits_until_it_is_mended(exchange: Exchange) -> None:
    number = exchange.fault("wrong-tick", magnitude=-0.45)
    exchange.venue.prices()
    assert exchange.hits(number) > 0
    exchange.mend()
    before = exchange.hits(number)
    exchange.venue.prices()
    assert exchange.hits(number) == before


def test_money_moves(exchange: Exchange) -> None:
    def wallet() -> float:
        return sum(float(one["balance"]) for one in exchange.get("/fapi/v2/balance"))

    before = wallet()
    exchange.transfer(-500)
    assert wallet() == pytest.approx(before - 500)


def test_keys_are_those_that_the_exchange_wrote(tmp_path: Path) -> None:
    file = tmp_path / "venue.json"
    file.write_text(json.dumps({"exchange": {"key": "k", "secret": "s"}}))
    assert keys_of(file) == ("k", "s")
    file.write_text(json.dumps({"exchange": {"key": "", "secret": ""}}))
    assert keys_of(file) == ANY_KEY


def test_an_exchange_that_was_killed_goes_on_with_its_books(tmp_path: Path) -> None:
    arguments = [
        "--market",
        "synthetic",
        "--symbols",
        "BTC/USDT",
        "--start",
        "2025-05-29T13:48:00Z",
    ]
    with drilled_exchange(arguments, folder=tmp_path) as exchange:
        exchange.order("BTCUSDT", "BUY", "0.010")
        pid, url, before = exchange.venue.pid, exchange.venue.url, exchange.now()
        exchange.fault("wrong-tick")
        exchange.restart()
        assert exchange.now() > before
        assert (exchange.venue.pid != pid, exchange.venue.url) == (True, url)
        assert ExchangeSide.of(exchange.venue.books()).positions == {"BTCUSDT": 0.010}
        assert [one["side"] for one in exchange.fills("BTCUSDT")] == ["BUY"]
        exchange.clean()
        assert ExchangeSide.of(exchange.venue.books()).is_flat


def test_an_exchange_that_starts_slowly_is_away_for_no_longer_by_its_clock(tmp_path: Path) -> None:
    with drilled_exchange(["--market", "synthetic"], folder=tmp_path) as exchange:
        assert exchange.started_in_seconds > 0
        exchange.started_in_seconds = 10 * OUTAGE_SECONDS  # a thousand seconds at ten times that
        exchange.venue.set_speed(10)
        before = exchange.now()
        exchange.restart()
        away_seconds = (exchange.now() - before).total_seconds()
        assert OUTAGE_SECONDS <= away_seconds < 3 * OUTAGE_SECONDS
        assert exchange.venue.speed() == 10


def test_an_exchange_without_an_event_log_is_not_restarted(exchange: Exchange) -> None:
    with pytest.raises(PlimsollError, match="keeps an event log"):
        exchange.restart()
