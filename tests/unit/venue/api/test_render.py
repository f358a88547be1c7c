import json

import numpy as np
import pytest

from plimsoll.venue.api.render import klines_json, levels_json, plain, shortest
from plimsoll.venue.market.base import CANDLE, LAST, MARK, Rows
from plimsoll.venue.market.intervals import INTERVALS
from plimsoll.venue.market.symbols import LISTED

BTC = LISTED["BTCUSDT"]


@pytest.fixture
def rows() -> Rows:
    row = (0, 100.0, 101.26, 99.0, 100.123456789, 1.2345, 123.45678, 7, 0.5, 50.0)
    return np.array([row], dtype=CANDLE)


@pytest.mark.parametrize(
    ("number", "text"), [(1e-05, "0.00001"), (0.1 + 0.2, "0.30000000000000004"), (5.0, "5.0")]
)
def test_the_shortest_decimal_reads_back_and_has_no_exponent(number: float, text: str) -> None:
    assert shortest(number) == text
    assert float(text) == number


def test_a_plain_number_has_its_decimals() -> None:
    assert plain(2.5, 3) == "2.500"


def test_a_candle_is_rounded_to_the_contract_s_filters(rows: Rows) -> None:
    [kline] = json.loads(klines_json(rows, INTERVALS["5m"], BTC, LAST, exact=False))
    assert kline[:7] == [0, "100.0", "101.3", "99.0", "100.1", "1.234", 299_999]
    assert kline[7:] == ["123.4568", 7, "0.500", "50.0000", "0"]


def test_a_replayed_candle_reads_back_to_the_same_floats(rows: Rows) -> None:
    [kline] = json.loads(klines_json(rows, INTERVALS["5m"], BTC, LAST, exact=True))
    assert [float(text) for text in kline[1:6]] == list(rows[0].tolist()[1:6])


def test_a_mark_candle_has_no_volume_and_counts_seconds(rows: Rows) -> None:
    rows["volume"] = 0.0
    [kline] = json.loads(klines_json(rows, INTERVALS["5m"], BTC, MARK, exact=False))
    assert kline[4:] == ["100.12345679", "0", 299_999, "0", 300, "0", "0", "0"]


def test_no_candles_are_an_empty_list(rows: Rows) -> None:
    assert klines_json(rows[:0], INTERVALS["5m"], BTC, LAST, exact=False) == b"[]"


def test_levels_are_pairs_of_price_and_quantity() -> None:
    levels = levels_json(np.array([100.04, 99.9]), np.array([1.0, 0.25]), BTC)
    assert levels == [["100.0", "1.000"], ["99.9", "0.250"]]
