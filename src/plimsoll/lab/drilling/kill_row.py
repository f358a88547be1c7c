"""A row of a kill: the bot dies at one request, and both books must agree after its restart."""

import threading
import time

from plimsoll.core import PlimsollError
from plimsoll.lab.drilling.assertions import chain_whole
from plimsoll.lab.drilling.bot import POLL_SECONDS, DrilledBot
from plimsoll.lab.drilling.closing_row import hold
from plimsoll.lab.drilling.fault import Fault
from plimsoll.lab.drilling.row import Row
from plimsoll.lab.drilling.scenario import Scenario

HELD_SECONDS = 10.0
"""How long the request is left unanswered; the bot is dead long before."""
REACHED_SECONDS, AGREED_SECONDS = 120.0, 60.0
SEEN_LOOPS = 4
"""How many loops after a restart the books are read at the earliest: a bot may do harm late."""
SLOW = 10.0
BEFORE, ANSWERED = "kill-before", "kill-answered"


def play_step(bot: DrilledBot, scenario: Scenario, fault: Fault, row: Row) -> None:
    """Play a row; its checks are in ``row`` afterwards.

    Raises
    ------
    PlimsollError
        When the request is never sent, or the bot does not start again.
    """
    bot.pass_loops(1)
    if "entry" not in scenario.name and scenario.name != "step: stop":
        for pair in scenario.pairs:
            bot.force_entry(pair)
        hold(bot, scenario)
    bot.exchange.venue.set_speed(SLOW)
    _kill_at(bot, scenario, fault.name)
    on_record = any(one["kind"] == "halt" for one in bot.records())
    bot.exchange.mend()
    scenario.undo(bot)
    bot.restart()
    row.restarts = 1
    loops = _agreed(bot, flat=on_record)
    left = str(bot.differences())
    row.action, row.loops = "killed", loops
    row.check("database and exchange agree", loops is not None, left or "not flat")
    if on_record:
        row.check("latch kept", bot.guard_mode == "HALTED", f"mode {bot.guard_mode}")
        row.check("flat", not bot.held(), str(bot.held()))
    chain_whole(bot, row)


def _kill_at(bot: DrilledBot, scenario: Scenario, when: str) -> None:
    """Begin the step, wait for its request, and kill the bot before it can know of the answer."""
    options = {"paths": [scenario.request], "after_acceptance": when != BEFORE, "count": 1}
    number = 0
    if when != ANSWERED:
        number = bot.exchange.fault("no-answer", hold_seconds=HELD_SECONDS, **options)
    seen = _count(bot, scenario.request)
    step = threading.Thread(target=scenario.trip, args=(bot,), daemon=True)
    step.start()
    patience = bot.patience(REACHED_SECONDS, speed=SLOW)
    while not (bot.exchange.hits(number) if number else _count(bot, scenario.request) > seen):
        if patience.is_over:
            raise PlimsollError(f"expected {scenario.request} to be sent, found none")
        time.sleep(POLL_SECONDS / 5)
    if number and when != BEFORE:
        time.sleep(POLL_SECONDS)
    bot.kill()
    step.join(REACHED_SECONDS)


def _count(bot: DrilledBot, request: str) -> int:
    """Return what rises with each order of the kind that a request makes or ends."""
    if request.startswith("DELETE"):  # a new stop is placed at once: none is missing for long
        return bot.exchange.stops_cancelled()
    side = bot.exchange_side()
    if "algo" in request:  # numbers rise, and one that replaces another leaves as many
        return max((int(number) for number in side.stops), default=0)
    return sum(len(bot.exchange.orders(symbol)) for symbol in bot.exchange.venue.symbols)


def _agreed(bot: DrilledBot, *, flat: bool) -> int | None:
    """Return in which loop both books agreed for good; None when they did not."""
    first = bot.loops
    patience = bot.patience(AGREED_SECONDS)
    agreed: int | None = None
    while not patience.is_over and bot.alive:
        sound = bot.differences().agree and (not flat or not bot.held())
        if not sound:
            agreed = None
        elif agreed is None:
            agreed = 1 + bot.loops - first
        if sound and bot.loops >= first + SEEN_LOOPS:
            return agreed
        time.sleep(POLL_SECONDS)
    return None
