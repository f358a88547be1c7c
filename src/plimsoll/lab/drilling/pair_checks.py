"""What is asserted of a guard that closes what may be entered again: one pair, or all of them."""

from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any

from plimsoll.core import PlimsollError
from plimsoll.lab.drilling.assertions import symbol_of
from plimsoll.lab.drilling.books import TOLERANCE
from plimsoll.lab.drilling.bot import DrilledBot, moment
from plimsoll.lab.drilling.row import Row

SETTLED_LOOPS = 12
"""Loops in which both books must agree once; what is entered again has its stop a loop later."""


@dataclass(frozen=True, slots=True)
class Before:
    """What a bot held before its guard was tripped: trades by number, amounts by pair."""

    trades: dict[int, str]
    amounts: dict[str, float]

    @classmethod
    def of(cls, bot: DrilledBot) -> "Before":
        """Return what its database holds now."""
        rows = bot.trades(is_open=True)
        return cls(
            {int(row["id"]): str(row["pair"]) for row in rows},
            {str(row["pair"]): float(row["amount"]) for row in rows},
        )

    def still_open(self, bot: DrilledBot, pair: str) -> list[int]:
        """Return the trades of then in a pair that are open still."""
        now = {int(row["id"]) for row in bot.trades(is_open=True)}
        return [number for number, one in self.trades.items() if one == pair and number in now]


def pair_closed(bot: DrilledBot, row: Row, before: Before, record: dict[str, Any]) -> None:
    """Check that the pair was closed on both sides, before anything was bought again.

    On the exchange its own fills count: what was sold since the verdict.
    """
    pair = str(record["pair"])
    left = before.still_open(bot, pair)
    row.check("pair closed in the database", not left, f"trades {left} are open")
    if not bot.setup.live:
        return
    since_ms, wanted = moment(record["at"]).timestamp() * 1000, before.amounts.get(pair, 0.0)
    sold, early = 0.0, 0
    for fill in sorted(bot.exchange.fills(symbol_of(pair)), key=lambda one: one["id"]):
        if fill["time_ms"] < since_ms:
            continue
        if fill["side"] == "SELL":
            sold += fill["quantity"]
        elif sold < wanted - TOLERANCE:
            early += 1
    row.check("pair sold on the exchange", sold >= wanted - TOLERANCE, f"{sold:g} of {wanted:g}")
    row.check("only orders that close", not early, f"{early} bought before it was sold")


def all_closed(
    bot: DrilledBot, row: Row, before: Before, record: dict[str, Any], *, since: datetime
) -> None:
    """Check that all that was held then was closed on both sides, and only then entered again.

    On the exchange its own fills count, ``since`` the row began: a fault may have closed something
    before the verdict. An order that opens is none while the verdict lasts.
    """
    left = [one for pair in before.amounts for one in before.still_open(bot, pair)]
    row.check("every position closed in the database", not left, f"trades {left} are open")
    if not bot.setup.live:
        return
    since_ms, from_ms = since.timestamp() * 1000, moment(record["at"]).timestamp() * 1000
    until_ms = _ended_ms(bot, record)
    unsold, early = [], []
    for pair, wanted in before.amounts.items():
        symbol = symbol_of(pair)
        fills = [one for one in bot.exchange.fills(symbol) if one["time_ms"] >= since_ms]
        sold = sum(one["quantity"] for one in fills if one["side"] == "SELL")
        unsold += [f"{sold:g} of {wanted:g} {symbol}"] if sold < wanted - TOLERANCE else []
        early += [
            f"{one['side']} {one['quantity']:g} {symbol} at {one['created_ms']}"
            for one in bot.exchange.orders(symbol)
            if one["side"] == "BUY" and from_ms < one["created_ms"] < until_ms
        ]
    row.check("every position sold on the exchange", not unsold, ", ".join(unsold))
    row.check("only orders that close", not early, ", ".join(early))


def _ended_ms(bot: DrilledBot, record: dict[str, Any]) -> float:
    """Return when a verdict was over by the log, epoch milliseconds; infinite while it is not.

    A start that does not hold it any more has ended it too.
    """
    rule, at = record["rule"], moment(record["at"])
    for one in bot.records():
        if moment(one["at"]) <= at:
            continue
        ended = one["kind"] == "verdict" and (one.get("event"), one["rule"]) == ("ended", rule)
        forgotten = one["kind"] == "start" and rule not in {
            held["rule"] for held in one.get("held", ())
        }
        if ended or forgotten:
            return moment(one["at"]).timestamp() * 1000
    return inf


def others_untouched(bot: DrilledBot, row: Row, before: Before, pair: str) -> None:
    """Check that the trades of the other pairs are open still."""
    others = {one for one in before.trades.values() if one != pair}
    shut = [one for one in sorted(others) if not before.still_open(bot, one)]
    row.check("other pairs are left alone", not shut, f"{', '.join(shut)} closed")


def books_settle(bot: DrilledBot, row: Row, when: str) -> None:
    """Check that database and exchange agree within some loops, stops included."""
    if not bot.setup.live:
        return
    first = bot.loops
    while not (settled := bot.differences().agree) and bot.loops < first + SETTLED_LOOPS:
        if not bot.alive:
            raise PlimsollError(f"the bot ended before its books could agree {when}")
        bot.pass_loops(1)
    row.check(f"database and exchange agree {when}", settled, str(bot.differences()))
