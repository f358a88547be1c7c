"""Several records side by side: what differs, and what they share."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from plimsoll.performance.guard_acts import GuardActs
from plimsoll.reporting.comparison import (
    Comparison,
    comparison,
    comparison_record,
    correlations,
    differences,
    growth,
    monthly,
)
from plimsoll.reporting.page import ReportError
from plimsoll.reporting.trading_record import RecordSource, TradingRecord
from tests.unit.reporting.runs import at, made


def compare(*records: TradingRecord, markets: list[str] | None = None) -> Comparison:
    return comparison("Two", at(60), records, markets or ["real, Binance"] * len(records))


def test_equal_runs_differ_in_nothing() -> None:
    assert differences(compare(made("A"), made("B"))) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"timeframe": "5m"}, "Timeframes differ. A: 1d; B: 5m."),
        ({"costs_bps": {"fee": 5.0}}, "Costs of a fill differ. A: fee 10 bps; B: fee 5 bps."),
        ({"costs_bps": None}, "Costs of a fill differ. A: fee 10 bps; B: not stated."),
        ({"source": RecordSource.LIVE}, "Kinds of run differ. A: backtest; B: live."),
        ({"acts": None}, "Guards differ. A: on; B: not recorded."),
        ({"acts": GuardActs(guards="off")}, "Guards differ. A: on; B: off."),
        (
            {"stake_currency": "USDC"},
            "Starting balances differ. A: 1,000.00 USDT; B: 1,000.00 USDC.",
        ),
    ],
)
def test_each_difference_is_a_sentence(change: dict[str, object], said: str) -> None:
    assert differences(compare(made("A"), made("B", **change))) == [said]


def test_pairs_are_those_that_could_be_traded_where_that_is_known() -> None:
    closes = pd.DataFrame({"SOL/USDT:USDT": [1.0]}, index=[at(1)])
    [said] = differences(compare(made("A"), made("B", closes=closes)))
    assert said == "Pairs differ. A: BTC/USDT:USDT, ETH/USDT:USDT; B: SOL/USDT:USDT."


def test_origins_of_prices_are_compared() -> None:
    [said] = differences(compare(made("A"), made("B"), markets=["real, x", "synthetic, seed 7"]))
    assert said == "Origins of the prices differ. A: real, x; B: synthetic, seed 7."


def test_other_periods_are_said_and_measured_where_they_overlap() -> None:
    told = compare(made("A"), made("B", start=10.0))
    assert differences(told)[0] == (
        "Periods differ. A: 2024-01-01 to 2024-02-10; B: 2024-01-11 to 2024-02-20."
    )
    assert told.shared == (at(10), at(40))
    on_shared = told.shared_performance
    assert on_shared is not None
    assert [one.start for one in on_shared] == [at(10), at(10)]
    assert on_shared[0].initial_equity_usd == told.records[0].equity[at(10)]
    assert on_shared[0].closed_trades == 0
    assert on_shared[1].closed_trades == 2


def test_runs_that_share_no_day_are_not_measured_together() -> None:
    told = compare(made("A"), made("B", start=100.0))
    assert told.shared_performance is None
    assert differences(told)[-1].startswith("The records share no day")


def test_a_run_on_its_own_days_needs_no_second_table() -> None:
    assert compare(made("A"), made("B")).shared_performance is None


def test_growth_begins_at_zero() -> None:
    curve = growth(made("A"))
    assert curve.iloc[0] == 0.0
    assert curve.iloc[-1] == pytest.approx((made("A").equity.iloc[-1] / 1_000.0 - 1.0) * 100.0)


def test_equal_names_are_told_apart() -> None:
    live = made("A", source=RecordSource.LIVE)
    told = compare(made("A"), live, live, live)
    assert told.names == ["A", "A (live)", "A 2", "A 3"]


def test_one_record_is_no_comparison() -> None:
    with pytest.raises(ReportError, match="two records at least, found 1"):
        compare(made("A"))


def test_correlation_is_of_the_days_that_two_runs_share() -> None:
    falling = made("C")
    mirrored = replace(falling, equity=2_000.0 - falling.equity)
    table = correlations(compare(made("A"), made("B"), mirrored))
    assert table is not None
    assert table.loc["A", "B"] == pytest.approx(1.0)
    assert table.loc["A", "C"] < -0.9
    assert correlations(compare(made("A", days=5), made("B", days=5))) is None


def test_months_compound_the_days() -> None:
    told = compare(made("A"), made("B", start=20.0))
    table = monthly(told)
    assert list(table.index) == ["2024-01", "2024-02"]
    whole = float(np.prod(1.0 + table["A"]) - 1.0)
    assert whole == pytest.approx(told.records[0].performance.total_return_fraction)


def test_the_record_for_json_has_every_run_and_what_differs() -> None:
    record = comparison_record(compare(made("A"), made("B", acts=None, start=10.0)))
    assert list(record["records"]) == ["A", "B"]
    assert record["records"]["A"]["guard_totals"]["entries_denied"] == 7
    assert record["records"]["B"]["guard_totals"] is None
    assert record["records"]["B"]["on_shared_span"]["closed_trades"] == 2
    assert record["differences"]
    assert record["shared_span"] == [at(10).isoformat(), at(40).isoformat()]
