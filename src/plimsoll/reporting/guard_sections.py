"""What the guards did, and what they bought and cost: two sections of a report."""

import pandas as pd

from plimsoll.performance.guard_acts import ENFORCE, OBSERVE, OFF, GuardActs
from plimsoll.performance.guard_words import guard_sentences
from plimsoll.performance.worst import worst_day, worst_month
from plimsoll.reporting import figures
from plimsoll.reporting.canvas import Panel
from plimsoll.reporting.drawing import HALTED, Curve, Drawing
from plimsoll.reporting.guard_marks import denials_panel
from plimsoll.reporting.guard_story import (
    GUARDS_WERE_OFF,
    NOT_RECORDED,
    act_text,
    guard_points,
    guard_spans,
    rule_rows,
    summary,
)
from plimsoll.reporting.report_table import METRICS, Column, why_dash
from plimsoll.reporting.sections import Section, Text, account_caption
from plimsoll.reporting.tables import Table, halt_table, month_ends, plain_table, rule_table
from plimsoll.reporting.trading_record import TradingRecord
from plimsoll.reporting.words import DASH, counted, number, percent, time_text

MOST_SENTENCES = 3
"""Halts that are told in sentences; more of them are read better in the table alone."""
MOST_ACTS = 200
"""Acts that the page lists; the result has all of them."""

_STATES = {
    ENFORCE: "on",
    OBSERVE: "observing",
    OFF: "off",
}


def guards_state(record: TradingRecord) -> str:
    """Say in a word or two how the guards took part in a run."""
    return "not recorded" if record.acts is None else _STATES[record.acts.guards]


def guards_section(record: TradingRecord, market: str, key: str) -> Section:
    """Tell what the guards did: in a line, each halt in a sentence, by rule, over time."""
    title, acts = "What the guards did", record.acts
    if acts is None or acts.guards == OFF:
        return Section(key, title, [Text([NOT_RECORDED if acts is None else GUARDS_WERE_OFF])])
    blocks: list[Panel | Table | Text] = [Text([summary(acts)])]
    if acts.observed:
        text = "The guards only observed: what stands here is what they would have done."
        blocks.insert(0, Text([text]))
    blocks += _halts(record, acts)
    rows = rule_rows(acts, record.end)
    if rows:
        blocks.append(rule_table(rows, record.stake_currency))
    span = (record.start, record.end)
    panel = denials_panel(f"{key}-denials", acts, span, account_caption(record, market))
    if panel is not None:
        blocks.append(panel)
    if acts.acts:
        listed = [f"{time_text(pd.Timestamp(a.at))}  {act_text(a)}" for a in acts.acts[:MOST_ACTS]]
        more = len(acts.acts) - len(listed)
        if more > 0:
            listed.append(f"and {more:,} more, in the result itself")
        what = counted(len(acts.acts), "act")
        blocks.append(Text(listed, is_list=True, summary=f"Each act of the guards ({what})"))
    return Section(key, title, blocks)


def _halts(record: TradingRecord, acts: GuardActs) -> list[Table | Text]:
    """Tell few halts in a sentence each, and all of them with their reasons in a table."""
    spans = {
        (rule, span.start): span
        for rule, span in guard_spans(acts, record.end)
        if span.kind == HALTED
    }
    halts = [act for act in acts.halts if (act.rule, pd.Timestamp(act.at)) in spans]
    sentences = [line.replace("`", "") for line in guard_sentences(acts, record.name)]
    blocks: list[Table | Text] = []
    if len(halts) <= MOST_SENTENCES and sentences:
        blocks.append(Text(sentences, is_list=True))
    rows = []
    for act in halts:
        span = spans[act.rule, pd.Timestamp(act.at)]
        until = "the end" if span.end >= record.end else time_text(span.end)
        days = number((span.end - span.start) / pd.Timedelta(days=1), 1)
        rows.append((time_text(span.start), act.rule, until, days, act.reason))
    if rows:
        blocks.append(halt_table(rows))
    return blocks


def against_section(record: TradingRecord, other: TradingRecord, market: str, key: str) -> Section:
    """Compare the same strategy over the same time with its guards in two states."""
    title = f"Guards {guards_state(other)} against {guards_state(record)}"
    names = [f"Guards {guards_state(one)}" for one in (other, record)]
    spans, points = [], []
    if record.acts is not None:
        spans = [span for _, span in guard_spans(record.acts, record.end)]
        points = guard_points(record.acts)
    curves = [Curve(names[1], record.equity), Curve(names[0], other.equity)]
    drawing = Drawing(title, "", curves, None, (), spans, points, record.stake_currency)
    lines = _compared(record, other)
    words = f"{names[0]}: {lines[0][1]} return, {lines[1][1]} greatest fall. "
    words += f"{names[1]}: {lines[0][2]} return, {lines[1][2]} greatest fall."
    ends = [dict(month_ends(one.equity)) for one in (other, record)]
    panel = Panel(
        key,
        title,
        words,
        account_caption(record, market),
        figures.equity_svgs(drawing, key, title, words),
        ("Day", *names),
        [(day, ends[0].get(day, "–"), ends[1].get(day, "–")) for day in ends[1]],
    )
    return Section(key, title, [panel, plain_table("Side by side", ("", *names), lines)])


def sharpe_text(record: TradingRecord) -> str:
    """Write the Sharpe ratio of an account, or a dash with the reason why it has none."""
    [metric] = [metric for metric in METRICS if metric.label == "Sharpe"]
    reason = why_dash(metric, Column(record.performance, True, record.is_baseline))  # noqa: FBT003
    return number(record.performance.sharpe) if reason is None else f"{DASH} ({reason})"


def _compared(record: TradingRecord, other: TradingRecord) -> list[tuple[str, str, str]]:
    """Return the measures in which guards show: what they bought and what they cost."""
    made = []
    both = (other, record)
    measured = [one.performance for one in both]
    made.append(("Total return", *(percent(one.total_return_fraction) for one in measured)))
    made.append(("Greatest drawdown", *(percent(one.max_drawdown_fraction) for one in measured)))
    made.append(("Worst day", *(percent(worst_day(one.equity)) for one in both)))
    made.append(("Worst month", *(percent(worst_month(one.equity)) for one in both)))
    made.append(("Sharpe", *(sharpe_text(one) for one in both)))
    made.append(("Closed trades", *(f"{one.closed_trades:,}" for one in measured)))
    unit = f" {record.stake_currency}"
    made.append(("Fees paid", *(number(one.fees_paid_usd, 0, unit) for one in measured)))
    made.append(("Time in the market", *(percent(m.exposure_time_fraction, 1) for m in measured)))
    return [(label, first, second) for label, first, second in made]
