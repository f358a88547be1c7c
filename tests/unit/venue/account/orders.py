"""Orders and exchanges that the tests of the account share."""

from plimsoll.venue.account.matching import Order
from plimsoll.venue.clock import Clock
from plimsoll.venue.exchange import Exchange
from tests.unit.venue.markets import NOW_MS, fresh

BTC = "BTCUSDT"


def draft(exchange: Exchange, side: str, kind: str, quantity: float, **fields: object) -> Order:
    """Return an order that nobody has submitted yet, of BTC unless told otherwise."""
    values: dict[str, object] = {
        "symbol": BTC,
        "price": 0.0,
        "trigger_price": 0.0,
        "time_in_force": "GTC",
        "reduce_only": False,
        "close_position": False,
        "working_type": "CONTRACT_PRICE",
        **fields,
    }
    return Order(
        id=exchange.matching.next_id(),
        client_id="test",
        side=side,
        kind=kind,
        quantity=quantity,
        created_ms=exchange.clock.now_ms(),
        updated_ms=exchange.clock.now_ms(),
        **values,  # type: ignore[arg-type]
    )


def submit(exchange: Exchange, side: str, kind: str, quantity: float, **fields: object) -> Order:
    """Submit an order at the clock's now and return it as it stands."""
    order = draft(exchange, side, kind, quantity, **fields)
    return exchange.matching.submit(order, exchange.clock.now_ms())


def rich(balance_usd: float = 1e8, **options: float) -> Exchange:
    """Return an exchange whose account can pay for anything."""
    clock = Clock(NOW_MS, stepped=True)
    return Exchange(fresh(), clock, balance_usd=balance_usd, **options)
