"""What the exchange itself does to positions: liquidation, deleveraging, settlement.

Sources: Binance, "Binance Futures Liquidation Protocols" (all orders are cancelled, one
immediate-or-cancel order, the rest taken over at the bankruptcy price by the insurance fund),
"Auto-Deleveraging", and USDⓈ-M futures, user data streams, "Event Order Update" (client ids).
"""

from collections.abc import Callable

from plimsoll.venue.account import events as happened
from plimsoll.venue.account.execution import Part, filled, take_from_book
from plimsoll.venue.account.ledger import AMOUNT_TOLERANCE, Account
from plimsoll.venue.account.orders import LIQUIDATION, Order
from plimsoll.venue.account.positions import AMOUNT_DECIMALS, Position
from plimsoll.venue.market.book import Book

LIQUIDATION_FEE_FRACTION = 0.0125
"""`liquidationFee` of the exchange information: of the notional that was liquidated."""
AUTOCLOSE, DELEVERAGED, SETTLED = "autoclose-", "adl_autoclose", "settlement_autoclose-"
Accept = Callable[[Order, int], Order]


def exchange_order(
    account: Account, position: Position, client_id: str, kind: str, price: float, now_ms: int
) -> Order:
    """Return an order of the exchange's own that closes a whole position."""
    return Order(
        id=account.orders.next_id(),
        client_id=client_id,
        symbol=position.symbol,
        side="SELL" if position.amount > 0 else "BUY",
        kind=kind,
        quantity=abs(position.amount),
        price=price,
        trigger_price=0.0,
        time_in_force="IOC" if kind == LIQUIDATION else "GTC",
        reduce_only=True,
        close_position=False,
        working_type="CONTRACT_PRICE",
        created_ms=now_ms,
        updated_ms=now_ms,
    )


def end_orders(account: Account, symbol: str, reason: int, now_ms: int) -> None:
    """Expire every open order of a contract, conditional ones too."""
    for order in account.orders.open(symbol):
        account.record(
            happened.OrderEnded,
            now_ms,
            order_id=order.id,
            symbol=symbol,
            status=happened.EXPIRED,
            reason=reason,
        )


def liquidate(account: Account, symbol: str, book: Book, accept: Accept, now_ms: int) -> None:
    """Close a position that no longer covers its maintenance margin; its margin may be lost whole.

    What the book takes at the bankruptcy price or better is closed there, and the clearance fee is
    taken from what remains of the margin. The insurance fund takes over the rest.
    """
    end_orders(account, symbol, happened.ACCOUNT_LIQUIDATED, now_ms)
    position = account.position(symbol)
    bankrupt, quantity = position.bankruptcy_price, abs(position.amount)
    draft = exchange_order(account, position, f"{AUTOCLOSE}{now_ms}", LIQUIDATION, bankrupt, now_ms)
    order = accept(draft, now_ms)
    parts = take_from_book(book, order.side, quantity, bankrupt)
    sign = 1.0 if position.amount > 0 else -1.0
    taken_over = max(round(quantity - filled(parts), AMOUNT_DECIMALS), 0.0)
    whole = [*parts, Part(bankrupt, taken_over)] if taken_over else parts
    profit = sum(sign * (part.price - position.entry_price) * part.quantity for part in whole)
    _fill_all(account, order, whole, now_ms)
    notional = sum(part.price * part.quantity for part in parts)
    remaining = max(position.wallet_usd + profit, 0.0)
    fee = min(remaining, notional * LIQUIDATION_FEE_FRACTION)
    closed = _fund_price(book, order.side, taken_over, after=filled(parts)) or bankrupt
    change = fee + sign * (closed - bankrupt) * taken_over
    borne = max(change, -account.insurance_usd)
    account.record(
        happened.PositionLiquidated,
        now_ms,
        order_id=order.id,
        symbol=symbol,
        fee_usd=fee,
        taken_over=taken_over,
        bankruptcy_price=bankrupt,
        closed_price=closed,
        fund_change_usd=borne,
        deleveraged_usd=borne - change,
    )


def _fill_all(account: Account, order: Order, parts: list[Part], now_ms: int) -> None:
    for part in parts:
        account.fill(
            order.id,
            order.symbol,
            order.side,
            part.price,
            part.quantity,
            now_ms,
            is_maker=False,
            fee_fraction=0.0,
        )


def _fund_price(book: Book, side: str, quantity: float, *, after: float) -> float | None:
    """Return the average at which the fund closes what it took over; None for nothing."""
    if quantity <= AMOUNT_TOLERANCE:
        return None
    parts = take_from_book(book, side, after + quantity, None)
    before = after
    cost = done = 0.0
    for part in parts:
        skipped = min(before, part.quantity)
        before -= skipped
        cost += (part.quantity - skipped) * part.price
        done += part.quantity - skipped
    if quantity - done > AMOUNT_TOLERANCE and parts:
        cost, done = cost + (quantity - done) * parts[-1].price, quantity
    return cost / done if done > AMOUNT_TOLERANCE else None


def deleverage_price(position: Position) -> float:
    """Return where the position's mirror image, as levered as itself, is bankrupt; 0 for none.

    With an empty fund nobody else pays a profit beyond it, and the position is deleveraged.
    """
    if not position.is_open or position.wallet_usd <= 0.0:
        return 0.0
    return max(position.entry_price + position.wallet_usd / position.amount, 0.0)


def close_at(
    account: Account, symbol: str, client_id: str, price: float, accept: Accept, now_ms: int
) -> None:
    """Close a whole position at a price without a fee: deleveraging or settlement."""
    position = account.position(symbol)
    if not position.is_open:
        return
    draft = exchange_order(account, position, client_id, "MARKET", 0.0, now_ms)
    order = accept(draft, now_ms)
    _fill_all(account, order, [Part(price, order.quantity)], now_ms)
