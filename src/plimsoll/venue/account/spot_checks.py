"""What a coin's filters refuse of a spot order. Pure.

Source: developers.binance.com, spot, "Filters" and "Error codes".
"""

from decimal import Decimal

from plimsoll.venue.account.spot_wallet import SpotOrder, SpotWallet
from plimsoll.venue.errors import ApiError
from plimsoll.venue.market.spot_filters import (
    LEAST_ORDER_USD,
    MOST_CONDITIONAL,
    MOST_ORDERS,
    PRICE_DOWN,
    PRICE_UP,
    SpotFilters,
)

FILTERED = -1013


def check_spot_filters(order: SpotOrder, filters: SpotFilters, last: Decimal) -> None:
    """Raise `ApiError` -1013 for what the filters refuse; `last` is the coin's last price."""
    for price in (order.price, order.stop_price):
        if price % filters.tick:
            raise _failure("PRICE_FILTER")
    if order.price and not last * PRICE_DOWN <= order.price <= last * PRICE_UP:
        raise _failure("PERCENT_PRICE_BY_SIDE")
    if not order.quote_quantity and (
        not filters.step <= order.quantity <= filters.most or order.quantity % filters.step
    ):
        raise _failure("LOT_SIZE")
    notional = order.quote_quantity or order.quantity * (order.price or last)
    if notional < LEAST_ORDER_USD:
        raise _failure("NOTIONAL")


def check_spot_counts(order: SpotOrder, wallet: SpotWallet) -> None:
    """Raise `ApiError` -1013 for more open orders of a coin than may rest."""
    resting = wallet.open_orders(order.symbol)
    waiting = sum(one.is_conditional and not one.is_working for one in resting)
    if order.is_conditional and waiting >= MOST_CONDITIONAL:
        raise _failure("MAX_NUM_ALGO_ORDERS")
    if order.kind != "MARKET" and len(resting) >= MOST_ORDERS:
        raise _failure("MAX_NUM_ORDERS")


def _failure(name: str) -> ApiError:
    return ApiError(FILTERED, f"Filter failure: {name}")
