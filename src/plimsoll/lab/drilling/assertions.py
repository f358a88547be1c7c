"""What is asserted of a row, from outside of the bot: books, log, database, messages."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plimsoll.core import Mode, Verdict
from plimsoll.journal.check import verify
from plimsoll.journal.phrases import breach
from plimsoll.lab.drilling.bot import DrilledBot, moment
from plimsoll.lab.drilling.row import Row
from plimsoll.lab.drilling.scenario import BLIND, Act

BAD_REQUEST = 400
MESSAGE_SECONDS = 30.0
CANNOT_LOOK = "The guards cannot look: "


@dataclass(frozen=True, slots=True)
class Marks:
    """Where records, messages and trades stood when a row began."""

    records: int
    messages: int
    rejected: int
    trades: int
    began: datetime

    @classmethod
    def of(cls, bot: DrilledBot) -> "Marks":
        """Return them as they are now."""
        sent = bot.telegram
        counts = (len(bot.records()), len(sent.messages), len(sent.rejected), len(bot.trades()))
        return cls(*counts, bot.exchange.now())


def verdict_of(bot: DrilledBot, marks: Marks, rule: str, act: Act) -> dict[str, Any] | None:
    """Return the record of the rule's verdict that acted since the marks; None while there is none.

    One of another mode is another verdict: a break denies before it halts.

    A log that was deleted begins anew, so that it may be shorter than at the marks.
    """
    records = bot.records()
    new = records[marks.records :] if len(records) >= marks.records else records
    mode = "HALTED" if act is Act.HALT else "FLATTEN"
    acted = [
        one
        for one in new
        if (one.get("event"), one.get("rule"), one.get("mode")) == ("acted", rule, mode)
    ]
    return acted[0] if acted else None


def message_of(record: dict[str, Any]) -> str:
    """Return how the message of a recorded verdict begins."""
    verdict = Verdict(
        Mode[record["mode"]],
        record["rule"],
        record["reason"],
        pair=record.get("pair"),
        value=record["value"],
        limit=record["limit"],
    )
    of = "" if verdict.pair is None else f"{verdict.pair.partition(':')[0]}: "
    return f"🛑 {of}{breach(verdict, record)}."


def still_message_of(record: dict[str, Any]) -> str:
    """Return how the message begins that a start tells of a recorded verdict, without figures."""
    pair = record.get("pair")
    where = "" if pair is None else f" {pair.partition(':')[0]}"
    still = "halted" if record["mode"] == "HALTED" else "closing"
    words = message_of(record).removeprefix(f"🛑{where}").lstrip(" :").partition(":")[0]
    return f"🛑 Still {still}{where} since before this start. {words}"


def last_fill(bot: DrilledBot, since: datetime) -> datetime | None:
    """Return when the last closing order since a moment was filled; None when none was."""
    if bot.setup.live:
        since_ms = since.timestamp() * 1000
        times = [
            fill["time_ms"]
            for symbol in bot.exchange.venue.symbols
            for fill in bot.exchange.fills(symbol)
            if fill["time_ms"] >= since_ms and fill["side"] == "SELL"
        ]
        return datetime.fromtimestamp(max(times) / 1000, since.tzinfo) if times else None
    closes = [moment(row["close_date"]) for row in bot.trades(is_open=False)]
    return max((one for one in closes if one >= since), default=None)


def measure(
    bot: DrilledBot, row: Row, record: dict[str, Any], loops_ended: Collection[datetime]
) -> None:
    """Note the verdict's value and limit, and how long after it the account was flat."""
    halted_at = moment(record["at"])
    row.value, row.limit = record["value"], record["limit"]
    row.action = record["mode"] if record.get("pair") is None else f"{record['mode']} of the pair"
    flat_at = last_fill(bot, halted_at)
    if flat_at is not None:
        row.simulated_seconds = round((flat_at - halted_at).total_seconds(), 1)
        row.loops = 1 + sum(halted_at < ended <= flat_at for ended in loops_ended)


def only_closing_orders(
    bot: DrilledBot, row: Row, record: dict[str, Any], *, foreign: str = ""
) -> None:
    """Check that no order was sent after the verdict but those that close."""
    if not bot.setup.live:
        return
    since_ms, pair = moment(record["at"]).timestamp() * 1000, record.get("pair")
    symbols = bot.exchange.venue.symbols if pair is None else (symbol_of(pair),)
    others = [
        f"{order['side']} {order['quantity']:g} {symbol} at {order['created_ms']}"
        for symbol in symbols
        if symbol != foreign
        for order in bot.exchange.orders(symbol)
        if order["created_ms"] > since_ms and not _closes(order)
    ]
    row.check("only orders that close", not others, ", ".join(others))


def _closes(order: dict[str, Any]) -> bool:
    return bool(order["reduce_only"]) or order["side"] == "SELL"


def symbol_of(pair: str) -> str:
    """Return the exchange's name of a pair."""
    return pair.partition(":")[0].replace("/", "")


def nothing_left(bot: DrilledBot, row: Row, *, foreign: str = "") -> None:
    """Check that nothing but what is somebody else's is held, ordered or believed."""

    def ours(symbol: str) -> bool:
        return symbol != foreign

    known = [symbol for symbol in bot.database_side().positions if ours(symbol)]
    row.check("database flat", not known, ", ".join(known))
    if not bot.setup.live:
        return
    side = bot.exchange_side()
    held = [f"{symbol} {amount:g}" for symbol, amount in side.positions.items() if ours(symbol)]
    row.check("exchange flat", not held, ", ".join(held))
    orders = [text for text in side.orders.values() if ours(text.split()[0])]
    stops = [f"stop {symbol} {amount:g}" for symbol, amount in side.stops.values() if ours(symbol)]
    row.check("no orphaned order or stop", not orders + stops, ", ".join(orders + stops))


def books_agree(bot: DrilledBot, row: Row, *, foreign: str = "") -> None:
    """Check that database and exchange hold and order the same."""
    if bot.setup.live:
        left = str(bot.differences())
        agrees = not left or (bool(foreign) and all(foreign in one for one in left.split("; ")))
        row.check("database and exchange agree", agrees, left)


def told(
    bot: DrilledBot, row: Row, marks: Marks, record: dict[str, Any], *, late_seconds: float = 0.0
) -> None:
    """Check that Telegram accepted the verdict's message and refused none for its form.

    A bot that ended between record and message says after its restart that it is still halted or
    still closing, or, where the verdict was over by then, what the same guard has seen since.
    ``late_seconds`` is for how long nothing could be sent: as long may pass until the bot's next
    try.
    """
    first = CANNOT_LOOK if record["rule"] == BLIND else message_of(record)

    def texts() -> list[str]:
        if not row.restarts:
            return [first]
        return [first, still_message_of(record), *map(message_of, _same(bot, record))]

    def heard() -> bool:
        new, wanted = bot.telegram.messages[marks.messages :], texts()
        return any(one.says(text) for one in new for text in wanted)

    bot.telegram.wait_until(heard, (MESSAGE_SECONDS + late_seconds) * bot.setup.patience)
    row.check("message accepted by Telegram", heard(), f"expected {first!r}")
    refused = [one for one in bot.telegram.rejected[marks.rejected :] if one.status == BAD_REQUEST]
    row.check("no message refused", not refused, "; ".join(one.reason for one in refused))


def _same(bot: DrilledBot, record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return later verdicts of a record's rule about the same pair that acted as it did."""

    def about(one: dict[str, Any]) -> tuple[Any, ...]:
        return one.get("event"), one.get("rule"), one.get("mode"), one.get("pair")

    since = moment(record["at"])
    return [
        one for one in bot.records() if about(one) == about(record) and moment(one["at"]) > since
    ]


def chain_whole(bot: DrilledBot, row: Row) -> None:
    """Check that the decision log's chain is whole; the bot should be down or idle."""
    verification = verify(bot.state.decisions, head=None)
    row.check("decision log whole", verification.fault is None, str(verification.fault or ""))
