"""A walk-forward from beginning to end: confirmed, stitched, and resumed where it was killed."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plimsoll.bridge.config.subject import versions
from plimsoll.core import PlimsollError, UsageError
from plimsoll.gates.evidence.walk_forward import read_walk_forward
from plimsoll.gates.places import walk_forward_folder
from plimsoll.lab.results import read_backtest
from plimsoll.lab.search import trials
from plimsoll.lab.walk_forward import run as run_module
from plimsoll.lab.walk_forward.plan import WindowRequest
from plimsoll.lab.walk_forward.run import PathRequest, WalkOutcome, WalkRequest, walk_forward
from tests.support.search_ground import SearchGround


@pytest.fixture(scope="module")
def request_of(ground: SearchGround) -> WalkRequest:
    """Two windows of three days, tested on two days each, three epochs in each."""
    arguments = ground.arguments(epochs=3, timerange="20250604-20250611")
    cut = WindowRequest(train_days=3, test_days=2)
    return WalkRequest(
        arguments, cut, PathRequest(wanted=True, groups=4, tested=1, trials=4), workers=2
    )


@pytest.fixture(scope="module")
def outcome(request_of: WalkRequest) -> WalkOutcome:
    """What it finds."""
    return walk_forward(request_of, lambda _: None)


def test_every_window_is_searched_tested_and_confirmed(outcome: WalkOutcome) -> None:
    first, second = outcome.record["windows"]
    assert first["train"] == ["2025-06-04T00:00:00Z", "2025-06-07T00:00:00Z"]
    assert first["test"] == ["2025-06-07T00:00:00Z", "2025-06-09T00:00:00Z"]
    assert second["test"][0] == first["test"][1]
    for window in (first, second):
        assert window["confirmed"]
        ours, own = window["hashes"]["test"]
        assert ours == own
        assert set(window["best_params"]["sell"]) == {"tp_atr", "sl_atr"}
    assert outcome.record["trials"] == 6
    assert [one.name for one in outcome.stability][:1] != []


def test_a_winner_is_confirmed_on_its_training_days_when_asked(
    request_of: WalkRequest, outcome: WalkOutcome
) -> None:
    asked = replace(request_of, paths=PathRequest(wanted=False), confirm_training=True)
    made = walk_forward(asked, lambda _: None)
    assert made.again == 0
    for before, window in zip(outcome.record["windows"], made.record["windows"], strict=True):
        assert before["hashes"]["train"] == [None, None]
        ours, own = window["hashes"]["train"]
        assert ours == own is not None
        assert window["best_params"] == before["best_params"]


def test_the_tests_are_one_result_of_freqtrades(outcome: WalkOutcome) -> None:
    result = read_backtest(outcome.result_file)
    assert result.strategy == "TrendFollow"
    assert len(result.trades) == sum(one["trades"] for one in outcome.record["windows"]) > 0
    assert result.start == pd.Timestamp("2025-06-07", tz="UTC")
    made = float(result.trades["profit_abs"].sum())
    assert result.final_balance_usd == pytest.approx(result.starting_balance_usd + made, abs=1e-6)


def test_the_evidence_says_what_its_days_give(outcome: WalkOutcome) -> None:
    record = json.loads(outcome.evidence_file.read_text(encoding="utf-8"))
    told = record["out_of_sample"]
    result = read_backtest(outcome.result_file)
    grown = np.prod(1.0 + np.array(told["daily_returns"]))
    assert told["days"] == 4 == len(told["daily_returns"])
    assert grown == pytest.approx(result.final_balance_usd / result.starting_balance_usd, rel=1e-9)
    assert record["result_file"] == str(outcome.result_file)


def test_the_gates_read_it_and_find_no_fault(outcome: WalkOutcome) -> None:
    content, result = outcome.evidence_file.read_bytes(), outcome.result_file.read_bytes()
    reading = read_walk_forward(content, result)
    assert reading.faults == ()
    assert reading.figures["days"] == 4.0
    assert {name: reading.made_with[name] for name in versions()} == versions()


def test_its_paths_are_evidence_too(outcome: WalkOutcome, ground: SearchGround) -> None:
    file = walk_forward_folder(ground.userdir) / f"{outcome.record['run_id']}-paths.json"
    record = json.loads(file.read_text(encoding="utf-8"))
    assert record["groups"] == 4
    assert len(record["sharpes"]) == 1
    assert len(record["daily_returns"][0]) == 7
    assert record["trials"] == 4


def test_one_run_is_one_line_of_the_ledger(outcome: WalkOutcome, ground: SearchGround) -> None:
    lines = [one for one in trials.runs(ground.userdir) if one["study"] == outcome.record["run_id"]]
    assert [(one["command"], one["epochs"]) for one in lines] == [("walk-forward", 6)]


def test_what_was_killed_between_windows_goes_on_and_finds_the_same(
    outcome: WalkOutcome,
    request_of: WalkRequest,
    ground: SearchGround,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = ground.userdir / "plimsoll" / "walk-forward" / outcome.record["run_id"]
    kept = (folder / "train-00.json").read_bytes()
    for file in folder.iterdir():
        file.unlink()
    (folder / "train-00.json").write_bytes(kept)
    searched = list[int]()
    own = run_module.search_window
    monkeypatch.setattr(
        run_module, "search_window", lambda g, n, t, **k: (searched.append(n), own(g, n, t, **k))[1]
    )
    said = list[str]()
    again = walk_forward(request_of, said.append)
    assert again.again == 1
    assert "1 of 2 windows were searched before" in said
    without = {"at", "trials_on_data", "result_file"}
    assert {k: v for k, v in again.record.items() if k not in without} == {
        k: v for k, v in outcome.record.items() if k not in without
    }


def test_windows_that_the_data_cannot_hold_are_told(request_of: WalkRequest) -> None:
    with pytest.raises(UsageError, match="one window needs 35 days"):
        walk_forward(
            replace(request_of, cut=WindowRequest(train_days=30, test_days=5)), lambda _: None
        )


def test_a_kept_window_that_was_damaged_is_told(
    outcome: WalkOutcome, request_of: WalkRequest, ground: SearchGround
) -> None:
    folder = ground.userdir / "plimsoll" / "walk-forward" / outcome.record["run_id"]
    file = folder / "train-01.json"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    try:
        with pytest.raises(PlimsollError, match=r"train-01\.json is damaged"):
            walk_forward(request_of, lambda _: None)
    finally:
        file.write_bytes(whole)


def test_a_window_that_finds_nothing_leaves_the_account_as_it_is(
    request_of: WalkRequest, ground: SearchGround
) -> None:
    arguments = ground.arguments("--min-trades", "100000", epochs=1, timerange="20250604-20250611")
    made = walk_forward(
        replace(request_of, arguments=arguments, paths=PathRequest(wanted=False)), lambda _: None
    )
    assert [one["trades"] for one in made.record["windows"]] == [0, 0]
    assert made.record["out_of_sample"]["daily_returns"] == [0.0] * 4
    assert read_backtest(made.result_file).final_balance_usd == 10_000.0
    assert Path(made.record["result_file"]).exists()
