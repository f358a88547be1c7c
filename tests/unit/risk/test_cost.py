"""One evaluation is cheap and does not grow with the account's past."""

from plimsoll.risk import evaluate
from tests.bench.risk import PROFILE, busy_account, milliseconds, run


def test_an_evaluation_takes_less_than_five_milliseconds() -> None:
    assert max(run().values()) < 5


def test_ten_times_the_trades_cost_the_same() -> None:
    few, many = (busy_account(positions=2, trades=count) for count in (500, 50_000))
    quick = min(milliseconds(lambda: evaluate(few, PROFILE)) for _ in range(3))
    assert min(milliseconds(lambda: evaluate(many, PROFILE)) for _ in range(3)) < 3 * quick
