"""The command that backtests studies and writes the page of results."""

import json
import re
import shlex
from dataclasses import replace

import pandas as pd
import pytest

from plimsoll.cli.results import _call, _split, _writable, _write
from plimsoll.core import UsageError
from plimsoll.lab.study import CHECK_START, GUARDS_OFF, GUARDS_ON
from plimsoll.lab.study_choice import Choice
from tests.unit.cli.study_accounts import GOOD, HELD, findings


def test_unknown_strategy_is_wrong_usage(run, tmp_path) -> None:
    ran = run("results", "--datadir", str(tmp_path), "--strategies", "Nobody")
    assert ran.status == 2
    assert "found Nobody" in ran.err


def test_what_a_study_lacks_is_named_once_with_the_command_that_gets_it(run, tmp_path) -> None:
    ran = run("results", "--datadir", str(tmp_path), "--strategies", "BasisReversion")
    assert ran.status == 2
    assert ran.err.count("\n") == 1
    assert "candles, mark, funding, spot of BTC/USDT:USDT, ETH/USDT:USDT, " in ran.err
    assert "16 files are not there" in ran.err
    assert (
        f"plimsoll data backfill --datadir {tmp_path} --since 2021-01-01 --until 2025-06-30 "
        "--timeframes 1h --kinds candles,mark,funding --pairs BTC/USDT:USDT,ETH/USDT:USDT,"
    ) in ran.err
    assert "--trading-mode spot" in ran.err


def test_inner_folder_of_futures_is_wrong_usage(run, tmp_path) -> None:
    file = tmp_path / "futures" / "BTC_USDT_USDT-1h-mark.feather"
    file.parent.mkdir()
    file.touch()
    ran = run("results", "--datadir", str(file.parent), "--strategies", "BasisReversion")
    assert ran.status == 2
    assert f"pass --datadir {tmp_path}\n" in ran.err


def test_folder_without_candles_is_wrong_usage_and_leaves_the_page_alone(run, tmp_path) -> None:
    out = tmp_path / "docs" / "results.md"
    out.parent.mkdir()
    out.write_text("as it was", encoding="utf-8")
    ran = run("results", "--datadir", str(tmp_path), "--out", str(out))
    assert ran.status == 2
    assert "BTC_USDT_USDT-1h-futures.feather" in ran.err
    assert out.read_text(encoding="utf-8") == "as it was"


def test_page_its_html_and_its_json_are_written_with_their_pictures(tmp_path) -> None:
    both = findings(GOOD, replace(GOOD, guarding="on"), HELD)
    keep, out = tmp_path / "keep", tmp_path / "docs" / "mine.md"
    _writable(out, keep)
    choice = Choice(strategies=("Ensemble",))
    _write(both, choice, (GUARDS_OFF, GUARDS_ON), "plimsoll results", out, keep)
    text = out.read_text(encoding="utf-8")
    pictures = re.findall(r"\]\((images/[\w-]+\.png)\)", text)
    assert len(pictures) == 2
    assert all((out.parent / picture).is_file() for picture in pictures)
    assert "images/" not in (keep / "results.html").read_text(encoding="utf-8")
    record = json.loads((keep / "results.json").read_text(encoding="utf-8"))
    assert len(record["rows"]) == 3
    assert "Against the target" not in text
    assert "research" not in text


def test_shipped_page_speaks_of_the_target_and_reads_the_trials_beside_it(tmp_path) -> None:
    out = tmp_path / "docs" / "results.md"
    _writable(out, tmp_path / "keep")
    (out.parent / "research").mkdir()
    trials = out.parent / "research" / "trials.csv"
    trials.write_text("number,stage\n1,prior\n2,CHECK\n", encoding="utf-8")
    _write(findings(GOOD, HELD), Choice(), (GUARDS_OFF,), "call", out, tmp_path / "keep")
    text = out.read_text(encoding="utf-8")
    assert "## Against the target" in text
    assert "2 simulations in the [log of trials]" in text
    assert not (out.parent / "images" / "results-guards.png").exists()


def test_call_of_the_page_is_a_command_that_a_shell_takes() -> None:
    parts = [("--pairs", "A/B:B,C/B:B"), ("--split", None), ("--strategy-path", "my own")]
    told = _call(*parts, *[("--timerange", "20230101-20240101")] * 3)
    words = shlex.split(told.replace("\\\n", " "))
    assert words[:6] == ["plimsoll", "results", "--datadir", "DATA", "--pairs", "A/B:B,C/B:B"]
    assert words[6:8] == ["--strategy-path", "my own"]
    assert max(map(len, told.splitlines())) <= 100


def test_split_is_a_day_within_a_span() -> None:
    spans = ("20230101-20240101",)
    assert _split(None, Choice(), spans) == CHECK_START
    assert _split(None, Choice(timeframe="1h"), spans) is None
    assert _split("2023-06-01", Choice(), spans) == pd.Timestamp("2023-06-01", tz="UTC")
    for text in ("2024-06-01", "2023-01-01", "June"):
        with pytest.raises(UsageError, match=f"found {text}"):
            _split(text, Choice(), spans)


def test_folder_that_cannot_be_written_is_told_before_anything_runs(tmp_path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="--keep"):
        _writable(tmp_path / "page.md", tmp_path / "file" / "keep")
