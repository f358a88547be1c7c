"""The store and its command: what is computed, what is left out, and how bad input is told."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from freqtrade.data.history import load_pair_history
from freqtrade.enums import CandleType

from plimsoll import features
from plimsoll.archive.feature_store import (
    about_store,
    fingerprint,
    load_pair,
    split_computable,
    usual_uses,
    write_store,
)
from plimsoll.core import UsageError
from plimsoll.features.merging import join, join_funding, open_interest
from tests.conftest import random_candles
from tests.unit.archive.stores import (
    BTC,
    ETH,
    ROWS,
    compute,
    funding_rates,
    interest,
    refused,
    run,
    write_folder,
)


@pytest.fixture
def datadir(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "data")


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_a_store_holds_the_same_numbers_as_the_features(datadir: Path, suffix: str) -> None:
    out = datadir / f"store{suffix}"
    done = run(*compute(datadir, out, "--json"))
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    matrix = pd.read_parquet(out) if suffix == ".parquet" else pd.read_feather(out)
    about = about_store(out)
    assert ["date", *record["columns"]] == list(matrix.columns)
    assert about["fingerprint"] == record["fingerprint"]
    assert (about["pair"], about["timeframe"]) == (ETH, "5m")
    candles = random_candles(ROWS, seed=2)
    joined = join(candles, "5m", [open_interest(interest(candles), "5m")])
    joined = join_funding(joined, "5m", funding_rates())
    for text in ("rsi", "open_interest_flush", "funding_cumulated"):
        use = features.parse(text)
        expected = use(joined)
        assert expected.notna().any()
        np.testing.assert_array_equal(matrix[use.column], expected)
        assert about["features"][use.column]["feature"] == use.feature.name
    assert matrix["mark_gap"].abs().max() == 0
    pd.testing.assert_series_equal(
        matrix["date"], candles["date"], check_dtype=False, check_names=False
    )


def test_a_hole_in_the_files_is_filled_as_freqtrade_fills_it_for_a_strategy(datadir: Path) -> None:
    for kind in ("futures", "mark"):
        file = datadir / f"futures/ETH_USDT_USDT-5m-{kind}.feather"
        pd.read_feather(file).drop(index=range(1000, 1400)).reset_index(drop=True).to_feather(file)
    data = load_pair(datadir, ETH, "5m", reference=BTC)
    seen = load_pair_history(
        ETH, "5m", datadir, data_format="feather", candle_type=CandleType.FUTURES
    )
    assert len(seen) == ROWS
    pd.testing.assert_frame_equal(data.candles[seen.columns], seen, check_dtype=False)
    assert data.candles["mark_close"].notna().all()
    use = features.parse("ema_gap:fast=5,slow=30")
    np.testing.assert_array_equal(use(data.candles), use(seen))


def test_what_lacks_data_is_left_out_with_the_file_that_was_looked_for(datadir: Path) -> None:
    done = run(*compute(datadir, datadir / "btc.parquet", "--json", pair=BTC))
    left_out = json.loads(done.stdout)["left_out"]
    assert "no BTC_USDT_USDT-5m-open_interest.feather" in left_out["open_interest_notional"]
    assert "no BTC_USDT-5m.feather" in left_out["spot_basis"]
    assert "do not hold it" in left_out["spread"]
    assert "rsi_14" not in left_out
    told = run(*compute(datadir, datadir / "btc.parquet", pair=BTC)).stdout
    assert "Left out" in told
    assert "needs open_interest: there is no BTC_USDT_USDT-5m-open_interest.feather" in told


def test_chosen_features_keep_their_parameters(datadir: Path) -> None:
    out = datadir / "two.parquet"
    chosen = ["--feature", "ema_gap:fast=5,slow=30", "--feature", "rsi", "--json"]
    record = json.loads(run(*compute(datadir, out, *chosen)).stdout)
    assert record["columns"] == ["ema_gap_5_30", "rsi_14"]


def test_a_day_counts_the_candles_of_the_timeframe() -> None:
    [use] = usual_uses("1h", ["volume_for_the_hour"])
    assert use.column == "volume_for_the_hour_24_5"
    [given] = usual_uses("1h", ["volume_for_the_hour:day=12"])
    assert given.column == "volume_for_the_hour_12_5"
    [longer] = usual_uses("1h", ["volume_for_the_hour:days=7"])
    assert longer.column == "volume_for_the_hour_24_7"


def test_too_few_candles_leave_a_feature_out(datadir: Path) -> None:
    data = load_pair(datadir, ETH, "5m", reference=BTC)
    short = type(data)(data.pair, data.timeframe, data.candles.iloc[:100], data.absent)
    ready, left_out = split_computable(short, usual_uses("5m", ["rsi", "ema:period=200"]))
    assert [use.column for use in ready] == ["rsi_14"]
    assert left_out[0].reason == "100 candles, needs 692"


def test_the_fingerprint_knows_the_set_and_not_its_order() -> None:
    one, other = features.parse("rsi"), features.parse("ema:period=20")
    assert fingerprint([one, other]) == fingerprint([other, one])
    assert fingerprint([one]) != fingerprint([one, other])
    assert fingerprint([other]) != fingerprint([features.parse("ema:period=21")])


def test_a_failed_write_leaves_the_older_store(
    datadir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = load_pair(datadir, ETH, "5m", reference=BTC)
    out = datadir / "store.parquet"
    write_store(data, usual_uses("5m", ["rsi"]), out)
    before = out.read_bytes()

    def full(table: object, target: Path, **_: object) -> None:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr("plimsoll.archive.feature_store.parquet.write_table", full)
    with pytest.raises(OSError, match="No space left"):
        write_store(data, usual_uses("5m", ["sma"]), out)
    assert out.read_bytes() == before
    assert [file.name for file in datadir.iterdir() if file.suffix == ".part"] == []


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_a_store_tells_what_it_holds(
    datadir: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    out = datadir / f"store{suffix}"
    chosen = ["--feature", "ema_gap:fast=5,slow=30", "--feature", "premium_level"]
    refused(*compute(datadir, out, *chosen))
    about = json.loads(run("show", out, "--json").stdout)
    assert (about["pair"], about["timeframe"], about["rows"]) == (ETH, "5m", ROWS)
    assert about["features"]["ema_gap_5_30"]["parameters"] == {"fast": 5, "slow": 30}
    assert about["made_by_installed_features"] is True
    told = run("show", out).stdout
    assert f"{ETH} 5m" in told
    assert f"{about['fingerprint']}, made by the installed features" in told
    assert "fast=5, slow=30" in told
    assert "left out:    premium_level" in told
    with monkeypatch.context() as changed:
        changed.setattr("plimsoll.archive.feature_store.fingerprint", lambda _: "f" * 12)
        assert "compute it again" in run("show", out).stdout
    monkeypatch.delitem(features.registry._FEATURES, "ema_gap")
    assert about_store(out)["made_by_installed_features"] is False


def test_another_file_is_no_store(datadir: Path) -> None:
    with pytest.raises(UsageError, match="is no feature store"):
        about_store(datadir / "futures/ETH_USDT_USDT-5m-mark.feather")


def test_a_truncated_file_is_named(datadir: Path) -> None:
    file = datadir / "futures/ETH_USDT_USDT-5m-open_interest.feather"
    file.write_bytes(file.read_bytes()[:500])
    error = refused(*compute(datadir, datadir / "x.parquet"))
    assert file.name in str(error)
