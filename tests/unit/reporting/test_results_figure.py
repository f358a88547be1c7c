"""The picture of a results page."""

import struct

import numpy as np
import pandas as pd
import pytest

from plimsoll.reporting.drawing import HOLD_COLOUR, Curve
from plimsoll.reporting.results_figure import Bar, Panel, _styles, guards_png, results_png
from tests.unit.performance.frames import hours, utc

TEXT = {"title": "All", "subtitle": "after costs"}


def curve(name: str, *, last: float = 2.0, is_hold: bool = False) -> Curve:
    return Curve(name, pd.Series(np.linspace(1.0, last, 240), index=hours(240)), is_hold=is_hold)


def size(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


def test_picture_grows_with_its_panels() -> None:
    panel = Panel("Guards off", [curve("One")], {})
    assert size(results_png([panel], **TEXT)) == (1600, 620)
    assert size(results_png([panel, panel], **TEXT)) == (1600, 1140)


def test_same_input_gives_the_same_bytes_and_a_halt_is_seen() -> None:
    panel = Panel("Guards on", [curve("One"), curve("Held", is_hold=True)], {})
    halted = Panel(panel.title, panel.curves, {"One": utc("2024-01-05")})
    assert results_png([panel], **TEXT) == results_png([panel], **TEXT)
    assert results_png([panel], **TEXT) != results_png([halted], **TEXT)


def test_nine_strategies_and_three_baselines_are_told_apart_in_all_panels() -> None:
    first = [curve(f"S{number}") for number in range(9)]
    held = [curve(name, is_hold=True) for name in ("BuyAndHold", "NoTrade", "market")]
    styles = _styles([Panel("a", [*first, *held], {}), Panel("b", [first[4], *held], {})])
    assert len({(style["color"], str(style["linestyle"])) for style in styles.values()}) == 12
    assert {name for name in styles if styles[name]["color"] == HOLD_COLOUR} == {
        "BuyAndHold",
        "NoTrade",
        "market",
    }


@pytest.mark.parametrize("panels", [[], [Panel("empty", [], {})]])
def test_picture_of_nothing_is_refused(panels: list[Panel]) -> None:
    with pytest.raises(ValueError, match="a curve in every panel"):
        results_png(panels, **TEXT)


def test_picture_of_what_the_guards_bought_grows_with_the_strategies() -> None:
    few = [("worst day", [Bar("One", -0.1, -0.02)])]
    more = [("worst day", [Bar(f"S{number}", -0.1, 0.0) for number in range(5)])]
    assert size(guards_png(few, **TEXT))[0] == 1600
    assert size(guards_png(more, **TEXT))[1] - size(guards_png(few, **TEXT))[1] == 208
    assert guards_png(few, **TEXT) == guards_png(few, **TEXT)


@pytest.mark.parametrize("panels", [[], [("worst day", [])]])
def test_picture_of_what_nobody_bought_is_refused(panels: list[tuple[str, list[Bar]]]) -> None:
    with pytest.raises(ValueError, match="a bar in every panel"):
        guards_png(panels, **TEXT)
