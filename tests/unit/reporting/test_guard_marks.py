"""What the guards did, drawn."""

from dataclasses import replace
from datetime import date

import pandas as pd
from matplotlib.figure import Figure

from plimsoll.performance.guard_acts import Denials
from plimsoll.reporting.drawing import Curve, Drawing, Point, Span
from plimsoll.reporting.guard_marks import MOST_RULES, denials_panel, draw_guards
from plimsoll.reporting.guard_story import guard_points, guard_spans
from tests.unit.reporting.records import acts, at, record

RUN = record()
SPAN = (RUN.start, RUN.end)


def drawing(spans: list[Span], points: list[Point]) -> Drawing:
    return Drawing("t", "s", [Curve("Trend", RUN.equity)], None, (), spans, points)


def keys(spans: list[Span], points: list[Point]) -> list[str]:
    axis = Figure().subplots()
    return [str(one.get_label()) for one in draw_guards(axis, drawing(spans, points))]


def test_each_kind_of_span_and_mark_is_in_the_key_once() -> None:
    spans = [span for _, span in guard_spans(acts(), RUN.end)]
    told = keys(spans, guard_points(acts()))
    assert told == ["smaller stakes or none", "halted", "halt", "position closed", "re-armed"]


def test_what_was_only_observed_is_hollow_and_named() -> None:
    span = Span(RUN.start, RUN.end, "halted", observed=True)
    point = Point(RUN.start, "halted", observed=True)
    assert keys([span], [point]) == ["would be halted", "would halt"]
    axis = Figure().subplots()
    draw_guards(axis, drawing([span], []))
    assert axis.patches[0].get_hatch() == "////"


def test_a_mark_lies_on_the_curve() -> None:
    axis = Figure().subplots()
    moment = RUN.equity.index[500]
    draw_guards(axis, drawing([], [Point(moment, "halted")]))
    assert axis.lines[0].get_ydata()[0] == RUN.equity.iloc[500]


def test_denials_are_summed_by_week_over_the_run() -> None:
    panel = denials_panel("k", acts(), SPAN, "caption")
    assert panel is not None
    assert panel.title == "Denials and cuts per week"
    assert panel.summary == "5 in all: exposure 5."
    assert panel.rows == [("2024-01-01", "3"), ("2024-01-08", "2")]
    assert denials_panel("k", acts(denials=()), SPAN, "caption") is None


def test_the_rarest_rules_are_one_and_a_long_run_is_told_by_month() -> None:
    one = Denials(rule="r", kind="entry", count=1, first=at(1), last=at(1))
    many = [
        replace(one, rule=f"r{n}", by_day={date(2024, 1, 2): n + 1}) for n in range(MOST_RULES + 2)
    ]
    long = (RUN.start, RUN.start + pd.Timedelta(days=900))
    panel = denials_panel("k", acts(denials=tuple(many)), long, "caption")
    assert panel is not None
    assert panel.title.endswith("per month")
    assert panel.columns[-1] == "other rules"
    assert panel.rows[0][-1] == "3"
