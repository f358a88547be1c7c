"""``plimsoll record``: wrong usage, and what was recorded in words."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plimsoll.archive.recording import Gap, Recording, Stream, pair_folder
from plimsoll.cli import app

PAIR = "BTC/USDT:USDT"


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["record", *words])
    return done.exit_code, done.output + str(done.exception or "")


def test_pairs_must_be_named_somewhere(tmp_path: Path) -> None:
    code, said = run("--userdir", str(tmp_path))
    assert code != 0
    assert "expected --pairs, or a config with a pair_whitelist" in said


def test_spot_and_futures_are_two_recorders() -> None:
    code, said = run("--pairs", "BTC/USDT,ETH/USDT:USDT")
    assert code != 0
    assert "run two recorders" in said


def test_unknown_kinds_are_refused() -> None:
    code, said = run("--pairs", PAIR, "--kinds", "trades,candles")
    assert code != 0
    assert "expected --kinds of trades, book, depth; found trades,candles" in said


@pytest.mark.parametrize("levels", ["0", "7", "50", "-5"])
def test_levels_that_the_exchange_has_no_stream_of_are_refused(levels: str) -> None:
    code, said = run("--pairs", PAIR, "--kinds", "depth", "--levels", levels)
    assert code != 0
    assert f"expected --levels of 5, 10, 20; found {levels}" in said


def test_the_list_says_from_when_to_when_and_what_is_missing(tmp_path: Path) -> None:
    made = Recording(pair_folder(tmp_path, PAIR), Stream.TRADES)
    made.append([(1000, "1", "buy", 10.0, 1.0), (9000, "5", "sell", 10.0, 1.0)])
    made.miss(Gap(1000, 9000, "NetworkError: gone", 3))
    words = ("--pairs", PAIR, "--datadir", str(tmp_path), "--kinds", "trades", "--list")
    code, said = run(*words)
    assert code == 1
    assert "trades: 1970-01-01T00:00:01+00:00 to 1970-01-01T00:00:09+00:00, 1 file," in said
    assert "missing: 8.0 s before 1970-01-01T00:00:09+00:00, 3 lost: NetworkError: gone" in said
    code, said = run(*words, "--json")
    assert json.loads(said.splitlines()[0])["recorded"][0]["gaps"][0]["lost"] == 3


def test_the_list_says_how_many_levels_depth_has(tmp_path: Path) -> None:
    made = Recording(pair_folder(tmp_path, PAIR), Stream.DEPTH, 20)
    made.append([(1000, (99.0,), (1.0,), (101.0,), (2.0,))])
    words = ("--pairs", PAIR, "--datadir", str(tmp_path), "--kinds", "depth", "--list")
    code, said = run(*words)
    assert code == 0
    assert "BTC/USDT:USDT depth of 20 levels: 1970-01-01T00:00:01+00:00 to" in said
    assert json.loads(run(*words, "--json")[1].splitlines()[0])["recorded"][0]["levels"] == 20


def test_nothing_recorded_is_said(tmp_path: Path) -> None:
    code, said = run("--pairs", PAIR, "--datadir", str(tmp_path), "--list")
    assert code == 1
    assert "nothing was recorded" in said
