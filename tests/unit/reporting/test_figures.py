import numpy as np
import pandas as pd
import pytest

from plimsoll.reporting.canvas import for_inlining
from plimsoll.reporting.drawing import Curve, Drawing, Mark, PricePanel
from plimsoll.reporting.figures import (
    _levels,
    _shortened,
    _styled,
    equity_svgs,
    price_svgs,
)
from tests.unit.performance.frames import BTC, hours, trade, trades_frame

INDEX = hours(48)
WORDS = ("key", "title", "summary")
EQUITY = pd.Series(np.linspace(100.0, 120.0, 48), index=INDEX)


def drawing(*marks: Mark, price: PricePanel | None = None) -> Drawing:
    return Drawing("title", "subtitle", [Curve("Trend", EQUITY)], price, marks)


def test_a_figure_for_a_page_fetches_nothing_and_takes_the_page_s_colours() -> None:
    for _, svg in equity_svgs(drawing(), *WORDS):
        assert svg.startswith("<svg ")
        assert "xmlns" not in svg
        assert "<metadata>" not in svg
        assert "<g id=" not in svg
        assert "var(--ink)" in svg
    assert all("Trend" in svg for _, svg in equity_svgs(drawing(), *WORDS))


def test_a_page_decides_on_width_and_height() -> None:
    group = '<g id="axes"><path/></g>'
    svg = for_inlining(f'<?xml?>\n<svg height="3pt" width="4pt" viewBox="0 0 4 3">{group}</svg>')
    assert svg == '<svg role="img"  viewBox="0 0 4 3"><g><path/></g></svg>'


def test_trades_are_drawn_on_their_own_pair_s_price_only() -> None:
    candles = pd.DataFrame({"date": INDEX, "high": 11.0, "low": 9.0, "close": 10.0})
    own = trade(INDEX[3], INDEX[9], 10.0, 10.5)
    other = trade(INDEX[3], INDEX[9], 10.0, 10.5, pair="ETH/USDT:USDT")
    panel = PricePanel(BTC, candles, trades_frame(own, other), "Trend")
    (_, svg), _ = price_svgs(drawing(price=panel), *WORDS)
    assert "1 trade of Trend" in svg
    assert "BTC/USDT price" in svg


def test_a_drawing_without_a_price_has_no_price_figure() -> None:
    with pytest.raises(ValueError, match="no price panel"):
        price_svgs(drawing(), *WORDS)


def test_marks_that_would_touch_are_stacked() -> None:
    near = [Mark(INDEX[0], "a"), Mark(INDEX[0], "b"), Mark(INDEX[40], "c")]
    limits = (0.0, 2.0)
    levels = [level for _, level in _levels(near, limits)]
    assert levels == [0, 1, 0]


@pytest.mark.parametrize(("alone", "length"), [(True, 156), (False, 78)])
def test_a_long_text_is_cut_to_its_column(alone: bool, length: int) -> None:
    text = _shortened("x" * 500, alone=alone)
    assert len(text) == length
    assert text.endswith("…")
    assert _shortened("x" * length, alone=alone) == "x" * length


def test_strategies_differ_and_buy_and_hold_is_dotted() -> None:
    curves = [Curve("a", EQUITY), Curve("hold", EQUITY, is_hold=True), Curve("b", EQUITY)]
    (_, first), (_, hold), (_, second) = _styled(curves)
    assert first["color"] != second["color"] != hold["color"]
    assert hold["linestyle"] == (0, (1, 1.2))
