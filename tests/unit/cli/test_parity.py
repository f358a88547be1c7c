"""``plimsoll parity`` as a person calls it."""

import json

import pytest

from tests.unit.cli.commands import assert_one_line, plimsoll
from tests.unit.lab.parity_records import make_records


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    return [str(one) for one in make_records(tmp_path_factory.mktemp("records"))]


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *words: plimsoll("parity", *words, monkeypatch=monkeypatch, capsys=capsys)


def test_the_bill_is_printed_and_a_difference_beyond_the_limit_is_status_1(run, records):
    ran = run(*records)

    assert ran.status == 1
    assert "A  Crosses, backtest: 4 trades" in ran.out
    assert "A stop was filled away from its level" in ran.out
    assert "outside of the limit of 2.00%" in ran.out


def test_within_the_limit_is_status_0(run, records):
    assert run(*records, "--limit", "5").status == 0
    assert run(records[1], records[1], "--limit", "0").status == 0


def test_json_is_one_object_with_every_piece(run, records):
    record = json.loads(run(*records, "--json").out)

    assert record["matched"] == 3
    assert round(sum(one["amount"] for one in record["pieces"]), 8) == record["difference"]
    assert record["remarks"]


def test_the_page_is_written_where_it_is_asked_for(run, records, tmp_path):
    ran = run(*records, "--html", str(tmp_path / "page"))

    page = (tmp_path / "page" / "parity.html").read_text(encoding="utf-8")
    assert str(tmp_path / "page" / "parity.html") in ran.out
    assert "Where the difference comes from" in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "two records"),
        (("--check", "X", "a", "b"), "name none"),
        (("--check", "X"), "--timerange"),
        (("--check", "X", "--timerange", "20250401-20250401"), "end after"),
        (("--check", "X", "--timerange", "20250401-20250402"), "--datadir"),
        (("--check", "X", "--timerange", "20250401-20250402", "--market", "moon"), "moon"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(run, words, said):
    ran = run(*words)

    assert ran.status == 2
    assert_one_line(ran, said)


def test_a_missing_record_is_status_2(run, records, tmp_path):
    ran = run(records[0], str(tmp_path / "none.sqlite"))

    assert ran.status == 2
    assert_one_line(ran, "none.sqlite")
