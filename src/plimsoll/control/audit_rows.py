"""The exchange's books beside the bot's database, line by line. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from plimsoll.core import Side
from plimsoll.core.books import BotBooks, Break, BreakKind, ExchangeBooks, ExchangeOrder
from plimsoll.risk.reconciliation import unexplained_money_usd

NOTHING, NOT_KNOWN = "nothing", "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One thing as the exchange has it and as the database has it.

    Attributes
    ----------
    subject
        ``account``, ``money``, ``position``, ``stop`` or ``order``.
    pair
        What it is about; ``None`` for the account.
    order
        The exchange's id of an order.
    exchange, database
        The two sides in words.
    breaks
        Which of the breaks are about this line.
    """

    subject: str
    exchange: str
    database: str
    pair: str | None = None
    order: str | None = None
    breaks: tuple[BreakKind, ...] = ()

    @property
    def state(self) -> str:
        """``break``, ``not known`` or ``sound``."""
        if self.breaks:
            return "break"
        return NOT_KNOWN if NOT_KNOWN in f"{self.exchange} {self.database}" else "sound"


_OF_SUBJECT = {
    "account": {BreakKind.UNREADABLE_BOOKS, BreakKind.HEDGE_MODE, BreakKind.CROSS_MARGIN},
    "money": {BreakKind.MONEY},
    "position": {
        BreakKind.UNEXPLAINED_POSITION,
        BreakKind.MISSING_POSITION,
        BreakKind.WRONG_SIZE,
        BreakKind.WRONG_SIDE,
    },
    "stop": {BreakKind.MISSING_STOP},
    "order": {
        BreakKind.STOP_WITHOUT_POSITION,
        BreakKind.UNKNOWN_ORDER,
        BreakKind.FOREIGN_ORDER,
    },
}


def audit_rows(
    exchange: ExchangeBooks | None, bot: BotBooks, breaks: Sequence[Break]
) -> list[AuditRow]:
    """Return the account's lines, then those of each pair that either side knows.

    Without the exchange's books, in a dry-run or when they cannot be read or contradict
    themselves, its side of every line is "not known".
    """
    unreadable = any(one.kind is BreakKind.UNREADABLE_BOOKS for one in breaks)
    read = None if unreadable else exchange
    rows = [_account(read, bot, breaks), _money(read, bot, breaks)]
    if exchange is not None and exchange.coins is not None:
        rows[0] = _row("account", NOT_KNOWN if read is None else "spot", "spot", breaks)
    pairs = {trade.pair for trade in bot.trades}
    if read is not None:
        pairs |= {one.pair for one in read.positions} | {one.pair for one in read.orders}
    for pair in sorted(pairs):
        rows += _of_pair(pair, read, bot, breaks)
    return rows


def _account(exchange: ExchangeBooks | None, bot: BotBooks, breaks: Sequence[Break]) -> AuditRow:
    wanted = "one-way, isolated" if bot.isolated else "one-way, cross"
    told = NOT_KNOWN
    if exchange is not None:
        modes = {None: "mode not known", True: "hedge mode", False: "one-way"}
        crossed = any(one.cross for one in exchange.positions)
        margins = {one.cross for one in exchange.positions} - {None}
        margin = "cross" if crossed else "isolated" if margins else "no position"
        told = f"{modes[exchange.hedge_mode]}, {margin}"
    return _row("account", told, wanted, breaks)


def _money(exchange: ExchangeBooks | None, bot: BotBooks, breaks: Sequence[Break]) -> AuditRow:
    told, expected = NOT_KNOWN, NOT_KNOWN
    if exchange is not None and exchange.wallet_usd is not None:
        told = f"{exchange.wallet_usd:,.2f} USD"
        unexplained = unexplained_money_usd(exchange, bot)
        if unexplained is not None:
            expected = f"{exchange.wallet_usd - unexplained:,.2f} USD"
    elif bot.capital_usd is not None and bot.earned_usd is not None:
        expected = f"{bot.capital_usd + bot.earned_usd:,.2f} USD"
    return _row("money", told, expected, breaks)


def _of_pair(
    pair: str, exchange: ExchangeBooks | None, bot: BotBooks, breaks: Sequence[Break]
) -> list[AuditRow]:
    trades = [one for one in bot.trades if one.pair == pair]
    booked = sum(one.amount * one.side.sign for one in trades)
    held = None if exchange is None else exchange.signed_amount(pair)
    rows = []
    if trades or held:
        told = NOT_KNOWN if held is None else _amount(held)
        rows.append(_row("position", told, _amount(booked), breaks, pair=pair))
    orders = [] if exchange is None else [one for one in exchange.orders if one.pair == pair]
    stops = [one for one in orders if one.conditional and held and one.side.sign * held < 0]
    expected = sum(one.amount * one.side.sign for one in trades if one.stop_expected)
    if (expected and held != 0.0) or stops:
        told = NOT_KNOWN if exchange is None else _orders(stops)
        wanted = f"one for {_amount(expected)}" if expected else "none expected"
        rows.append(_row("stop", told, wanted, breaks, pair=pair))
    rows += [_order(one, bot, breaks) for one in orders if one not in stops or _named(one, breaks)]
    return rows


def _order(one: ExchangeOrder, bot: BotBooks, breaks: Sequence[Break]) -> AuditRow:
    known = "recorded" if one.id in bot.order_ids else "not recorded"
    return _row("order", _orders([one]), known, breaks, pair=one.pair, order=one.id)


def _named(order: ExchangeOrder, breaks: Sequence[Break]) -> bool:
    return any(one.order == order.id for one in breaks)


def _row(
    subject: str,
    exchange: str,
    database: str,
    breaks: Sequence[Break],
    *,
    pair: str | None = None,
    order: str | None = None,
) -> AuditRow:
    kinds = {
        one.kind: None
        for one in breaks
        if one.kind in _OF_SUBJECT[subject]
        and (pair is None or one.pair == pair)
        and (order is None or one.order == order)
    }
    return AuditRow(
        subject=subject,
        pair=pair,
        order=order,
        exchange=exchange,
        database=database,
        breaks=tuple(kinds),
    )


def _amount(signed: float) -> str:
    if not signed:
        return NOTHING
    return f"{abs(signed):.8g} {'long' if signed > 0 else 'short'}"


def _orders(orders: Sequence[ExchangeOrder]) -> str:
    return "; ".join(map(_order_words, orders)) or "none"


def _order_words(one: ExchangeOrder) -> str:
    verb = "buy" if one.side is Side.LONG else "sell"
    amount = f"{one.amount - one.filled:.8g}" if one.amount else "all"
    price = "" if one.price is None else f" at {one.price:.8g}"
    return f"{verb} {amount}{price}"
