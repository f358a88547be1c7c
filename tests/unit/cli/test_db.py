"""``plimsoll db migrate``: there is a file, then another one with the same in it."""

from pathlib import Path

import pytest
from freqtrade.persistence import Trade
from typer.testing import CliRunner

from plimsoll.cli import app
from plimsoll.core import UsageError
from tests.unit.bridge.trades import database_trades, fill_database


def test_it_says_what_it_moved_and_what_to_do_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime

    monkeypatch.chdir(tmp_path)
    with database_trades(tmp_path / "bot.sqlite"):
        fill_database([(datetime(2026, 1, 1, tzinfo=UTC), 12.5)])
    Trade.session.get_bind().dispose()
    words = ["db", "migrate", "--from", "sqlite:///bot.sqlite", "--to", "sqlite:///new.sqlite"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "1 rows, closed profit 12.50" in done.output
    assert "no decision log was stamped" in done.output
    assert "plimsoll db migrate-studies moves them" in done.output
    assert (tmp_path / "new.sqlite").is_file()


def test_a_wrong_address_is_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["db", "migrate", "--from", "sqlite:///gone", "--to", "sqlite:///new"]
    done = CliRunner().invoke(app, words)
    assert isinstance(done.exception, UsageError)
