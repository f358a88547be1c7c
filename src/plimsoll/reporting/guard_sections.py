"""What the guards did, and what they bought and cost: two sections of a report."""

import pandas as pd

from plimsoll.performance.guard_acts import ENFORCE, OBSERVE, OFF
from plimsoll.performance.guard_words import guard_sentences
from plimsoll.performance.measures import daily_returns
from plimsoll.performance.periods import yearly_table
from plimsoll.reporting import figures
from plimsoll.reporting.canvas import Panel
from plimsoll.reporting.drawing import Curve, Drawing
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
from plimsoll.reporting.sections import Section, Text, account_caption
from plimsoll.reporting.tables import Table, month_ends, plain_table, rule_table
from plimsoll.reporting.trading_record import TradingRecord
from plimsoll.reporting.words import counted, number, percent, time_text

MOST_ACTS = 200
"""Acts that the page lists; the result has all of them."""

_STATES = {
    ENFORCE: "on",
    OBSERVE: "observing only",
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
    sentences = guard_sentences(acts, record.name)
    if sentences:
        blocks.append(Text([line.replace("`", "") for line in sentences], is_list=True))
    if acts.halts:
        blocks.append(Text([f"{time_text(pd.Timestamp(a.at))} {act_text(a)}" for a in acts.halts]))
    rows = rule_rows(acts, record.end)
    if rows:
        blocks.append(rule_table(rows, record.stake_currency))
    panel = denials_panel(f"{key}-denials", acts, account_caption(record, market))
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


def _compared(record: TradingRecord, other: TradingRecord) -> list[tuple[str, str, str]]:
    """Return the measures in which guards show: what they bought and what they cost."""
    made = []
    both = (other, record)
    returns = [daily_returns(one.equity) for one in both]
    months = [
        [value for year in yearly_table(one.equity) for value in year.months if value == value]
        for one in both
    ]
    measured = [one.performance for one in both]
    made.append(("Total return", *(percent(one.total_return_fraction) for one in measured)))
    made.append(("Greatest drawdown", *(percent(one.max_drawdown_fraction) for one in measured)))
    made.append(("Worst day", *(percent(float(one.min())) for one in returns)))
    made.append(("Worst month", *(percent(min(one)) for one in months)))
    made.append(("Sharpe", *(number(one.sharpe) for one in measured)))
    made.append(("Closed trades", *(f"{one.closed_trades:,}" for one in measured)))
    unit = f" {record.stake_currency}"
    made.append(("Fees paid", *(number(one.fees_paid_usd, 2, unit) for one in measured)))
    made.append(("Time in the market", *(percent(m.exposure_time_fraction, 1) for m in measured)))
    return [(label, first, second) for label, first, second in made]
