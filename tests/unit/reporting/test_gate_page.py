"""The page of a verdict shows each criterion, its evidence's hash, and what to type."""

import json
from pathlib import Path
from typing import Any

import pytest

from plimsoll.gates.criterion import Gate
from plimsoll.gates.settings import GateSettings
from plimsoll.reporting.gate_page import gate_page, verdict_words
from tests.support.evidence import Evidence
from tests.unit.gates.cases import bundle_of, case_of, file_all

EVIDENCE = Evidence(strategy="Mine")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("page")
    file_all(EVIDENCE, made)
    return made


@pytest.fixture(scope="module")
def record(folder: Path) -> dict[str, Any]:
    case = case_of(EVIDENCE, folder)
    return dict(json.loads(bundle_of(Gate.SANDBOX, case, folder).read_bytes()))


def test_it_shows_every_criterion_and_the_hash_it_rests_on(record: dict[str, Any]) -> None:
    page = gate_page(record)
    for row in record["criteria"]:
        assert row["name"] in page
    for piece in record["evidence"]:
        for one in piece["files"]:
            assert one["sha256"] in page
    assert record["sha256"] in page
    assert page.count("<svg") == 2
    assert gate_page(record) == page


def test_it_fetches_nothing_and_runs_no_script(record: dict[str, Any]) -> None:
    page = gate_page(record)
    for word in ("<script", "<link", "src=", "@import", "http-equiv"):
        assert word not in page


def test_what_evidence_says_of_itself_is_text(record: dict[str, Any]) -> None:
    hostile = json.loads(json.dumps(record).replace("run-1.json", "<script>x</script>"))
    assert "<script" not in gate_page(hostile)


def test_a_no_go_says_why_and_what_to_type(folder: Path) -> None:
    settings = GateSettings(limits={"out_of_sample_days": 999, "holding_minutes": 1})
    file = bundle_of(Gate.SANDBOX, case_of(EVIDENCE, folder), folder, settings=settings)
    record = json.loads(file.read_bytes())
    page = gate_page(record)
    assert verdict_words(record) == "NO-GO. 1 criterion is not met."
    assert "540.0 days, asked for at least 999.0 days" in page
    assert "plimsoll walk-forward --strategy Mine" in page
    assert "at least 1.0 minutes (loosened)" in page


def test_a_verdict_without_a_curve_has_none(folder: Path) -> None:
    case = case_of(EVIDENCE, folder)
    record = json.loads(bundle_of(Gate.LIVE, case, folder).read_bytes())
    assert "<svg" not in gate_page({**record, "figures": {}})
    assert "the paper gate was not judged" in verdict_words(record)


def test_a_review_is_told_in_a_sentence(record: dict[str, Any]) -> None:
    review = {
        "decision": "keep",
        "from_usd": 500,
        "to_usd": 500,
        "by": "Ada",
        "reason": "too early",
        "recommended": "increase",
    }
    assert verdict_words({**record, "review": review}) == (
        "GO. Review: keep, from 500 to 500 USD, by Ada: too early. The evidence speaks for: "
        "increase. 0 criteria not met."
    )
