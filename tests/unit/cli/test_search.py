"""``plimsoll search``: what is shown of a search, and what is said of bad input."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plimsoll.cli import app, search
from plimsoll.core import UsageError
from plimsoll.lab.search import run
from plimsoll.lab.search.confirmation import Confirmation
from plimsoll.lab.search.identity import Identity
from plimsoll.lab.search.run import SearchOutcome, SearchRequest, Watcher
from plimsoll.lab.search.worker import Told

CONFIRMED = Confirmation("aa", "aa", 1.5, 1.5, 12)
OUTCOME = SearchOutcome(
    study="a",
    storage="a.journal",
    identity=Identity("TrendFollow", "20250601-", "SharpeHyperOptLoss", "d", "c", "f", "s"),
    epochs=6,
    epochs_now=4,
    lost=1,
    seconds=2.0,
    best_loss=-1.25,
    best_params={"x": 1},
    details={"params_details": {"buy": {"x": 1}}, "params_not_optimized": {}},
    confirmation=CONFIRMED,
    refusal=None,
    trials_on_data=30,
    exported=None,
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[SearchRequest]:
    """Requests that reach the search, which answers `OUTCOME` after two epochs."""
    requests: list[SearchRequest] = []

    def answer(request: SearchRequest, watcher: Watcher) -> SearchOutcome:
        requests.append(request)
        watcher.say("study a: 6 epochs")
        for number, loss in enumerate((2.0, 3.0, 1.0)):
            watcher.epoch(Told(number, {"x": number}, loss, 10, 0.01))
        return OUTCOME

    monkeypatch.setattr(run, "search", answer)
    return requests


def test_what_is_not_ours_is_freqtrades(asked: list[SearchRequest]) -> None:
    said = ["search", "--workers", "2", "--strategy", "TrendFollow", "--spaces", "buy", "sell"]
    made = CliRunner().invoke(app, [*said, "--storage", "a.journal", "--export"])
    assert made.exit_code == 0, made.output
    assert asked == [
        SearchRequest(
            arguments=("--strategy", "TrendFollow", "--spaces", "buy", "sell"),
            workers=2,
            storage="a.journal",
            export=True,
        )
    ]


def test_rate_best_and_both_hashes_are_shown(asked: list[SearchRequest]) -> None:
    made = CliRunner().invoke(app, ["search"])
    assert "6 epochs, 4 of them now in 2.0 s (120 a minute); 30 trials on this data" in made.output
    assert "the same. Search aa, +1.50000000; Freqtrade aa, +1.50000000; 12 trades" in made.output
    assert "1 epochs; best is 1: loss 2, 10 trades, +1.00%" in made.output
    assert "best is 3: loss 1" in made.output
    assert "best is 2" not in made.output


def test_json_has_all_of_it(asked: list[SearchRequest]) -> None:
    told = json.loads(CliRunner().invoke(app, ["search", "--json"]).stdout)
    assert told["confirmed"] is True
    assert told["epochs_a_minute"] == 120.0
    assert told["params"] == {"buy": {"x": 1}}
    assert told["identity"]["data"] == "d"


def test_a_winner_that_freqtrade_does_not_confirm_ends_with_a_status(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = replace(OUTCOME, confirmation=replace(CONFIRMED, freqtrade_hash="bb"))
    monkeypatch.setattr(run, "search", lambda *_: other)
    made = CliRunner().invoke(app, ["search"])
    assert made.exit_code == 1
    assert "NOT THE SAME" in made.output


def test_a_search_without_a_winner_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    none = replace(OUTCOME, best_loss=None, best_params=None, details=None, confirmation=None)
    monkeypatch.setattr(run, "search", lambda *_: none)
    made = CliRunner().invoke(app, ["search"])
    assert made.exit_code == 0
    assert "there is no winner" in made.output


def test_bad_arguments_are_one_line(tmp_path: Path) -> None:
    made = CliRunner().invoke(app, ["search", "--userdir", str(tmp_path), "--nonsense"])
    assert isinstance(made.exception, UsageError)
    assert "unrecognized arguments: --nonsense" in str(made.exception)


def test_a_tally_counts_and_keeps_the_best() -> None:
    tally = search._Tally()
    assert tally.words() == "no epoch yet"
    assert tally.add(Told(0, {}, 5.0, None, None))
    assert not tally.add(Told(1, {}, 6.0, 3, 0.1))
    assert tally.words().endswith("best is 1: loss 5")
