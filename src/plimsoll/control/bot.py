"""One bot as a person sees it from outside: its folder, its database, its REST API.

Freqtrade is imported when it is needed: a halt must not wait for seconds of imports.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plimsoll.bridge.config.layer_checks import layer_faults
from plimsoll.bridge.config.layers import read_layers
from plimsoll.bridge.config.settings import PlimsollSettings, settings_from
from plimsoll.bridge.state.folder import StateFolder, state_folder_of
from plimsoll.core import Mode, PlimsollError, UsageError

if TYPE_CHECKING:
    from freqtrade_client import FtRestClient

    from plimsoll.control.database import ActiveLock, OpenPosition
    from plimsoll.core.books import ExchangeBooks

TRADING = frozenset({Mode.ACTIVE.name, Mode.REDUCING.name})
REST_SECONDS = 10
"""A bot that is up answers at once; one on a busy machine takes its time."""


@dataclass(frozen=True, slots=True)
class Bot:
    """Where the traces of one bot are."""

    folder: StateFolder
    config: Mapping[str, Any]
    settings: PlimsollSettings
    named_db_url: str | None

    @property
    def db_url(self) -> str:
        """The address of its database: as named, or the one that Freqtrade would take."""
        return self.named_db_url or _db_url(self.config)


@dataclass(frozen=True, slots=True, kw_only=True)
class BotView:
    """What a bot's traces say at one moment.

    Attributes
    ----------
    runs
        Whether a guarded bot holds the decision log.
    state
        ``running``, ``paused`` or ``stopped`` by the REST API; ``None`` when it does not say.
    mode
        The mode of the last loop of a running bot; of a stopped one, what holds it.
    held
        Verdicts that hold: of the running bot, or of a stopped one in its locks and its log.
    flag
        The reason in the flag file; ``None`` when it is down.
    status
        What the bot wrote after its last loop; empty when none ever ran.
    looped_at, age_seconds
        When it did, in seconds since 1970, and how long ago; real time.
    positions, locks
        ``None`` when the database cannot be read; ``unseen`` says why.
    exchange
        The exchange's own books of a live account; ``None`` where they were not asked for.
    """

    runs: bool
    state: str | None
    mode: str | None
    held: Sequence[str]
    flag: str | None
    status: Mapping[str, Any]
    looped_at: float | None
    age_seconds: float | None
    positions: "Sequence[OpenPosition] | None"
    locks: "Sequence[ActiveLock] | None"
    unseen: str | None
    exchange: "ExchangeBooks | None" = None

    @property
    def why(self) -> str | None:
        """Rule and reason of a running bot's mode while that is not ACTIVE."""
        if not self.runs or self.mode in (None, Mode.ACTIVE.name):
            return None
        said = self.status.get("why")
        return said if isinstance(said, str) else None

    def is_stale(self, max_age_seconds: float) -> bool:
        """Return whether no loop has ended lately."""
        return not self.runs or self.age_seconds is None or self.age_seconds > max_age_seconds

    def is_trading(self, max_age_seconds: float) -> bool:
        """Return whether a bot is in its loop, under no flag, and may take risk."""
        fresh = not self.is_stale(max_age_seconds) and self.state != "stopped"
        return fresh and self.flag is None and self.mode in TRADING

    def as_record(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        record = asdict(replace(self, exchange=None))
        if self.exchange is not None:
            from plimsoll.control.exchange import books_record

            record["exchange"] = books_record(self.exchange)
        if self.locks is not None:
            for lock, row in zip(self.locks, record["locks"], strict=True):
                row["mode"] = None if lock.mode is None else lock.mode.name
        return record


def find_bot(userdir: Path | None, config_files: Sequence[Path], db_url: str | None) -> Bot:
    """Return where a bot's traces are, by the rules by which Freqtrade finds them.

    Raises
    ------
    UsageError
        When the user folder or a config file is not there, or a config is not valid.
    """
    config = read_layers([*config_files] or _default_config(userdir))
    try:
        settings = settings_from(config)
    except PlimsollError as error:
        faults = layer_faults(config.get("config_files", ()))
        raise UsageError("; ".join([*faults, str(error)])) from None
    folder = userdir or Path(config.get("user_data_dir") or "user_data")
    folder = folder.expanduser().resolve()
    if not folder.is_dir():
        raise UsageError(
            f"expected the bot's user folder at {folder}, found none; name it with --userdir"
        )
    config["user_data_dir"] = folder
    state = state_folder_of(config, settings.state_folder)
    return Bot(state, config, settings, db_url)


def _default_config(userdir: Path | None) -> list[Path]:
    """Return the config that Freqtrade takes when none is named."""
    places = [(userdir or Path("user_data")) / "config.json", Path("config.json")]
    return [file for file in places if file.is_file()][:1]


def _db_url(config: Mapping[str, Any]) -> str:
    from freqtrade import constants

    named = config.get("db_url")
    if config.get("dry_run", True):
        production = named in (None, "", constants.DEFAULT_DB_PROD_URL)
        return constants.DEFAULT_DB_DRYRUN_URL if production else str(named)
    return str(named or constants.DEFAULT_DB_PROD_URL)


def now_of(bot: Bot, status: Mapping[str, Any] | None) -> datetime:
    """Return the bot's time: this machine's, or that of the simulated venue it last followed."""
    handlers = (bot.config.get("log_config") or {}).get("handlers") or {}
    simulated = any("FollowVenueClock" in str(one.get("class")) for one in handlers.values())
    if simulated and status and "as_of" in status:
        return datetime.fromisoformat(str(status["as_of"])).astimezone(UTC)
    return datetime.now(UTC)


def look(bot: Bot) -> BotView:
    """Return what the traces of a bot say now; what cannot be read is named, never raised."""
    from plimsoll.control.database import read_records
    from plimsoll.control.latch import beside_locks, on_record
    from plimsoll.control.rearm import is_written

    status, looped_at = bot.folder.written_status() or ({}, None)
    runs = is_written(bot.folder.decisions)
    positions, locks, unseen = None, None, None
    try:
        records = read_records(bot.db_url, now_of(bot, status))
        positions, locks = records.positions, records.locks
    except PlimsollError as error:
        unseen = str(error)
    of_locks = [lock for lock in locks or () if lock.mode is not None]
    held = [lock.reason for lock in of_locks]
    mode: str | None = None
    if runs:
        mode, held = status.get("mode"), list(status.get("held") or ())
    else:
        on_log = on_record(bot.folder, bot.config, bot.db_url, now_of(bot, status)).held
        held += beside_locks(on_log, [(lock.pair, lock.reason) for lock in of_locks])
        modes = [lock.mode for lock in of_locks if lock.mode is not None]
        modes += [verdict.mode for verdict in on_log.values()]
        mode = max(modes).name if modes else None
    return BotView(
        runs=runs,
        state=rest_state(bot.config),
        mode=mode,
        held=held,
        flag=bot.folder.halt_reason(),
        status=status,
        looped_at=looped_at,
        age_seconds=None if looped_at is None else max(0.0, time.time() - looped_at),
        positions=positions,
        locks=locks,
        unseen=unseen,
    )


def with_exchange(bot: Bot, view: BotView) -> BotView:
    """Return a view with the exchange's own books, where the bot has an account there."""
    from plimsoll.control.exchange import has_account, held_of, read_account

    if not has_account(bot):
        return view
    books = read_account(bot.config, now_of(bot, view.status)).books
    return replace(view, exchange=held_of(books, view.positions))


def rest_url(config: Mapping[str, Any]) -> str | None:
    """Return the address of a config's REST API as seen from this machine, if it is on."""
    server = config.get("api_server") or {}
    if not server.get("enabled"):
        return None
    host = server.get("listen_ip_address", "127.0.0.1")
    host = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - it is replaced
    return f"http://{host}:{server.get('listen_port', 8080)}"


def rest_client(url: str, user: str | None, password: str | None, **options: Any) -> "FtRestClient":
    """Return Freqtrade's own client of a bot's REST API: without a proxy, and quiet."""
    from freqtrade_client import FtRestClient

    logging.getLogger("ft_rest_client").setLevel(logging.ERROR)  # it warns until the bot is up
    client = FtRestClient(url, user, password, **options)
    client._session.trust_env = False  # noqa: SLF001 - a proxy has no business on the way
    return client


def rest_state(config: Mapping[str, Any]) -> str | None:
    """Ask the bot's REST API for its state; ``None`` when it is off, silent, or refuses."""
    url = rest_url(config)
    if url is None:
        return None
    from requests import RequestException

    server = config["api_server"]
    client = rest_client(url, server.get("username"), server.get("password"), timeout=REST_SECONDS)
    try:
        answer = client.show_config()
    except (RequestException, ValueError):
        return None
    state = answer.get("state") if isinstance(answer, dict) else None
    return None if state is None else str(state).lower()
