"""Rows of a matrix are kept as they finish."""

import json
from datetime import UTC, datetime
from pathlib import Path

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.lab.parity_matrix import Entrant, Row, Span, read_row, run_rows

SPAN = Span("calm", datetime(2025, 3, 1, tzinfo=UTC), 3)
ENTRANT = Entrant("Crosses", "1h", 2)


def run(folder):
    said = []
    rows = run_rows([(ENTRANT, SPAN)], folder, folder / "no-data", Path("nowhere"), said.append)
    return rows, said


def keep(folder, **changes):
    file = folder / "rows" / "Crosses-calm.json"
    file.parent.mkdir(parents=True)
    row = {
        "strategy": "Crosses",
        "span": "calm",
        "begin": "2025-03-01",
        "end": "2025-03-03",
        "timeframe": "1h",
        "code": code_fingerprint(),
        "fraction": 0.001,
        **changes,
    }
    file.write_text(json.dumps(row), encoding="utf-8")
    return file


def test_a_finished_row_is_not_run_again(tmp_path):
    keep(tmp_path)
    rows, said = run(tmp_path)

    assert rows[0].fraction == 0.001
    assert said == []


def test_a_row_of_other_code_is_made_again_and_a_failure_is_a_row(tmp_path):
    file = keep(tmp_path, code="other")
    rows, said = run(tmp_path)

    assert rows[0].error
    assert "Crosses, calm" in said[0]
    kept = read_row(file)
    assert kept is not None
    assert kept.error == rows[0].error
    assert (kept.begin, kept.end) == ("2025-03-01", "2025-03-03")


def test_a_row_of_other_dates_is_made_again(tmp_path):
    keep(tmp_path, end="2025-03-04")

    assert run(tmp_path)[0][0].error


def test_a_row_that_was_cut_off_in_writing_is_none(tmp_path):
    file = keep(tmp_path)
    file.write_text(file.read_text(encoding="utf-8")[:-20], encoding="utf-8")

    assert read_row(file) is None
    assert read_row(tmp_path / "none.json") is None
    assert isinstance(read_row(keep(tmp_path / "again")), Row)
