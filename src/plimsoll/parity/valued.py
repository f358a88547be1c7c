"""An open position at the price at which the other record's end closed its own."""

from dataclasses import replace

from plimsoll.parity.exits import FORCED
from plimsoll.parity.trade import Fill, RecordedTrade


def valued_at_end(trade: RecordedTrade, other: RecordedTrade) -> RecordedTrade:
    """Return an open trade as if it had been closed where the other one was forced to.

    What is left of it leaves at the price of the other's last exit, with the fee of closing and
    the funding so far. A trade that has closed, or whose counterpart was not closed by force, is
    returned as it is.
    """
    if not trade.is_open or other.is_open or other.exit_reason not in FORCED:
        return trade
    last, left = other.exits[-1], trade.entry_amount - trade.exit_amount
    exited = trade.exit_amount * trade.exit_rate + left * last.price
    entered = trade.entry_amount * trade.entry_rate
    fee_close = trade.fee_close or trade.fee_open
    fees = entered * trade.fee_open + exited * fee_close
    return replace(
        trade,
        closed_at=other.closed_at,
        exit_amount=trade.entry_amount,
        exit_rate=exited / trade.entry_amount,
        fee_close=fee_close,
        funding=trade.funding_so_far,
        profit=trade.side.sign * (exited - entered) - fees + trade.funding_so_far,
        exit_reason=other.exit_reason,
        fills=(*trade.fills, Fill(False, last.at, left, last.price)),  # noqa: FBT003
    )
