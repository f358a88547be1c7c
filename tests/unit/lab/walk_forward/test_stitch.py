"""Tests of windows as one backtest."""

from plimsoll.lab.search.epochs import Epochs
from plimsoll.lab.walk_forward.kept import content_record
from plimsoll.lab.walk_forward.stitch import stitched_content
from tests.unit.lab.search.test_epochs import PARAMS


def test_trades_follow_each_other_counts_add_up_and_the_last_balance_stays(epochs: Epochs) -> None:
    one = content_record(epochs.run(PARAMS)[1])
    one |= {"rejected_signals": 2, "locks": [{"id": 1}]}
    other = {**one, "final_balance": 1234.5, "rejected_signals": 3, "trades": one["trades"][:2]}
    made = stitched_content([one, other], {"stake_currency": "USDT"})
    assert len(made["results"]) == len(one["trades"]) + 2
    assert made["rejected_signals"] == 5
    assert made["final_balance"] == 1234.5
    assert [lock.to_json() for lock in made["locks"]] == [{"id": 1}, {"id": 1}]


def test_tests_without_a_trade_make_an_empty_result(epochs: Epochs) -> None:
    one = content_record(epochs.run(PARAMS)[1]) | {"trades": []}
    made = stitched_content([one, one], {})
    assert len(made["results"]) == 0
    assert "profit_abs" in made["results"].columns
