"""What an order needs and what the account has: margin, leverage brackets, reduce-only. Pure."""

from collections.abc import Iterable

from plimsoll.venue.account.brackets import brackets_of
from plimsoll.venue.account.ledger import AMOUNT_TOLERANCE, Account
from plimsoll.venue.account.orders import Order
from plimsoll.venue.errors import ApiError

# ccxt knows the USD-M codes (-2019, -2022, -4164, -5022) by Binance's host name only. On another
# host it reads the table shared by all markets; these lead to the same exceptions there.
ORDER_REJECTED = -2010
NO_FUNDS = "Account has insufficient balance for requested action."


def signed(order: Order, quantity: float) -> float:
    """Return a quantity with the sign of the order's side."""
    return quantity if order.side == "BUY" else -quantity


def fillable(account: Account, order: Order) -> float:
    """Return what is left of an order; of a reduce-only one, at most what it would close."""
    if not order.reduce_only:
        return order.left
    held = account.position(order.symbol).amount
    return min(order.left, max(-held if order.side == "BUY" else held, 0.0))


def opening(account: Account, order: Order, quantity: float) -> float:
    """Return the part of a quantity that opens rather than closes."""
    held = account.position(order.symbol).amount
    against = -held if order.side == "BUY" else held
    return quantity - min(quantity, max(against, 0.0))


def held_by_orders(account: Account, symbol: str) -> float:
    """Return the margin that a contract's resting orders hold: that of the larger side.

    What would only close the position needs none. Source: Binance, "Cost Required to Open a
    Position in Perpetual Futures Contracts", without its open loss.
    """
    position = account.position(symbol)
    sides = {"BUY": max(-position.amount, 0.0), "SELL": max(position.amount, 0.0)}
    notionals = []
    for side, closable in sides.items():
        resting = [
            order
            for order in account.orders.open(symbol)
            if order.side == side and not order.is_conditional and not order.reduce_only
        ]
        quantity = sum(order.left for order in resting)
        if quantity > closable:
            whole = sum(order.left * order.price for order in resting)
            notionals.append(whole * (quantity - closable) / quantity)
    return max(notionals, default=0.0) / position.leverage


def free_usd(account: Account) -> float:
    """Return the balance that neither a position nor a resting order holds."""
    held = sum(held_by_orders(account, symbol) for symbol in account.orders.open_symbols())
    return account.free_usd - held


def notional_cap(symbol: str, leverage: float) -> float:
    """Return the largest position in USD that a leverage allows.

    Source: Binance, "Leverage and Margin of USDⓈ-M Futures".
    """
    allowing = [one.cap_usd for one in brackets_of(symbol) if one.max_leverage >= leverage]
    return max(allowing, default=0.0)


def check_order(account: Account, order: Order, quantity: float, price: float) -> None:
    """Refuse an order whose opening part is beyond its bracket or costs more than is free.

    `price` is what a unit of it costs at most; a market order's is the best of the book.
    """
    part = opening(account, order, quantity)
    if part <= AMOUNT_TOLERANCE:
        return
    position = account.position(order.symbol)
    same = sum(one.left for one in _same_side(account, order))
    notional = (abs(position.amount + signed(order, quantity)) + same) * price
    if notional > notional_cap(order.symbol, position.leverage):
        raise ApiError(-2027, "Exceeded the maximum allowable position at current leverage.")
    if part * price * (1.0 / position.leverage + account.taker_fee) > free_usd(account):
        raise ApiError(-2019, NO_FUNDS)


def _same_side(account: Account, order: Order) -> Iterable[Order]:
    return (
        one
        for one in account.orders.open(order.symbol)
        if one.side == order.side and not one.is_conditional and not one.reduce_only
    )


def check_leverage(account: Account, symbol: str, leverage: float, mark: float) -> None:
    """Refuse a leverage that the contract lacks or that its open position does not allow.

    Source: Binance, USDⓈ-M futures, "Error Codes": -4028, -4161, -2028.
    """
    if not 1 <= leverage <= brackets_of(symbol)[0].max_leverage:
        raise ApiError(-4028, f"Leverage {leverage} is not valid")
    position = account.position(symbol)
    if not position.is_open:
        return
    if leverage < position.leverage:
        text = "Leverage reduction is not supported in Isolated Margin Mode with open positions"
        raise ApiError(-4161, text)
    if abs(position.amount) * mark > notional_cap(symbol, leverage):
        raise ApiError(-2027, "Exceeded the maximum allowable position at current leverage.")
