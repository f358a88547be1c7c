from typing import Any

import pytest

from plimsoll.core.errors import UsageError
from plimsoll.venue.api.control import CONTROLS
from plimsoll.venue.exchange import Exchange
from tests.unit.venue.api.signed import ORDER, buy, call, code_of, rest, stop
from tests.unit.venue.markets import exchange_at


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at()


def control(exchange: Exchange, method: str, name: str, **body: object) -> Any:
    return CONTROLS[method, f"/plimsoll/{name}"](exchange, body)


def test_the_books_hold_what_the_account_is(exchange: Exchange) -> None:
    buy(exchange)
    bid, guard = rest(exchange), stop(exchange)
    books = control(exchange, "GET", "books")
    assert books["wallet_usd"] == pytest.approx(exchange.account.wallet_usd)
    (position,) = books["positions"]
    assert (position["symbol"], position["amount"]) == ("BTCUSDT", pytest.approx(0.1))
    assert position["liquidation_price"] < position["entry_price"]
    assert [one["id"] for one in books["open_orders"]] == [bid["orderId"]]
    assert [one["id"] for one in books["conditional_orders"]] == [guard["algoId"]]
    assert [one["status"] for one in books["closed_orders"]] == ["FILLED"]
    assert sum(fill["quantity"] for fill in books["fills"]) == pytest.approx(0.1)
    assert {entry["kind"] for entry in books["income"]} == {"COMMISSION"}
    assert books["sequence"] == exchange.account.sequence


def test_the_books_tell_what_faults_hide_and_follow_the_market(exchange: Exchange) -> None:
    buy(exchange)
    stop(exchange)
    exchange.start_fault({"kind": "missing-positions"})
    assert call(exchange, "GET", "/fapi/v3/positionRisk") == []
    assert len(control(exchange, "GET", "books")["positions"]) == 1
    exchange.start_scenario("move", magnitude=-0.05, duration_seconds=60)
    exchange.clock.step(120)
    books = control(exchange, "GET", "books")
    assert (books["positions"], books["conditional_orders"]) == ([], [])


def test_what_is_older_is_left_out_when_asked(exchange: Exchange) -> None:
    buy(exchange)
    exchange.clock.step(60)
    books = control(exchange, "GET", "books", since_ms=str(exchange.clock.now_ms()))
    assert (books["fills"], books["income"], books["closed_orders"]) == ([], [], [])
    assert len(books["positions"]) == 1
    with pytest.raises(UsageError, match='a whole number "since_ms"'):
        control(exchange, "GET", "books", since_ms="yesterday")


def test_latency_runs_from_the_close_of_the_newest_candle(exchange: Exchange) -> None:
    candle_ms = 300_000
    exchange.clock.step((candle_ms - exchange.clock.now_ms() % candle_ms) / 1000 + 0.25)
    buy(exchange, newClientOrderId="mine")
    refused = {"side": "HOLD", "type": "MARKET", "quantity": 1}
    assert code_of(exchange, "POST", ORDER, **refused) == -1117
    first, second = control(exchange, "GET", "order-latency", timeframe="5m")
    assert (first["client_id"], first["symbol"], first["latency_ms"]) == ("mine", "BTCUSDT", 250)
    assert first["candle_closed_ms"] == first["received_ms"] - 250
    assert second["side"] == "HOLD"
    with pytest.raises(UsageError, match="timeframe"):
        control(exchange, "GET", "order-latency", timeframe="7m")


def test_changed_filters_hold_for_the_next_order(exchange: Exchange) -> None:
    answer = control(exchange, "POST", "filters", symbol="BTC/USDT:USDT", step_size=0.01)
    assert (answer["symbol"], answer["step_size"], answer["tick_size"]) == ("BTCUSDT", 0.01, 0.1)
    refused = {"side": "BUY", "type": "MARKET", "quantity": 0.105}
    assert code_of(exchange, "POST", ORDER, **refused) == -1111
    with pytest.raises(UsageError, match="at least one of"):
        control(exchange, "POST", "filters", symbol="BTCUSDT")
    with pytest.raises(UsageError, match='a text "symbol"'):
        control(exchange, "POST", "filters", step_size=1)


def test_a_delisted_contract_is_settled(exchange: Exchange) -> None:
    buy(exchange)
    rest(exchange)
    assert control(exchange, "POST", "delist", symbol="BTCUSDT")["status"] == "SETTLING"
    books = control(exchange, "GET", "books")
    assert (books["positions"], books["open_orders"]) == ([], [])
    assert books["statuses"] == {"BTCUSDT": "SETTLING"}
    with pytest.raises(UsageError, match="SETTLING already"):
        control(exchange, "POST", "delist", symbol="BTCUSDT")
