"""Halt a bot and re-arm it, from outside, and see that it happens."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from getpass import getuser

from plimsoll.bridge.state.folder import Request
from plimsoll.control.bot import Bot, BotView, look, now_of
from plimsoll.control.exchange import has_account, held_of, is_flat, read_account
from plimsoll.core import Mode, PlimsollError, UsageError
from plimsoll.core.books import ExchangeBooks
from plimsoll.core.books_words import order_words, position_words
from plimsoll.journal.messages import RESUME_BEYOND
from plimsoll.risk.guards.terminal_drawdown import RULE as TERMINAL

POLL_SECONDS = 0.2
LOOK_SECONDS = 1.0
"""Between two looks at the exchange, which counts the questions."""
NOT_CLOSED = (
    "the bot is STOPPED: nothing is closed, no stop is watched, until /start "
    "(Telegram, REST or the web interface); after it the first loop closes everything"
)

Tell = Callable[[str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a request ended: whether it is done, and what the bot looks like then."""

    done: bool
    view: BotView


def halt(bot: Bot, reason: str, *, seconds: float, tell: Tell) -> Outcome:
    """Raise the flag file; with a running bot wait until it is halted, then until it is flat.

    The flag goes up before anything else is looked at: whatever cannot be read does not
    keep a bot from being halted.
    """
    bot.folder.set_halt(reason)
    tell(f"flag raised: {bot.folder.path / 'halt'}")
    raised = time.time()
    view = look(bot)
    if not view.runs:
        return _halted_without_bot(bot, view, tell)
    if view.state == "stopped":
        tell(NOT_CLOSED)
        return Outcome(done=False, view=view)
    deadline = time.monotonic() + seconds
    view = _wait(bot, lambda now: _looped(now, raised) and now.mode == Mode.HALTED.name, deadline)
    if not (_looped(view, raised) and view.mode == Mode.HALTED.name):
        tell(_no_loop(view, raised, seconds))
        return Outcome(done=False, view=view)
    tell(f"HALTED: {'; '.join(view.held)}")
    if view.positions:
        tell(f"closing {_pairs(view)} ...")
        view = _wait(bot, lambda now: not now.positions, deadline)
    return _flat_or_not(bot, view, tell, deadline=deadline)


def resume(
    bot: Bot,
    reason: str,
    *,
    seconds: float,
    tell: Tell,
    by: str | None = None,
    beyond_terminal: bool = False,
) -> Outcome:
    """Take the flag down and re-arm: by the running bot, or in the database of a stopped one.

    ``by`` is who asks; this machine's user, where nobody is named. ``beyond_terminal`` says that
    a person accepts to go on beyond the terminal drawdown.

    Raises
    ------
    UsageError
        Without a reason, or when there is no database to re-arm.
    PlimsollError
        When the config itself halts the bot, the database cannot be read, or the account is
        beyond its terminal drawdown and nobody has accepted that.
    """
    if not reason.strip():
        raise UsageError("expected --reason to say why the bot may trade again, found nothing")
    if bot.settings.halt:
        raise PlimsollError(
            "not re-armed: plimsoll.halt is true in the config; take it out, send /reload_config "
            "to a running bot, then resume"
        )
    view = look(bot)
    if not view.runs and view.positions is None and not view.held:
        raise UsageError(view.unseen or "the bot's database cannot be read")
    if not beyond_terminal:
        _require_above_terminal(view)
    was_up = view.flag is not None
    bot.folder.clear_halt()
    if was_up:
        tell("flag taken down")
    request = Request(reason.strip(), by or f"plimsoll resume, {person_name()}", beyond_terminal)
    if not view.runs:
        return _rearm_without_bot(bot, request, view, tell)
    if not was_up and not view.held and not _waits_for_person(view):
        tell("nothing is held, so there is nothing to re-arm")
        return Outcome(done=True, view=view)
    return _ask(bot, request, view, seconds=seconds, was_up=was_up, tell=tell)


def _require_above_terminal(view: BotView) -> None:
    """Refuse what the bot would refuse: to go on beyond the terminal drawdown without a word."""
    facts = view.status.get("rearming") or {}
    limit, fall = facts.get("terminal_drawdown_fraction"), facts.get("peak_drawdown_fraction")
    by_rule = any(f" {TERMINAL}: " in held for held in view.held)
    reached = isinstance(limit, float) and isinstance(fall, float) and fall >= limit
    if by_rule or (reached and view.mode == Mode.HALTED.name):
        known = f"{fall:.1%} from the highest equity ever" if isinstance(fall, float) else ""
        raise PlimsollError(
            f"not re-armed: the terminal drawdown is reached{known and ', '}{known}; what to look "
            f"at first is in docs/emergency.md. To go on all the same: {RESUME_BEYOND}"
        )


def _ask(
    bot: Bot, request: Request, view: BotView, *, seconds: float, was_up: bool, tell: Tell
) -> Outcome:
    deadline, down = time.monotonic() + seconds, time.time()
    if was_up:  # a loop that began under the flag would halt again what it re-arms
        view = _wait(bot, lambda now: now.state == "stopped" or _looped(now, down), deadline)
    asked = view.state != "stopped" and (not was_up or _looped(view, down))
    if asked:
        bot.folder.ask_to_resume(
            request.reason, request.by, beyond_terminal=request.beyond_terminal
        )
        tell("asked the running bot to re-arm ...")
        view = _wait(bot, lambda _: not bot.folder.resume_is_waiting, deadline)
    if not asked or _withdraw(bot):
        tell("not re-armed: " + _no_loop(view, down, seconds))
        return Outcome(done=False, view=view)
    taken = time.time()
    view = _wait(bot, lambda now: _looped(now, taken), deadline + seconds)
    if view.held:
        tell(f"re-armed, and held again: {'; '.join(view.held)}")
        return Outcome(done=False, view=view)
    tell(f"re-armed: {view.mode}" + (f", by {view.why}" if view.why else ""))
    return Outcome(done=_looped(view, taken), view=view)


def _halted_without_bot(bot: Bot, view: BotView, tell: Tell) -> Outcome:
    if view.state is not None:
        tell(
            f"a bot answers over REST ({view.state}), but no guarded strategy writes in this "
            "folder: it does not read the flag. Close it with /pause and /forceexit all"
        )
        return Outcome(done=False, view=view)
    tell("no guarded bot is running here; one that starts is halted in its first loop")
    return _flat_or_not(bot, view, tell, manages="no bot watches over")


def _rearm_without_bot(bot: Bot, request: Request, view: BotView, tell: Tell) -> Outcome:
    if not view.held and not _waits_for_person(view):
        tell("no guarded bot is running, and nothing is held: there is nothing to re-arm")
        return Outcome(done=True, view=view)
    from plimsoll.control.rearm import rearm_stopped

    _withdraw(bot)
    rules = rearm_stopped(
        bot.folder,
        bot.config,
        bot.db_url,
        reason=request.reason,
        by=request.by,
        beyond_terminal=request.beyond_terminal,
        now=now_of(bot, view.status),
    )
    where = "in the database" if view.positions is not None else "on record, without a database"
    tell(f"no guarded bot is running: re-armed {where} ({', '.join(rules) or 'nothing held'})")
    return Outcome(done=True, view=look(bot))


def _waits_for_person(view: BotView) -> bool:
    """Return whether money that nothing explains waits to be accepted, though nothing is held."""
    from plimsoll.control.rearm import has_money_break

    return has_money_break(view.status)


def _withdraw(bot: Bot) -> bool:
    """Take a request back, if it still waits: it would re-arm a halt of another day."""
    try:
        return bot.folder.take_resume() is not None
    except PlimsollError:
        return True


def _wait(bot: Bot, condition: Callable[[BotView], bool], deadline: float) -> BotView:
    view = look(bot)
    while not condition(view) and view.runs and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        view = look(bot)
    return view


def _looped(view: BotView, since: float) -> bool:
    """Return whether a loop ended since a moment: the status that is seen is of that loop."""
    return view.looped_at is not None and view.looped_at > since


def _no_loop(view: BotView, since: float, seconds: float) -> str:
    if not view.runs:
        return "the bot has ended meanwhile; a flag that is up halts it when it starts again"
    if view.state == "stopped":
        return NOT_CLOSED
    if not _looped(view, since):
        return (
            f"the bot runs, but ended no loop within {seconds:.0f} s; it may be STOPPED, and then "
            "nothing is closed until /start. See plimsoll status"
        )
    return f"the bot did not say so within {seconds:.0f} s; its mode is {view.mode}"


def _flat_or_not(
    bot: Bot, view: BotView, tell: Tell, *, manages: str = "still open:", deadline: float = 0.0
) -> Outcome:
    """Say what is open: by the database, and of a live bot by the exchange's own books.

    Those decide. A live account that cannot be read is not flat.
    """
    if view.positions is None:
        tell(f"open positions are not known: {view.unseen}")
    elif view.positions:
        tell(f"{manages} {_pairs(view)}")
    done = view.positions is not None and not view.positions
    if not has_account(bot):
        if done:
            tell("flat: no open position")
        return Outcome(done=done, view=view)
    tell("reading the exchange's own books ...")
    view = replace(view, exchange=_exchange_when_flat(bot, view, deadline))
    return Outcome(done=_tell_exchange(view, tell) and done, view=view)


def _exchange_when_flat(bot: Bot, view: BotView, deadline: float) -> ExchangeBooks:
    """Return the exchange's books: when two in a row are flat, or else when the time is over.

    One report without positions may be a report that lacks them. What is open is closed by a
    running bot only.
    """
    flat_before = False
    while True:
        books = read_account(bot.config, now_of(bot, view.status)).books
        books = held_of(books, view.positions)
        flat = is_flat(books)
        waits = view.runs and time.monotonic() < deadline
        if (flat and flat_before) or not (flat or waits):
            return books
        flat_before = flat
        time.sleep(LOOK_SECONDS)


def _tell_exchange(view: BotView, tell: Tell) -> bool:
    books = view.exchange
    if books is None or books.fault is not None:
        why = "the exchange was not asked" if books is None else books.fault
        tell(f"whether the account is flat is not known: {why}")
        return False
    opening = [one for one in books.orders if not one.reduce_only]
    if not books.positions and not opening and books.margin_usd:
        tell(
            "whether the account is flat is not known: the exchange reports no position, but "
            f"{books.margin_usd:,.2f} USD of margin in use"
        )
        return False
    if books.positions:
        tell(f"open at the exchange: {', '.join(map(position_words, books.positions))}")
    if opening:
        tell(f"orders that may open a position: {', '.join(map(order_words, opening))}")
    if books.positions or opening:
        tell('the exchange is right; "plimsoll audit" compares it with the database')
        return False
    tell("flat: no open position at the exchange")
    return True


def _pairs(view: BotView) -> str:
    return ", ".join(f"{one.pair} {one.side.value}" for one in view.positions or ())


def person_name() -> str:
    """Return who types: the name of this machine's user."""
    try:
        return getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
