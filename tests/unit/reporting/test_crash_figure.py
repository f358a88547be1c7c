"""The picture of one crash with guards on and off."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest

from plimsoll.reporting.crash_figure import HEIGHT, WIDTH, Crash, crash_svg

AT = datetime(2025, 5, 29, 14, tzinfo=UTC)


def line(*values: float) -> list[tuple[datetime, float]]:
    return [(AT + timedelta(minutes=10 * number), value) for number, value in enumerate(values)]


CRASH = Crash(
    title="The same bot in the same crash",
    market=line(1.0, 1.0, 0.8, 0.7, 0.7),
    off=line(1.0, 1.0, 0.8, 0.71, 0.71),
    on=line(1.0, 1.0, 0.97, 0.965, 0.965),
    crash_at=AT + timedelta(minutes=10),
    acted_at=AT + timedelta(minutes=20),
    rule="daily loss <3 %>",
)


def words(crash: Crash) -> list[str]:
    """The texts of the picture, of a well-formed SVG."""
    root = ElementTree.fromstring(crash_svg(crash))
    return [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_the_picture_says_how_both_ended_and_what_acted() -> None:
    told = words(CRASH)
    assert "guards on: −3.5 %" in told
    assert "guards off: −29.0 %" in told
    assert "The market: −30.0 %, and it stays there" in told
    assert "guards close all: daily loss <3 %>" in told
    assert "30 minutes later" in told


def test_who_cannot_see_it_is_told_the_same() -> None:
    told = CRASH.alternative()
    assert all(part in told for part in ("−30.0 %", "−29.0 %", "−3.5 %", "10 minutes"))
    assert "<title>The market moves by −30.0 %" in crash_svg(CRASH)


def test_it_follows_the_scheme_of_its_reader_and_everything_is_inside() -> None:
    svg = crash_svg(CRASH)
    assert "prefers-color-scheme: dark" in svg
    places = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", svg)
    assert all(0 <= float(x) <= WIDTH and 0 <= float(y) <= HEIGHT for x, y in places)


def test_a_mark_late_in_the_crash_is_named_on_its_left() -> None:
    late = replace(CRASH, acted_at=AT + timedelta(minutes=38))
    [named] = [row for row in crash_svg(late).splitlines() if "guards close all" in row]
    assert 'text-anchor="end"' in named


def test_a_line_without_a_span_is_refused() -> None:
    with pytest.raises(ValueError, match="two values"):
        crash_svg(replace(CRASH, on=line(1.0)))
