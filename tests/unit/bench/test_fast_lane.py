"""The bench of the fast lane: each of its parts runs, at a small size, and its figures add up."""

import math

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import PlimsollError
from tests.bench import engines_of_others, fast_lane
from tests.bench.engine import Case
from tests.bench.fast_lane import Timed, figures_of, trades_hash
from tests.bench.fast_lane_process import resident_bytes
from tests.bench.page import SECTIONS, with_section

SPAN = "20250626-20250629"
TINY = Case("PlainEmaCross", guards=False, timerange=SPAN)
[SECTION] = [one for one in SECTIONS if one.title == "The fast lane"]


def made_up(loop_seconds: float = 0.01, refusal: str | None = None) -> Timed:
    return Timed(2000, 5, 2.0, 0.02, loop_seconds, refusal)


def test_each_case_is_candles_by_seconds_and_seconds_by_seconds() -> None:
    made = figures_of({"rules": made_up()})
    assert made == {
        "lane_rules_trades": 5,
        "lane_rules_freqtrade_candles_a_second": 1000.0,
        "lane_rules_candles_a_second": 100_000.0,
        "lane_rules_loop_candles_a_second": 200_000.0,
        "lane_rules_times_freqtrade": 100.0,
    }


def test_a_case_that_was_left_to_freqtrade_has_no_loop() -> None:
    made = figures_of({"guarded": made_up(0.0, "questions at entries")})
    assert math.isnan(made["lane_guarded_loop_candles_a_second"])
    [row] = [one for one in SECTION.rows if one.figure == "lane_guarded_loop_candles_a_second"]
    cells = row.cells(made["lane_guarded_loop_candles_a_second"])
    assert cells[1:] == ("left to Freqtrade", "at least 2,000,000", "**no**")


def test_the_rows_of_the_section_are_what_the_bench_measures() -> None:
    measured = set(figures_of(dict.fromkeys(fast_lane.CASES, made_up())))
    measured |= {"lane_epoch_ms", "lane_guarded_epoch_ms", "lane_bytes_a_candle"}
    measured |= {"lane_compile_cold_seconds", "lane_compile_cached_seconds"}
    measured |= {
        f"lane_{engine}_{what}"
        for engine in engines_of_others.ENGINES
        for what in ("candles_a_second", "trades")
    }
    assert {row.figure for row in SECTION.rows} == measured


def test_one_section_is_measured_anew_and_the_others_stay() -> None:
    about = {"made_on": "2026-11-22", "code_fingerprint": "0123456789ab", "load": 4.5}
    figures = {row.figure: 1234.0 for row in SECTION.rows}
    text = "# Benchmarks\n\n## The fast lane\n\nold\n\n## Replay\n\nkept\n"
    made = with_section(text, "The fast lane", {**about, "figures": figures})
    assert made.startswith("# Benchmarks\n\n## The fast lane\n\n`FastLane.backtest`")
    assert made.endswith("\n\n## Replay\n\nkept\n")
    assert "old" not in made
    assert "at a load of 4.5" in made
    assert with_section(made, "The fast lane", {**about, "figures": figures}) == made
    new = with_section("# Benchmarks\n", "The fast lane", {**about, "figures": figures})
    assert new.count("## The fast lane\n") == 1
    with pytest.raises(PlimsollError, match="expected one row for each figure"):
        with_section(text, "The fast lane", {**about, "figures": {"other": 1.0}})


@pytest.mark.slow
@pytest.mark.freqtrade
def test_the_parts_run_on_three_days_of_one_pair() -> None:
    with fast_lane.market(("BTC/USDT:USDT",), (("5m", "20250623-"),)) as (folder, config):
        timed = fast_lane.timed_case(folder, config, TINY)
        epoch = fast_lane.epoch_ms(
            folder, config, Case("TrendFollow", guards=False, timerange=SPAN)
        )
        first = fast_lane.first_call(folder, config, TINY)
        one = fast_lane.analysed(folder, config, TINY)
        signals = {
            pair: one.backtesting.strategy.ft_advise_signals(frame, {"pair": pair})
            for pair, frame in one.copies().items()
        }
        fast_lane.closed(one)
        count = engines_of_others.keep_candles(folder / "kept.npz", signals)
        kept = dict(np.load(folder / "kept.npz"))
    assert timed.candles == 3 * 288 + 1
    assert timed.trades > 5
    assert timed.refusal is None
    assert 0.0 < timed.loop_seconds <= timed.lane_seconds
    assert epoch > 0.0
    assert first["first"] > first["again"] > 0.0
    assert set(first) == {"first", "again", "bytes_a_candle"}
    assert kept["open"].shape == (count, 1)
    assert kept["enter"].sum() >= timed.trades
    assert kept["enter"].dtype == kept["leave"].dtype == bool


def test_trades_that_differ_in_one_column_are_not_timed() -> None:
    trades = pd.DataFrame({"pair": ["BTC"], "profit_abs": [1.0]})
    other = pd.DataFrame({"pair": ["BTC"], "profit_abs": [math.nextafter(1.0, 2.0)]})
    assert trades_hash(trades) == trades_hash(trades.copy()) != trades_hash(other)


def test_an_engine_that_cannot_be_installed_has_no_figures(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(engines_of_others, "ENGINES", ("nothing",))
    made = engines_of_others.run(tmp_path / "none.npz", 10, fee=0.0, folder=tmp_path)
    assert all(math.isnan(value) for value in made.values())
    assert "nothing is not measured" in capsys.readouterr().err


def test_memory_is_told_where_the_system_knows_it() -> None:
    if not math.isnan(before := resident_bytes("VmRSS", reset=True)):
        held = np.ones(5_000_000)
        assert resident_bytes("VmHWM") - before > 0.9 * held.nbytes
