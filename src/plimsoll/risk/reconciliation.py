"""The exchange's books against the bot's: what differs, since when, and whose it is."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf

from plimsoll.core.books import (
    BotBooks,
    Break,
    BreakKind,
    ExchangeBooks,
    ExchangeOrder,
)
from plimsoll.core.side import Side
from plimsoll.risk.denial import ROUNDING
from plimsoll.risk.profile import RiskProfile


def breaks(
    exchange: ExchangeBooks,
    bot: BotBooks,
    profile: RiskProfile,
    before: Sequence[Break] = (),
) -> tuple[Break, ...]:
    """Compare the exchange's books with the bot's; the account's breaks first, then by pair.

    ``before`` is the answer of the last look and what it `missed`: a break keeps the moment it
    was first seen. It ends when two looks in a row do not show it, so that a report that is
    empty once ends nothing. Books that could not be read, or that contradict themselves, are a
    break beside those that were there: nobody can know that they are over.
    """
    fault = exchange.fault or _contradiction(exchange)
    if fault is not None:
        text = f"the exchange's books cannot be read: {fault}"
        blind = Break(kind=BreakKind.UNREADABLE_BOOKS, text=text, since=exchange.as_of)
        shown = [one for one in before if not (one.unseen and one.settling)]
        kept = aged((*shown, blind), before)
        return tuple(_settled(one, exchange, bot, profile) for one in kept)
    seen = _of_account(exchange, bot, profile)
    for pair in _pairs(exchange, bot):
        seen += _of_position(pair, exchange, bot)
        seen += _of_stops(pair, exchange, bot)
    seen += _of_orders(exchange, bot)
    kept = aged(seen, before)
    return tuple(_settled(one, exchange, bot, profile) for one in kept)


def aged(seen: Iterable[Break], before: Sequence[Break]) -> tuple[Break, ...]:
    """Return the breaks of this look with their ages, and those that it is the first to miss."""
    known = {one.key: one for one in before}
    kept = {}
    for one in seen:
        old = known.get(one.key)
        kept[one.key] = one if old is None else replace(one, since=min(one.since, old.since))
    missed = [
        replace(old, unseen=True)
        for key, old in known.items()
        if key not in kept and not old.unseen and not old.settling
    ]
    return (*kept.values(), *missed)


def missed(before: Sequence[Break], after: Sequence[Break]) -> tuple[Break, ...]:
    """Return what still settled and is not among the breaks of this look, the first to miss it.

    It denies nothing, and keeps its age: the next look may show it again. A look that could read
    nothing has not missed it.
    """
    there = {one.key for one in after}
    blind = any(one.kind is BreakKind.UNREADABLE_BOOKS and not one.unseen for one in after)
    return tuple(
        replace(one, unseen=True)
        for one in before
        if one.settling and one.key not in there and (blind or not one.unseen)
    )


def unexplained_amount(pair: str, exchange: ExchangeBooks, bot: BotBooks) -> float:
    """Return what is held of a pair beyond its trades and their open orders, signed by side.

    0 within one step of the contract.
    """
    held = exchange.signed_amount(pair)
    low, high = _explained(pair, exchange, bot)
    step = _tolerance(pair, exchange, held)
    if low - step < held < high + step:
        return 0.0
    return held - high if held > high else held - low


def unexplained_money_usd(exchange: ExchangeBooks, bot: BotBooks) -> float | None:
    """Return what the wallet holds beyond capital, transfers on record and what was earned.

    Below zero when money is missing; ``None`` when a figure is not known. Without a record of
    transfers nothing explains a balance that moved.
    """
    wallet, earned, capital, at = (
        exchange.wallet_usd,
        bot.earned_usd,
        bot.capital_usd,
        bot.capital_at,
    )
    if wallet is None or earned is None or capital is None or at is None:
        return None
    return wallet - earned - capital - transferred_usd(exchange, at)


def transferred_usd(exchange: ExchangeBooks, since: datetime) -> float:
    """Return the money on record that was moved after a moment."""
    return sum(one.amount_usd for one in exchange.transfers or () if one.at > since)


def _contradiction(exchange: ExchangeBooks) -> str | None:
    """Return how a report contradicts itself: margin is in use and nothing uses it.

    A stop uses none: it waits for its trigger, and reduces.
    """
    uses = [one for one in exchange.orders if not (one.reduce_only or one.conditional)]
    if exchange.positions or uses or not exchange.margin_usd:
        return None
    return f"no position, but {exchange.margin_usd:.2f} USD of margin in use"


def _pairs(exchange: ExchangeBooks, bot: BotBooks) -> list[str]:
    """Return every pair that either side holds or has an order of."""
    held = {one.pair for one in exchange.positions} | {one.pair for one in exchange.orders}
    return sorted(held | {one.pair for one in bot.trades})


def _explained(pair: str, exchange: ExchangeBooks, bot: BotBooks) -> tuple[float, float]:
    """Return the least and the most that a pair's trades and open orders explain, signed.

    What a stop has filled is booked when all of it is.
    """
    stops = [one for one in exchange.orders if one.pair == pair and one.conditional]
    closing = [one.filled * one.side.sign for one in stops if one.id in bot.order_ids]
    low, high = sum(min(one, 0.0) for one in closing), sum(max(one, 0.0) for one in closing)
    for trade in bot.trades:
        if trade.pair == pair:
            ends = (max(trade.amount - trade.leaving, 0.0), trade.amount + trade.entering)
            low += min(end * trade.side.sign for end in ends)
            high += max(end * trade.side.sign for end in ends)
    return low, high


def _tolerance(pair: str, exchange: ExchangeBooks, amount: float) -> float:
    """Return what is no difference: less than a step, or rounding where no step is known."""
    return max(exchange.steps.get(pair, 0.0) * (1 - ROUNDING), abs(amount) * ROUNDING)


def _of_account(exchange: ExchangeBooks, bot: BotBooks, profile: RiskProfile) -> list[Break]:
    at = exchange.as_of
    seen = []
    if exchange.hedge_mode:
        text = (
            "the account is in hedge mode, where a pair can be held long and short at once; "
            "the bot needs one-way mode"
        )
        seen.append(Break(kind=BreakKind.HEDGE_MODE, text=text, since=at))
    if bot.isolated:
        for one in exchange.positions:
            if one.cross:
                text = f"{one.pair} is held on cross margin: the whole account backs it"
                seen.append(Break(kind=BreakKind.CROSS_MARGIN, text=text, since=at, pair=one.pair))
    unexplained = unexplained_money_usd(exchange, bot)
    if unexplained is None or bot.capital_usd is None:
        return seen
    if not abs(unexplained) <= profile.max_money_difference_fraction * abs(bot.capital_usd):
        seen.append(_of_money(unexplained, exchange, bot))
    return seen


def _of_money(unexplained_usd: float, exchange: ExchangeBooks, bot: BotBooks) -> Break:
    verb = "are missing from" if unexplained_usd < 0 else "too much are in"
    why = (
        "and no transfer on record explains them"
        if exchange.transfers is not None
        else "and the exchange's record of transfers cannot be read"
    )
    wallet = exchange.wallet_usd or 0.0
    return Break(
        kind=BreakKind.MONEY,
        text=f"{abs(unexplained_usd):,.2f} USD {verb} the wallet of {wallet:,.2f} USD, {why}",
        since=exchange.as_of,
        exchange=wallet,
        database=wallet - unexplained_usd,
        size_usd=abs(unexplained_usd),
    )


def _of_position(pair: str, exchange: ExchangeBooks, bot: BotBooks) -> list[Break]:
    """Compare what is held of a pair with what its trades and their open orders explain."""
    beyond = unexplained_amount(pair, exchange, bot)
    if not beyond:
        return []
    held = exchange.signed_amount(pair)
    booked = sum(one.amount * one.side.sign for one in bot.trades if one.pair == pair)
    traded = any(one.pair == pair for one in bot.trades)
    kind, text = _what(pair, held, booked, traded=traded)
    price = _price(pair, exchange, bot)
    return [
        Break(
            kind=kind,
            text=text,
            since=exchange.as_of,
            pair=pair,
            exchange=held,
            database=booked,
            size_usd=None if price is None else abs(beyond) * price,
            # Coins are never sold for being too many: a person may have bought them.
            ours=exchange.coins is None and _is_ours(pair, beyond, exchange, bot),
        )
    ]


def _what(pair: str, held: float, booked: float, *, traded: bool) -> tuple[BreakKind, str]:
    ours = f"the database {_amount_words(booked)}"
    theirs = f"the exchange holds {_amount_words(held)} of {pair}"
    if not traded:
        return BreakKind.UNEXPLAINED_POSITION, f"{theirs}, which no trade of the bot explains"
    if not held:
        text = f"the database has {_amount_words(booked)} of {pair}, the exchange holds none"
        return BreakKind.MISSING_POSITION, text
    if held * booked < 0:
        return BreakKind.WRONG_SIDE, f"{theirs}, {ours}"
    return BreakKind.WRONG_SIZE, f"{theirs}, {ours}"


def _amount_words(amount: float) -> str:
    if not amount:
        return "nothing"
    return f"{abs(amount):.8g} {'long' if amount > 0 else 'short'}"


def _is_ours(pair: str, beyond: float, exchange: ExchangeBooks, bot: BotBooks) -> bool:
    """Return whether orders of the bot that its database lacks explain an amount exactly.

    The latest of them count, up to the first that is not the bot's: what somebody else traded
    in between leaves a doubt. An amount that is missing is nobody's, and an order that can only
    reduce has opened nothing.
    """
    unknown = [
        one
        for one in (*exchange.done, *exchange.orders)
        if one.pair == pair and one.filled and one.id not in bot.order_ids
    ]
    unknown.sort(key=lambda one: (one.placed_at is not None, one.placed_at), reverse=True)
    filled, tolerance = 0.0, _tolerance(pair, exchange, beyond)
    for one in unknown:
        if not one.is_named(bot.prefix) or one.placed_at is None:
            return False
        filled += one.filled * one.side.sign
        if abs(filled - beyond) < tolerance and not one.reduce_only:
            return True
    return False


def _price(pair: str, exchange: ExchangeBooks, bot: BotBooks) -> float | None:
    for position in exchange.positions:
        if position.pair == pair and position.price is not None:
            return position.price
    return next((trade.price for trade in bot.trades if trade.pair == pair), None)


def _of_stops(pair: str, exchange: ExchangeBooks, bot: BotBooks) -> list[Break]:
    """See that what is held has its stop on the exchange, and that no stop is left alone."""
    held, at = exchange.signed_amount(pair), exchange.as_of
    stops = [one for one in exchange.orders if one.pair == pair and one.conditional]
    closing = [one for one in stops if one.side.sign * held < 0]
    expected = [one for one in bot.trades if one.pair == pair and one.stop_expected]
    to_cover = min(abs(held), sum(one.amount for one in expected))
    # An order of no amount closes whatever is held.
    covered = sum(one.amount - one.filled if one.amount else inf for one in closing)
    if held and expected and not covered > to_cover - _tolerance(pair, exchange, held):
        price = _price(pair, exchange, bot)
        without = f"a stop order for {covered:.8g} of it only" if covered else "no stop order"
        text = f"{pair}: {_amount_words(held)} held, {without} on the exchange"
        size = None if price is None else (to_cover - covered) * price
        return [
            Break(
                kind=BreakKind.MISSING_STOP,
                text=text,
                since=at,
                pair=pair,
                exchange=covered,
                database=sum(one.amount * one.side.sign for one in expected),
                size_usd=size,
            )
        ]
    if held:
        return []
    return [
        Break(
            kind=BreakKind.STOP_WITHOUT_POSITION,
            text=f"a stop order of {pair} stands on the exchange, but nothing is held",
            since=at,
            pair=pair,
            order=one.id,
            exchange=one.amount * one.side.sign,
            database=0.0,
            size_usd=_order_usd(one),
            ours=_is_known(one, bot),
        )
        for one in stops
        if _is_known(one, bot)
    ]


def _of_orders(exchange: ExchangeBooks, bot: BotBooks) -> list[Break]:
    """Name the open orders that the database does not know: the bot's own, and other people's."""
    seen = []
    for one in exchange.orders:
        if one.id in bot.order_ids or bot.is_peers(one):
            continue
        ours = one.is_named(bot.prefix)
        if ours and one.conditional and not exchange.signed_amount(one.pair):
            continue  # a stop without position, which is told as that
        whose = "of the bot's own that its database does not know" if ours else "of somebody else"
        seen.append(
            Break(
                kind=BreakKind.UNKNOWN_ORDER if ours else BreakKind.FOREIGN_ORDER,
                text=f"an order {whose} is open: {_order_words(one)}",
                since=exchange.as_of,
                pair=one.pair,
                order=one.id,
                exchange=one.amount * one.side.sign,
                database=0.0,
                size_usd=_order_usd(one),
                ours=ours,
            )
        )
    return seen


def _is_known(order: ExchangeOrder, bot: BotBooks) -> bool:
    return order.id in bot.order_ids or order.is_named(bot.prefix)


def _order_words(order: ExchangeOrder) -> str:
    verb = "buy" if order.side is Side.LONG else "sell"
    what = "a stop to " if order.conditional else ""
    price = "" if order.price is None else f" at {order.price:.8g}"
    return f"{what}{verb} {order.amount:.8g} {order.pair}{price}"


def _order_usd(order: ExchangeOrder) -> float | None:
    """Return what an order would add; what can only reduce a position adds nothing."""
    if order.reduce_only:
        return 0.0
    return None if order.price is None else (order.amount - order.filled) * order.price


def _settled(one: Break, exchange: ExchangeBooks, bot: BotBooks, profile: RiskProfile) -> Break:
    """Mark a break that an order of the bot's own may explain once both sides have booked it."""
    young = one.age_seconds(exchange.as_of) < profile.break_settling_seconds
    return replace(one, settling=young and _may_settle(one, exchange, bot, profile))


def _may_settle(one: Break, exchange: ExchangeBooks, bot: BotBooks, profile: RiskProfile) -> bool:
    fewer = exchange.coins is not None and (one.exchange or 0.0) < (one.database or 0.0)
    if one.kind in _ALWAYS_SETTLES or (fewer and one.kind is BreakKind.WRONG_SIZE):
        return True  # other coins are there when a stop has sold all of a trade's
    if one.kind in _NEVER_SETTLES:
        return False
    since = exchange.as_of - timedelta(seconds=profile.break_settling_seconds)
    if any(at >= since for at in _sent_at(one.pair, exchange, bot)):
        return True
    return any(trade.entering or trade.leaving for trade in bot.trades if trade.pair == one.pair)


def _sent_at(pair: str | None, exchange: ExchangeBooks, bot: BotBooks) -> list[datetime]:
    """Return when the bot sent orders of a pair, also those that no trade knows yet."""
    booked = [at for of, at in bot.ordered_at.items() if of == pair]
    named = [
        one.placed_at
        for one in (*exchange.done, *exchange.orders)
        if one.pair == pair
        and (one.is_named(bot.prefix) or bot.is_peers(one))
        and one.placed_at is not None
    ]
    return booked + named


_ALWAYS_SETTLES = frozenset(
    {
        BreakKind.UNREADABLE_BOOKS,
        BreakKind.MISSING_STOP,
        BreakKind.STOP_WITHOUT_POSITION,
        BreakKind.UNKNOWN_ORDER,
        BreakKind.MISSING_POSITION,
        BreakKind.MONEY,
    }
)
"""What lasts for a moment around a fill or a transfer: one side has booked it, the other not."""

_NEVER_SETTLES = frozenset({BreakKind.HEDGE_MODE, BreakKind.CROSS_MARGIN, BreakKind.FOREIGN_ORDER})
"""What no order of the bot explains."""
