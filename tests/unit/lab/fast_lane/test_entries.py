"""What a trade is when it begins."""

import pytest

from plimsoll.lab.fast_lane.loop import DONE, GAVE_UP, run
from plimsoll.lab.fast_lane.records import LONG_IS_1, LONG_SET
from tests.unit.lab.fast_lane.desk import books, market

CALM = (100.0, 101.0, 99.0, 100.0)
SIGNAL = {(0, 0): LONG_IS_1 | LONG_SET}


def begun(*candles, **plan):
    asked = market(list(candles), signals=SIGNAL, **plan)
    kept = books(asked)
    return run(asked, kept), kept


def test_the_amount_is_cut_to_the_exchanges_step_and_the_stake_follows_it():
    _, kept = begun((33.0, 34.0, 32.0, 33.0), CALM, CALM)

    assert kept.closed[0]["amount"] == 3.03
    assert kept.closed[0]["stake"] == pytest.approx(99.99, abs=1e-12)


def test_the_stop_begins_at_its_distance_from_the_entry():
    _, kept = begun(CALM, CALM, CALM)

    assert kept.closed[0]["initial_stop"] == 90.0
    assert kept.closed[0]["initial_fraction"] == -0.1


def test_an_unlimited_stake_is_a_share_of_the_balance():
    _, kept = begun(CALM, CALM, CALM, stake=float("nan"), max_open_trades=4)

    assert kept.closed[0]["stake"] == 250.0


def test_a_stake_that_the_wallet_cannot_pay_is_no_trade():
    code, kept = begun(CALM, CALM, CALM, stake=2000.0)

    assert code == DONE
    assert kept.state[0]["numbers"] == 0
    assert kept.state[0]["rejected"] == 0


def test_an_open_outside_its_own_candle_is_left_to_freqtrade():
    code, _ = begun((102.0, 101.0, 99.0, 100.0), CALM, CALM)

    assert code == GAVE_UP
