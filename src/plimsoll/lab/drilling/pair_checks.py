"""What is asserted of a guard that closes one pair, which may be entered again at once."""

from dataclasses import dataclass
from typing import Any

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
        bot.pass_loops(1)
    row.check(f"database and exchange agree {when}", settled, str(bot.differences()))
