"""What a part of a position that no trade explains has made."""

from plimsoll.core.books import BotBooks, ExchangeBooks
from plimsoll.risk.reconciliation import unexplained_amount


def unexplained_profit_usd(pair: str, books: ExchangeBooks, bot: BotBooks) -> float:
    """Return what the part of a position that no trade explains has made, at the last mark.

    What a trade claims and the exchange does not hold takes the trade's own profit back.
    """
    beyond = unexplained_amount(pair, books, bot)
    if not beyond:
        return 0.0
    held = [one for one in books.positions if one.pair == pair]
    trades = [one for one in bot.trades if one.pair == pair]
    price = next((one.price for one in held), None) or next(one.price for one in trades)
    paid = sum(one.amount * one.side.sign * (one.entry_price or price) for one in held)
    booked = sum(one.amount * one.side.sign * one.price for one in trades)
    signed = books.signed_amount(pair)
    of_trades = sum(one.amount * one.side.sign for one in trades)
    return (signed * price - paid) - (of_trades * price - booked)
