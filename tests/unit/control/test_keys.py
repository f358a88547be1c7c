"""Another API key: tried on a real venue, put in place in one move, the old one seen refused."""

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import nan
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.config.settings import settings_from
from plimsoll.control.bot import Bot
from plimsoll.control.keys import (
    KEY,
    SECRET,
    Pair,
    retire,
    rotate,
    same_account,
    with_pair,
    write_secret,
)
from plimsoll.core import PlimsollError, Side, UsageError
from plimsoll.core.books import ExchangeBooks, ExchangePosition
from plimsoll.journal.latch_record import STATE
from plimsoll.journal.log import DecisionLog
from plimsoll.lab.venue import serve_venue
from tests.support.backups import FELL, Books

OLD, NEW = Pair("the-old-key", "the-old-secret"), Pair("the-new-key", "the-new-secret")


def row(pair: Pair, **others: Any) -> dict[str, Any]:
    return {"key": pair.key, "secret": pair.secret, **others}


@dataclass
class Desk:
    """A venue with its file of keys, a bot's books, and its files of secrets."""

    keys: Path
    venue_config: dict[str, Any]
    books: Books
    secrets: Path
    new: Path

    def know(self, *pairs: Pair) -> None:
        """Let the exchange know these keys and no other."""
        self.keys.write_text(json.dumps([row(pair) for pair in pairs]))

    def bot(self) -> Bot:
        config = {**self.books.config, **self.venue_config, "dry_run": False}
        config["stake_currency"] = "USDT"
        return Bot(self.books.state, config, settings_from(config), self.books.config["db_url"])

    def books_at(self, pair: Pair) -> Books:
        """The bot's books as a start with a key finds them."""
        exchange = self.venue_config["exchange"]

        class AtVenue(Books):
            @property
            def config(self) -> dict[str, Any]:
                named = {**exchange, "key": pair.key, "secret": pair.secret}
                return {**super().config, "exchange": named}

        return AtVenue(self.books.folder)


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("venue")
    keys = folder / "keys.json"
    keys.write_text(json.dumps([row(OLD), row(NEW)]))
    words = ["--symbols", "BTC/USDT:USDT", "--keys", str(keys)]
    with serve_venue(words, folder=folder) as served:
        yield keys, json.loads(served.config.read_text())


@pytest.fixture
def desk(venue: tuple[Path, dict[str, Any]], tmp_path: Path) -> Desk:
    keys, config = venue
    made = Desk(
        keys,
        {"exchange": config["exchange"]},
        Books(tmp_path / "user_data"),
        tmp_path / "bot.env",
        tmp_path / "new.env",
    )
    made.know(OLD, NEW)
    others = "# the bot's\nFREQTRADE__API_SERVER__PASSWORD=x=y\n"
    write_secret(made.secrets, f"{others}{KEY}={OLD.key}\n{SECRET}={OLD.secret}\n")
    write_secret(made.new, f"{KEY}={NEW.key}\n{SECRET}={NEW.secret}\n")
    return made


def test_a_rotation_puts_the_new_pair_in_place_and_the_bot_goes_on(desk: Desk) -> None:
    desk.books_at(OLD).begin(trades=1)
    outcome = rotate(desk.bot(), desk.secrets, desk.new)
    assert (outcome.overlap, outcome.same_account, outcome.taken_over) == (True, True, True)
    text = desk.secrets.read_text()
    assert f"{KEY}={NEW.key}\n{SECRET}={NEW.secret}\n" in text
    assert "FREQTRADE__API_SERVER__PASSWORD=x=y" in text
    assert OLD.secret not in text
    assert stat.S_IMODE(desk.secrets.stat().st_mode) == 0o600
    assert stat.S_IMODE(desk.secrets.with_name("bot.env.old").stat().st_mode) == 0o600
    assert desk.books_at(NEW).held() == set()
    log = b"".join(one.read_bytes() for one in desk.books.state.decisions.glob("*.jsonl"))
    assert NEW.secret.encode() not in log


def test_what_held_the_bot_holds_it_under_the_new_key(desk: Desk) -> None:
    desk.books_at(OLD).begin(FELL)
    assert "drawdown" in " ".join(rotate(desk.bot(), desk.secrets, desk.new).lines)
    assert desk.books_at(NEW).held() == {"drawdown"}


def test_without_a_take_over_another_key_is_halted(desk: Desk) -> None:
    desk.books_at(OLD).begin()
    assert desk.books_at(NEW).held() == {STATE}


def test_a_key_revoked_too_early_leaves_no_overlap_and_the_bot_halted_once(desk: Desk) -> None:
    desk.books_at(OLD).begin()
    desk.know(NEW)
    outcome = rotate(desk.bot(), desk.secrets, desk.new)
    assert (outcome.overlap, outcome.same_account, outcome.taken_over) == (False, None, False)
    assert "HALTED" in " ".join(outcome.lines)
    assert desk.books_at(NEW).held() == {STATE}


def test_a_new_key_that_is_refused_changes_nothing(desk: Desk) -> None:
    desk.books_at(OLD).begin()
    desk.know(OLD)
    before = desk.secrets.read_text()
    with pytest.raises(PlimsollError, match=r"refuses the new key.*nothing was changed") as caught:
        rotate(desk.bot(), desk.secrets, desk.new)
    assert "\n" not in str(caught.value)
    assert NEW.secret not in str(caught.value)
    assert desk.secrets.read_text() == before
    assert not desk.secrets.with_name("bot.env.old").exists()


def test_a_check_changes_nothing_and_needs_no_stop(desk: Desk) -> None:
    desk.books_at(OLD).begin()
    before = desk.secrets.read_text()
    with DecisionLog(desk.books.state.decisions):
        assert rotate(desk.bot(), desk.secrets, desk.new, check_only=True).overlap
        with pytest.raises(PlimsollError, match="a bot runs"):
            rotate(desk.bot(), desk.secrets, desk.new)
    assert desk.secrets.read_text() == before


def test_one_that_was_killed_after_the_secrets_goes_on(desk: Desk) -> None:
    desk.books_at(OLD).begin(FELL)
    write_secret(desk.secrets.with_name("bot.env.old"), desk.secrets.read_text())
    write_secret(desk.secrets, with_pair(desk.secrets.read_text(), NEW))
    assert rotate(desk.bot(), desk.secrets, desk.new).taken_over
    assert rotate(desk.bot(), desk.secrets, desk.new).taken_over
    assert desk.books_at(NEW).held() == {"drawdown"}


def test_the_old_key_is_retired_when_it_is_refused_and_not_before(desk: Desk) -> None:
    desk.books_at(OLD).begin()
    with pytest.raises(UsageError, match="nothing is to be retired"):
        retire(desk.bot(), desk.secrets)
    rotate(desk.bot(), desk.secrets, desk.new)
    kept = desk.secrets.with_name("bot.env.old")
    with pytest.raises(PlimsollError, match="still takes the old key"):
        retire(desk.bot(), desk.secrets)
    assert kept.exists()
    desk.know(NEW)
    assert "refuses the old key" in retire(desk.bot(), desk.secrets)
    assert not kept.exists()


def test_an_exchange_that_is_away_says_nothing_of_a_key(desk: Desk) -> None:
    desk.books_at(OLD).begin()
    rotate(desk.bot(), desk.secrets, desk.new)
    bot = desk.bot()
    text = json.dumps(bot.config["exchange"])
    port = text.partition("http://127.0.0.1:")[2][:5]
    away = {**bot.config, "exchange": json.loads(text.replace(port.strip('/"'), "1"))}
    with pytest.raises(PlimsollError, match="it is not known"):
        retire(replace(bot, config=away), desk.secrets)
    assert desk.secrets.with_name("bot.env.old").exists()


def test_a_file_that_others_can_read_is_refused(desk: Desk) -> None:
    desk.new.chmod(0o640)
    with pytest.raises(UsageError, match="can be read by others"):
        rotate(desk.bot(), desk.secrets, desk.new)


def test_the_same_key_again_is_refused(desk: Desk) -> None:
    write_secret(desk.new, desk.secrets.read_text())
    with pytest.raises(UsageError, match="expected another key"):
        rotate(desk.bot(), desk.secrets, desk.new)


def test_a_dry_run_uses_no_key(desk: Desk) -> None:
    bot = desk.bot()
    with pytest.raises(UsageError, match="a dry-run uses no key"):
        rotate(replace(bot, config={**bot.config, "dry_run": True}), desk.secrets, desk.new)


def test_a_file_of_secrets_is_written_for_its_owner_alone_from_the_first_byte(
    tmp_path: Path,
) -> None:
    file = tmp_path / "bot.env"
    before = os.umask(0)
    try:
        write_secret(file, "a=b\n")
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["bot.env"]


def test_a_pair_replaces_its_lines_once_and_is_added_where_there_is_none() -> None:
    text = f"# mine\n{KEY}=a\nOTHER=1\n{SECRET}=b\n{KEY}=c\n"
    assert with_pair(text, NEW) == (f"# mine\n{KEY}={NEW.key}\nOTHER=1\n{SECRET}={NEW.secret}\n")
    assert with_pair("OTHER=1\n", NEW) == f"OTHER=1\n{KEY}={NEW.key}\n{SECRET}={NEW.secret}\n"
    assert "the-new" not in repr(NEW)


def test_two_accounts_are_told_apart_by_what_they_hold() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    held = ExchangePosition(
        pair="BTC/USDT:USDT", side=Side.LONG, amount=1.0, entry_price=1.0, mark_price=1.0
    )
    empty = ExchangeBooks(as_of=now, wallet_usd=0.0)
    one = ExchangeBooks(as_of=now, positions=(held,), wallet_usd=1000.0)
    assert same_account(one, one) is True
    assert same_account(one, replace(one, wallet_usd=1000.5)) is True
    assert same_account(one, replace(one, wallet_usd=1010.0)) is False
    assert same_account(one, replace(one, positions=())) is False
    assert same_account(one, replace(one, positions=(replace(held, amount=2.0),))) is False
    assert same_account(one, replace(one, wallet_usd=None)) is None
    assert same_account(empty, empty) is None, "two empty accounts look the same"


def test_one_that_was_killed_before_the_secrets_goes_on_and_nothing_is_retired(
    desk: Desk,
) -> None:
    """The old pair is kept and still the bot's: whoever deleted it would have no key at all."""
    desk.books_at(OLD).begin(FELL)
    write_secret(desk.secrets.with_name("bot.env.old"), f"{KEY}={OLD.key}\n{SECRET}={OLD.secret}\n")
    with pytest.raises(UsageError, match="run plimsoll keys rotate again"):
        retire(desk.bot(), desk.secrets)
    assert rotate(desk.bot(), desk.secrets, desk.new).taken_over
    assert NEW.key in desk.secrets.read_text()
    assert desk.books_at(NEW).held() == {"drawdown"}


def test_a_wallet_that_is_no_number_tells_nothing() -> None:
    one = ExchangeBooks(as_of=datetime(2026, 11, 1, tzinfo=UTC), wallet_usd=nan)
    assert same_account(one, replace(one, wallet_usd=100.0)) is None
