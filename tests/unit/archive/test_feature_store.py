"""The store and its command: what is computed, what is left out, and how bad input is told."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

from plimsoll import features
from plimsoll.archive.feature_store import (
    about_store,
    fingerprint,
    load_pair,
    split_computable,
    usual_uses,
    write_store,
)
from plimsoll.cli import app
from plimsoll.core import PlimsollError, UsageError
from plimsoll.features.merging import join, join_funding, open_interest
from tests.conftest import random_candles

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
ROWS = 3000


def funding_rates() -> pd.DataFrame:
    dates = pd.date_range("2024-01-01", periods=ROWS // 96 + 1, freq="8h", tz="UTC")
    return pd.DataFrame({"date": dates, "funding_rate": np.linspace(-1e-4, 1e-4, len(dates))})


def interest(candles: pd.DataFrame) -> pd.DataFrame:
    amount = np.linspace(100, 120, len(candles)) + np.sin(np.arange(len(candles)))
    return pd.DataFrame(
        {
            "date": candles["date"],
            "open_interest_amount": amount,
            "open_interest_value": amount * candles["close"],
        }
    )


@pytest.fixture
def datadir(tmp_path: Path) -> Path:
    """Two pairs of candles; funding, open interest and mark of one."""
    folder = tmp_path / "data"
    (folder / "futures").mkdir(parents=True)
    for pair, seed in (("BTC", 1), ("ETH", 2)):
        candles = random_candles(ROWS, seed=seed)
        candles.to_feather(folder / f"futures/{pair}_USDT_USDT-5m-futures.feather")
    candles = random_candles(ROWS, seed=2)
    futures = folder / "futures"
    funding_rates().to_feather(futures / "ETH_USDT_USDT-1h-funding_rate.feather")
    interest(candles).to_feather(futures / "ETH_USDT_USDT-5m-open_interest.feather")
    candles.assign(volume=0.0).to_feather(futures / "ETH_USDT_USDT-5m-mark.feather")
    return folder


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["features", *map(str, words)])


def refused(*words: str | Path) -> PlimsollError:
    """The error that `plimsoll.cli.main` prints and whose status it exits with."""
    done = run(*words)
    assert isinstance(done.exception, PlimsollError), done.output
    return done.exception


def compute(datadir: Path, out: Path, *words: str | Path, pair: str = ETH) -> list[str | Path]:
    base: list[str | Path] = ["compute", "--pair", pair, "--timeframe", "5m"]
    return [*base, "--datadir", datadir, "--out", out, *words]


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


def test_a_family_that_is_mostly_empty_is_told(datadir: Path) -> None:
    file = datadir / "futures/ETH_USDT_USDT-5m-open_interest.feather"
    pd.read_feather(file).iloc[-900:].to_feather(file)
    done = run(*compute(datadir, datadir / "eth.parquet"))
    assert done.exit_code == 0
    assert "open_interest, 19 columns:" in done.stdout


@pytest.mark.parametrize(
    ("rows", "covers", "how"), [(90, "3.0%", "nearly"), (1500, "50", "partly")]
)
def test_data_that_covers_little_is_warned_of_in_one_last_line(
    datadir: Path, rows: int, covers: str, how: str
) -> None:
    file = datadir / "futures/ETH_USDT_USDT-5m-open_interest.feather"
    pd.read_feather(file).iloc[-rows:].to_feather(file)
    for words in ([], ["--json"]):
        done = run(*compute(datadir, datadir / "eth.parquet", *words))
        assert done.exit_code == 0
        [warning] = done.stderr.strip().splitlines()
        assert warning.startswith(f"warning: open interest covers {covers}")
        assert f"of the span: 19 columns are {how} empty; plimsoll data backfill" in warning
        command = f"--kinds open_interest --pairs {ETH} --since 2024-01-01 --datadir {datadir}"
        assert warning.endswith(command)
    assert json.loads(done.stdout)["coverage"]["open interest"] == pytest.approx(rows / ROWS, 1e-2)


def test_data_that_covers_the_span_is_not_warned_of(datadir: Path) -> None:
    assert run(*compute(datadir, datadir / "eth.parquet")).stderr == ""


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_a_feature_asked_for_without_its_data_falls_short_and_the_others_are_written(
    datadir: Path, as_json: list[str]
) -> None:
    out = datadir / "one.parquet"
    words = compute(datadir, out, "--feature", "rsi", "--feature", "premium_level", *as_json)
    error = refused(*words)
    assert error.exit_status == 1
    assert f"1 of 2 features asked for left out, the others are in {out}: premium_level" in str(
        error
    )
    assert "needs premium: there is no ETH_USDT_USDT-5m-premiumIndex.feather" in str(error)
    assert "\n" not in str(error)
    assert list(pd.read_parquet(out).columns) == ["date", "rsi_14"]
    done = run(*words)
    if as_json:
        assert list(json.loads(done.stdout)["left_out"]) == ["premium_level"]
    else:
        assert "Left out, 1:" in done.stdout


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
        assert "compute it anew" in run("show", out).stdout
    monkeypatch.delitem(features.registry._FEATURES, "ema_gap")
    assert about_store(out)["made_by_installed_features"] is False


@pytest.mark.parametrize("name", ["nothing.parquet", "nothing.feather", "half.parquet", "x.txt"])
def test_a_store_that_cannot_be_read_is_told_in_one_line(datadir: Path, name: str) -> None:
    (datadir / "half.parquet").write_bytes(b"PAR1 and then no more")
    (datadir / "x.txt").write_text("no store")
    error = refused("show", datadir / name)
    assert error.exit_status == 2
    assert "cannot read" in str(error)
    assert "\n" not in str(error)


def test_another_file_is_no_store(datadir: Path) -> None:
    with pytest.raises(UsageError, match="is no feature store"):
        about_store(datadir / "futures/ETH_USDT_USDT-5m-mark.feather")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--out", "x.csv"], "end in .parquet or .feather"),
        (["--timeframe", "5x"], "timeframe such as"),
        (["--pair", "DOGE/USDT:USDT"], "expected DOGE_USDT_USDT-5m-futures.feather"),
        (["--datadir", "nowhere"], "expected a Freqtrade data folder"),
        (["--feature", "rsj"], "found 'rsj'"),
        (["--feature", "rsi:window=3"], "parameters of rsi among period"),
        (["--feature", "value_area_width:period=2.5"], "whole number from 2 to 100000; found 2.5"),
        (["--feature", "rsi:period=-3"], "period of rsi to be a whole number from 2"),
        (["--feature", "rsi:period=nan"], "found nan"),
        (["--feature", "rsi:period=x"], "NAME:parameter=number,...; found 'rsi:period=x'"),
        (["--family", "moods"], "--family among returns"),
    ],
)
def test_wrong_words_are_told_in_one_line(datadir: Path, words: list[str], message: str) -> None:
    error = refused(*compute(datadir, datadir / "x.parquet"), *words)
    assert error.exit_status == 2
    assert message in str(error)
    assert "\n" not in str(error)


def test_a_feature_without_its_data_alone_is_refused(datadir: Path) -> None:
    error = refused(*compute(datadir, datadir / "x.parquet", "--feature", "premium_level"))
    assert "premium_level needs premium: there is no ETH_USDT_USDT-5m-premiumIndex" in str(error)
    assert not (datadir / "x.parquet").exists()


@pytest.mark.parametrize(
    ("out", "message"),
    [
        (
            "/proc/b.parquet",
            "expected --out in a folder that can be written, found /proc/b.parquet",
        ),
        ("{datadir}/futures/ETH_USDT_USDT-5m-mark.feather/b.parquet", "(Not a directory)"),
        ("{datadir}/a.parquet", "expected --out to be a file, found the folder"),
    ],
)
def test_a_place_that_takes_no_file_is_told_before_anything_is_read(
    datadir: Path, monkeypatch: pytest.MonkeyPatch, out: str, message: str
) -> None:
    (datadir / "a.parquet").mkdir()
    monkeypatch.setattr("plimsoll.archive.feature_store.load_pair", None)
    error = refused(*compute(datadir, Path(out.format(datadir=datadir))))
    assert error.exit_status == 2
    assert message in str(error)
    assert "\n" not in str(error)


def test_a_new_folder_is_made_for_the_store_and_only_for_one(datadir: Path) -> None:
    out = datadir / "new/deep/store.parquet"
    refused(*compute(datadir, out, pair="DOGE/USDT:USDT"))
    assert not (datadir / "new").exists()
    assert run(*compute(datadir, out, "--feature", "rsi")).exit_code == 0
    assert [file.name for file in out.parent.iterdir()] == ["store.parquet"]


@pytest.mark.parametrize("name", ["x.txt", "x.jpg", "x.svg", "x"])
def test_a_picture_of_another_format_is_refused(datadir: Path, name: str) -> None:
    words = ["--pair", ETH, "--timeframe", "5m", "--datadir", datadir, "--out", datadir / name]
    error = refused("plot", "rsi", *words)
    assert error.exit_status == 2
    assert f"expected --out to end in .png, found {datadir / name}" in str(error)
    assert not (datadir / name).exists()


def test_a_truncated_file_is_named(datadir: Path) -> None:
    file = datadir / "futures/ETH_USDT_USDT-5m-open_interest.feather"
    file.write_bytes(file.read_bytes()[:500])
    error = refused(*compute(datadir, datadir / "x.parquet"))
    assert file.name in str(error)


def test_the_picture_shows_the_feature_and_its_missing_rows(datadir: Path) -> None:
    file = datadir / "futures/ETH_USDT_USDT-5m-open_interest.feather"
    pd.read_feather(file).drop(index=range(2400, 2500)).reset_index(drop=True).to_feather(file)
    sizes = {}
    for text in ("open_interest_change", "vwap", "rsi"):
        out = datadir / f"{text}.png"
        words = ["--pair", ETH, "--timeframe", "5m", "--datadir", datadir, "--out", out]
        done = run("plot", text, *words)
        assert done.exit_code == 0, done.output
        head = out.read_bytes()[:24]
        assert head[:8] == b"\x89PNG\r\n\x1a\n"
        sizes[text] = (int.from_bytes(head[16:20]), int.from_bytes(head[20:24]))
    assert set(sizes.values()) == {(1600, 900)}


def test_a_picture_of_nothing_is_refused(datadir: Path) -> None:
    words = ["--pair", ETH, "--timeframe", "5m", "--datadir", datadir, "--out", datadir / "x.png"]
    error = refused("plot", "ema:period=200", *words, "--until", "2024-01-01 12:00")
    assert "has no value in the candles shown" in str(error)
    assert "has no 5m candles until 2023" in str(refused("plot", "rsi", *words, "--until", "2023"))


def test_list_and_describe_tell_what_is_registered() -> None:
    listed = json.loads(run("list", "--json").stdout)
    assert [one["name"] for one in sorted(listed, key=lambda one: one["name"])] == features.names()
    family = json.loads(run("list", "--family", "funding", "--json").stdout)
    assert {one["family"] for one in family} == {"funding"}
    told = run("describe", "open_interest_flush").stdout
    assert "lookback:            291 candles" in told
    assert "open interest in coins" in told
    assert "period=3, a whole number from 1 to 100000; window=288, a whole number from 2" in told
    limits = {one["name"]: one["limits"] for one in listed}
    assert limits["bollinger_upper"]["deviations"] == {"least": 0, "most": 100, "whole": False}
    assert "did you mean open_interest_flush" in str(refused("describe", "oi_flush"))
