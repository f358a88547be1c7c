"""A row of a guard that denies: ask for an entry under a fault, and see no order of it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from plimsoll.core import PlimsollError
from plimsoll.lab.drilling.assertions import MESSAGE_SECONDS, Marks, chain_whole, symbol_of
from plimsoll.lab.drilling.bot import DrilledBot, moment
from plimsoll.lab.drilling.closing_row import FLAT_SECONDS, VERDICT_SECONDS, Watch
from plimsoll.lab.drilling.fault import SLOW, Fault
from plimsoll.lab.drilling.row import Row
from plimsoll.lab.drilling.scenario import Scenario

SEEN_LOOPS = 4
ASKING = "No long entry in "


def play_denial(bot: DrilledBot, scenario: Scenario, fault: Fault, row: Row) -> None:
    """Play a row; its checks are in ``row`` afterwards.

    Raises
    ------
    PlimsollError
        When it cannot be played to its end.
    """
    if not _denials(bot, scenario.rule):
        scenario.trip(bot)
    first = denial_of(bot, scenario)
    pair = _pair_out(bot, scenario)
    if fault.halts_by:  # seconds of it are minutes of the clock, after which all is halted
        fault = replace(fault, speed=SLOW)
    marks, watch = Marks.of(bot), Watch(bot, row, fault)
    try:
        watch.arm()
        watch.strike()
        refused = bot.force_entry(pair, **scenario.entry)
        if bot.alive:
            loops = bot.loops
            watch.until(
                lambda: watch.is_over or bot.loops >= loops + SEEN_LOOPS,
                f"{SEEN_LOOPS} loops",
                seconds=FLAT_SECONDS,
            )
    finally:
        watch.mend()
    watch.judge()
    watch.until(lambda: bot.alive, "a running bot", seconds=FLAT_SECONDS)
    row.value, row.limit, row.action = first["value"], first["limit"], "denied"
    row.check("forced entry refused", refused is not None, "it was let in")
    _no_entry(bot, row, pair, marks.began)
    before, let_in = len(_denials(bot, scenario.rule)), False

    def answered() -> bool:
        nonlocal let_in
        let_in = let_in or bot.force_entry(pair, **scenario.entry) is None
        return let_in or len(_denials(bot, scenario.rule)) > before

    watch.until(answered, f"another denial by {scenario.rule}", seconds=VERDICT_SECONDS)
    row.check("still refused by the guard afterwards", not let_in, "it was let in")
    bot.telegram.wait_until(lambda: _was_told(bot), MESSAGE_SECONDS * bot.setup.patience)
    row.check("message accepted by Telegram", _was_told(bot), f"expected {ASKING!r}")
    chain_whole(bot, row)


def _denials(bot: DrilledBot, rule: str) -> list[dict[str, Any]]:
    return [one for one in bot.records("denial") if one["rule"] == rule]


def denial_of(bot: DrilledBot, scenario: Scenario) -> dict[str, Any]:
    """Return the first denial by a scenario's rule; asks for an entry until there is one."""

    def denials() -> list[dict[str, Any]]:
        if scenario.entry:
            bot.force_entry(scenario.pairs[-1], **scenario.entry)
        return _denials(bot, scenario.rule)

    return dict(bot.wait(denials, f"a denial by {scenario.rule}")[0])


def _pair_out(bot: DrilledBot, scenario: Scenario) -> str:
    """Return the pair that the guard keeps out."""
    held = bot.database_side().positions
    out = [pair for pair in scenario.pairs if not held.get(symbol_of(pair))]
    if not out:
        raise PlimsollError(f"{scenario.rule} let every pair in")
    return out[-1]


def _no_entry(bot: DrilledBot, row: Row, pair: str, since: datetime) -> None:
    """Check on both sides that the pair was not entered."""
    known = [
        one for one in bot.trades() if one["pair"] == pair and moment(one["open_date"]) > since
    ]
    row.check("nothing in the database", not known, f"{len(known)} trades")
    if bot.setup.live:
        since_ms = since.timestamp() * 1000
        orders = bot.exchange.orders(symbol_of(pair))
        sent = [one for one in orders if one["side"] == "BUY" and one["created_ms"] > since_ms]
        row.check("no order on the exchange", not sent, f"{len(sent)} orders")
        held = bot.held().get(symbol_of(pair), 0.0)
        row.check("nothing held", not held, f"{held:g}")


def _was_told(bot: DrilledBot) -> bool:
    return any(one.says(ASKING) for one in bot.telegram.messages)
