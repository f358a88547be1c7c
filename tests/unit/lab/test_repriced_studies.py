"""Studies that are backtested once, kept, and repriced for larger accounts."""

from pathlib import Path

import pytest

from plimsoll.execution.offer import Cause
from plimsoll.execution.settings import ExecutionSettings
from plimsoll.lab.repriced_studies import SIZES, reprice_studies
from plimsoll.lab.study import BALANCE_USD, GUARDS_OFF, Study
from tests.support.strategy_data import write_strategy_data

TINY = Study("tiny", "4h", ("BTC/USDT:USDT",), "20230601-20231101", ("MomentumCross",))


@pytest.mark.freqtrade
def test_a_backtest_is_run_once_kept_and_priced_at_every_size(tmp_path: Path) -> None:
    data, keep = write_strategy_data(tmp_path / "data", days=310), tmp_path / "keep"
    told: list[str] = []

    def findings():
        told.clear()
        return reprice_studies(
            [TINY], data, keep, ExecutionSettings(), told.append, guardings=[GUARDS_OFF]
        )

    (row,) = findings().rows
    assert any("MomentumCross ..." in line for line in told)
    bill = row.repriced.bill
    assert row.before.total_return_fraction == pytest.approx(bill.before_usd / BALANCE_USD)
    assert row.after.total_return_fraction == pytest.approx(bill.after_usd / BALANCE_USD)
    assert list(row.sizes) == list(SIZES)
    taken = [row.sizes[size].bill.causes_usd()[Cause.IMPACT] / size for size in SIZES]
    assert taken == sorted(taken, reverse=True)
    assert bill.causes_usd()[Cause.SPREAD] < 0

    (again,) = findings().rows
    assert any(line.endswith("MomentumCross: kept") for line in told)
    assert again.repriced.bill.after_usd == bill.after_usd
    assert len(list(keep.glob("MomentumCross-*.zip"))) == 1
