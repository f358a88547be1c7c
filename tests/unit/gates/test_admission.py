"""A bot shows a live verdict for just what it is, or does not trade with money."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.gates.admission import REVIEW_DAYS, admit
from plimsoll.gates.bundle import BundleError
from plimsoll.gates.case import Case
from plimsoll.gates.criterion import Gate
from plimsoll.gates.hashing import with_seal
from plimsoll.gates.places import bundle_folder
from plimsoll.gates.scaling import Decision, Review
from plimsoll.gates.settings import GateSettings
from plimsoll.gates.subject import Subject
from tests.support.evidence import NOW, Evidence
from tests.unit.gates.cases import bundle_of, case_of, file_all, pass_all

EVIDENCE = Evidence(limits={"max_open_positions": 1})
SUBJECT = EVIDENCE.subject
LATER = NOW + timedelta(days=1)


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Case]:
    """A user folder in which every gate was passed up to live, and its case."""
    folder = tmp_path_factory.mktemp("passed")
    file_all(EVIDENCE, folder)
    case = case_of(EVIDENCE, folder)
    pass_all(case, folder)
    return folder, case


@pytest.fixture
def userdir(passed: tuple[Path, Case], tmp_path: Path) -> Path:
    shutil.copytree(passed[0], tmp_path / "user_data")
    return tmp_path / "user_data"


@pytest.fixture
def case(passed: tuple[Path, Case]) -> Case:
    return passed[1]


def live_file(userdir: Path) -> Path:
    return bundle_folder(userdir) / "Mine/live.json"


def refusal(
    userdir: Path,
    subject: Subject = SUBJECT,
    capital_usd: float | None = 500.0,
    place: Path | None = None,
) -> str:
    with pytest.raises(BundleError) as refused:
        admit(place or bundle_folder(userdir), userdir, subject, capital_usd, LATER)
    text = str(refused.value)
    assert text.startswith("Mine must not trade with money: ")
    assert "\n" not in text
    assert "plimsoll gate" in text
    return text


def test_the_live_verdict_of_this_strategy_lets_it_trade(userdir: Path) -> None:
    admitted = admit(bundle_folder(userdir), userdir, SUBJECT, 500.0, LATER)
    assert (admitted.bundle.capital_usd, admitted.warnings) == (500.0, ())
    assert admit(live_file(userdir), userdir, SUBJECT, 500.0, LATER) == admitted


def test_without_a_bundle_it_does_not_trade(tmp_path: Path) -> None:
    assert "found none" in refusal(tmp_path)
    assert "run: plimsoll gate live --strategy Mine" in refusal(tmp_path)
    assert "found none" in refusal(tmp_path, place=tmp_path / "absent.json")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("code", "another code of the package"),
        ("source", "another file of the strategy"),
        ("parameters", "another set of parameters"),
        ("config", "another config"),
        ("freqtrade", "another Freqtrade"),
        ("plimsoll", "another Plimsoll"),
    ],
)
def test_any_change_since_the_verdict_closes_the_gate(userdir: Path, name: str, words: str) -> None:
    assert words in refusal(userdir, replace(SUBJECT, **{name: "other"}))


def test_a_verdict_of_another_strategy_is_none(userdir: Path) -> None:
    other = bundle_folder(userdir) / "Mine/live.json"
    with pytest.raises(BundleError, match="another strategy"):
        admit(other, userdir, replace(SUBJECT, strategy="Other"), 500.0, LATER)


def test_looser_limits_than_those_that_were_judged_close_the_gate(userdir: Path) -> None:
    looser = replace(SUBJECT, limits={"max_open_positions": 2})
    assert "limits are looser than those that were judged: max_open_positions" in refusal(
        userdir, looser
    )
    tighter = replace(SUBJECT, limits={"max_open_positions": 1, "max_trades_per_day": 1})
    assert admit(bundle_folder(userdir), userdir, tighter, 500.0, LATER)


@pytest.mark.parametrize(
    ("capital", "words"),
    [
        (501.0, "available_capital is 501 USD"),
        (None, "expected available_capital"),
        (float("nan"), "available_capital is nan"),
    ],
)
def test_more_capital_than_the_gate_gave_closes_it(
    userdir: Path, capital: float | None, words: str
) -> None:
    assert words in refusal(userdir, capital_usd=capital)


def doctored(userdir: Path, change: Callable[[dict[str, Any]], object], *, seal: bool) -> None:
    record = json.loads(live_file(userdir).read_bytes())
    change(record)
    live_file(userdir).write_text(json.dumps(with_seal(record) if seal else record))


def test_a_bundle_that_was_edited_is_refused(userdir: Path) -> None:
    doctored(userdir, lambda record: record.update(capital_usd=5_000.0), seal=False)
    assert "changed by hand" in refusal(userdir, capital_usd=5_000.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda record: record.update(previous=None), "does not rest on the gate before"),
        (lambda record: record.update(attestation=None), "no attestation"),
        (lambda record: record.update(capital_usd=0), "trade with nothing"),
        (lambda record: record["criteria"].pop(), "lacks the criterion"),
        (lambda record: record.update(made_at="2027-01-01T00:00:00+00:00"), "of the future"),
        (lambda record: record.update(gate="paper", criteria=[]), "opens nothing live"),
    ],
)
def test_a_bundle_with_a_new_seal_must_still_be_a_live_verdict(
    userdir: Path, change: Callable[[dict[str, Any]], object], words: str
) -> None:
    doctored(userdir, change, seal=True)
    assert words in refusal(userdir)


def test_evidence_that_was_edited_closes_the_gate(userdir: Path) -> None:
    record = json.loads(live_file(userdir).read_bytes())
    file = record["evidence"][0]["files"][0]["file"]
    (userdir / "plimsoll/evidence" / file).write_bytes(b"better")
    assert f"was changed by hand: {file}" in refusal(userdir)


def test_evidence_that_stayed_elsewhere_is_a_warning(userdir: Path, tmp_path: Path) -> None:
    server = tmp_path / "server"
    server.mkdir()
    admitted = admit(live_file(userdir), server, SUBJECT, 500.0, LATER)
    [warning] = admitted.warnings
    assert "files of evidence behind the verdict are not here" in warning


def test_an_old_verdict_asks_for_its_review(userdir: Path) -> None:
    at = NOW + timedelta(days=REVIEW_DAYS, seconds=1)
    [warning] = admit(bundle_folder(userdir), userdir, SUBJECT, 500.0, at).warnings
    assert "a review is due" in warning


def test_a_gate_that_was_passed_with_looser_limits_says_so(userdir: Path, case: Case) -> None:
    settings = GateSettings(limits={"capital": 600.0})
    bundle_of(Gate.LIVE, case, userdir, settings=settings)
    [warning] = admit(bundle_folder(userdir), userdir, SUBJECT, 500.0, LATER).warnings
    assert warning == "the gate was passed with looser limits: capital"


def scaled(case: Case, userdir: Path, decision: Decision, to_usd: float) -> None:
    review = Review(decision, 500.0, to_usd, "Ada", "as agreed", NOW, decision)
    later = replace(case, now=NOW + timedelta(hours=1))
    bundle_of(Gate.SCALE, later, userdir, capital_usd=to_usd, review=review)


def test_a_step_up_gives_more_capital(userdir: Path, case: Case) -> None:
    scaled(case, userdir, Decision.INCREASE, 1_000.0)
    admitted = admit(bundle_folder(userdir), userdir, SUBJECT, 1_000.0, LATER)
    assert admitted.bundle.gate is Gate.SCALE


def test_a_step_down_takes_it_and_a_withdrawal_takes_all(userdir: Path, case: Case) -> None:
    scaled(case, userdir, Decision.DECREASE, 200.0)
    assert "the gate lets it have 200" in refusal(userdir, capital_usd=500.0)
    scaled(case, userdir, Decision.WITHDRAW, 0.0)
    assert "was a no-go" in refusal(userdir, capital_usd=100.0)


def test_a_later_no_go_of_the_live_gate_closes_it_again(userdir: Path, case: Case) -> None:
    settings = GateSettings(limits={"capital": 100.0})
    bundle_of(Gate.LIVE, case, userdir, settings=settings)
    assert "was a no-go" in refusal(userdir)
