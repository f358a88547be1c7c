"""Quick answers are those of Freqtrade's own methods, which are back in place afterwards."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from freqtrade.exchange import Exchange
from freqtrade.optimize.backtesting import Backtesting

from plimsoll.lab.fast_lane.quick_answers import Funding, quick_answers
from tests.identity.drawing import setting
from tests.identity.running import Bench, Run

BEGUN = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with Bench() as bench, bench._prepared(setting("portfolio", 1, 0)) as make:
        made = make()
        made.load()
        yield made
        Backtesting.cleanup()


def rates(fees: list[float]) -> pd.DataFrame:
    dates = pd.date_range(BEGUN, periods=len(fees), freq="8h")
    frame = pd.DataFrame({"date": dates, "open_fund": fees, "open_mark": 101.7})
    return Exchange._add_funding_columns(frame)


@pytest.mark.parametrize("is_short", [False, True])
def test_funding_is_freqtrades_to_the_last_bit_and_type(is_short: bool) -> None:
    lot = np.random.default_rng(3)
    some = lot.normal(0, 1e-4, 90).tolist()
    for fees in ([], some, [*some[:40], np.nan, *some[41:]]):
        frame = rates(fees)
        for _ in range(100):
            since = BEGUN + timedelta(minutes=int(lot.integers(-600, 45_000)))
            until = since + timedelta(hours=int(lot.integers(0, 400)))
            amount = float(lot.uniform(0, 1e4))
            paid = Funding(frame).paid(amount, since, until, is_short=is_short)
            expected = Exchange.calculate_funding_fees(
                None, frame, amount=amount, is_short=is_short, open_date=since, close_date=until
            )
            assert (paid, type(paid)) == (expected, type(expected))


def test_limits_on_stakes_are_the_exchanges(run: Run) -> None:
    exchange = run.backtesting.exchange
    pair = run.backtesting.pairlists.whitelist[0]
    asked = [(pair, price, stop, 2.0) for price in (0.5, 3.0, 3.0) for stop in (-0.1, -0.9)]
    own = [exchange.get_min_pair_stake_amount(*one) for one in asked]
    most = [exchange.get_max_pair_stake_amount(pair, price, 2.0) for _, price, _, _ in asked]
    with quick_answers(run.backtesting):
        for _ in range(2):
            assert [exchange.get_min_pair_stake_amount(*one) for one in asked] == own
            found = [exchange.get_max_pair_stake_amount(pair, one[1], 2.0) for one in asked]
            assert found == most


def test_freqtrades_own_methods_are_back_after_a_run_that_failed(run: Run) -> None:
    backtesting = run.backtesting
    with pytest.raises(ZeroDivisionError), quick_answers(backtesting):
        backtesting.placed = "_run_funding_fees" in vars(backtesting) and 1 / 0
    assert "_run_funding_fees" not in vars(backtesting)
    assert "_get_stake_amount_limit" not in vars(backtesting.exchange)
