"""A verdict says what it rests on, is chained to the one before, and cannot be edited."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plimsoll.gates.bundle import (
    BundleError,
    bundle_before,
    read_bundle,
    why_closed,
)
from plimsoll.gates.case import Case
from plimsoll.gates.criterion import Gate
from plimsoll.gates.hashing import with_seal
from plimsoll.gates.scaling import Decision, Review
from plimsoll.gates.settings import GateSettings
from tests.support.evidence import NOW, Evidence
from tests.unit.gates.cases import bundle_of, case_of, file_all, pass_all

EVIDENCE = Evidence()
SUBJECT = EVIDENCE.subject


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Case]:
    folder = tmp_path_factory.mktemp("filed")
    file_all(EVIDENCE, folder)
    return folder, case_of(EVIDENCE, folder)


@pytest.fixture
def userdir(filed: tuple[Path, Case], tmp_path: Path) -> Path:
    shutil.copytree(filed[0], tmp_path / "user_data")
    return tmp_path / "user_data"


@pytest.fixture
def case(filed: tuple[Path, Case]) -> Case:
    return filed[1]


def review(decision: Decision, to_usd: float) -> Review:
    return Review(decision, 500.0, to_usd, "Ada", "as agreed", NOW, Decision.KEEP)


def test_a_go_has_the_hashes_of_all_that_it_rests_on(userdir: Path, case: Case) -> None:
    file = bundle_of(Gate.SANDBOX, case, userdir)
    bundle = read_bundle(file)
    assert bundle.is_go
    assert file == userdir / "plimsoll/evidence/bundles/Mine/sandbox.json"
    for piece in bundle.record["evidence"]:
        assert piece["files"], piece["name"]
        for one in piece["files"]:
            assert (userdir / "plimsoll/evidence" / one["file"]).is_file()


def test_each_verdict_is_kept_beside_the_last(userdir: Path, case: Case) -> None:
    file = bundle_of(Gate.SANDBOX, case, userdir)
    assert sorted(one.name for one in file.parent.iterdir()) == [
        "sandbox-20261101T120000.json",
        "sandbox.json",
    ]


def test_gates_are_passed_in_their_order(userdir: Path, case: Case) -> None:
    lab = read_bundle(bundle_of(Gate.LAB, case, userdir))
    assert not lab.is_go
    assert lab.record["objections"] == [
        "the sandbox gate was not judged; run: plimsoll gate sandbox --strategy Mine"
    ]
    sandbox = read_bundle(bundle_of(Gate.SANDBOX, case, userdir))
    lab = read_bundle(bundle_of(Gate.LAB, case, userdir))
    assert lab.is_go
    assert lab.record["previous"]["sha256"] == sandbox.record["sha256"]


def test_all_gates_up_to_real_money(userdir: Path, case: Case) -> None:
    live = read_bundle(pass_all(case, userdir))
    assert (live.is_go, live.gate, live.capital_usd) == (True, Gate.LIVE, 500.0)
    assert why_closed(live, SUBJECT) is None


def test_a_no_go_before_closes_the_next(userdir: Path, case: Case) -> None:
    bundle_of(
        Gate.SANDBOX, case, userdir, settings=GateSettings(limits={"out_of_sample_days": 999})
    )
    _, closed = bundle_before(Gate.LAB, SUBJECT, userdir)
    assert closed is not None
    assert "the sandbox gate of Mine was a no-go at 2026-11-01 12:00 UTC" in closed


@pytest.mark.parametrize("name", ["code", "source", "parameters", "config", "freqtrade"])
def test_a_verdict_of_another_subject_closes_the_next(userdir: Path, case: Case, name: str) -> None:
    bundle_of(Gate.SANDBOX, case, userdir)
    _, closed = bundle_before(Gate.LAB, replace(SUBJECT, **{name: "other"}), userdir)
    assert closed is not None
    assert "was judged for another" in closed


Doctor = Callable[[dict[str, Any]], None]


def verdict_turned(record: dict[str, Any]) -> None:
    record["verdict"] = "go"


def row_turned(record: dict[str, Any]) -> None:
    for row in record["criteria"]:
        row["go"] = True
    record["verdict"] = "go"


def row_left_out(record: dict[str, Any]) -> None:
    record["criteria"] = [row for row in record["criteria"] if row["go"]]
    record["verdict"] = "go"


def value_gone(record: dict[str, Any]) -> None:
    for row in record["criteria"]:
        row |= {"go": True, "value": None if not row["go"] else row["value"]}
    record["verdict"] = "go"


@pytest.mark.parametrize("doctor", [verdict_turned, row_turned, row_left_out, value_gone])
def test_a_verdict_that_was_edited_is_refused_even_under_a_new_seal(
    userdir: Path, case: Case, doctor: Doctor
) -> None:
    settings = GateSettings(limits={"out_of_sample_days": 999})
    file = bundle_of(Gate.SANDBOX, case, userdir, settings=settings)
    record = json.loads(file.read_bytes())
    doctor(record)
    file.write_text(json.dumps(record))
    with pytest.raises(BundleError, match="changed by hand"):
        read_bundle(file)
    file.write_text(json.dumps(with_seal(record)))
    assert not read_bundle(file).is_go
    assert why_closed(read_bundle(file), SUBJECT) is not None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 2, "gate": "live"}'])
def test_anything_else_is_no_bundle(tmp_path: Path, content: str) -> None:
    file = tmp_path / "live.json"
    file.write_text(content)
    with pytest.raises(BundleError):
        read_bundle(file)


def test_a_sealed_record_that_is_no_verdict_is_no_bundle(tmp_path: Path) -> None:
    file = tmp_path / "live.json"
    file.write_text(json.dumps(with_seal({"format": 1, "gate": "tea"})))
    with pytest.raises(BundleError, match="no readable gate bundle"):
        read_bundle(file)


def test_loosening_is_an_event_on_record(userdir: Path, case: Case) -> None:
    settings = GateSettings(limits={"out_of_sample_drawdown": 0.4, "out_of_sample_days": 200})
    file = bundle_of(Gate.SANDBOX, case, userdir, settings=settings)
    assert read_bundle(file).record["loosened"] == [
        {
            "event": "loosened",
            "criterion": "out_of_sample_drawdown",
            "shipped": 0.2,
            "limit": 0.4,
        }
    ]
    assert read_bundle(file).loosened == ["out_of_sample_drawdown"]
    lab = read_bundle(bundle_of(Gate.LAB, case, userdir))
    assert lab.record["previous"]["loosened"] == ["out_of_sample_drawdown"]


@pytest.mark.parametrize(
    ("decision", "to_usd", "is_go"),
    [
        (Decision.INCREASE, 1_000.0, False),
        (Decision.KEEP, 500.0, True),
        (Decision.DECREASE, 200.0, True),
        (Decision.WITHDRAW, 0.0, False),
    ],
)
def test_a_review_may_keep_and_lower_capital_whatever_was_measured(
    userdir: Path, case: Case, decision: Decision, to_usd: float, is_go: bool
) -> None:
    pass_all(case, userdir)
    case = replace(case, pieces={name: one for name, one in case.pieces.items() if name != "live"})
    file = bundle_of(Gate.SCALE, case, userdir, capital_usd=to_usd, review=review(decision, to_usd))
    bundle = read_bundle(file)
    assert (bundle.is_go, bundle.capital_usd) == (is_go, to_usd)


def test_an_increase_on_good_evidence_is_a_go(userdir: Path, case: Case) -> None:
    pass_all(case, userdir)
    given = {"capital_usd": 1_000.0, "review": review(Decision.INCREASE, 1_000.0)}
    assert read_bundle(bundle_of(Gate.SCALE, case, userdir, **given)).is_go
