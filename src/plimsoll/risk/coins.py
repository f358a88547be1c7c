"""A spot account's coins as positions: what trades of the bot claim, as far as it is there.

Coins beyond that are a person's. Those alone are not which orders with the bot's name have bought
that no trade knows: they are a position that nothing explains.
"""

from dataclasses import replace
from datetime import UTC, datetime

from plimsoll.core.books import BotBooks, ExchangeBooks, ExchangePosition
from plimsoll.core.side import Side
from plimsoll.risk.denial import ROUNDING

MAX_FEE_FRACTION = 0.005
"""What is left of coins that were bought and sold again, where the fee was paid in them."""
LOOKS_AFTER_ARRIVAL = 2
"""How many looks ask for a pair's orders once coins came: a list may be behind a balance."""
_NEVER = datetime.min.replace(tzinfo=UTC)


def with_positions(exchange: ExchangeBooks, bot: BotBooks) -> ExchangeBooks:
    """Return a spot account's books with its positions; other books as they are.

    A trade whose coins are there is held exactly, without what its stop has sold so far, however
    many more there are. Fewer coins, by less than a step and the fees that its entries may have
    paid in them, are no difference. What is left of a trade below a step cannot be sold, and is
    nothing. Where trades of several pairs share a coin, what is missing is missing to the last
    pair by name.
    """
    if exchange.coins is None:
        return exchange
    left, positions = dict(exchange.coins), []
    pairs = {one.pair for one in bot.trades} | {one.pair for one in exchange.done}
    for pair in sorted(pairs | {one.pair for one in exchange.orders}):
        coin, step = _coin(pair), exchange.steps.get(pair, 0.0)
        trades = [one for one in bot.trades if one.pair == pair]
        booked = max(sum(one.amount for one in trades) - _stopped(pair, exchange, bot), 0.0)
        there = left.get(coin, 0.0)
        short = booked - there
        fees = sum(one.fee_amount for one in trades)
        held = booked if short < fees + step * (1 - ROUNDING) else there
        left[coin] = there = max(there - booked, 0.0)
        lost, price = _lost(pair, exchange, bot)
        beyond = min(lost, there)
        left[coin] -= beyond
        held += beyond if beyond >= step else 0.0
        if held and held >= step * (1 - ROUNDING):
            positions.append(
                ExchangePosition(
                    pair=pair,
                    side=Side.LONG,
                    amount=held,
                    entry_price=None if trades else price,
                )
            )
    return replace(exchange, positions=tuple(positions))


def coins_beyond(exchange: ExchangeBooks, bot: BotBooks) -> dict[str, float]:
    """Return the coins of each pair that no trade explains, nor an entry that rests.

    They may be a person's, or what an order has bought whose answer was lost. Less than a step is
    dust, and is left out.
    """
    claimed: dict[str, float] = {}
    for trade in bot.trades:
        coin = _coin(trade.pair)
        claimed[coin] = claimed.get(coin, 0.0) + trade.amount + trade.entering
    beyond = {
        pair: (exchange.coins or {}).get(_coin(pair), 0.0) - claimed.get(_coin(pair), 0.0)
        for pair in exchange.steps
    }
    return {pair: amount for pair, amount in beyond.items() if amount >= exchange.steps[pair] > 0}


class Arrivals:
    """Which pairs' orders tell whose coins are: those of coins that came and nobody explains.

    At the first look all coins that no trade explains have come.
    """

    def __init__(self) -> None:
        self._beyond: dict[str, float] = {}
        self._again: dict[str, int] = {}  # looks that still ask for a pair
        self._lost: set[str] = set()

    def pairs(self, exchange: ExchangeBooks, bot: BotBooks) -> list[str]:
        """Return the pairs whose orders have to be read in this look."""
        return sorted(self._grown(exchange, bot) | self._lost | set(self._again))

    def taken(self, exchange: ExchangeBooks, bot: BotBooks) -> ExchangeBooks:
        """Take in a look that has read the orders it was to read; return it with its positions.

        A look that could not read them has taken nothing in.
        """
        if exchange.coins is None or exchange.fault is not None:
            return exchange
        again = dict.fromkeys(self._grown(exchange, bot), LOOKS_AFTER_ARRIVAL)
        looks = {pair: left - 1 for pair, left in {**self._again, **again}.items()}
        self._again = {pair: left for pair, left in looks.items() if left > 0}
        self._beyond = coins_beyond(exchange, bot)
        pairs = {one.pair for one in (*exchange.done, *exchange.orders)}
        self._lost = {pair for pair in pairs if _lost(pair, exchange, bot)[0]}
        return with_positions(exchange, bot)

    def _grown(self, exchange: ExchangeBooks, bot: BotBooks) -> set[str]:
        return {
            pair
            for pair, amount in coins_beyond(exchange, bot).items()
            if amount - self._beyond.get(pair, 0.0) > exchange.steps[pair] * (1 - ROUNDING)
        }


def _lost(pair: str, exchange: ExchangeBooks, bot: BotBooks) -> tuple[float, float | None]:
    """Return what orders of the bot that no trade knows have bought, and the last one's price.

    Without what anybody but a trade has sold since: it may have been these coins. What a fee has
    taken of them is not there to be sold, nor is less than a step.
    """
    once = {one.id: one for one in (*exchange.orders, *exchange.done)}  # it may end in between
    unknown = [
        one
        for one in once.values()
        if one.pair == pair and one.filled and one.id not in bot.order_ids and not bot.is_peers(one)
    ]
    bought = lost = 0.0
    price = None
    for one in sorted(unknown, key=lambda order: order.placed_at or _NEVER):
        if one.side is Side.SHORT:
            lost -= one.filled
            if lost <= bought * MAX_FEE_FRACTION + exchange.steps.get(pair, 0.0):
                lost = bought = 0.0
        elif one.is_named(bot.prefix):
            lost, bought, price = lost + one.filled, bought + one.filled, one.price
    return lost, price


def _stopped(pair: str, exchange: ExchangeBooks, bot: BotBooks) -> float:
    """Return what open stops of a pair's trade have sold: it is booked when all of it is."""
    return sum(
        one.filled
        for one in exchange.orders
        if one.pair == pair
        and one.conditional
        and one.side is Side.SHORT
        and one.id in bot.order_ids
    )


def _coin(pair: str) -> str:
    return pair.partition("/")[0]
