"""What a person is told of a bot's state, line by line: in a terminal and on a phone."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from plimsoll.bridge.state.outbox import alarms_in
from plimsoll.control.bot import Bot, BotView, now_of
from plimsoll.control.exchange import differ
from plimsoll.core.books_words import position_words
from plimsoll.journal.limit_words import change_words
from plimsoll.journal.messages import undelivered
from plimsoll.journal.phrases import is_open_ended, rule_words
from plimsoll.journal.phrases import span as in_words


def status_lines(bot: Bot, view: BotView, max_age: float) -> list[str]:
    """Return mode, what holds, what is open and who is not told; ``max_age`` in seconds."""
    lines = [_row("bot", _bot_words(view)), _row("mode", view.mode or "not known")]
    lines += _guards_rows(view)
    if unseen := view.status.get("unseen"):
        lines.append(_row("unseen", str(unseen)))
    if view.why is not None and not any(view.why in held for held in view.held):
        lines.append(_row("why", view.why))
    if view.flag is not None:
        lines.append(_row("flag file", f"up: {view.flag or 'no reason given'}"))
    lines += [_row("held", held) for held in view.held]
    lines += _closing_rows(view.status.get("closing"))
    lines += [
        _row("break", f"{one['text']} (plimsoll audit)")
        for one in view.status.get("breaks") or ()
        if not one["settling"]
    ]
    if view.age_seconds is not None:
        late = f", more than {max_age:g} s" if view.is_stale(max_age) and view.runs else ""
        lines.append(_row("last loop", f"{span(view.age_seconds)} ago{late}"))
    told = view.status
    figures = [("equity_usd", "equity"), ("day_start_equity_usd", "day start")]
    for key, name in [*figures, ("high_water_equity_usd", "high water")]:
        if isinstance(told.get(key), int | float):
            lines.append(_row(name, f"{told[key]:,.2f} USD"))
    lines += _rearming_rows(told.get("rearming") or {}, now_of(bot, told))
    for name, (before, after) in (told.get("held_back") or {}).items():
        lines.append(_row("held back", change_words(name, before, after)))
    lines += [_row("messages", said) for said in _unheard(bot, told)]
    if view.positions is None:
        return [*lines, _row("database", f"not read: {view.unseen}"), *_exchange_lines(view)]
    lines += [_row("open", _position(one)) for one in view.positions] or [_row("open", "nothing")]
    lines += _exchange_lines(view)
    for lock in view.locks or ():
        until = f"{lock.until:%Y-%m-%d %H:%M} UTC"
        if lock.mode is not None and is_open_ended(lock.until, datetime.now(UTC)):
            until = "a person re-arms" if lock.mode.name == "HALTED" else "everything is closed"
        lines.append(_row("lock", f"{lock.pair} until {until}: {lock.reason}"))
    return lines


def _guards_rows(view: BotView) -> list[str]:
    """Say whether the guards of a running bot act."""
    guards = view.status.get("guards")
    if guards is None or not view.runs:
        return []
    if guards != "observe":
        return [_row("guards", guards)]
    by_hand = any(" manual_halt: " in held for held in view.held)
    said = "a halt by hand is obeyed: everything is closed"
    return [_row("guards", f"observe: {said if by_hand else 'nothing is refused, cut or closed'}")]


def _unheard(bot: Bot, told: Mapping[str, Any]) -> list[str]:
    """Say who is not told, and which alarms wait for delivery now."""
    said = [str(told["nobody_is_told"])] if told.get("nobody_is_told") else []
    if waiting := alarms_in(bot.folder.path):
        error = (told.get("undelivered") or {}).get("last_error")
        said.append(undelivered(len(waiting), oldest=waiting[0].at, error=error))
    return said


def _exchange_lines(view: BotView) -> list[str]:

    books = view.exchange
    if books is None:
        return []
    if books.fault is not None:
        return [_row("exchange", f"not read: {books.fault}")]
    lines = [_row("exchange", position_words(one)) for one in books.positions]
    if view.positions is not None and differ(books, view.positions):
        lines.append(_row("differs", "exchange and database disagree; see plimsoll audit"))
    return lines or [_row("exchange", "nothing")]


def _closing_rows(closing: object) -> list[str]:
    """Say what a bot is to close and could not yet, as its status has it."""
    rows = closing.get("open") if isinstance(closing, dict) else None
    return [
        _row(
            "CLOSING",
            f"{one['pair']} {one['side']} {one['amount']:g} for {span(one['seconds'])} "
            f"({one['rule']}): {one['why']}",
        )
        for one in rows or ()
    ]


def _rearming_rows(facts: Mapping[str, Any], now: datetime) -> list[str]:
    """Say until when a bot is on probation, and how much of the terminal drawdown is used."""
    rows = []
    until, peak = facts.get("probation_until"), facts.get("peak_equity_usd")
    high = f" or equity above {peak:,.2f} USD" if isinstance(peak, int | float) else ""
    if until is not None and (end := datetime.fromisoformat(until)) > now:
        share = f"stakes times {facts['probation_stake_fraction']:g}"
        rows.append(_row("probation", f"{share} until {end:%Y-%m-%d %H:%M} UTC{high}"))
    fall, limit = facts.get("peak_drawdown_fraction"), facts.get("terminal_drawdown_fraction")
    if isinstance(fall, float) and isinstance(limit, float):
        used = f"{max(fall, 0.0):.1%} below the highest equity ever, limit {limit:.1%}"
        rows.append(_row("terminal", used if fall < limit else f"{used}: reached"))
    return rows


def _bot_words(view: BotView) -> str:
    name = view.status.get("strategy")
    who = f"{name}, " if name else ""
    if not view.runs:
        rest = f"a bot without our guards answers over REST, {view.state}"
        return rest if view.state is not None else f"{who}not running"
    if view.state == "stopped":
        return f"{who}STOPPED: open positions are not managed until /start"
    return f"{who}{view.state or 'running'}"


def _position(one: Any) -> str:
    stop = f", stop {one.stop_price:g}" if one.stop_price else ""
    return (
        f"trade {one.id}: {one.pair} {one.side.value} {one.amount:g} at {one.entry_price:g}, "
        f"stake {one.stake_usd:,.2f} USD, leverage {one.leverage:g}{stop}"
    )


def limit_lines(view: BotView) -> list[str]:
    """Say how much of each limit of the account was used in the bot's last loop.

    A share that is not known is said so, and never as nothing.
    """
    limits = (view.status.get("meters") or {}).get("limits") or ()
    if not limits:
        return [_row("limits", "not known: no guarded bot has written what is used of them")]
    return [_row(rule_words(str(one.get("rule"))), _used(one)) for one in limits]


def _used(one: Mapping[str, Any]) -> str:
    value, limit, share = (one.get(name) for name in ("value", "limit", "used_fraction"))
    if not all(isinstance(known, int | float) for known in (value, limit, share)):
        return f"not known (limit {limit:g})" if isinstance(limit, int | float) else "not known"
    return f"{share:.0%} used: {value:,.6g} of {limit:,.6g}"


def span(seconds: float) -> str:
    """Return a span of time in the unit that suits it, for a terminal."""
    return in_words(seconds, joiner=" ")


def _row(name: str, text: str) -> str:
    return f"{name:<10} {text}"
