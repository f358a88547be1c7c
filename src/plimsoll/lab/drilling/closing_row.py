"""A row of a guard that closes: trip it under a fault, and see flat, held, told and re-armed."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx

from plimsoll.core import PlimsollError
from plimsoll.lab.drill_bot import HELD
from plimsoll.lab.drilling.assertions import (
    Marks,
    books_agree,
    chain_whole,
    measure,
    nothing_left,
    only_closing_orders,
    symbol_of,
    told,
    verdict_of,
)
from plimsoll.lab.drilling.bot import POLL_SECONDS, DrilledBot, moment
from plimsoll.lab.drilling.exchange import FOLLOW_SECONDS
from plimsoll.lab.drilling.fault import Fault, Trouble
from plimsoll.lab.drilling.pair_checks import (
    Before,
    all_closed,
    books_settle,
    others_untouched,
    pair_closed,
)
from plimsoll.lab.drilling.row import Row
from plimsoll.lab.drilling.scenario import BLIND, FOREIGN, Act, Scenario

VERDICT_SECONDS, FLAT_SECONDS = 60.0, 90.0
SLOWER = 3.0
END_SECONDS = 120.0
"""A bot that is told to end closes its connections first, in the clock's time."""
MOST_RESTARTS = 4
SEEN_LOOPS = 3
REASON = "drill: it was looked into"


class Watch:
    """Waits for what a row expects, restarts a bot that ended, and ends the fault in time."""

    def __init__(self, bot: DrilledBot, row: Row, fault: Fault) -> None:
        self.bot, self.row, self.fault = bot, row, fault
        self.trouble = Trouble(bot)
        self._mend_at: float | None = None
        self._mended = False
        self._armed_at = self._mended_at = time.monotonic()
        self.loops_ended: set[datetime] = set()

    def arm(self) -> None:
        """Do what the fault does before the guard trips, once the bot has taken over its speed.

        A bot whose exchange is killed before that would live on at the old one: an outage of
        seconds would be one of minutes.
        """
        if self.fault.speed is not None:
            self.bot.exchange.venue.set_speed(self.fault.speed)
            time.sleep(FOLLOW_SECONDS)
        self._armed_at = time.monotonic()
        self.fault.arm(self.trouble)

    def strike(self, *, until_mended: bool = False) -> None:
        """Do what the fault does once the verdict is on record; it ends by the clock, or not."""
        self.fault.strike(self.trouble)
        if self.fault.lasts is not None and not until_mended:
            self._mend_at = time.monotonic() + self.fault.lasts

    def see_out(self) -> None:
        """Let a fault have its time, though the account is flat; start a process that it ended.

        One that shuts down looks alive until it is gone.

        Raises
        ------
        PlimsollError
            When a process that the fault ends has not ended.
        """
        if self._mend_at is not None and not self._mended:
            time.sleep(max(self._mend_at - time.monotonic(), 0.0))
        if self.fault.ends_process and self.trouble.struck:
            self.until(lambda: self.row.restarts, "the process's end", seconds=END_SECONDS)

    def judge(self) -> None:
        """Check that the fault did strike; a row that it missed says nothing about it."""
        if self.fault.kind != "none":
            self.row.check(
                "the fault struck", self.trouble.struck, f"{self.fault.name} hit nothing"
            )

    @property
    def lasted_seconds(self) -> float:
        """For how many real seconds the fault was there; meaningful once it was taken back."""
        return max(self._mended_at - self._armed_at, 0.0)

    @property
    def is_over(self) -> bool:
        """Whether a fault that ends by the clock has been taken back."""
        return self._mended

    def mend(self) -> None:
        """Take the fault back, once."""
        if not self._mended:
            self._mended = True
            self.fault.mend(self.trouble)
            self._mended_at = time.monotonic()
            if self.fault.speed is not None:
                self.bot.exchange.venue.set_speed(self.bot.setup.speed)

    def until(self, condition: Callable[[], Any], what: str, *, seconds: float) -> Any:
        """Wait for a condition and return its value.

        Raises
        ------
        PlimsollError
            When it does not come true in so many real seconds (up to `SLOWER` times as many while
            the clock is slow: what is measured is in the clock's) and the loops that go with them,
            or the bot ends again and again.
        """
        speed = self.fault.speed or self.bot.setup.speed
        seconds *= min(max(self.bot.setup.speed / speed, 1.0), SLOWER)
        patience = self.bot.patience(seconds, speed=speed)
        while not (value := self._answer(condition)):
            self.look()
            if self._mend_at is not None and time.monotonic() > self._mend_at:
                self.mend()
            if not self.bot.alive:
                self._start_again()
            if patience.is_over:
                raise PlimsollError(f"expected {what} within {patience}, found none")
            time.sleep(POLL_SECONDS)
        return value

    @staticmethod
    def _answer(condition: Callable[[], Any]) -> Any:
        """Ask a condition; an exchange that refuses us as well answers nothing."""
        try:
            return condition()
        except httpx.HTTPError:
            return None

    def look(self) -> None:
        """Note the bot's last loop."""
        if as_of := self.bot.status().get("as_of"):
            self.loops_ended.add(moment(str(as_of)))

    def _start_again(self) -> None:
        """Start a bot that has ended, as a restart policy would."""
        self.row.restarts += 1
        if self.row.restarts > MOST_RESTARTS:
            raise PlimsollError(f"the bot ended {MOST_RESTARTS} times")
        if self.row.restarts > 1:
            self.mend()
        with suppress(PlimsollError):
            self.bot.restart()


def hold(bot: DrilledBot, scenario: Scenario) -> None:
    """Wait until every pair has a position, with its stop where stops rest on the exchange."""
    pairs = scenario.pairs
    last = 0.0

    def held() -> bool:
        nonlocal last
        amounts = bot.database_side().positions
        missing = [pair for pair in pairs if not amounts.get(symbol_of(pair))]
        if missing and not bot.setup.is_own and time.monotonic() - last > 2:
            last = time.monotonic()
            for pair in missing:
                bot.force_entry(pair)
        return not missing and not _unsettled(bot)

    bot.wait(held, f"{len(pairs)} positions")


def _unsettled(bot: DrilledBot) -> bool:
    """Whether the books differ still; a position may have no stop where the config wants none."""
    if not bot.setup.live:
        return False
    left = bot.differences()
    missing = left.missing_stops if bot.setup.is_own else ()
    return bool(left.orphan_orders or left.unexplained_positions or missing)


def play_closing(bot: DrilledBot, scenario: Scenario, fault: Fault, row: Row) -> None:
    """Play a row; its checks and times are in ``row`` afterwards.

    Raises
    ------
    PlimsollError
        When it cannot be played to its end.
    """
    hold(bot, scenario)
    marks, watch, before = Marks.of(bot), Watch(bot, row, fault), Before.of(bot)
    try:
        watch.arm()
        scenario.trip(bot)
        record = watch.until(
            lambda: verdict_of(bot, marks, scenario.rule, scenario.act),
            f"a verdict of {scenario.rule}",
            seconds=VERDICT_SECONDS,
        )
        if scenario.pair is not None and fault.halts_by:
            scenario, halt = _halted_too(watch, scenario, marks)
        else:
            halt = None
            watch.strike()
        flat = _flat_of(scenario)
        watch.until(lambda: flat(bot, scenario, before), "a flat account", seconds=FLAT_SECONDS)
        watch.see_out()
    finally:
        watch.mend()
    watch.judge()
    _alive_and_settled(watch, scenario)
    measure(bot, row, record, watch.loops_ended)
    if record.get("pair") is not None:
        pair_closed(bot, row, before, record)
        if scenario.pair is not None and fault.name != "closed-by-hand":
            others_untouched(bot, row, before, scenario.pair)
    if scenario.pair is None and _may_go_on(scenario):
        all_closed(bot, row, before, record, since=marks.began)
        books_settle(bot, row, "after its close")
    elif scenario.pair is None:
        _closed_whole(bot, row, halt or record, scenario)
    for one in (record, halt):
        if one is not None:
            told(bot, row, marks, one, late_seconds=watch.lasted_seconds)
    if scenario.ends_itself or scenario.pair is not None:
        _ends_itself(bot, scenario, row)
    else:
        _stays(bot, scenario, row)
    chain_whole(bot, row)
    scenario.undo(bot)
    if scenario.act is Act.HALT:
        _rearm(bot, scenario, row)


def _halted_too(watch: Watch, scenario: Scenario, marks: Marks) -> tuple[Scenario, dict[str, Any]]:
    """Let a fault last until it has halted the account; return what is expected, and the record.

    The row is then about a halt: everything is closed, and stays so until it is re-armed.
    """
    watch.strike(until_mended=True)
    rule = watch.fault.halts_by
    halt = watch.until(
        lambda: verdict_of(watch.bot, marks, rule, Act.HALT),
        f"a halt by {rule}",
        seconds=VERDICT_SECONDS,
    )
    watch.mend()
    return replace(scenario, act=Act.HALT, pair=None), halt


def _closed_whole(bot: DrilledBot, row: Row, record: dict[str, Any], scenario: Scenario) -> None:
    """Check that nothing of the bot's is left, on either side, and that nothing was opened."""
    foreign = FOREIGN if scenario.rule == "reconciliation" else ""
    only_closing_orders(bot, row, record, foreign=foreign)
    nothing_left(bot, row, foreign=foreign)
    books_agree(bot, row, foreign=foreign)


def _may_go_on(scenario: Scenario) -> bool:
    """Whether a guard of the account ends by itself while the row looks, so that it is entered.

    Blind guards do not: what blinds them is there until the row takes it away.
    """
    return scenario.ends_itself and scenario.rule != BLIND


def _flat_of(scenario: Scenario) -> Callable[[DrilledBot, Scenario, Before], bool]:
    """Return what a row waits for: a flat account, or the end of what was held before."""
    return _is_closed if scenario.pair is not None or _may_go_on(scenario) else _is_flat


def _is_closed(bot: DrilledBot, scenario: Scenario, before: Before) -> bool:
    """Whether the trades of then that the guard closes are closed; there may be new ones."""
    pairs = scenario.pairs if scenario.pair is None else (scenario.pair,)
    return not any(before.still_open(bot, pair) for pair in pairs)


def _is_flat(bot: DrilledBot, scenario: Scenario, before: Before) -> bool:
    """Whether nothing that the guard closes is held, ordered or believed on either side."""
    del before
    ours = [symbol_of(pair) for pair in scenario.pairs]
    if any(bot.database_side().positions.get(symbol) for symbol in ours):
        return False
    if not bot.setup.live:
        return True
    side = bot.exchange_side()
    waiting = [text.split()[0] for text in side.orders.values()]
    waiting += [symbol for symbol, _ in side.stops.values()]
    return not any(side.positions.get(symbol) or symbol in waiting for symbol in ours)


def _alive_and_settled(watch: Watch, scenario: Scenario) -> None:
    """Let the bot have some loops after its last close, alive."""
    bot = watch.bot
    if not bot.alive:
        watch.until(lambda: bot.alive, "a running bot", seconds=FLAT_SECONDS)
    if scenario.act is not Act.PAIR and scenario.rule != BLIND:  # blind, it counts no loops
        bot.pass_loops(SEEN_LOOPS)


def _stays(bot: DrilledBot, scenario: Scenario, row: Row) -> None:
    """Kill the bot, start it, and see that it is held and enters nothing."""
    trades = len(bot.trades())
    bot.restart()
    bot.wait(lambda: bot.guard_mode, "a mode")
    bot.pass_loops(SEEN_LOOPS)
    mode = bot.guard_mode
    wanted = {"HALTED"} if scenario.act is Act.HALT else HELD
    row.check("restart stays held", mode in wanted, f"mode {mode}")
    entered = len(bot.trades()) - trades
    row.check("restart enters nothing", entered == 0, f"{entered} entered")


def _ends_itself(bot: DrilledBot, scenario: Scenario, row: Row) -> None:
    """End the cause, kill the bot and start it: it trades again by itself, on books that agree.

    What such a guard counts is the process's own, or the market's: no restart is held by it.
    """
    scenario.undo(bot)
    bot.restart()
    row.check("active after the cause and a restart", bot.wait(lambda: _active(bot), "mode ACTIVE"))
    hold(bot, scenario)
    row.check("entries again by itself", bot.guard_mode not in HELD, bot.guard_mode)
    books_settle(bot, row, "once it trades again")


def _active(bot: DrilledBot) -> bool:
    return bool(bot.guard_mode) and bot.guard_mode not in HELD


def _rearm(bot: DrilledBot, scenario: Scenario, row: Row) -> None:
    """End the halt as a person does, with `plimsoll resume`."""
    status, said = bot.run("resume", "--reason", REASON, *scenario.resume)
    row.check("plimsoll resume", status == 0, f"exit status {status}: {said}")
    bot.wait(lambda: bot.guard_mode not in HELD, "a bot that may trade")
    row.check("re-armed", bot.guard_mode not in HELD, bot.guard_mode)
