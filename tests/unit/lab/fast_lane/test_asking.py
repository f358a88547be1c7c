"""The loop's trades as Freqtrade's own objects, for whoever is asked."""

import pytest
from freqtrade.persistence import LocalTrade

from plimsoll.lab.fast_lane.asking import Questions
from plimsoll.lab.fast_lane.engine import books_of
from plimsoll.lab.fast_lane.loop import ASK_ENTRY, DONE, run
from plimsoll.lab.fast_lane.market import pack
from tests.unit.lab.fast_lane.drawn import plain_runs


@pytest.fixture(scope="module")
def prepared():
    with plain_runs() as make:
        yield make


def test_an_entry_is_asked_with_the_open_and_closed_trades_in_freqtrades_lists(prepared):
    made, asked = prepared(), prepared()
    expected = made.freqtrade()["results"]
    backtesting = asked.backtesting
    backtesting.reset_backtest(False)
    start, end = int(asked.start.timestamp()), int(asked.end.timestamp())
    packed = pack(backtesting, asked.processed, start, end)
    packed.market.plan["asks_entry"] = 1
    books = books_of(packed, captures=False)
    questions, times = Questions(backtesting, packed, []), 0
    while (code := run(packed.market, books)) != DONE:
        assert code == ASK_ENTRY
        questions.enter(books)
        state = books.state[0]
        assert len(LocalTrade.bt_trades) == state["closed_trades"]
        assert len(LocalTrade.bt_trades_open) == state["open_trades"]
        times += 1
    questions.show(books)

    assert times >= len(expected)
    for theirs, ours in zip(expected.to_dict("records"), LocalTrade.bt_trades, strict=True):
        assert theirs["profit_abs"] == ours.close_profit_abs
        assert theirs["stop_loss_abs"] == ours.stop_loss
        assert theirs["max_rate"] == ours.max_rate
        assert [order.ft_order_side for order in ours.orders] == [
            order["ft_order_side"] for order in theirs["orders"]
        ]
