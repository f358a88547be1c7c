"""What a contract's filters refuse. Pure."""

from plimsoll.venue.account.margin import ORDER_REJECTED
from plimsoll.venue.account.orders import Order
from plimsoll.venue.errors import ApiError
from plimsoll.venue.market.symbols import SymbolSpec


def _is_step(value: float, step: float) -> bool:
    return abs(value / step - round(value / step)) < 1e-6


def check_filters(order: Order, spec: SymbolSpec, last: float) -> None:
    """Raise `ApiError` for what the contract's filters refuse; `last` is its last price."""
    if order.is_conditional and order.trigger_price <= 0.0:
        raise ApiError(-1102, "Mandatory parameter 'triggerprice' was not sent.")
    if order.kind in ("LIMIT", "STOP", "TAKE_PROFIT") and order.price <= 0.0:
        raise ApiError(-1102, "Mandatory parameter 'price' was not sent, was empty/null.")
    if order.quantity <= 0.0 and not order.close_position:
        raise ApiError(-4003, "Quantity less than or equal to zero.")
    if not _is_step(order.quantity, spec.step_size):
        raise ApiError(-1111, "Precision is over the maximum defined for this asset.")
    if not all(_is_step(price, spec.tick_size) for price in (order.price, order.trigger_price)):
        raise ApiError(-4014, "Price not increased by tick size.")
    notional = order.quantity * (order.price or order.trigger_price or last)
    if notional < spec.min_notional_usd and not (order.reduce_only or order.close_position):
        least = f"{spec.min_notional_usd:.0f}"
        text = f"Order's notional must be no smaller than {least} (unless you choose reduce only)."
        raise ApiError(ORDER_REJECTED, text)
