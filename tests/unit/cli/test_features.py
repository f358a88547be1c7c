"""``plimsoll features``: what it computes, shows, draws and refuses."""

import json
from pathlib import Path

import pandas as pd
import pytest

from plimsoll import features
from tests.unit.archive.stores import (
    ETH,
    ROWS,
    compute,
    refused,
    run,
    write_folder,
)


@pytest.fixture
def datadir(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "data")


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


@pytest.mark.parametrize("name", ["nothing.parquet", "nothing.feather", "half.parquet", "x.txt"])
def test_a_store_that_cannot_be_read_is_told_in_one_line(datadir: Path, name: str) -> None:
    (datadir / "half.parquet").write_bytes(b"PAR1 and then no more")
    (datadir / "x.txt").write_text("no store")
    error = refused("show", datadir / name)
    assert error.exit_status == 2
    assert "cannot read" in str(error)
    assert "\n" not in str(error)


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
