import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.venue.clock import format_utc, parse_utc_ms
from plimsoll.venue.market.intervals import INTERVALS

INSTANTS = st.integers(parse_utc_ms("2019-09-01"), parse_utc_ms("2031-01-01"))


@given(INSTANTS, st.sampled_from(sorted(INTERVALS)))
def test_every_instant_lies_in_exactly_one_candle(instant: int, code: str) -> None:
    interval = INTERVALS[code]
    open_ms = interval.open_ms(instant)
    assert open_ms <= instant < interval.close_ms(open_ms)
    assert interval.open_ms(interval.close_ms(open_ms)) == interval.close_ms(open_ms)
    assert interval.floor(np.array([instant]))[0] == open_ms
    assert interval.ends(np.array([open_ms]))[0] == interval.close_ms(open_ms)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1w", "2025-01-06T00:00:00.000Z"),
        ("1M", "2025-01-01T00:00:00.000Z"),
        ("8h", "2025-01-10T16:00:00.000Z"),
    ],
)
def test_alignment_is_the_exchange_s(code: str, expected: str) -> None:
    assert format_utc(INTERVALS[code].open_ms(parse_utc_ms("2025-01-10T17:01:00Z"))) == expected


def test_months_follow_the_calendar() -> None:
    first, last = parse_utc_ms("2024-01-15"), parse_utc_ms("2024-04-01")
    opens = INTERVALS["1M"].opens_between(first, last).tolist()
    assert [format_utc(open_ms)[:10] for open_ms in opens] == [
        "2024-02-01",
        "2024-03-01",
        "2024-04-01",
    ]
