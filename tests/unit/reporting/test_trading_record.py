"""The one input of a report."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.performance.errors import MeasureError
from plimsoll.performance.fills import TRADE_COLUMNS, no_trades
from plimsoll.reporting.trading_record import (
    OWN_COLUMNS,
    RecordSource,
    TradingRecord,
    record_trades,
)
from tests.unit.performance.frames import hours, trade, trades_frame

INDEX = hours(49)


def test_what_an_export_lacks_is_filled_and_never_guessed() -> None:
    made = record_trades(trades_frame(trade(INDEX[3], INDEX[9], 10.0, 11.0)))
    assert list(made) == [*TRADE_COLUMNS, *OWN_COLUMNS]
    row = made.iloc[0]
    assert (row["leverage"], row["enter_tag"], row["exit_reason"]) == (1.0, "", "")
    assert np.isnan([row["min_rate"], row["max_rate"], row["stake_amount"]]).all()


def test_a_tag_of_none_is_empty_text_and_an_order_list_stays() -> None:
    rows = [
        trade(INDEX[9], INDEX[12], 10.0, 11.0, enter_tag="late", orders=[1]),
        trade(INDEX[3], INDEX[9], 10.0, 11.0, enter_tag=None, orders=[2]),
    ]
    made = record_trades(trades_frame(*rows))
    assert made["enter_tag"].tolist() == ["", "late"]
    assert made["orders"].tolist() == [[2], [1]]


def test_trades_without_a_needed_column_are_refused() -> None:
    with pytest.raises(MeasureError, match="profit_abs not found"):
        record_trades(no_trades().drop(columns="profit_abs"))


def test_a_record_measures_itself_over_its_own_span() -> None:
    equity = pd.Series(np.linspace(100.0, 120.0, 49), index=INDEX)
    trades = record_trades(
        trades_frame(
            trade(INDEX[3], INDEX[9], 10.0, 11.0), trade(INDEX[20], None, 10.0, float("nan"))
        )
    )
    record = TradingRecord("Trend", RecordSource.DRY_RUN, trades, equity, 100.0)
    assert (record.start, record.end, record.days) == (INDEX[0], INDEX[48], 2.0)
    assert record.performance.total_return_fraction == pytest.approx(0.2)
    assert len(record.closed_trades) == 1
