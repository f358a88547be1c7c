"""One bot as the exporter sees it: its sources, and what follows from them together."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from plimsoll.core import PlimsollError
from plimsoll.core.books import ExchangeBooks
from plimsoll.monitoring.account import Account
from plimsoll.monitoring.bot_api import BotApi, not_asked
from plimsoll.monitoring.bot_traces import last_trace, read_database
from plimsoll.monitoring.exporter.decisions import DecisionCounts
from plimsoll.monitoring.exporter.health import BotLook, bot_samples, exchange_samples
from plimsoll.monitoring.exporter.reading import Reader
from plimsoll.monitoring.exporter.samples import Samples
from plimsoll.monitoring.exporter.standing import (
    control_bot_samples,
    read_status,
    status_samples,
    watchdog_samples,
)
from plimsoll.monitoring.exporter.trades import read_trades
from plimsoll.monitoring.memory import Memory
from plimsoll.monitoring.profile import Act
from plimsoll.monitoring.settings import WatchSettings
from plimsoll.monitoring.sight import AccountSight, Answer, DatabaseSight, Sight
from plimsoll.monitoring.store import STATUS, status_in

EXCHANGE_EVERY = 3
"""The exchange is asked so many times more seldom: each look costs some of its weight."""


@dataclass(frozen=True, slots=True)
class DatabaseLook:
    """What one look into the database said: what the watchdog judges, and the sums."""

    sight: DatabaseSight
    sums: Samples


class BotMeter:
    """Reads one bot's sources, each in a thread of its own, and joins what they say.

    Parameters
    ----------
    settings
        The watchdog's: where the bot is, and the secrets to read it by.
    name
        The label ``bot``.
    """

    def __init__(self, settings: WatchSettings, name: str, every_seconds: float) -> None:
        self._settings, self.name = settings, name
        self._folder = settings.bot_folder or settings.state_folder
        self._memory = Memory()
        self._seen: set[str] = set()
        secrets, every = settings.secrets, every_seconds
        self._api = (
            None
            if settings.api_url is None
            else BotApi(settings.api_url, secrets["api_username"], secrets["api_password"])
        )
        self._rest = Reader("rest", self._read_rest, every, _answered)
        self._status = Reader("status", self._read_status, every)
        self._log = Reader("log", DecisionCounts(self._folder / "decisions").read, every)
        self._watchdog = Reader("watchdog", self._read_watchdog, every)
        self._control_bot = Reader("control_bot", self._read_control_bot, every)
        readers: list[Reader[Any]] = [self._rest, self._status, self._log]
        readers += [self._watchdog, self._control_bot]
        self._database: Reader[DatabaseLook] | None = None
        if (db_url := settings.db_url) is not None:
            self._database = Reader("database", lambda: _read_database(db_url), every)
            readers.append(self._database)
        self._account: Account | None = None
        self._exchange: Reader[AccountSight] | None = None
        if settings.has_account:
            self._account = Account(settings.exchange, secrets, settings.stake_currency)
            seldom = EXCHANGE_EVERY * every
            self._exchange = Reader("exchange", self._read_exchange, seldom, _is_read)
            readers.append(self._exchange)
        self.readers = tuple(readers)

    def look(self) -> None:
        """Read every source once, one after the other."""
        for reader in self.readers:
            reader.look()

    def start(self, stop: threading.Event) -> None:
        """Read every source from now on, until it is stopped."""
        for reader in self.readers:
            name = f"{self.name}-{reader.name}"
            threading.Thread(target=reader.run, args=(stop,), name=name, daemon=True).start()

    def close(self) -> None:
        """Let go of the connection."""
        if self._api is not None:
            self._api.close()

    # Reading

    def _read_rest(self) -> BotLook:
        traced_at = last_trace(self._folder)
        bot = not_asked(traced_at) if self._api is None else self._api.look(traced_at)
        return BotLook(bot, self._status_at())

    def _status_at(self) -> datetime | None:
        """Return when the newest status was written, by the bot's clock; REST was asked before."""
        try:
            return datetime.fromisoformat(read_status(self._folder)[0]["as_of"])
        except (OSError, PlimsollError):
            return None

    def _read_status(self) -> Samples:
        status, written_at = read_status(self._folder)
        age, limit = time.time() - written_at, self._settings.profile.max_loop_age_seconds
        if abs(age) > limit:
            raise PlimsollError(f"the bot wrote its status {age:.0f} s ago")
        return status_samples(self._folder, status)

    def _read_watchdog(self) -> Samples:
        acts = [one.value for one in Act]
        read = partial(watchdog_samples, now=datetime.now(UTC), acts=acts)
        return self._of_another("watchdog", self._settings.folder, read)

    def _read_control_bot(self) -> Samples:
        read = partial(control_bot_samples, now=datetime.now(UTC))
        return self._of_another("control_bot", self._settings.control_folder, read)

    def _of_another(
        self, who: str, folder: Path, read: Callable[[Mapping[str, Any]], Samples]
    ) -> Samples:
        """Read the status of a watchdog or control bot; of one that is damaged or lost, it is down.

        Raises
        ------
        PlimsollError
            When none was ever there: nobody runs one.
        """
        status = status_in(folder)
        if status is None and who not in self._seen and not (folder / STATUS).exists():
            raise PlimsollError(f"no {who.replace('_', ' ')} has left a status in {folder}")
        self._seen.add(who)
        try:
            return read(status or {})
        except (KeyError, TypeError, ValueError):
            down = Samples()
            down.add(f"{who}_up", 0.0)
            return down

    def _read_exchange(self) -> AccountSight:
        if self._account is None:
            raise PlimsollError("no key was given")
        now, limit = datetime.now(UTC), self._settings.profile.max_equity_fall_fraction
        sight = self._account.look(now, self._memory.high, limit)
        self._memory = self._memory.with_equity(now, sight.equity_usd)
        return sight

    # What is shown

    def samples(self) -> Iterator[Samples]:
        """Yield what every source that can be read says at this moment."""
        yield self._of_sources()
        yield bot_samples(self._sight(), self._rest.value, self._settings.profile, self._memory)
        for reader in (self._status, self._log, self._watchdog, self._control_bot):
            if (read := reader.good) is not None:
                yield read
        if self._database is not None and (look := self._database.good) is not None:
            yield look.sums
        if self._exchange is not None and (sight := self._exchange.good) is not None:
            weight = None if self._account is None else self._account.used_weight
            yield exchange_samples(sight, weight)

    def faults(self) -> Mapping[str, str]:
        """Return why sources cannot be read, by their names."""
        said: dict[str, str] = {}
        for reader in self.readers:
            if reader.fault is not None:
                said[reader.name] = reader.fault
        if (look := self._rest.value) is not None and not _answered(look):
            said["rest"] = f"{look.bot.answer.value} {look.bot.said}".strip()
        sight = None if self._exchange is None else self._exchange.value
        if sight is not None and sight.books.fault is not None:
            said["exchange"] = sight.books.fault
        return said

    def _of_sources(self) -> Samples:
        samples, settings = Samples(), self._settings
        mode = "dry_run" if settings.is_dry_run else "live"
        exchange = str(settings.exchange.get("name", ""))
        samples.add("bot_info", 1.0, settings.bot_name, exchange, mode)
        for reader in self.readers:
            samples.add("source_up", float(reader.good is not None), reader.name)
            samples.add("source_age_seconds", reader.age_seconds, reader.name)
            samples.add("source_read_seconds", reader.took_seconds, reader.name)
        return samples

    def _sight(self) -> Sight | None:
        """Return one look as a watchdog takes it; what was not read yet is not in it.

        What was asked and has not answered for too long is a fault of it, never left out.
        """
        look, now = self._rest.value, datetime.now(UTC)
        if look is None:
            return None
        database: DatabaseSight | None = None
        if self._database is not None and self._database.was_read:
            read = self._database.value
            fault = self._database.fault
            database = (
                DatabaseSight(fault=fault or "it cannot be read") if read is None else read.sight
            )
        account: AccountSight | None = None
        if self._exchange is not None and self._exchange.was_read:
            account = self._exchange.value or AccountSight(
                books=ExchangeBooks(as_of=now, fault=self._exchange.fault)
            )
        return Sight(at=now, bot=look.bot, database=database, account=account)


def _answered(look: BotLook) -> bool:
    """Return whether the bot answered; one without REST whether it has written lately."""
    bot = look.bot
    if bot.answer is Answer.NOT_ASKED:
        now = datetime.now(UTC)
        return bot.traced_at is not None and abs(now - bot.traced_at) < timedelta(minutes=2)
    return bot.answers


def _is_read(sight: AccountSight) -> bool:
    return sight.books.fault is None


def _read_database(db_url: str) -> DatabaseLook:
    sight = read_database(db_url)
    if sight.fault is not None:
        raise PlimsollError(sight.fault)
    return DatabaseLook(sight, read_trades(db_url))
