"""The loop's trades are Freqtrade's own objects, field by field."""

import pytest

from plimsoll.lab.fast_lane.engine import books_of
from plimsoll.lab.fast_lane.lane_trades import LaneTrades, told_of
from plimsoll.lab.fast_lane.loop import DONE, run
from plimsoll.lab.fast_lane.market import pack
from tests.unit.lab.fast_lane.drawn import plain_runs


@pytest.fixture(scope="module")
def prepared():
    with plain_runs() as make:
        yield make


def test_a_closed_trade_says_what_freqtrades_says(prepared):
    made, ours = prepared(), prepared()
    expected = made.freqtrade()["results"].to_dict("records")
    backtesting = ours.backtesting
    backtesting.reset_backtest(False)
    packed = pack(
        backtesting, ours.processed, int(ours.start.timestamp()), int(ours.end.timestamp())
    )
    books = books_of(packed, captures=False)
    assert run(packed.market, books) == DONE
    trades, closed = LaneTrades(backtesting, packed, []), []
    for told in told_of(books.closed[: books.state[0]["closed_trades"]]):
        closed.append(trades.made(told))
        assert closed[-1].is_open
        trades.close(closed[-1], told)

    assert len(closed) == len(expected) > 0
    for theirs, trade in zip(expected, closed, strict=True):
        said = trade.to_json()
        assert not trade.is_open
        for name in ("pair", "stake_amount", "amount", "open_rate", "close_rate", "profit_abs"):
            assert said[name] == theirs[name], name
        for name in ("leverage", "is_short", "exit_reason", "open_timestamp"):
            assert said[name] == theirs[name], name
        assert said["close_timestamp"] == theirs["close_timestamp"]
        assert [one.ft_order_side for one in trade.orders] == [
            one["ft_order_side"] for one in theirs["orders"]
        ]
