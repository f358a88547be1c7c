"""The loop's closed trades as Freqtrade's frame."""

import numpy as np
from freqtrade.data.btanalysis.bt_fileutils import BT_DATA_COLUMNS

from plimsoll.lab.fast_lane.loop import run
from plimsoll.lab.fast_lane.market import Packed
from plimsoll.lab.fast_lane.records import CLOSING, LONG_IS_1, LONG_SET, TRADE
from plimsoll.lab.fast_lane.trades import Words, frame_of
from tests.unit.lab.fast_lane.desk import books, market

CALM = (100.0, 101.0, 99.0, 100.0)


def one_trade():
    asked = market([CALM] * 4, signals={(0, 0): LONG_IS_1 | LONG_SET})
    kept = books(asked)
    run(asked, kept)
    return Packed(asked, ["A/USDT:USDT"], ["why"]), kept.closed[:1]


def test_the_frame_has_freqtrades_columns_and_both_orders():
    packed, closed = one_trade()
    frame = frame_of(closed, packed, fee=0.001, rules=[])

    assert list(frame.columns) == BT_DATA_COLUMNS
    assert frame.loc[0, "exit_reason"] == "force_exit"
    assert [order["ft_order_side"] for order in frame.loc[0, "orders"]] == ["buy", "sell"]
    assert frame.loc[0, "trade_duration"] == 15


def test_no_trades_are_an_empty_frame():
    packed, _ = one_trade()
    frame = frame_of(np.zeros(0, TRADE), packed, fee=0.001, rules=[])

    assert frame.empty
    assert list(frame.columns) == BT_DATA_COLUMNS


def test_a_guards_exit_is_named_after_its_rule():
    packed, _ = one_trade()

    assert Words(packed, ["daily_loss", "drawdown"]).reason(CLOSING, 2) == "plimsoll_drawdown"
