"""One bot on an account and on a database, one folder an account: seen from two processes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.state.database_claim import DatabaseClaim
from plimsoll.bridge.state.identity import Account
from plimsoll.bridge.state.registry import (
    Registered,
    claim,
    database_name,
    register,
    registered,
    registry_folder,
    release,
    require_claimed,
    shown,
)
from plimsoll.core import PlimsollError
from tests.support.postgres import PostgresServer

LIVE = Account("a" * 16, "binance futures live, key 12345678", live=True)
PAPER = Account("b" * 16, "binance futures dry-run", live=False)

HOLDS = """
import sys
from plimsoll.bridge.state.identity import Account
from plimsoll.bridge.state.registry import claim

claim(Account(sys.argv[1], "it", live=sys.argv[2] == "live"), {"db_url": sys.argv[3]})
print("held", flush=True)
sys.stdin.read()
"""


def config(database: Path) -> dict[str, Any]:
    return {"db_url": f"sqlite:///{database}"}


@contextmanager
def held_elsewhere(account: Account, database: Path) -> Iterator[None]:
    arguments = [account.digest, "live" if account.live else "paper", f"sqlite:///{database}"]
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ},
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield
        process.kill()


def test_a_live_account_that_another_process_trades_is_refused(tmp_path: Path) -> None:
    with (
        held_elsewhere(LIVE, tmp_path / "one.sqlite"),
        pytest.raises(PlimsollError, match=r"only bot on the account \(binance futures live"),
    ):
        claim(LIVE, config(tmp_path / "two.sqlite"))
    claim(LIVE, config(tmp_path / "two.sqlite"))  # the other was killed


def test_a_database_that_another_process_has_is_refused_in_a_dry_run_too(tmp_path: Path) -> None:
    database = tmp_path / "one.sqlite"
    with held_elsewhere(PAPER, database):
        with pytest.raises(PlimsollError, match=r"only bot on the database .*one\.sqlite"):
            claim(PAPER, config(database))
        claim(PAPER, config(tmp_path / "two.sqlite"))


def test_a_second_start_of_the_same_process_keeps_what_it_has(tmp_path: Path) -> None:
    for _ in range(2):
        claim(LIVE, config(tmp_path / "one.sqlite"))
    claim(PAPER, config(tmp_path / "two.sqlite"))
    with held_elsewhere(LIVE, tmp_path / "one.sqlite"):  # after a reload with another account
        pass


@pytest.mark.parametrize("url", [None, "sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_is_nobody_elses(url: str | None) -> None:
    claim(PAPER, {"db_url": url})
    assert list(registry_folder().rglob("*.lock")) == []


def test_what_is_registered_is_read_back(tmp_path: Path) -> None:
    assert registered(LIVE) is None
    for stamp in ("one", "two"):
        entry = Registered(tmp_path / "plimsoll", stamp)
        register(LIVE, entry)
        assert registered(LIVE) == entry
    assert registered(PAPER) is None


def test_an_entry_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    register(LIVE, Registered(tmp_path, "one"))
    (registry_folder() / "accounts" / f"{LIVE.digest}.json").write_text("[]")
    assert registered(LIVE) is None


def test_the_registry_is_in_the_state_home_or_in_the_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert registry_folder() == tmp_path / "state" / "plimsoll"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert registry_folder() == tmp_path / ".local" / "state" / "plimsoll"


def test_a_registry_that_cannot_be_written_is_an_os_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(OSError, match="file"):
        claim(LIVE, {})
    assert registered(LIVE) is None


def test_the_password_of_a_database_is_not_shown() -> None:
    url = "postgresql://bot:secret@db.example/bot"
    assert shown(url) == "postgresql://***@db.example/bot"
    assert shown("/data/bot.sqlite") == "/data/bot.sqlite"


def of_fleet(bot: str, file: Path) -> tuple[Account, dict[str, Any]]:
    """One bot of a fleet on the account of `LIVE`, and its config."""
    account = Account(sha256(bot.encode()).hexdigest()[:16], bot, True, LIVE.digest)
    return account, {"user_data_dir": file.parent, "plimsoll": {"fleet": {"file": str(file)}}}


FLEET_HOLDS = """
import sys
from plimsoll.bridge.state.identity import Account
from plimsoll.bridge.state.registry import claim

digest, whole, file = sys.argv[1:]
fleet = {"plimsoll": {"fleet": {"file": file}}} if file else {}
claim(Account(digest, "it", True, whole), fleet)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    ("other", "refused"),
    [("same fleet", False), ("another fleet", True), ("no fleet", True), ("same bot", True)],
)
def test_two_bots_of_one_account_run_in_one_fleet_alone(
    tmp_path: Path, other: str, refused: bool
) -> None:
    account, fleet = of_fleet("trend", tmp_path / "fleet.json")
    digest = account.digest if other == "same bot" else "c" * 16
    file = tmp_path / ("other.json" if other == "another fleet" else "fleet.json")
    words = [digest, LIVE.digest, str(file)]
    if other == "no fleet":
        words = [LIVE.digest, "", ""]
    process = subprocess.Popen(
        [sys.executable, "-c", FLEET_HOLDS, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        if refused:
            with pytest.raises(PlimsollError, match="only bot on the account"):
                claim(account, fleet)
        else:
            claim(account, fleet)
            with pytest.raises(PlimsollError, match="only bot on the account"):
                claim(LIVE, {})  # a bot of no fleet
        process.kill()
    release()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("postgresql://a:x@localhost/bot", "postgresql+psycopg://b@127.0.0.1:5432/bot?x=1", True),
        ("postgresql://a@h/bot", "postgresql://a@h/other", False),
        ("postgresql://a@h:5433/bot", "postgresql://a@h/bot", False),
        ("sqlite:///a/../bot.sqlite", "sqlite:///bot.sqlite", True),
    ],
)
def test_a_database_has_one_name_however_it_is_written(one: str, other: str, same: bool) -> None:
    assert (database_name({"db_url": one}) == database_name({"db_url": other})) is same


def test_a_servers_database_is_claimed_there_and_let_go_of(postgres: PostgresServer) -> None:
    urls = [postgres.url(postgres.new_database(), driver="psycopg") for _ in range(2)]
    claim(PAPER, {"db_url": urls[0], "bot_name": "trend"})
    with pytest.raises(PlimsollError, match="plimsoll trend"):
        DatabaseClaim(urls[0]).require()
    require_claimed()
    claim(PAPER, {"db_url": urls[1]})
    free = DatabaseClaim(urls[0])
    free.require()
    free.release()
    release()
