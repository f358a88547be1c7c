from plimsoll.venue.bybit.distortion import book_time, candle_time, shifted, spoil_candles
from tests.unit.venue.markets import exchange_at


def test_stale_candles_and_books_tell_of_when_they_stood_still() -> None:
    exchange = exchange_at()
    before = exchange.clock.now_ms()
    exchange.start_fault({"kind": "stale-candles", "symbols": ["BTCUSDT"]})
    now = exchange.clock.step(60)
    assert candle_time(exchange, "BTCUSDT", now) == before
    assert candle_time(exchange, "ETHUSDT", now) == now
    assert book_time(exchange, "BTCUSDT", now) == now


def test_wrong_candles_spoil_low_and_close_of_the_newest_two() -> None:
    exchange = exchange_at()
    rows = [[str(n), "100.0", "110.0", "90.0", "100.0", "1", "1"] for n in range(3)]
    spoil_candles(exchange, rows, "BTCUSDT", exchange.clock.now_ms())
    assert rows[0][3] == "90.0"
    exchange.start_fault({"kind": "wrong-candles", "magnitude": -0.1})
    spoil_candles(exchange, rows, "BTCUSDT", exchange.clock.now_ms())
    assert [row[3:5] for row in rows] == [["81.0", "90.0"], ["81.0", "90.0"], ["90.0", "100.0"]]


def test_a_price_is_shifted_on_its_decimals() -> None:
    exchange = exchange_at()
    assert shifted(exchange, "100.0", "BTCUSDT", 1.0) == "100.0"
    assert shifted(exchange, "100.0", "BTCUSDT", 0.95555) == "95.6"
