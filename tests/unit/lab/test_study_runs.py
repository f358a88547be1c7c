"""What a run of studies makes, keeps and takes up again."""

import shutil

import pandas as pd
import pytest

from plimsoll.core import UsageError
from plimsoll.lab.study import BALANCE_USD, GUARDS_OFF, GUARDS_ON, Study
from plimsoll.lab.study_data import file_of
from plimsoll.lab.study_runs import _runs, run_studies
from tests.support.strategy_data import PAIRS, write_strategy_data

BTC = "BTC/USDT:USDT"


@pytest.fixture
def study() -> Study:
    return Study("one pair", "1h", (BTC,), "20240101-20240201", ("One", "Other"), ("BuyAndHold",))


@pytest.mark.parametrize("missing", ["futures", "mark", "funding_rate"])
def test_study_without_a_file_of_a_pair_is_refused_before_anything_runs(
    tmp_path, study: Study, missing: str
) -> None:
    for kind in {"futures", "mark", "funding_rate"} - {missing}:
        file = file_of(tmp_path, BTC, "1h", kind)
        file.parent.mkdir(exist_ok=True)
        file.touch()
    told: list[str] = []
    with pytest.raises(UsageError, match=f"BTC_USDT_USDT-1h-{missing}.feather"):
        run_studies([study], tmp_path, told.append)
    assert told == []


@pytest.mark.data
@pytest.mark.freqtrade
def test_study_on_real_data_has_a_row_for_each_way_of_guarding(real_data) -> None:
    study = Study("tiny", "4h", (BTC,), "20240101-20240401", ("MomentumCross",), ("BuyAndHold",))
    found = run_studies([study], real_data, lambda _: None)
    names = [(row.strategy, row.guarding) for row in found.rows]
    assert names == [
        ("MomentumCross", "off"),
        ("MomentumCross", "on"),
        ("BuyAndHold", "off"),
        ("market, equal weights", "off"),
    ]
    crossed, _, held, market = found.rows
    assert found.costs_bps == {"fee": 4.0, "spread": 2.0, "slippage": 1.0}
    assert crossed.performance.closed_trades > 0
    assert crossed.performance.fees_paid_usd > 0
    assert held.is_baseline
    assert not crossed.is_baseline
    hourly = pd.read_feather(file_of(real_data, BTC, "1h")).set_index("date")
    # The last candle is the one that opens where the timerange ends.
    first, last = hourly.loc["2024-01-01 00:00", "open"], hourly.loc["2024-04-01 03:00", "close"]
    assert market.years[2024] == pytest.approx(last / first * 0.9993 - 1, abs=1e-6)
    assert 0 < held.years[2024] < market.years[2024]
    assert [len(row.equity) for row in found.rows] == [91 * 24 + 4 + 1] * 4


def test_baselines_run_without_guards_whatever_the_others_do(study: Study) -> None:
    def runs(*guardings):
        return [(guarding.name, names) for _, guarding, names in _runs([study], guardings)]

    both = ("One", "Other")
    assert runs(GUARDS_OFF, GUARDS_ON) == [("off", (*both, "BuyAndHold")), ("on", both)]
    assert runs(GUARDS_ON) == [("on", both), ("off", ("BuyAndHold",))]


@pytest.mark.slow
@pytest.mark.freqtrade
def test_strategies_of_others_run_beside_shipped_ones_and_are_kept(
    root, tmp_path, monkeypatch
) -> None:
    """A foreign strategy on candles of five minutes, a shipped one on hourly ones; then kept."""
    monkeypatch.setenv("FREQTRADE__DRY_RUN_WALLET", "5000")  # what no name of a result knows
    others = tmp_path / "others"
    others.mkdir()
    shutil.copy(root / "tests/foreign/strategies/EmaCrossRoi.py", others)
    data = write_strategy_data(tmp_path / "data", timeframe="5m", days=45)
    late = file_of(data, PAIRS[1], "5m")
    candles = pd.read_feather(late)
    candles[candles["date"] >= "2023-01-26"].reset_index(drop=True).to_feather(late)
    studies = [
        Study("mine", "5m", PAIRS[:2], "20230125-20230204", ("EmaCrossRoi",), folder=others),
        Study("ours", "1h", PAIRS[:2], "20230125-20230204", ("TrendFollow",)),
    ]
    told: list[str] = []

    def run():
        told.clear()
        split = pd.Timestamp("2023-01-30", tz="UTC")
        return run_studies(
            *(studies, data, told.append),
            guardings=[GUARDS_OFF],
            split=split,
            keep=tmp_path / "kept",
        )

    foreign, ours = run().rows
    assert sum(line.endswith("...") for line in told) == 2
    assert foreign.performance.closed_trades > 0
    assert foreign.promised is None
    assert foreign.performance.initial_equity_usd == BALANCE_USD
    assert (foreign.left_out, ours.left_out) == (PAIRS[1:2], ())
    assert f"mine: {PAIRS[1]} not traded, without sound candles before it" in told
    assert ours.held is not None
    assert ours.held.turnover_per_year == pytest.approx(ours.performance.turnover_per_year)
    # Marked each hour, and at the end: the last candle opens where the timerange ends.
    assert len(foreign.equity) == 10 * 24 + 1 + 1
    assert foreign.earlier is not None
    assert foreign.check is not None
    growth = (1 + foreign.earlier.total_return_fraction) * (1 + foreign.check.total_return_fraction)
    assert growth == pytest.approx(1 + foreign.performance.total_return_fraction)
    assert len(list((tmp_path / "kept").glob("*.zip"))) == 2

    again = run().rows
    assert [line for line in told if line.endswith("...")] == []
    assert [row.performance for row in again] == [foreign.performance, ours.performance]
