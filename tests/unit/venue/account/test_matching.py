import pytest

from plimsoll.venue.account.matching import Order
from plimsoll.venue.clock import Clock
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.base import Window
from plimsoll.venue.market.intervals import HOUR_MS
from tests.unit.venue.markets import NOW_MS, fresh, span

BTC = "BTCUSDT"


def _exchange() -> Exchange:
    return Exchange(fresh(), Clock(NOW_MS, stepped=True), balance_usd=100_000.0)


def _order(exchange: Exchange, side: str, kind: str, quantity: float, **fields: object) -> Order:
    values: dict[str, object] = {
        "price": 0.0,
        "trigger_price": 0.0,
        "time_in_force": "GTC",
        "reduce_only": False,
        "close_position": False,
        **fields,
    }
    return Order(
        id=exchange.matching.next_id(),
        client_id="test",
        symbol=BTC,
        side=side,
        kind=kind,
        quantity=quantity,
        working_type="CONTRACT_PRICE",
        created_ms=exchange.clock.now_ms(),
        updated_ms=exchange.clock.now_ms(),
        **values,  # type: ignore[arg-type]
    )


def _submit(exchange: Exchange, side: str, kind: str, quantity: float, **fields: object) -> Order:
    order = _order(exchange, side, kind, quantity, **fields)
    return exchange.matching.submit(order, exchange.clock.now_ms())


def test_a_market_order_pays_the_spread_and_walks_the_book() -> None:
    exchange = _exchange()
    book = exchange.book(BTC, 1000, NOW_MS)
    first = _submit(exchange, "BUY", "MARKET", 0.001)
    assert first.quote_usd / first.executed == pytest.approx(book.ask_prices[0])
    large = float(book.ask_sizes[:5].sum())
    exchange.account.free_usd = 1e12
    second = _submit(exchange, "BUY", "MARKET", round(large, 3))
    assert second.quote_usd / second.executed > book.ask_prices[0]


def test_a_resting_limit_fills_at_its_price_when_a_candle_reaches_it_and_not_before() -> None:
    start_ms = NOW_MS - NOW_MS % 60_000
    exchange = Exchange(fresh(), Clock(start_ms, stepped=True))
    hours = span(exchange.market, BTC, "1m", start_ms, start_ms + HOUR_MS)
    target = float(sorted(hours["high"])[-6])
    order = _submit(exchange, "SELL", "LIMIT", 0.01, price=target)
    assert order.status == "NEW"
    reached_ms = int(hours["open_ms"][hours["high"] >= target][0])
    exchange.matching.advance(reached_ms)
    assert order.status == "NEW"
    exchange.matching.advance(reached_ms + 60_000)
    assert (order.status, order.quote_usd / order.executed) == ("FILLED", pytest.approx(target))
    assert exchange.account.fills[-1].is_maker


@pytest.mark.parametrize("steps", [1, 7, 240])
def test_what_happens_does_not_depend_on_how_often_anybody_asks(steps: int) -> None:
    exchange = _exchange()
    last = exchange.snapshot(BTC, NOW_MS).last
    _submit(exchange, "BUY", "MARKET", 0.1)
    _submit(exchange, "SELL", "LIMIT", 0.05, price=round(last * 1.004, 1), reduce_only=True)
    _submit(exchange, "SELL", "STOP_MARKET", 0.1, trigger_price=round(last * 0.996, 1))
    for part in range(1, steps + 1):
        exchange.matching.advance(NOW_MS + 24 * HOUR_MS * part // steps)
    fills = [(f.side, round(f.price, 6), f.quantity, f.time_ms) for f in exchange.account.fills]
    assert len(fills) > 1
    _OUTCOMES.append(fills)
    assert fills == _OUTCOMES[0]
    assert [e.kind for e in exchange.account.income].count("REALIZED_PNL") >= 1


_OUTCOMES: list[object] = []


def test_a_position_without_a_stop_is_liquidated_in_a_crash() -> None:
    exchange = _exchange()
    exchange.account.set_leverage(BTC, 20)
    _submit(exchange, "BUY", "MARKET", 0.5)
    margin = exchange.account.position(BTC).wallet_usd
    before = exchange.account.wallet_usd
    exchange.start_scenario("flash-crash", magnitude=-0.2)
    exchange.matching.advance(NOW_MS + HOUR_MS)
    assert exchange.account.position(BTC).amount == 0.0
    assert exchange.account.wallet_usd == pytest.approx(before - margin)
    assert exchange.account.income[-1].kind == "INSURANCE_CLEAR"


def test_funding_is_paid_at_the_served_rate() -> None:
    exchange = _exchange()
    exchange.account.set_leverage(BTC, 2)
    _submit(exchange, "SELL", "MARKET", 0.1)
    exchange.matching.advance(NOW_MS + 24 * HOUR_MS)
    paid = [e for e in exchange.account.income if e.kind == "FUNDING_FEE"]
    window = Window(NOW_MS, None, 10)
    rates = exchange.market.funding(BTC, window, NOW_MS + 24 * HOUR_MS)
    assert [entry.time_ms for entry in paid] == rates["time_ms"].tolist()
    for entry, rate in zip(paid, rates, strict=True):
        assert entry.amount_usd == pytest.approx(0.1 * rate["mark"] * rate["rate"])


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("MARKET", {"reduce_only": True}, -2010),
        ("LIMIT", {"price": 1e6, "time_in_force": "GTX"}, -2010),
        ("STOP_MARKET", {"trigger_price": 1.0}, -2021),
    ],
)
def test_orders_that_cannot_be_are_refused(kind: str, fields: dict[str, object], code: int) -> None:
    exchange = _exchange()
    exchange.account.set_leverage(BTC, 125)
    with pytest.raises(ApiError) as refused:
        _submit(exchange, "BUY", kind, 0.1, **fields)
    assert refused.value.code == code
    assert exchange.matching.orders == {}


def test_an_order_beyond_the_free_margin_is_refused() -> None:
    exchange = _exchange()
    exchange.account.free_usd = 100.0
    with pytest.raises(ApiError) as refused:
        _submit(exchange, "BUY", "MARKET", 1.0)
    assert refused.value.code == -2019


def test_immediate_or_cancel_leaves_nothing_behind() -> None:
    exchange = _exchange()
    order = _submit(exchange, "BUY", "LIMIT", 0.01, price=1000.0, time_in_force="IOC")
    assert (order.status, order.executed) == ("EXPIRED", 0.0)
    assert exchange.matching.open_orders() == []
