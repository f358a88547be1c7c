"""What a bot or a backtest holds, open orders counted."""

from collections.abc import Iterable, Mapping

from freqtrade.persistence import LocalTrade

from plimsoll.bridge.account.freqtrade_trades import side_of


def held_amount(trade: LocalTrade) -> float:
    """Return the signed amount of a trade in its base unit, as if its open orders were filled.

    Freqtrade books the fills of an order into its trade when the order is done.
    """
    amount = float(trade.amount or 0.0)
    for order in trade.open_orders:
        entering = order.ft_order_side == trade.entry_side
        amount += float(order.safe_amount) * (1 if entering else -1)
    return max(amount, 0.0) * side_of(trade).sign


def held_usd(trades: Iterable[LocalTrade], closes: Mapping[str, float]) -> dict[str, float]:
    """Return the signed value of each pair at its last close; a pair without one is left out."""
    held: dict[str, float] = {}
    for trade in trades:
        if trade.pair in closes:
            value = held_amount(trade) * closes[trade.pair]
            held[trade.pair] = held.get(trade.pair, 0.0) + value
    return held
