"""``plimsoll audit`` on a dry-run's database: the table, its JSON and the exit status."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from freqtrade.persistence import PairLocks, Trade

from tests.unit.bridge.trades import database_trades, trade_fields
from tests.unit.cli import commands
from tests.unit.cli.commands import Ran, assert_one_line


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    (tmp_path / "user_data").mkdir()
    monkeypatch.chdir(tmp_path)
    timeframe, PairLocks.timeframe = PairLocks.timeframe, "5m"
    with database_trades(tmp_path / "bot.sqlite"):
        opened = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=2)
        Trade.session.add(Trade(**trade_fields(opened)))
        Trade.commit()
    PairLocks.timeframe = timeframe
    return partial(commands.plimsoll, monkeypatch=monkeypatch, capsys=capsys)


def test_a_dry_run_says_what_it_cannot_know(run: Callable[..., Ran]) -> None:
    told = run("audit", "--db-url", "sqlite:///bot.sqlite")
    assert told.status == 0
    lines = [line.split() for line in told.out.splitlines()]
    assert ["position", "BTC/USDT:USDT", "not", "known", "10", "long", "not", "known"] in lines
    assert told.out.splitlines()[-2].startswith("not known: a dry-run has no account")
    assert told.out.splitlines()[-1] == "nothing to compare"


def test_its_json_is_one_record(run: Callable[..., Ran]) -> None:
    record = json.loads(run("audit", "--db-url", "sqlite:///bot.sqlite", "--json").out)
    assert (record["compared"], record["sound"], record["exchange"]) == (False, True, None)
    assert record["database"]["trades"][0]["side"] == "long"
    assert [row["subject"] for row in record["rows"]] == ["account", "money", "position"]


def test_a_database_that_is_not_there_is_wrong_usage(run: Callable[..., Ran]) -> None:
    told = run("audit", "--db-url", "sqlite:///none.sqlite")
    assert told.status == 2
    assert_one_line(told, "expected the bot's database at", "--db-url")
