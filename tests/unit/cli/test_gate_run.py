"""All gates, one after the other, on the evidence of a shipped strategy."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plimsoll.bridge.config.expectation import read_expectation
from plimsoll.cli.gate_run import Asked, Outcome, run_gate
from plimsoll.core import UsageError
from plimsoll.gates.criterion import Gate
from plimsoll.gates.hashing import seal_fault
from plimsoll.gates.places import trials_file, walk_forward_folder
from plimsoll.gates.register import VERDICT, Register
from tests.unit.cli.gates import LAYERS, LIVE_LAYERS, STRATEGY, layers, whole_folder

ATTEST = "Ada: I can lose it"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    userdir = tmp_path_factory.mktemp("whole") / "user_data"
    whole_folder(userdir)
    return userdir


@pytest.fixture
def userdir(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(whole, tmp_path / "user_data")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "user_data"


Run = Callable[..., Outcome]


@pytest.fixture
def run(userdir: Path) -> Run:
    def judged(gate: Gate, **changed: object) -> Outcome:
        names = LIVE_LAYERS if gate in (Gate.LIVE, Gate.SCALE) else LAYERS
        given = {"config": tuple(layers(userdir, names)), **changed}
        return run_gate(gate, Asked(strategy=STRATEGY, userdir=userdir, **given))  # type: ignore[arg-type]

    return judged


def no_goes(outcome: Outcome) -> dict[str, str]:
    return {row["name"]: row["reason"] for row in outcome.record["criteria"] if not row["go"]}


def test_from_the_sandbox_to_real_money(run: Run, userdir: Path) -> None:
    for gate in (Gate.SANDBOX, Gate.LAB, Gate.PAPER):
        outcome = run(gate)
        assert (no_goes(outcome), outcome.record["objections"]) == ({}, [])
        assert outcome.record["verdict"] == "go"
        assert "GO. All" in outcome.page.read_text()
    live = run(Gate.LIVE, attest=ATTEST)
    assert (no_goes(live), live.record["verdict"]) == ({}, "go")
    assert live.record["capital_usd"] == 500
    assert live.record["attestation"]["by"] == "Ada"
    scaled = run(Gate.SCALE, attest=ATTEST, to_usd=1_000.0)
    assert scaled.record["review"]["decision"] == "increase"
    assert scaled.record["verdict"] == "no-go"  # on its first day
    assert "0.0 days" in no_goes(scaled)["step_days"]
    verdicts = [one for one in Register(userdir).entries() if one["kind"] == VERDICT]
    assert [one["gate"] for one in verdicts] == ["sandbox", "lab", "paper", "live", "scale"]


def test_the_expectation_of_the_divergence_guard_comes_out_of_the_tested_days(
    run: Run, userdir: Path
) -> None:
    outcome = run(Gate.SANDBOX)
    file = outcome.file.parent / "expectation.json"
    promise = read_expectation(str(file))
    assert promise is not None
    assert promise.trades == 540
    assert "out of sample" in promise.source
    assert outcome.notes == (
        f"written: {file}, for plimsoll.expectation_file in the config of a bot",
    )


def test_without_any_evidence_every_row_says_what_to_type(run: Run, userdir: Path) -> None:
    shutil.rmtree(userdir / "plimsoll/evidence")
    outcome = run(Gate.SANDBOX)
    assert outcome.record["verdict"] == "no-go"
    assert all(row["command"] and not row["go"] for row in outcome.record["criteria"])
    assert "plimsoll walk-forward --strategy TrendFollow" in outcome.page.read_text()


def test_a_walk_forward_that_was_edited_after_it_was_filed_is_no_go(
    run: Run, userdir: Path
) -> None:
    file = walk_forward_folder(userdir) / "run-1.json"
    record = json.loads(file.read_bytes())
    record["trials"] = 1
    file.write_text(json.dumps(record))
    reasons = no_goes(run(Gate.SANDBOX))
    assert "evidence is not edited, it is made anew" in reasons["out_of_sample_sharpe"]


def test_a_ledger_that_lost_lines_is_no_go(run: Run, userdir: Path) -> None:
    run(Gate.SANDBOX)
    file = trials_file(userdir)
    file.write_bytes(file.read_bytes().splitlines(keepends=True)[1])
    assert "lost or changed lines" in no_goes(run(Gate.LAB))["deflated_sharpe"]


def test_an_edited_strategy_makes_everything_stale(run: Run, userdir: Path) -> None:
    file = userdir / f"strategies/{STRATEGY}.py"
    file.write_text(file.read_text() + "\n# tuned\n")
    reasons = no_goes(run(Gate.SANDBOX))
    assert "another file of the strategy" in reasons["out_of_sample_sharpe"]


def test_another_config_makes_it_stale(run: Run, userdir: Path, tmp_path: Path) -> None:
    layer = tmp_path / "mine.json"
    layer.write_text('{"stoploss": -0.5}')
    config = (*layers(userdir), layer)
    assert "another config" in no_goes(run(Gate.SANDBOX, config=config))["out_of_sample_days"]


def test_a_tightened_limit_holds_and_a_loosened_one_is_on_record(
    run: Run, userdir: Path, tmp_path: Path
) -> None:
    layer = tmp_path / "mine.json"
    limits = {"out_of_sample_days": 541, "out_of_sample_drawdown": 0.5}
    layer.write_text(json.dumps({"plimsoll": {"gates": {"limits": limits}}}))
    outcome = run(Gate.SANDBOX, config=(*layers(userdir), layer))
    assert set(no_goes(outcome)) == {"out_of_sample_days"}
    assert [one["criterion"] for one in outcome.record["loosened"]] == ["out_of_sample_drawdown"]
    assert Register(userdir).entries()[-1]["loosened"] == ["out_of_sample_drawdown"]


def test_live_without_a_person_is_no_go(run: Run, userdir: Path) -> None:
    for gate in (Gate.SANDBOX, Gate.LAB, Gate.PAPER):
        run(gate)
    later = datetime.now(UTC) + timedelta(days=9)
    names = tuple(layers(userdir, LIVE_LAYERS))
    asked = Asked(strategy=STRATEGY, userdir=userdir, config=names)
    reasons = no_goes(run_gate(Gate.LIVE, asked, later))
    assert "9 days old" in reasons["attested"] or "11 days old" in reasons["attested"]


@pytest.mark.parametrize("said", ["Ada", ": why", "Ada:", " : "])
def test_an_attestation_has_a_name_and_a_reason(run: Run, said: str) -> None:
    with pytest.raises(UsageError, match='expected --attest "NAME: reason"'):
        run(Gate.LIVE, attest=said)


def test_capital_beyond_the_first_step_is_no_go(run: Run, userdir: Path, tmp_path: Path) -> None:
    layer = tmp_path / "rich.json"
    layer.write_text('{"available_capital": 501}')
    config = (*layers(userdir, LIVE_LAYERS), layer)
    reasons = no_goes(run(Gate.LIVE, attest=ATTEST, config=config))
    assert reasons == {"capital": "501 USD, asked for at most 500 USD"}


def test_a_step_without_a_live_gate_is_wrong_usage(run: Run) -> None:
    with pytest.raises(UsageError, match="the live gate was not judged"):
        run(Gate.SCALE, attest=ATTEST, to_usd=1_000.0)


def test_reviews_are_decisions_on_record(run: Run) -> None:
    for gate in (Gate.SANDBOX, Gate.LAB, Gate.PAPER):
        run(gate)
    run(Gate.LIVE, attest=ATTEST)
    with pytest.raises(UsageError, match="at most 1,000 USD"):
        run(Gate.SCALE, attest=ATTEST, to_usd=2_000.0)
    kept = run(Gate.SCALE, attest="Ada: too early", to_usd=500.0).record
    assert (kept["verdict"], kept["capital_usd"]) == ("go", 500.0)
    assert kept["review"]["decision"] == "keep"
    assert kept["review"]["recommended"] == "keep"
    withdrawn = run(Gate.SCALE, attest="Ada: no more", to_usd=0.0).record
    assert (withdrawn["verdict"], withdrawn["review"]["decision"]) == ("no-go", "withdraw")
    assert seal_fault(withdrawn) is None


def test_a_strategy_or_folder_that_is_not_there_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        run_gate(Gate.SANDBOX, Asked(strategy="Nobody", userdir=tmp_path / "user_data"))
    with pytest.raises(UsageError, match="expected a user folder"):
        run_gate(Gate.SANDBOX, Asked(strategy=STRATEGY, userdir=tmp_path / "none"))
