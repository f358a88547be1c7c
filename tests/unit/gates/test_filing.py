"""A file is recognised by its content, and filed only when it is whole."""

import json
from pathlib import Path
from typing import Any

import pytest

from plimsoll.core import PlimsollError, UsageError
from plimsoll.gates.filing import file_artefact, file_record, kind_of_file
from plimsoll.gates.kinds import Kind
from plimsoll.gates.reading import EvidenceError
from plimsoll.gates.register import Register
from tests.support.evidence import NOW, Evidence, as_bytes

EVIDENCE = Evidence()
LEDGER = b"\n".join(as_bytes(one) for one in EVIDENCE.trials()) + b"\n"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (EVIDENCE.result(), Kind.RESULT),
        (as_bytes(EVIDENCE.walk_forward()), Kind.WALK_FORWARD),
        (as_bytes(EVIDENCE.paths()), Kind.PATHS),
        (LEDGER, Kind.TRIALS),
        (LEDGER.splitlines()[0], Kind.TRIALS),
        (as_bytes(EVIDENCE.certificate()), Kind.DRILL),
        (as_bytes(EVIDENCE.audit()), Kind.AUDIT),
        (as_bytes(EVIDENCE.account()), Kind.PAPER),
    ],
)
def test_a_file_is_what_its_content_says(content: bytes, kind: Kind) -> None:
    assert kind_of_file(content) is kind


@pytest.mark.parametrize("content", [b"", b"text", b"[]", b"{}", b"3", b"\xff\xfe"])
def test_anything_else_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file.json"
    file.write_bytes(content)
    with pytest.raises(EvidenceError, match=r"file\.json: it is no evidence"):
        file_artefact(Register(tmp_path), file, NOW)


def test_a_result_is_filed_for_its_strategy(tmp_path: Path) -> None:
    file = tmp_path / "hold.zip"
    file.write_bytes(EVIDENCE.result(strategy="BuyAndHold"))
    [filed] = file_artefact(Register(tmp_path), file, NOW)
    assert (filed.kind, filed.strategy) == (Kind.RESULT, "BuyAndHold")


def test_a_walk_forward_is_filed_with_its_result(tmp_path: Path) -> None:
    EVIDENCE.write(tmp_path)
    file = tmp_path / "plimsoll/evidence/walk-forward/run-1.json"
    [filed] = file_artefact(Register(tmp_path), file, NOW)
    assert [Path(one.file).suffix for one in filed.copies] == [".json", ".zip"]
    file.with_suffix(".zip").unlink()
    with pytest.raises(PlimsollError, match="names a result that is not there"):
        file_artefact(Register(tmp_path), file, NOW)


def test_a_doctored_file_is_not_filed(tmp_path: Path) -> None:
    file = tmp_path / "audit.json"
    file.write_bytes(as_bytes({**EVIDENCE.audit(), "compared": True}))
    with pytest.raises(EvidenceError, match="counts for nothing: it was changed by hand"):
        file_artefact(Register(tmp_path), file, NOW)
    assert Register(tmp_path).filed() == []


def test_a_record_that_does_not_say_whose_it_is_needs_a_name(tmp_path: Path) -> None:
    record: dict[str, Any] = Evidence(strategy="").audit()
    file = tmp_path / "audit.json"
    file.write_text(json.dumps(record))
    with pytest.raises(UsageError, match="name it: --strategy"):
        file_artefact(Register(tmp_path), file, NOW)
    [filed] = file_artefact(Register(tmp_path), file, NOW, strategy="Mine")
    assert filed.strategy == "Mine"


def test_a_record_of_another_strategy_is_not_taken_for_this_one(tmp_path: Path) -> None:
    file = tmp_path / "audit.json"
    file.write_text(json.dumps(EVIDENCE.audit()))
    with pytest.raises(UsageError, match="is of Mine, not of Other"):
        file_artefact(Register(tmp_path), file, NOW, strategy="Other")


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected a file of evidence"):
        file_artefact(Register(tmp_path), tmp_path / "none.json", NOW)


def test_a_record_that_was_just_made_is_filed_as_it_is(tmp_path: Path) -> None:
    register = Register(tmp_path)
    filed = file_record(register, EVIDENCE.log(), NOW, strategy="Mine")
    assert json.loads(register.contents(filed)[0]) == EVIDENCE.log()
