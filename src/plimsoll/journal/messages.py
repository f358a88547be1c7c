"""What people read on a phone: one function for each kind of message.

Texts are plain: they bear no markup, so nothing in them, not even a person's own words, can keep a
messenger from delivering them. A rule is called by its words (`phrases.RULES`), a pair without its
settlement currency, times are UTC.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from plimsoll.core import Mode, Verdict
from plimsoll.journal.phrases import (
    breach,
    clean,
    limit_name,
    limit_words,
    named,
    pair_words,
    per_cent,
    quote,
    rule_and_reason,
    rule_words,
    sentence,
    shown_name,
    span,
    until_words,
    usd,
)

ALARM, OVER, NOTE, REFUSED, BEGUN, LOOK = "🛑", "✅", "⚠️", "🚫", "▶️", "🔎"

# What guards do


def acted(
    verdict: Verdict,
    now: datetime,
    *,
    open_pairs: Sequence[str] | None,
    facts: Mapping[str, Any] | None = None,
    lock: int | None = None,
) -> str:
    """Tell a verdict that closes positions: of the account or of a pair, halted or for a time.

    ``open_pairs`` are the pairs that are open now, ``None`` when that cannot be known; ``lock`` is
    the number of the verdict's lock.
    """
    if verdict.pair is not None:
        is_open = open_pairs is None or verdict.pair in open_pairs
        said = f"{ALARM} {pair_words(verdict.pair)}: {breach(verdict, facts)}."
        said += " Closing its position." if is_open else " It has no open position."
    else:
        said = f"{ALARM} {breach(verdict, facts)}. {_closing(open_pairs)}"
    where = "" if verdict.pair is None else f" in {pair_words(verdict.pair)}"
    return f"{said} {_ends(verdict, now, where=where, lock=lock)}"


def restored(verdict: Verdict, now: datetime, *, lock: int | None = None) -> str:
    """Tell, after a start, what still holds since before it."""
    what = "halted" if verdict.mode is Mode.HALTED else "closing"
    where = "" if verdict.pair is None else f" {pair_words(verdict.pair)}"
    of = "" if verdict.pair is None else f" in {pair_words(verdict.pair)}"
    said = f"{ALARM} Still {what}{where} since before this start. {breach(verdict)}."
    return f"{said} {_ends(verdict, now, where=of, lock=lock)}"


def all_closed(seconds: float) -> str:
    """Tell that nothing is open any more after a verdict that closes."""
    return f"{OVER} All positions closed, {span(seconds)} after the first loop that closed."


def ended(verdict: Verdict, still: Sequence[Verdict] = ()) -> str:
    """Tell a verdict that has run out by itself."""
    where = "" if verdict.pair is None else f" in {pair_words(verdict.pair)}"
    said = f"{OVER} Ended: {rule_words(verdict.rule)}{where}."
    held = [one for one in still if one.pair in (None, verdict.pair)]
    if held:
        return f"{said} Still no entries: {named(one.rule for one in held)}."
    return f"{said} Entries are allowed again."


def rearmed(rules: Sequence[str], *, reason: str, by: str, halted: bool = True) -> str:
    """Tell that a person ended what held the account."""
    who = "/unlock" if by == "unlock" else quote(by)
    was = f" It was held by: {named(rules)}." if rules else " Nothing was held."
    since = " Drawdown and losses in a row are measured from now on." if halted and rules else ""
    return f"{BEGUN} Re-armed by {who}: {quote(reason)}.{was}{since}"


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
) -> str:
    """Tell a start in one message: mode, guards, the main limits, what is open and what holds.

    ``limits`` are the fractions by their words, such as ``{"daily loss": 0.03}``.
    """
    mode = "LIVE, with money," if is_live else "Dry-run"
    said = f"{BEGUN} {shown_name(strategy)} started. {mode} on {shown_name(exchange)}."
    told = ", ".join(f"{name} {per_cent(limit)}" for name, limit in limits.items())
    said += f" {guards} guards on; limits: {told}."
    if open_pairs is None:
        said += " Which positions are open is not known yet."
    elif open_pairs:
        said += f" Open: {', '.join(map(pair_words, open_pairs))}."
    else:
        said += " Nothing is open."
    if not held:
        return f"{said} No halt is in force."
    what = "halted" if any(one.mode is Mode.HALTED for one in held) else "no entries"
    scope = "The account" if any(one.pair is None for one in held) else "Some pairs"
    return f"{said} {scope}: {what} by {named(one.rule for one in held)}."


# What else a person should know


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
    """Tell an answer that could not be worked out and was a denial therefore."""
    what = sentence(where.replace("_", " ")).rstrip(".")
    return f"{NOTE} {what} failed, so it was denied: {clean(reason)}."


def undelivered(count: int, *, oldest: datetime, error: str | None) -> str:
    """Say which alarms wait for delivery."""
    what = "alarm waits" if count == 1 else "alarms wait"
    said = f"{count} {what} for delivery, the oldest since {oldest:%Y-%m-%d %H:%M} UTC"
    return f"{said}: {error}" if error else said


def nobody_is_told(why: str | None = None) -> str:
    """Say that no messenger is set up."""
    return "nobody is told: " + (why or "no messenger is set up (docs/messages.md)")


def looser_limits(
    changes: Mapping[str, tuple[object, object]], *, in_force: bool, accept: str | None = None
) -> str:
    """Tell limits that a config loosens, each with before and after.

    ``in_force`` is whether the looser ones hold; if not, ``accept`` is what to type.
    """
    told = "; ".join(
        f"{limit_name(name)} {limit_words(name, old)} → {limit_words(name, new)}"
        for name, (old, new) in changes.items()
    )
    if in_force:
        return f"{NOTE} Looser limits are in force: {told}."
    return f"{NOTE} Looser limits were asked for and do not hold: {told}. To accept: {accept}"


def broken(what: str, *, seconds: float, size_usd: float | None = None, count: int = 1) -> str:
    """Tell a break: what the exchange says otherwise than the database, and for how long."""
    size = "" if size_usd is None else f", {usd(size_usd)}"
    more = f" {count - 1} more: plimsoll audit." if count > 1 else ""
    since = f"for {span(seconds)}" if seconds >= 1 else "now"
    return f"{LOOK} {sentence(what)[:-1]} ({since}{size}). No entries.{more}"


def not_closed(
    open_pairs: Sequence[str], *, rule: str, seconds: float, why: str | None, repeats: int = 0
) -> str:
    """Tell that closing does not succeed; every repetition is louder."""
    marks = ALARM * min(1 + repeats, 5)
    still = ", ".join(map(pair_words, open_pairs))
    cause = f" The last exit failed: {clean(why)}." if why else ""
    return (
        f"{marks} STILL OPEN after {span(seconds)}: {still}. {rule_words(rule)} is closing."
        f"{cause} Close on the exchange by hand if this goes on."
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


def _ends(verdict: Verdict, now: datetime, *, where: str, lock: int | None) -> str:
    if verdict.mode is not Mode.HALTED and verdict.until is not None:
        until = until_words(verdict.until, now)
        return f"No entries{where} until {until}. Ends by itself; /locks shows it."
    said = f'No entries{where} until a person resumes: plimsoll resume --reason "…"'
    if verdict.rule == "manual_halt":  # the flag would halt again after /unlock
        return f"{said} (in a shell)."
    number = "NUMBER (see /locks)" if lock is None else str(lock)
    return f"{said} (in a shell), or /unlock {number} here."
