"""The words and figures of messages: rules, per cent, amounts, times, a person's own words."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Any, Literal

from plimsoll.core import Verdict
from plimsoll.journal.latch_record import STATE

MINUS, JOINER = "−", "\u00a0"
UNSAID = "no reason given"
LOOK_FIRST = "check positions and limits, then: "
"""What a verdict of `STATE` asks for before it says what to type."""
SETTLEMENT = re.compile(r"(\b\w+/\w+):\w+")
NEGATIVE, BARE_PER_CENT = re.compile(r"(?<![\w-])-(?=\d)"), re.compile(r"(?<=\d)%")
EMOJI_JOINER, UNSHOWN = "\u200d", ("Cc", "Cf", "Cs")
OPEN_ENDED = timedelta(days=365 * 50)
LONGEST_WORDS = 300
"""Characters of somebody's words in a message; the decision log has them all."""

Unit = Literal["loss", "fraction", "usd", "count", "seconds", "number"]


@dataclass(frozen=True, slots=True)
class RuleWords:
    """How a rule is called, and the unit of its value and limit; ``None``: its reason says it."""

    words: str
    unit: Unit | None = None


RULES: dict[str, RuleWords] = {
    "manual_halt": RuleWords("Halted by hand"),
    "drawdown": RuleWords("Drawdown limit", "loss"),
    "terminal_drawdown": RuleWords("Terminal drawdown", "loss"),
    "probation": RuleWords("Probation"),
    "daily_loss": RuleWords("Daily loss limit", "usd"),
    "divergence": RuleWords("Worse than its backtest", "fraction"),
    "break_even": RuleWords("Below break-even"),
    "consecutive_losses": RuleWords("Losses in a row", "count"),
    "api_errors": RuleWords("Exchange errors", "count"),
    "order_throttle": RuleWords("Too many orders", "count"),
    "trades_per_day": RuleWords("Trades per day", "count"),
    "trading_hours": RuleWords("Trading hours"),
    "model_accuracy": RuleWords("Model accuracy", "fraction"),
    "stale_data": RuleWords("Late candles", "seconds"),
    "liquidation_distance": RuleWords("Close to liquidation", "fraction"),
    "cooldown": RuleWords("Cooldown", "seconds"),
    "open_positions": RuleWords("Open positions", "count"),
    "position_size": RuleWords("Position size", "usd"),
    "exposure": RuleWords("Total exposure", "usd"),
    "risk_per_trade": RuleWords("Risk per trade", "fraction"),
    "portfolio_heat": RuleWords("Risk of all positions", "fraction"),
    "correlation": RuleWords("Correlation", "number"),
    "leverage": RuleWords("Leverage", "number"),
    "spread": RuleWords("Spread", "fraction"),
    "liquidity": RuleWords("Liquidity", "fraction"),
    "round_trip_cost": RuleWords("Costs against target", "number"),
    "price_collar": RuleWords("Price collar", "fraction"),
    "reconciliation": RuleWords("Exchange and database differ"),
    # What denies or closes without being a guard.
    "loop": RuleWords("Guards cannot look"),
    "blind_guards": RuleWords("Guards blind for too long"),
    "decision_log": RuleWords("Decision log"),
    "strategy": RuleWords("The strategy's own veto"),
    "unreadable_lock": RuleWords("A lock that cannot be read"),
    "unreadable_record": RuleWords("A record that cannot be read"),
    "flattening": RuleWords("Could not be closed"),
    STATE: RuleWords("Record of halts"),
    "seal": RuleWords("Seal of the strategy"),
    "fleet": RuleWords("All bots together"),
}
"""Words of every rule; a contract holds that each guard has some."""


def rule_words(rule: str) -> str:
    """Return what a rule is called; one without words is spelt without underscores."""
    known = RULES.get(rule)
    return known.words if known is not None else rule.replace("_", " ").capitalize()


def per_cent(fraction: float, *, digits: int | None = None, signed: bool = False) -> str:
    """Write a fraction as per cent, with as many digits as its size wants: 4.1 %, 0.05 %."""
    value = fraction * 100
    if digits is None:
        digits = 1 if abs(value) >= 1 else 2 if abs(value) >= 0.1 else 3
    return f"{_plain(value, digits, signed=signed)}{JOINER}%"


def usd(amount: float, *, signed: bool = False) -> str:
    """Write an amount in USD: cents below a hundred, none above."""
    digits = 2 if abs(amount) < 100 else 0
    return f"{_plain(amount, digits, signed=signed)}{JOINER}USD"


def pair_words(pair: str) -> str:
    """Return a pair without its settlement currency."""
    return pair.partition(":")[0]


def until_words(until: datetime, now: datetime) -> str:
    """Return a time of the next day as ``00:00 UTC``, a later one with its date."""
    if until - now <= timedelta(days=1):
        return f"{until:%H:%M} UTC"
    return f"{until:%a} {until.day} {until:%b %H:%M} UTC"


def is_open_ended(until: datetime, now: datetime) -> bool:
    """Return whether a time only stands for "until it is done": it lies decades ahead."""
    return until - now > OPEN_ENDED


def span(seconds: float, joiner: str = JOINER) -> str:
    """Return a length of time in its largest sensible unit."""
    if seconds < 120:
        return f"{seconds:.0f}{joiner}s"
    if seconds < 7200:
        return f"{seconds / 60:.0f}{joiner}min"
    return f"{seconds / 3600:.0f}{joiner}h"


def quote(words: str) -> str:
    """Quote a person's words on one line, without what would turn or break the text around them."""
    kept = (" " if character.isspace() else character for character in words)
    shown = "".join(c for c in kept if c == EMOJI_JOINER or unicodedata.category(c) not in UNSHOWN)
    shown = re.sub(" +", " ", shown).strip()
    shown = _cut(shown)
    if any(unicodedata.bidirectional(c) in ("R", "AL") for c in shown):
        shown = f"\u2068{shown}\u2069"  # what is written from the right turns only itself
    return f"“{shown}”"


def breach(verdict: Verdict, facts: Mapping[str, Any] | None = None) -> str:
    """Say a rule with its value and limit, or with its reason where there is no number.

    ``facts`` are the account's figures: with the equity of the day's start, a daily loss is told
    in per cent.
    """
    return f"{rule_words(verdict.rule)}: {_figures(verdict, facts or {}) or reason_words(verdict)}"


def shown_name(text: str) -> str:
    """Return a name without what would turn or break a line."""
    return "".join(c for c in text if c.isprintable())


def named(rules: Iterable[str]) -> str:
    """List rules by their words, each once."""
    return ", ".join(dict.fromkeys(map(rule_words, rules)))


def _figures(verdict: Verdict, facts: Mapping[str, Any]) -> str | None:
    known = RULES.get(verdict.rule)
    value, limit = verdict.value, verdict.limit
    if known is None or known.unit is None or value is None or limit is None:
        return None
    unit: Unit = known.unit
    start = facts.get("day_start_equity_usd")
    if verdict.rule == "daily_loss" and isinstance(start, int | float) and start > 0:
        value, limit, unit = value / start, limit / start, "loss"
    if not (isfinite(value) and isfinite(limit)):
        return None
    return _value_and_limit(value, limit, unit)


def _value_and_limit(value: float, limit: float, unit: Unit) -> str:
    if unit == "count":
        return f"{value:g} (limit {limit:g})"
    if unit == "seconds":
        same = span(value) == span(limit)
        said, bound = (f"{one:.0f}{JOINER}s" if same else span(one) for one in (value, limit))
        return f"{said} (limit {bound})"
    if unit == "usd":
        return f"{usd(value)} (limit {usd(limit)})"
    if unit == "number":
        return f"{_plain(value, 2)} (limit {_plain(limit, 2)})"
    sign = -1 if unit == "loss" else 1
    said, bound = per_cent(sign * value), per_cent(limit)
    if said.lstrip(MINUS) == bound and value != limit:  # 3.04 % against 3 %
        said = per_cent(sign * value, digits=3)
    return f"{said} (limit {bound})"


def reason_words(verdict: Verdict) -> str:
    """Return a verdict's reason without what the message says already, its figures as elsewhere."""
    reason = verdict.reason.removeprefix(f"{verdict.pair}: ") if verdict.pair else verdict.reason
    if verdict.rule == "manual_halt":
        said = reason.removeprefix("halted by hand: ").removeprefix("flag file: ")
        return said if said == UNSAID else quote(said)
    if verdict.rule == STATE:  # the message itself says what to type
        reason = reason.partition(f"; {LOOK_FIRST}")[0]
    reason = SETTLEMENT.sub(r"\1", clean(reason).rstrip("."))
    return NEGATIVE.sub(MINUS, BARE_PER_CENT.sub(f"{JOINER}%", reason))


def rule_and_reason(verdict: Verdict) -> str:
    """Say why: the reason, after the rule's words where it does not name them itself."""
    words, reason = rule_words(verdict.rule), reason_words(verdict)
    if words.lower() in reason.lower():
        return f"{reason[:1].upper()}{reason[1:]}"
    return f"{words}: {reason}"


def clean(text: str) -> str:
    """Return a text on one line, of bearable length, without what cannot be shown."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return _cut(shown.replace("plimsoll: ", ""))


def stated(text: str) -> str:
    """Return a statement without its full stop; pairs and figures as elsewhere."""
    return NEGATIVE.sub(MINUS, SETTLEMENT.sub(r"\1", clean(text).rstrip(".")))


def sentence(text: str) -> str:
    """Begin a text with a capital and end it with a full stop; pairs and figures as elsewhere."""
    text = stated(text)
    return f"{text[:1].upper()}{text[1:]}."


def _plain(value: float, digits: int, *, signed: bool = False) -> str:
    """Write a number with a true minus sign and without trailing zeros."""
    text = f"{value:{'+' if signed else ''},.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if text in ("-0", "+0"):
        text = "0"
    return text.replace("-", MINUS)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_WORDS else text[: LONGEST_WORDS - 1].rstrip() + "…"
