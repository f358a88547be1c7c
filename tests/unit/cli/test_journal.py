"""``plimsoll journal``: each trade with its why and the log's hashes."""

import json
from pathlib import Path

import pytest

from plimsoll.journal.reading import Reading
from tests.unit.cli.bots import make_bot
from tests.unit.cli.commands import Run, assert_one_line


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_bot(tmp_path)


def words(folder: Path, *more: str) -> list[str]:
    return ["journal", "-c", str(folder / "config.json"), *more]


def test_a_trade_has_its_why_its_costs_and_the_hashes_of_its_records(
    folder: Path, run: Run
) -> None:
    record = json.loads(run(*words(folder, "--json")).out)
    assert len(record["trades"]) == 5
    one = record["trades"][1]
    assert one["pair"] == "ETH/USDT:USDT"
    assert one["why_entered"].startswith("long signal")
    assert one["why_left"].startswith("guard drawdown: fell too far")
    assert one["fees_usd"] == pytest.approx(40.0 * (50.0 + 45.0) * 0.0005)
    assert one["features"] == {"rsi_14": 31.5}
    assert [rec["kind"] for rec in one["records"]] == ["signal", "order", "fill", "halt", "exit"]
    log = folder / "user_data/plimsoll/decisions"
    written = {rec["hash"] for rec in Reading().records(log)}
    assert {rec["hash"] for rec in one["records"]} <= written
    assert record["log"]["head"] in written


def test_lines_tell_it_and_a_hostile_tag_stays_text(folder: Path, run: Run) -> None:
    told = run(*words(folder))
    assert told.status == 0, told.err
    assert "ETH/USDT:USDT long, 2025-03-01 12:00: −201.90 USDT" in told.out
    assert "  guards   allowed" in told.out
    assert "  log      signal " in told.out
    assert "still open" in told.out
    assert "The decision log is whole, " in told.out


def test_a_period_a_pair_and_a_count_choose_trades(folder: Path, run: Run) -> None:
    day = json.loads(run(*words(folder, "--daily", "--of", "2025-03-01", "--json")).out)
    assert [one["pair"][:3] for one in day["trades"]] == ["BTC", "ETH"]
    assert day["trades"][1]["closed"] is None  # it closed on the next day
    eth = json.loads(run(*words(folder, "--pair", "eth", "--json")).out)
    assert {one["pair"] for one in eth["trades"]} == {"ETH/USDT:USDT"}
    assert len(json.loads(run(*words(folder, "-n", "1", "--json")).out)["trades"]) == 1


def test_a_log_that_was_changed_is_status_1(folder: Path, run: Run) -> None:
    file = min((folder / "user_data/plimsoll/decisions").glob("*.jsonl"))
    file.write_bytes(file.read_bytes().replace(b'"rsi_14":31.5', b'"rsi_14":30.5'))
    told = run(*words(folder))
    assert told.status == 1
    assert "The decision log is NOT WHOLE" in told.out


def test_without_a_log_the_words_are_freqtrades(tmp_path: Path, run: Run) -> None:
    told = run(*words(make_bot(tmp_path, log=False)))
    assert told.status == 0
    assert "The words are Freqtrade's own: no decision log" in told.out
    assert "tag cross" in told.out


def test_a_day_without_a_period_is_wrong_usage(folder: Path, run: Run) -> None:
    told = run(*words(folder, "--of", "2025-03-01"))
    assert told.status == 2
    assert_one_line(told, "add --daily, --weekly or --monthly")
