"""The picture of one trade on the price."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from plimsoll.reporting.trade_picture import (
    FRAMES,
    Fill,
    TradePicture,
    around,
    picture_svgs,
)
from tests.unit.performance.frames import utc
from tests.unit.reporting.runs import HOSTILE


@pytest.fixture
def candles() -> pd.DataFrame:
    dates = pd.date_range("2024-01-01", periods=24 * 30, freq="h", tz="UTC")
    close = 100.0 + np.sin(np.arange(len(dates)) / 20.0)
    return pd.DataFrame({"date": dates, "low": close - 1, "high": close + 1, "close": close})


@pytest.fixture
def picture(candles: pd.DataFrame) -> TradePicture:
    opened, ended = utc("2024-01-10"), utc("2024-01-11")
    fills = [
        Fill(opened, 100.0, is_entry=True),
        Fill(opened + pd.Timedelta(hours=5), 99.0, is_entry=True),
        Fill(ended, 101.0, is_entry=False),
    ]
    bars = around(candles, opened, ended)
    return TradePicture(bars, fills, opened, ended, is_short=False, is_win=True, lowest=98.0)


def drawn(picture: TradePicture) -> list[ET.Element]:
    svgs = picture_svgs("key", "title", "words", picture)
    assert [name for name, _ in svgs] == ["wide", "narrow"]
    return [ET.fromstring(svg) for _, svg in svgs]


def test_candles_around_a_trade_begin_before_it_and_end_after_it(candles: pd.DataFrame) -> None:
    opened, ended = utc("2024-01-10"), utc("2024-01-20")
    bars = around(candles, opened, ended)
    assert bars.index[0] == opened - pd.Timedelta(days=6)
    assert bars.index[-1] == ended + pd.Timedelta(days=3.5)
    short = around(candles, opened, opened + pd.Timedelta(minutes=3))
    assert len(short) >= 20
    assert around(None, opened, ended).empty
    assert around(candles, utc("2025-01-01"), utc("2025-01-02")).empty


def test_it_has_a_mark_a_fill_and_a_description(picture: TradePicture) -> None:
    for svg in drawn(picture):
        assert [one.text for one in svg.iter("title")] == ["title"]
        assert [one.text for one in svg.iter("desc")] == ["words"]
        assert len(list(svg.iter("circle"))) == 1
        marks = [p for p in svg.iter("path") if p.attrib["d"].endswith("h12Z")]
        assert len(marks) == 2


def test_every_point_lies_within_the_picture(picture: TradePicture) -> None:
    extreme = replace(picture, lowest=90.0, highest=140.0)
    for svg, frame in zip(drawn(extreme), FRAMES, strict=True):
        for text in svg.iter("text"):
            assert 0.0 <= float(text.attrib["x"]) <= frame.width
            assert 0.0 <= float(text.attrib["y"]) <= frame.height
        circle = next(svg.iter("circle"))
        assert 0.0 <= float(circle.attrib["cy"]) <= frame.height


def test_a_loss_is_a_cross_a_short_points_down_and_what_is_open_has_no_outcome(
    picture: TradePicture,
) -> None:
    lost = picture_svgs("k", "t", "s", replace(picture, is_win=False, is_short=True))[0][1]
    assert "<circle" not in lost
    assert "l-6 -10h12Z" in lost
    still_open = picture_svgs("k", "t", "s", replace(picture, is_win=None))[0][1]
    assert "var(--win-mark)" not in still_open
    assert "var(--loss-mark)" not in still_open


def test_without_candles_the_fills_are_drawn_alone(picture: TradePicture) -> None:
    bare = replace(picture, bars=around(None, picture.opened, picture.ended))
    for svg in drawn(bare):
        assert len(list(svg.iter("circle"))) == 1


def test_one_fill_at_one_price_can_be_drawn(picture: TradePicture) -> None:
    at = picture.opened
    bars = around(None, at, at)
    one = TradePicture(bars, [Fill(at, 5.0, is_entry=True)], at, at, is_short=False, is_win=None)
    assert len(drawn(one)) == 2


def test_a_picture_of_many_candles_stays_small(
    picture: TradePicture, candles: pd.DataFrame
) -> None:
    long = replace(picture, bars=candles.set_index("date")[["low", "high", "close"]])
    wide, narrow = (svg for _, svg in picture_svgs("k", "t", "s", long))
    assert len(wide) < 12_000
    assert len(narrow) < 7_000


def test_hostile_words_are_text(picture: TradePicture) -> None:
    for _, svg in picture_svgs("k", HOSTILE, HOSTILE, picture):
        assert "<script" not in svg
        assert "<img" not in svg
        assert "&lt;script&gt;" in svg
