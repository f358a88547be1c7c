"""What people read on a phone: one function for each kind of message.

Texts are plain: they bear no markup, so nothing in them, not even a person's own words, can keep a
messenger from delivering them. A rule is called by its words (`phrases.RULES`), a pair without its
settlement currency, times are UTC.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from plimsoll.core import Mode, Position, Verdict
from plimsoll.core.books import BreakKind
from plimsoll.journal.latch_record import STATE
from plimsoll.journal.limit_words import accepted_words, looser_words, refused_reload_words
from plimsoll.journal.phrases import (
    breach,
    clean,
    is_open_ended,
    named,
    pair_words,
    per_cent,
    quote,
    rule_and_reason,
    rule_words,
    sentence,
    shown_name,
    span,
    stated,
    until_words,
    usd,
)

ALARM, OVER, NOTE, REFUSED, BEGUN, LOOK = "🛑", "✅", "⚠️", "🚫", "▶️", "🔎"
MOST_MARKS = 5
RESUME = 'plimsoll resume --reason "…"'
RESUME_BEYOND = 'plimsoll resume --beyond-terminal --reason "…"'
NEW_DATABASE = "the database is new"
WRONG_FOLDER = "Wrong folder? End the bot and start it where its database is."
IN_MEMORY = (
    "It stands in memory alone, since neither log nor database can be written: let the bot run."
)

# What guards do


def acted(
    verdict: Verdict,
    now: datetime,
    *,
    open_pairs: Sequence[str] | None,
    facts: Mapping[str, Any] | None = None,
    lock: int | None = None,
    held: Sequence[Verdict] = (),
    kept: bool = True,
    is_locked: bool = True,
) -> str:
    """Tell a verdict that closes positions: of the account or of a pair, halted or for a time.

    ``open_pairs`` are the pairs that are open now, ``None`` when that cannot be known; ``lock`` is
    the number of the verdict's lock, ``held`` is all that holds with it, ``kept`` says whether it
    is on record anywhere, ``is_locked`` whether a lock shows it and could be removed.
    """
    if verdict.pair is not None:
        is_open = open_pairs is None or verdict.pair in open_pairs
        said = f"{ALARM} {pair_words(verdict.pair)}: {breach(verdict, facts)}."
        said += " Closing its position." if is_open else " It has no open position."
    else:
        said = f"{ALARM} {breach(verdict, facts)}. {_closing(open_pairs)}"
    where = "" if verdict.pair is None else f" in {pair_words(verdict.pair)}"
    memory = "" if kept else f" {IN_MEMORY}"
    unlock = _unlock_words(lock) if is_locked else ""
    return f"{said} {_ends(verdict, now, where=where, unlock=unlock, held=held)}{memory}"


def restored(
    verdict: Verdict, now: datetime, *, lock: int | None = None, held: Sequence[Verdict] = ()
) -> str:
    """Tell, after a start, what still holds since before it; ``held`` is all that does."""
    what = "halted" if verdict.mode is Mode.HALTED else "closing"
    where = "" if verdict.pair is None else f" {pair_words(verdict.pair)}"
    of = "" if verdict.pair is None else f" in {pair_words(verdict.pair)}"
    said = f"{ALARM} Still {what}{where} since before this start. {breach(verdict)}."
    return f"{said} {_ends(verdict, now, where=of, unlock=_unlock_words(lock), held=held)}"


def closed(
    pairs: Sequence[str],
    seconds: float,
    *,
    is_flat: bool,
    beside: Mapping[str, float] | None = None,
) -> str:
    """Tell that all that was to be closed is closed; ``is_flat``: no other trade is open.

    ``beside`` is what the exchange holds all the same, by pair, below zero when short.
    """
    if is_flat and beside:
        still = ", ".join(
            f"{abs(amount):.8g} {'long' if amount > 0 else 'short'} of {pair_words(pair)}"
            for pair, amount in sorted(beside.items())
        )
        return (
            f"{OVER} All of the bot's positions are closed after {span(seconds)}. The exchange "
            f"still holds {still}, which no trade explains."
        )
    if is_flat:
        return f"{OVER} All positions closed after {span(seconds)}."
    return f"{OVER} Closed after {span(seconds)}: {', '.join(map(pair_words, pairs))}."


def ended(verdict: Verdict, still: Sequence[Verdict] = ()) -> str:
    """Tell a verdict that has run out by itself."""
    where = "" if verdict.pair is None else f" in {pair_words(verdict.pair)}"
    said = f"{OVER} Ended: {rule_words(verdict.rule)}{where}."
    held = [one for one in still if one.pair in (None, verdict.pair)]
    if held:
        return f"{said} Still no entries: {named(one.rule for one in held)}."
    return f"{said} Entries are allowed again."


def rearmed(
    rules: Sequence[str],
    *,
    reason: str,
    by: str,
    halted: bool = True,
    probation: tuple[datetime, float] | None = None,
) -> str:
    """Tell that a person ended what held the account.

    ``probation`` is until when stakes are smaller, and the factor on them.
    """
    who = "/unlock" if by == "unlock" else quote(by)
    was = f" It was held by: {named(rules)}." if rules else " Nothing was held."
    since = " Drawdown and losses in a row are measured from now on." if halted and rules else ""
    if probation is not None:
        until, share = probation
        since += f" On probation: stakes times {share:g} until {until:%Y-%m-%d %H:%M} UTC, or a "
        since += "new high."
    return f"{BEGUN} Re-armed by {who}: {quote(reason)}.{was}{since}"


def not_rearmed(by: str) -> str:
    """Tell that a person's re-arming did not take place, since it could not be recorded."""
    who = "/unlock" if by == "unlock" else quote(by)
    return (
        f"{ALARM} Not re-armed by {who}: the decision log cannot be written. What held still "
        f"holds. Look at the disk and the state folder, then: {RESUME}"
    )


def lock_put_back(verdict: Verdict) -> str:
    """Tell that a lock was removed by nobody who may."""
    return (
        f"{NOTE} The lock of “{rule_words(verdict.rule)}” was removed, but not by a person: it is "
        f"back. To end it: {RESUME}"
    )


def denied(verdict: Verdict, pair: str, side: str | None = None) -> str:
    """Tell an entry that was not taken."""
    how = f" {side}" if side else ""
    said = f"{REFUSED} No{how} entry in {pair_words(pair)}."
    return f"{said} {rule_and_reason(verdict)}."


def started(
    *,
    strategy: str,
    is_live: bool,
    exchange: str,
    guards: int,
    limits: Mapping[str, float],
    open_pairs: Sequence[str] | None,
    held: Sequence[Verdict] = (),
    observing: bool = False,
) -> str:
    """Tell a start in one message: mode, guards, the main limits, what is open and what holds.

    ``limits`` are the fractions by their words, such as ``{"daily loss": 0.03}``; ``observing``
    says that guards refuse, cut and close nothing.
    """
    mode = "LIVE, with money," if is_live else "Dry-run"
    said = f"{BEGUN} {shown_name(strategy)} started. {mode} on {shown_name(exchange)}."
    told = ", ".join(f"{name} {per_cent(limit)}" for name, limit in limits.items())
    on = "ONLY OBSERVE: nothing is refused, cut or closed" if observing else "on"
    said += f" {guards} guards {on}; limits: {told}."
    if open_pairs is None:
        said += " Which positions are open is not known yet."
    elif open_pairs:
        said += f" Open: {', '.join(map(pair_words, open_pairs))}."
    else:
        said += " Nothing is open."
    if not held:
        return f"{said} No halt is in force."
    what = "Halted" if any(one.mode is Mode.HALTED for one in held) else "No entries"
    scope = "" if any(one.pair is None for one in held) else " in some pairs"
    return f"{said} {what}{scope}: {'; '.join(dict.fromkeys(map(_held_words, held)))}."


# What else a person should know


def observed(text: str) -> str:
    """Tell what guards would have done that only observe."""
    return f"{NOTE} Observed only, nothing was done. What guards would say: {text}"


def noticed(text: str) -> str:
    """Tell what the account noticed, such as capital that was moved."""
    return f"{NOTE} {sentence(text)}"


def gap(seconds: float, cause: str) -> str:
    """Tell that nobody looked for so long."""
    return (
        f"{NOTE} No look at the account for {span(seconds)}: {cause}. Meanwhile nothing was "
        "watched but stops on the exchange."
    )


def blind(reason: str, *, closes_after_seconds: float) -> str:
    """Tell that the guards cannot be asked."""
    return (
        f"{ALARM} The guards cannot look: {clean(reason)}. No entries; after "
        f"{span(closes_after_seconds)} of it everything is closed."
    )


def failed(where: str, reason: str) -> str:
    """Tell an answer of the guards that could not be worked out and was a denial therefore."""
    what = sentence(where.replace("_", " ")).rstrip(".")
    return f"{NOTE} {what} failed, so it was denied: {clean(reason)}."


def strategy_failed(where: str, reason: str) -> str:
    """Tell that the strategy's own code has raised, and the guards went on without it."""
    return f"{NOTE} {clean(where)} of the strategy failed; the guards go on: {clean(reason)}."


def undelivered(count: int, *, oldest: datetime, error: str | None) -> str:
    """Say which alarms wait for delivery."""
    what = "alarm waits" if count == 1 else "alarms wait"
    said = f"{count} {what} for delivery, the oldest since {oldest:%Y-%m-%d %H:%M} UTC"
    return f"{said}: {error}" if error else said


def nobody_is_told(why: str | None = None) -> str:
    """Say that no messenger is set up."""
    return "nobody is told: " + (why or "no messenger is set up (docs/messages.md)")


def looser_limits(
    changes: Mapping[str, tuple[object, object]],
    held_back: Sequence[str],
    layers: Sequence[str] = (),
) -> str:
    """Tell limits that a config loosens, as `looser_words` says them."""
    return f"{NOTE} {looser_words(changes, held_back, layers)}"


def limits_accepted(changes: Mapping[str, tuple[object, object]], *, reason: str, by: str) -> str:
    """Tell which looser limits a person accepted."""
    return f"{BEGUN} {accepted_words(changes, reason, by)}"


def reload_refused(fault: str) -> str:
    """Tell that a reload did not take place, and why."""
    return f"{NOTE} {refused_reload_words(fault)}"


# The exchange's books


def broken(what: str, *, seconds: float, size_usd: float | None = None) -> str:
    """Tell a break: what the exchange says otherwise than the database, and for how long."""
    size = "" if size_usd is None or size_usd == 0 else f", {usd(size_usd)}"
    since = f"for {span(seconds)}" if seconds >= 1 else "now"
    said = f"{LOOK} {sentence(what)[:-1]} ({since}{size})."
    return f"{said} No entries; plimsoll audit shows both sides."


def agreed(kind: BreakKind, pair: str | None) -> str:
    """Tell that a break is over."""
    what = "money that nothing explains" if kind is BreakKind.MONEY else kind.replace("_", " ")
    return f"{OVER} Over: {what if pair is None else f'{pair_words(pair)}, {what}'}."


def mended(what: str) -> str:
    """Tell what the bot did about a break."""
    return f"{OVER} Mended: {stated(what)}."


def not_mended(what: str) -> str:
    """Tell a break, or a record, that the bot could not put right."""
    return f"{NOTE} {sentence(what)}"


def transferred(amount_usd: float, *, share_usd: float | None = None) -> str:
    """Tell that money was moved into the account or out of it, as the exchange's record says.

    ``share_usd`` is what the config gives the bot of the wallet (``available_capital``).
    """
    said = f"{NOTE} {usd(amount_usd, signed=True)} transferred, by the exchange's record."
    if share_usd is not None:
        return f"{said} The bot's share of {usd(share_usd)} is unchanged."
    return f"{said} Losses are measured from as much {'less' if amount_usd < 0 else 'more'}."


def money_accepted(amount_usd: float) -> str:
    """Tell that money which nothing explains was accepted with a person's re-arming."""
    return (
        f"{NOTE} {usd(amount_usd, signed=True)} that nothing explains: accepted as the account's "
        "own with the re-arming."
    )


def not_closed(
    still: Sequence[tuple[Position, str, str]], *, seconds: float, alarm: int = 1
) -> str:
    """Tell that closing does not succeed; every alarm is louder than the last.

    Parameters
    ----------
    still
        What is open: the position, the rule that wants it closed, and why it is not.
    seconds
        For how long it is to be closed.
    alarm
        Which alarm of this closing it is, from 1.
    """
    rows = (
        f"{pair_words(one.pair)} {one.side.value} {one.amount:g} ({rule_words(rule)}; {clean(why)})"
        for one, rule, why in still
    )
    return (
        f"{ALARM * min(alarm, MOST_MARKS)} STILL OPEN after {span(seconds)}: {'; '.join(rows)}. "
        "The bot tries again in every loop. Look at the exchange, and close there what it cannot."
    )


# A re-arming and what follows


def probation_ended(why: str) -> str:
    """Tell that stakes are whole again after a re-arming."""
    return f"{OVER} Probation ended: {clean(why)}. Stakes are whole again."


def beyond_terminal(by: str, why: str) -> str:
    """Tell that a person's plain re-arming did not take place beyond the terminal drawdown."""
    who = "/unlock" if by == "unlock" else quote(by)
    return (
        f"{ALARM} Not re-armed by {who}: {clean(why)}. What held still holds. To go on all the "
        f"same, in a shell: {RESUME_BEYOND}"
    )


# How


def _closing(open_pairs: Sequence[str] | None) -> str:
    if open_pairs is None:
        return "Closing all positions."
    if not open_pairs:
        return "Nothing is open."
    if len(open_pairs) == 1:
        return f"Closing 1 position ({pair_words(open_pairs[0])})."
    return f"Closing {len(open_pairs)} positions."


def _held_words(verdict: Verdict) -> str:
    words = "by hand" if verdict.rule == "manual_halt" else rule_words(verdict.rule)
    return f"{words[:1].lower()}{words[1:]}"


def _unlock_words(lock: int | None) -> str:
    return f", or /unlock {'NUMBER (see /locks)' if lock is None else lock} here"


def _ends(
    verdict: Verdict, now: datetime, *, where: str, unlock: str, held: Sequence[Verdict]
) -> str:
    if verdict.mode is not Mode.HALTED and verdict.until is not None:
        open_ended = is_open_ended(verdict.until, now)
        until = "everything is closed" if open_ended else until_words(verdict.until, now)
        if any(one.mode is Mode.HALTED and one.pair is None for one in held):
            return f"This lasts until {until}, the halt until a person resumes."
        ends = "Ends by itself; /locks shows it."
        ends = ends if unlock and not open_ended else "Ends by itself."
        return f"No entries{where} until {until}. {ends}"
    person = "has checked positions and limits" if verdict.rule == STATE else "resumes"
    said = f"No entries{where} until a person {person}: {RESUME}"
    if verdict.rule == STATE and NEW_DATABASE in verdict.reason:
        said = f"{WRONG_FOLDER} {said}"
    by_hand = verdict.rule == "manual_halt"  # the flag would halt again after /unlock
    return f"{said} (in a shell){'' if by_hand else unlock}."
