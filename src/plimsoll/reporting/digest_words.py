"""A digest in lines: short enough for a phone, whole enough to act on."""

import math

import pandas as pd

from plimsoll.journal.operation import Operation
from plimsoll.journal.words import printable
from plimsoll.performance.guard_acts import OFF, GuardActs
from plimsoll.performance.promised import Kept
from plimsoll.reporting.digest import Digest, Drift
from plimsoll.reporting.guard_story import act_text
from plimsoll.reporting.trading_record import RecordSource
from plimsoll.reporting.words import DASH, counted, number, percent, since, time_text

MOST_ACTS = 8
"""Acts of the guards that the text tells; the page has all."""
MOST_LETTERS = 3800
"""Telegram takes 4096 letters of a message, and a title stands above."""
_MONEY = {RecordSource.DRY_RUN: "paper money", RecordSource.LIVE: "real money"}

Row = tuple[str, str]
"""What a line is about, and what it says."""


def title(digest: Digest) -> str:
    """Return what a message or a page is called."""
    return printable(f"{digest.name}: {digest.period.length} digest, {digest.period.words}")


def text(digest: Digest) -> str:
    """Return the digest as lines for a terminal."""
    if digest.is_empty:
        return f"{title(digest)} (UTC)\n{empty_words(digest)}\n"
    rows = [(printable(name), printable(said)) for name, said in _rows(digest)]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:<{width}}  {said}" for name, said in rows]
    return "\n".join([f"{title(digest)} (UTC)", *lines, *_notes(digest)]) + "\n"


def phone_text(digest: Digest) -> str:
    """Return the digest as lines for a phone, without its title, at most `MOST_LETTERS` letters."""
    if digest.is_empty:
        return empty_words(digest)
    rows = [f"{name}: {said}" if name else f"- {said}" for name, said in _rows(digest)]
    lines = [printable(one) for one in rows]
    whole = "\n".join([*lines, *_notes(digest)])
    return whole if len(whole) <= MOST_LETTERS else f"{whole[: MOST_LETTERS - 1]}…"


def _rows(digest: Digest) -> list[Row]:
    return [
        *money_rows(digest),
        *promise_rows(digest),
        *cost_rows(digest),
        *guard_rows(digest.acts),
        *operation_rows(digest.operation),
        *review_rows(digest),
    ]


def _notes(digest: Digest) -> list[str]:
    return [printable(f"note: {said}") for said in digest.notes]


def empty_words(digest: Digest) -> str:
    """Say that nothing is on record, and what that may mean."""
    said = "Nothing is on record: no trade, and no line in the decision log."
    due = [f"Due: {one}." for one in digest.due]
    notes = [f"{one[:1].upper()}{one[1:]}." for one in digest.notes]
    return printable(" ".join([said, *notes, *due]))


def money_rows(digest: Digest) -> list[Row]:
    """Say what was made, beside holding, and how far the account fell."""
    source = "" if digest.source is None else _MONEY.get(digest.source, "")
    rows = [("account", ", ".join(filter(None, [digest.market, source])))]
    if digest.equity is None:
        return [*rows, ("made", "not known: no equity is on record")]
    first, last = float(digest.equity.iloc[0]), float(digest.equity.iloc[-1])
    digits = digest.digits
    made = f"{signed(last - first, digits)} {digest.currency} ({percent(digest.return_fraction)}), "
    rows.append(("made", f"{made}equity {number(first, digits)} → {number(last, digits)}"))
    held = percent(digest.benchmark_fraction)
    rows.append(
        ("holding", f"{held}, {digest.benchmark_name}" if held != DASH else "not known, see below")
    )
    if digest.causes is not None:
        causes = ", ".join(f"{name} {signed(usd, digits)}" for name, usd in digest.steps)
        rows.append(("of which", causes))
    fall = f"{percent(-digest.drawdown_fraction)} from the account's high"
    now = f"{percent(-digest.drawdown_now_fraction)} at the end"
    rows.append(("drawdown", f"{fall}, {now}; open losses as far as they are known"))
    trades = f"{counted(digest.closed_count, 'trade')} closed ({digest.won} won), "
    rows.append(("trades", f"{trades}{digest.opened} opened, {digest.still_open} still open"))
    return rows


def promise_rows(digest: Digest) -> list[Row]:
    """Say what the backtest promised of these trades, and whether luck explains the rest."""
    kept = digest.kept
    if kept is None:
        return [("backtest", "no expectation is named (plimsoll.expectation_file)")]
    if not kept.trades:
        return [("backtest", "no closed trade to hold to the promise")]
    made = f"{percent(kept.mean_fraction)} a trade, {percent(kept.promised_fraction)} promised"
    own, promised = (signed(usd, digest.digits) for usd in (kept.made_usd, kept.promised_usd))
    usd = f"{own} and {promised} {digest.currency}"
    return [("backtest", f"{made} ({usd}); {kept_words(kept)}")]


def kept_words(kept: Kept) -> str:
    """Say whether a promise is kept, with how far it is off."""
    if kept.is_kept is None:
        return "too little is known to tell luck from less"
    apart = number(abs(kept.standard_errors), 1)
    way = "under" if kept.standard_errors < 0 else "above"
    judged = "luck explains it" if kept.is_kept else "LESS THAN LUCK EXPLAINS"
    return f"{apart} standard errors {way}: {judged}"


def cost_rows(digest: Digest) -> list[Row]:
    """Say what fees and funding took, and whether slippage drifts."""
    rows = []
    if digest.causes is not None:
        paid = (digest.causes.fees_usd, digest.causes.funding_usd)
        fees, funding = (signed(usd, digest.digits) for usd in paid)
        rows.append(("costs", f"fees {fees}, funding {funding}"))
    if digest.drift is not None:
        rows.append(("slippage", drift_words(digest.drift)))
    return rows


def drift_words(drift: Drift) -> str:
    """Say what fills cost beyond the decided price: now, before, and as assumed."""
    if not drift.now.fills:
        return "no fill"
    if not drift.now.priced:
        return f"not known: of {counted(drift.now.fills, 'fill')} none has its decided price"
    said = f"{number(drift.now.cost_bps, 1)} bps a fill ({drift.now.priced} of {drift.now.fills})"
    if drift.before.priced:
        said += f", {number(drift.before.cost_bps, 1)} in the {drift.before_days} days before"
    if drift.assumed_bps is not None:
        more = drift.now.cost_bps > drift.assumed_bps
        said += f", {number(drift.assumed_bps, 1)} assumed{': MORE THAN ASSUMED' if more else ''}"
    return said


def guard_rows(acts: GuardActs | None) -> list[Row]:
    """Say what the guards did, act by act as far as there is room, and what they denied."""
    if acts is None:
        return [("guards", "not known: no decision log")]
    if acts.guards == OFF:
        return [("guards", "off")]
    total = acts.totals
    would = "would have been " if acts.observed else ""
    asked = counted(total.entries_asked, "entry", "entries")
    halted = f"{would}halted {since(total.days_halted * 24.0)}" if total.days_halted else "no halt"
    rows = [("guards", f"{asked} asked for, {total.entries_denied} {would}denied, {halted}")]
    told = acts.acts[:MOST_ACTS]
    rows += [("", f"{time_text(pd.Timestamp(act.at))} {act_text(act)}") for act in told]
    if len(acts.acts) > MOST_ACTS:
        rows.append(("", f"and {len(acts.acts) - MOST_ACTS} more, on the page"))
    denied: dict[str, int] = {}
    for one in acts.denials:
        denied[one.rule] = denied.get(one.rule, 0) + one.count
    if denied:
        listed = ", ".join(f"{rule} {n}" for rule, n in sorted(denied.items(), key=_most))
        rows.append(("denied by", listed))
    return rows


def operation_rows(operation: Operation | None) -> list[Row]:
    """Say how the bot ran: uptime, candles, lag, faults, and breaks in the books."""
    if operation is None:
        return [("uptime", "not known: no decision log")]
    silence = since(operation.longest_silence_seconds / 3600.0)
    up = f"{percent(operation.up_fraction)} since {time_text(pd.Timestamp(operation.since))}"
    up += f", longest gap {silence}, {counted(operation.starts, 'start')}"
    rows = [
        ("uptime", up),
        ("candles", candle_words(operation)),
    ]
    if operation.errors:
        rows.append(("errors", ", ".join(f"{where} {n}" for where, n in operation.errors.items())))
    begun = sum(one.event == "begun" for one in operation.books)
    ended = sum(one.event in ("ended", "mended") for one in operation.books)
    said = f"{counted(begun, 'break')} between the bot's books and the exchange's"
    rows.append(("books", f"{said}, {ended} over" if operation.books else "no break"))
    return rows


def candle_words(operation: Operation) -> str:
    """Say how many candles closed, how many were missed, and how late they were seen."""
    if operation.candles is None or operation.missed is None:
        return "not counted: the timeframe is not known, or changed"
    said = f"{operation.missed:,} of {operation.candles:,} missed"
    if operation.missed_at:
        shown = ", ".join(f"{at:%m-%d %H:%M}" for at in operation.missed_at[:3])
        more = ", …" if operation.missed > 3 else ""
        said += f" ({shown}{more})"
    if operation.lag_seconds is not None:
        middle, longest = operation.lag_seconds
        said += f"; seen {number(middle, 1)} s after the close, {number(longest, 1)} s at most"
    return said


def review_rows(digest: Digest) -> list[Row]:
    """Say what was decided of the period, and what is due."""
    rows = []
    if digest.reviewed is not None:
        one = digest.reviewed
        rows.append(("review", f"{one.get('decision')} by {one.get('by')}: {one.get('reason')}"))
    return [*rows, *(("due", one) for one in digest.due)]


def signed(usd: float, digits: int = 2) -> str:
    """Write an amount with its sign; one that is not defined is a dash."""
    written = number(usd, digits)
    is_gain = math.isfinite(usd) and usd > 0.0 and written != number(0.0, digits)
    return f"+{written}" if is_gain else written


def _most(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]
