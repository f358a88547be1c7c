"""What other bots of a fleet have on the same account: explained, and theirs to look after."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from math import isfinite
from typing import Any

from plimsoll.core.books import BotBooks, BotTrade
from plimsoll.core.side import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerBooks:
    """The books of another bot on this account, as it told them last.

    Attributes
    ----------
    earned_usd
        What its trades have put into the wallet, as of `BotBooks`.
    """

    name: str
    trades: tuple[BotTrade, ...]
    order_ids: frozenset[str]
    ordered_at: Mapping[str, datetime]
    prefix: str | None
    earned_usd: float


def told_books(books: BotBooks) -> dict[str, Any]:
    """Return a bot's own books as plain values for the others."""
    return {
        "trades": [{**asdict(one), "side": one.side.value} for one in books.trades],
        "order_ids": sorted(books.order_ids),
        "ordered_at": {pair: at.isoformat() for pair, at in books.ordered_at.items()},
        "prefix": books.prefix,
        "earned_usd": books.earned_usd,
    }


def heard_books(name: str, values: Mapping[str, Any]) -> PeerBooks:
    """Return another bot's books from what it told.

    Raises
    ------
    ValueError, TypeError, KeyError
        When they are none, or a number is not one.
    """
    trades = tuple(
        BotTrade(**{**one, "side": Side(one["side"]), "stop_expected": False})
        for one in values["trades"]
    )
    earned = float(values["earned_usd"])
    numbers = [earned, *(x for one in trades for x in (one.amount, one.price, one.fee_amount))]
    if not all(map(isfinite, numbers)):
        raise ValueError(f"a number of {name}'s books is not finite")
    return PeerBooks(
        name=name,
        trades=trades,
        order_ids=frozenset(map(str, values["order_ids"])),
        ordered_at={
            str(pair): datetime.fromisoformat(at) for pair, at in values["ordered_at"].items()
        },
        prefix=None if values["prefix"] is None else str(values["prefix"]),
        earned_usd=earned,
    )


def with_peers(own: BotBooks, peers: Sequence[PeerBooks | None]) -> BotBooks:
    """Return what all bots of an account explain; ``None`` is a bot that has told nothing.

    What is earned is not known then, nor is the account's capital.
    """
    known = [one for one in peers if one is not None]
    earned = own.earned_usd
    if earned is not None:
        earned = None if len(known) < len(peers) else earned + sum(one.earned_usd for one in known)
    moments = [own.ordered_at, *(one.ordered_at for one in known)]
    pairs = {pair for one in moments for pair in one}
    return replace(
        own,
        trades=(*own.trades, *(trade for one in known for trade in one.trades)),
        ordered_at={pair: max(one[pair] for one in moments if pair in one) for pair in pairs},
        earned_usd=earned,
        peer_prefixes=tuple(one.prefix for one in known if one.prefix),
        peer_orders=frozenset(number for one in known for number in one.order_ids),
        peer_pairs=frozenset(trade.pair for one in known for trade in one.trades),
    )
