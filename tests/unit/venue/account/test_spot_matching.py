from decimal import Decimal

import pytest

from plimsoll.venue.account.spot_matching import whole_steps
from plimsoll.venue.account.spot_wallet import SpotOrder
from plimsoll.venue.clock import Clock
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.base import Market
from plimsoll.venue.market.intervals import HOUR_MS
from tests.unit.venue.markets import NOW_MS, fresh, pair_of_coins, span

BTC = "BTCUSDT"
_OUTCOMES: list[object] = []


def exchange_at(now_ms: int = NOW_MS, market: Market | None = None) -> Exchange:
    """Return an exchange; one on a market of its own may start scenarios."""
    clock = Clock(now_ms, stepped=True)
    return Exchange(market or pair_of_coins(), clock, balance_usd=100_000.0)


def submit(
    exchange: Exchange, side: str, kind: str, quantity: float, symbol: str = BTC, **more: object
) -> SpotOrder:
    number, now_ms = exchange.spot.wallet.next_id(), exchange.clock.now_ms()
    amounts = {
        name: Decimal(str(value)) if isinstance(value, float) else value
        for name, value in {"quantity": quantity, **more}.items()
    }
    made = SpotOrder(number, f"c{number}", symbol, side, kind, created_ms=now_ms, **amounts)  # type: ignore[arg-type]
    return exchange.spot.submit(made, now_ms)


def near(exchange: Exchange, fraction: float) -> float:
    return round(exchange.snapshot(BTC, exchange.clock.now_ms()).last * fraction, 1)


def total(exchange: Exchange, asset: str) -> Decimal:
    return exchange.spot.wallet.of(asset).total


def test_a_market_order_walks_the_book_and_pays_in_coins() -> None:
    exchange = exchange_at()
    book = exchange.book(BTC, 1000, NOW_MS)
    quantity = round(float(book.ask_sizes[:3].sum()), 5)
    exchange.spot.wallet.of("USDT").free = Decimal(10**9)
    bought = submit(exchange, "BUY", "MARKET", quantity)
    assert bought.status == "FILLED"
    assert float(bought.quote / bought.executed) > book.ask_prices[0]
    assert [float(one.price) for one in exchange.spot.wallet.fills] == book.ask_prices[:3].tolist()
    assert total(exchange, "BTC") == bought.quantity * Decimal("0.999")
    assert total(exchange, "USDT") == 10**9 - bought.quote
    assert exchange.spot.wallet.of("USDT").locked == 0


def test_an_order_by_its_cost_spends_no_more_than_that() -> None:
    exchange = exchange_at()
    bought = submit(exchange, "BUY", "MARKET", 0.0, quote_quantity=500.0)
    assert (bought.status, 499 < bought.quote <= 500) == ("FILLED", True)
    sold = submit(exchange, "SELL", "MARKET", 0.0, quote_quantity=100.0)
    assert (sold.status, 99 < sold.quote <= 100) == ("FILLED", True)


@pytest.mark.parametrize(
    ("side", "quantity"), [("BUY", 5.0), ("SELL", 0.01)], ids=["no cash", "no coins"]
)
def test_what_is_not_there_cannot_be_traded(side: str, quantity: float) -> None:
    exchange = exchange_at()
    for kind, price in (("MARKET", 0.0), ("LIMIT", near(exchange, 1.0))):
        with pytest.raises(ApiError, match="insufficient balance"):
            submit(exchange, side, kind, quantity, price=price)
    assert exchange.spot.wallet.orders == {}


def test_a_resting_limit_fills_at_its_price_when_it_is_reached_and_not_before() -> None:
    start_ms = NOW_MS - NOW_MS % 60_000
    exchange = exchange_at(start_ms)
    submit(exchange, "BUY", "MARKET", 0.02)
    hours = span(exchange.market, BTC, "1m", start_ms, start_ms + HOUR_MS)
    target = float(sorted(hours["high"])[-6])
    order = submit(exchange, "SELL", "LIMIT", 0.01, price=target)
    assert (order.status, exchange.spot.wallet.of("BTC").locked) == ("NEW", Decimal("0.01"))
    reached_ms = int(hours["open_ms"][hours["high"] >= target][0])
    exchange.advance(reached_ms)
    assert order.status == "NEW"
    exchange.advance(reached_ms + 60_000)
    assert (order.status, float(order.quote / order.executed)) == ("FILLED", target)
    assert exchange.spot.wallet.fills[-1].is_maker


def test_a_stop_loss_limit_locks_its_coins_and_sells_when_it_is_reached() -> None:
    exchange = exchange_at(market=fresh())
    submit(exchange, "BUY", "MARKET", 0.02)
    stop, limit = near(exchange, 0.97), near(exchange, 0.9)
    terms = {"stop_price": stop, "price": limit}
    order = submit(exchange, "SELL", "STOP_LOSS_LIMIT", 0.015, **terms)
    assert not order.is_working
    with pytest.raises(ApiError, match="insufficient balance"):
        submit(exchange, "SELL", "MARKET", 0.015)
    exchange.start_scenario("move", magnitude=-0.05, duration_seconds=60)
    exchange.clock.step(120)
    exchange.advance(exchange.clock.now_ms())
    assert (order.status, order.is_working) == ("FILLED", True)
    assert limit <= float(order.quote / order.executed) <= stop
    assert exchange.spot.wallet.of("BTC").locked == 0


def test_a_market_that_falls_from_the_limit_leaves_the_stop_unfilled() -> None:
    exchange = exchange_at(market=fresh())
    submit(exchange, "BUY", "MARKET", 0.02)
    terms = {"stop_price": near(exchange, 0.97), "price": near(exchange, 0.975)}
    order = submit(exchange, "SELL", "STOP_LOSS_LIMIT", 0.015, **terms)
    exchange.start_scenario("move", magnitude=-0.2, duration_seconds=1)
    exchange.clock.step(600)
    exchange.advance(exchange.clock.now_ms())
    assert order.is_working
    assert order.is_open
    assert exchange.spot.wallet.of("BTC").locked == order.left


@pytest.mark.parametrize(
    ("kind", "side", "stop", "refused"),
    [
        ("STOP_LOSS_LIMIT", "SELL", 1.01, True),
        ("STOP_LOSS_LIMIT", "SELL", 0.99, False),
        ("STOP_LOSS_LIMIT", "BUY", 0.99, True),
        ("TAKE_PROFIT_LIMIT", "SELL", 0.99, True),
        ("TAKE_PROFIT_LIMIT", "SELL", 1.01, False),
        ("TAKE_PROFIT_LIMIT", "BUY", 1.01, True),
    ],
)
def test_a_stop_on_the_wrong_side_is_refused(
    kind: str, side: str, stop: float, refused: bool
) -> None:
    exchange = exchange_at()
    submit(exchange, "BUY", "MARKET", 0.02)
    price = near(exchange, stop)
    if refused:
        with pytest.raises(ApiError, match=r"Stop price would trigger immediately\."):
            submit(exchange, side, kind, 0.01, stop_price=price, price=price)
    else:
        assert submit(exchange, side, kind, 0.01, stop_price=price, price=price).is_open


def test_what_may_not_rest_expires_and_what_may_not_take_is_refused() -> None:
    exchange = exchange_at()
    best = float(exchange.book(BTC, 5, NOW_MS).ask_prices[0])
    exchange.spot.wallet.of("USDT").free = Decimal(10**12)
    with pytest.raises(ApiError, match="immediately match and take"):
        submit(exchange, "BUY", "LIMIT_MAKER", 0.01, price=best)
    part = submit(exchange, "BUY", "LIMIT", 5_000.0, price=best, time_in_force="IOC")
    assert (part.status, 0 < part.executed < 5_000) == ("EXPIRED", True)
    none = submit(exchange, "BUY", "LIMIT", 5_000.0, price=best, time_in_force="FOK")
    assert (none.status, none.executed) == ("EXPIRED", 0)
    assert exchange.spot.wallet.of("USDT").locked == 0


def test_cancelling_frees_and_is_done_once() -> None:
    exchange = exchange_at()
    order = submit(exchange, "BUY", "LIMIT", 0.01, price=near(exchange, 0.8))
    assert exchange.spot.wallet.of("USDT").locked == order.price * order.quantity
    exchange.spot.cancel(order, NOW_MS)
    assert exchange.spot.wallet.of("USDT").free == 100_000
    with pytest.raises(ApiError) as refused:
        exchange.spot.cancel(order, NOW_MS)
    assert refused.value.code == -2011


@pytest.mark.parametrize("steps", [1, 7, 240])
def test_what_happens_does_not_depend_on_how_often_anybody_asks(steps: int) -> None:
    exchange = exchange_at(market=fresh())
    submit(exchange, "BUY", "MARKET", 0.2)
    submit(exchange, "SELL", "LIMIT", 0.05, price=near(exchange, 1.004))
    exchange.spot.wallet.of("USDT").free = usd = Decimal(10**7)
    usd += sum(one.quote for one in exchange.spot.wallet.orders.values())
    submit(exchange, "BUY", "LIMIT", 50.0, price=near(exchange, 0.995))
    exchange.start_scenario("move", magnitude=-0.02, duration_seconds=1800)
    terms = {"stop_price": near(exchange, 0.996), "price": near(exchange, 0.98)}
    submit(exchange, "SELL", "STOP_LOSS_LIMIT", 0.1, **terms)
    for part in range(1, steps + 1):
        exchange.spot.advance(NOW_MS + 24 * HOUR_MS * part // steps)
    wallet = exchange.spot.wallet
    fills = [(f.side, f.price, f.quantity, f.time_ms, f.is_maker) for f in wallet.fills]
    assert len(fills) > 4
    assert {maker for *_, maker in fills} == {True, False}
    _OUTCOMES.append((fills, total(exchange, "USDT"), total(exchange, "BTC")))
    assert _OUTCOMES[-1] == _OUTCOMES[0]
    signs = [(1 if one.side == "BUY" else -1, one) for one in wallet.fills]
    fees = {a: sum(f.fee for f in wallet.fills if f.fee_asset == a) for a in ("BTC", "USDT")}
    assert total(exchange, "BTC") == sum(sign * f.quantity for sign, f in signs) - fees["BTC"]
    spent = sum(sign * f.quantity * f.price for sign, f in signs)
    assert total(exchange, "USDT") == usd - spent - fees["USDT"]


def test_a_delisted_coin_ends_its_orders_and_stays_in_the_account() -> None:
    exchange = exchange_at()
    submit(exchange, "BUY", "MARKET", 0.02)
    order = submit(exchange, "SELL", "LIMIT", 0.01, price=near(exchange, 1.2))
    exchange.delist(BTC)
    assert (order.status, total(exchange, "BTC")) == ("EXPIRED", Decimal("0.01998"))


@pytest.mark.parametrize(
    ("kind", "options", "outcome"),
    [
        ("expire-order", {}, ("EXPIRED", 0.0)),
        ("partial-fill", {"filled_fraction": 0.5}, ("EXPIRED", 0.01)),
    ],
)
def test_faults_hit_spot_orders(
    kind: str, options: dict[str, float], outcome: tuple[str, float]
) -> None:
    exchange = exchange_at()
    exchange.start_fault({"kind": kind, **options})
    made = SpotOrder(1, "c", BTC, "BUY", "MARKET", Decimal("0.02"), created_ms=NOW_MS)
    order = exchange.place_spot(made, ("POST", "/api/v3/order"), now_ms=NOW_MS)
    assert (order.status, float(order.executed)) == outcome
    assert exchange.spot.wallet.of("USDT").locked == 0


def test_a_fault_of_closing_orders_rejects_those_that_sell() -> None:
    exchange = exchange_at()
    submit(exchange, "BUY", "MARKET", 0.02)
    exchange.start_fault({"kind": "reject-order", "reduce_only": True, "code": -2010})

    def place(number: int, side: str) -> SpotOrder:
        amount = Decimal("0.01")
        made = SpotOrder(number, f"c{number}", BTC, side, "MARKET", amount, created_ms=NOW_MS)
        return exchange.place_spot(made, ("POST", "/api/v3/order"), now_ms=NOW_MS)

    assert place(2, "BUY").status == "FILLED"
    with pytest.raises(ApiError) as refused:
        place(3, "SELL")
    assert refused.value.code == -2010


def test_whole_steps_round_down() -> None:
    assert whole_steps(Decimal("0.01999"), Decimal("0.001")) == Decimal("0.019")
