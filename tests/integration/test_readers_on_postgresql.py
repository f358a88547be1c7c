"""What reads a bot's database says the same on a real PostgreSQL as on SQLite, and changes nothing.

The address is in the environment, as docs/databases.md has it, and its role needs a password.
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Trade
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import ROOT
from tests.support.postgres import PostgresServer
from tests.unit.cli import commands
from tests.unit.cli.bots import make_bot, make_database, usual_trades
from tests.unit.cli.commands import Ran

PASSWORD = "correct-horse-battery"
READER = "reader"
STRATEGY = "TrendFollow"
REVIEWED = ("-s", STRATEGY, "--strategy-path", str(ROOT / "user_data" / "strategies"))
Say = Callable[..., Ran]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_bot(tmp_path_factory.mktemp("bot"))
    (made / "bot.sqlite").unlink()
    make_database(made / "bot.sqlite", trades())
    return made


def trades() -> list[Trade]:
    """Return the bot's trades, of a strategy that can be reviewed."""
    usual = usual_trades()
    for one in usual:
        one.strategy = STRATEGY
    return usual


@pytest.fixture(scope="module")
def database(postgres: PostgresServer, folder: Path) -> str:
    """The name of a database with the same rows as the bot's file, readable by `READER` alone."""
    name = postgres.new_database()
    make_database(folder / "unused.sqlite", trades(), url=postgres.url(name, driver="psycopg"))
    postgres.add_role(READER, PASSWORD)
    postgres.execute(f"GRANT pg_read_all_data TO {READER}")
    return name


@pytest.fixture
def said(
    folder: Path,
    database: str,
    postgres: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Say:
    """Run a command on the server's database by a role that only reads, or on the bot's file."""
    run = partial(commands.plimsoll, monkeypatch=monkeypatch, capsys=capsys)

    def say(*words: str, password: str | None = PASSWORD) -> Ran:
        monkeypatch.delenv("FREQTRADE__DB_URL", raising=False)
        if password is not None:
            url = postgres.url(database, driver="psycopg", user=READER, password=password)
            monkeypatch.setenv("FREQTRADE__DB_URL", url)
        ran = run(*words, "-c", str(folder / "config.json"))
        assert password is None or password not in ran.out + ran.err
        return ran

    return say


def both(said: Say, *words: str) -> tuple[Any, Any]:
    """Return the JSON that a command prints of the server's database and of the file."""
    there, here = said(*words), said(*words, password=None)
    assert there.status == here.status, there.err
    return json.loads(there.out), json.loads(here.out)


def test_the_journal_tells_the_same_trades(said: Say) -> None:
    there, here = both(said, "journal", "--json")
    assert len(there["trades"]) == 5
    assert there["trades"] == here["trades"]


def test_the_digest_of_a_month_has_the_same_money(said: Say) -> None:
    words = ("digest", "--monthly", "--of", "2025-03-02", "--json")
    there, here = both(said, *words)
    for name in ("trades", "guards", "operation", "equity_usd", "drawdown_fraction"):
        assert there[name] == here[name]
    assert there["trades"]["closed"] == 4


def test_the_review_of_a_month_judges_the_same(said: Say) -> None:
    words = ("review", *REVIEWED, "--monthly", "--of", "2025-03-02", "--json")
    there, here = both(said, *words)
    digests = [one.pop("digest") for one in (there, here)]
    assert there == here
    assert digests[0]["trades"]["closed"] == 4
    causes = [one.pop("causes") for one in digests]
    assert causes[0] == pytest.approx(causes[1])
    for one in digests:
        del one["made_at"]
    assert digests[0] == digests[1]


def test_the_status_has_the_open_positions(said: Say) -> None:
    there, here = both(said, "status", "--json")
    assert there["unseen"] is None
    assert [one["pair"] for one in there["positions"]] == ["ETH/USDT:USDT", "SOL/USDT:USDT"]
    assert (there["positions"], there["locks"]) == (here["positions"], here["locks"])


def test_the_exporter_has_the_same_sums(said: Say) -> None:
    there, here = (_sums(said("exporter", "--once", password=one).out) for one in (PASSWORD, None))
    assert there == here
    assert there["plimsoll_open_trades", ()] == 2.0
    assert there["plimsoll_condition", (("condition", "database_gone"),)] == 0.0


def _sums(page: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return the samples that come from a database, by name and labels."""
    wanted = ("plimsoll_trades_", "plimsoll_realised", "plimsoll_fees", "plimsoll_funding_usd")
    gone = ("condition", "database_gone")
    return {
        (one.name, labels): one.value
        for family in text_string_to_metric_families(page)
        for one in family.samples
        for labels in [tuple(pair for pair in sorted(one.labels.items()) if pair[0] != "bot")]
        if one.name.startswith((*wanted, "plimsoll_open_")) or labels == (gone,)
    }


@pytest.mark.parametrize(
    "words",
    [
        ("journal",),
        ("digest", "--monthly", "--of", "2025-03-02"),
        ("review", *REVIEWED, "--monthly", "--of", "2025-03-02"),
        ("status", "--json"),
        ("exporter", "--json"),
    ],
    ids=lambda words: words[0],
)
def test_a_wrong_password_is_one_line_and_is_not_shown(said: Say, words: tuple[str, ...]) -> None:
    ran = said(*words, password="not-the-horse")
    assert ran.status != 0
    assert "password authentication failed" in ran.out + ran.err
    assert len(ran.err.splitlines()) <= 1
