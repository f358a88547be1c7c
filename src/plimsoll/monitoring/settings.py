"""What a watchdog is started with: config layers, and secrets that stand in no config.

Layers are read as Freqtrade reads them, files in order, but without Freqtrade: the watchdog
must start where that does not.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_IRWXG, S_IRWXO
from typing import Any

import rapidjson
from pydantic import ValidationError

from plimsoll.core import UsageError
from plimsoll.monitoring.profile import Act, WatchProfile

PREFIX = "PLIMSOLL_WATCH__"
SECRETS_FILE = f"{PREFIX}SECRETS_FILE"
BOTS_PASSWORD = "FREQTRADE__API_SERVER__PASSWORD"  # noqa: S105 - a name
"""Where the bot has the password of its API; taken where the watchdog is given none of its own."""
BOTS_DATABASE = "FREQTRADE__DB_URL"
"""Where it has the address of its database, over every config file."""
NAMES = frozenset(
    {"key", "secret", "password", "api_username", "api_password", "alarms", "dead_man_url"}
)
"""What the environment, or the file that it names, may hold."""
_LENIENT = rapidjson.PM_COMMENTS | rapidjson.PM_TRAILING_COMMAS
DEEPEST = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """Everything that a watchdog knows before it looks.

    Attributes
    ----------
    exchange
        The section ``exchange`` of the config, without a key of the bot's.
    api_url
        The bot's REST API; ``None`` when it is off, so that it is not asked.
    bot_folder
        The bot's folder where ``plimsoll.watch`` says that it can be reached.
    state_folder
        Where the bot has it on its own machine.
    control_folder
        Where a control bot has its own.
    secrets
        By the names of :data:`NAMES`.
    """

    profile: WatchProfile
    exchange: Mapping[str, Any]
    stake_currency: str
    api_url: str | None
    db_url: str | None
    folder: Path
    bot_folder: Path | None
    state_folder: Path = Path("user_data/plimsoll")
    control_folder: Path = Path("user_data/plimsoll-control")
    bot_name: str = ""
    is_dry_run: bool = True
    secrets: Mapping[str, str] = field(repr=False)

    @property
    def has_account(self) -> bool:
        """Whether it has a key, so that it can look at an account."""
        return bool(self.secrets.get("key") or self.exchange.get("walletAddress"))

    @property
    def hidden(self) -> tuple[str, ...]:
        """What must be in no journal."""
        named = (self.secrets.get(name, "") for name in ("key", "secret", "password"))
        whole = (*named, self.secrets.get("api_password", ""), self.secrets.get("dead_man_url", ""))
        return tuple(one for one in (*whole, *self.alarm_urls) if one)

    @property
    def alarm_urls(self) -> tuple[str, ...]:
        """Where alarms go, one address a channel."""
        return tuple(self.secrets.get("alarms", "").split())


def read_settings(
    files: Sequence[Path],
    userdir: Path | None,
    environment: Mapping[str, str],
    *,
    db_url: str = "",
) -> WatchSettings:
    """Return the settings of config layers and of the environment.

    Raises
    ------
    UsageError
        In one line, when a file cannot be read, a setting is not valid, or secrets are open to
        others.
    """
    config: dict[str, Any] = {}
    for file in files:
        config = _merged(config, read_layer(file))
    profile = _profile(config)
    secrets = _secrets(environment)
    folder = userdir or Path(str(config.get("user_data_dir") or "user_data"))
    folder = folder.expanduser().resolve()
    server = config.get("api_server") or {}
    ours = config.get("plimsoll") or {}
    phone = ours.get("control_bot") or {}
    if profile.may is Act.FLATTEN and not secrets.get("key"):
        raise UsageError(
            f"plimsoll.watch.may is flatten, which needs a key of its own: set {PREFIX}KEY and "
            f"{PREFIX}SECRET, or the file {SECRETS_FILE}"
        )
    return WatchSettings(
        profile=profile,
        exchange=config.get("exchange") or {},
        stake_currency=str(config.get("stake_currency", "USDT")),
        api_url=profile.bot_url or _api_url(server),
        db_url=db_url or environment.get(BOTS_DATABASE) or config.get("db_url") or None,
        folder=folder / (profile.folder or "plimsoll-watch"),
        bot_folder=folder / profile.bot_folder if profile.bot_folder else None,
        state_folder=folder / str(ours.get("state_folder") or "plimsoll"),
        control_folder=folder / str(phone.get("folder") or "plimsoll-control"),
        bot_name=str(config.get("bot_name") or ""),
        is_dry_run=bool(config.get("dry_run", True)),
        secrets={
            "api_username": str(server.get("username") or ""),
            "api_password": environment.get(BOTS_PASSWORD) or str(server.get("password") or ""),
            **secrets,
        },
    )


def alarm_addresses(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return where alarms go, one address a channel, without any config.

    Raises
    ------
    UsageError
        As `read_settings`, about secrets.
    """
    return tuple(_secrets(environment).get("alarms", "").split())


def read_layer(file: Path, depth: int = 0) -> dict[str, Any]:
    """Return a config file with those that it includes.

    Raises
    ------
    UsageError
        When it is missing or no JSON, with the file's name.
    """
    try:
        content = rapidjson.loads(file.read_text(encoding="utf-8"), parse_mode=_LENIENT)
    except OSError as error:
        raise UsageError(f"cannot read the config {file}: {error.strerror}") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise UsageError(f"expected JSON in {file}: {str(error).splitlines()[0]}") from None
    if not isinstance(content, dict):
        raise UsageError(f"expected a JSON object in {file}, found {type(content).__name__}")
    merged: dict[str, Any] = {}
    for name in content.get("add_config_files", ()) if depth < DEEPEST else ():
        merged = _merged(merged, read_layer(file.resolve().parent / name, depth + 1))
    return _merged(merged, content)


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    whole = dict(below)
    for key, value in above.items():
        under = whole.get(key)
        if isinstance(value, Mapping) and isinstance(under, Mapping):
            whole[key] = _merged(under, value)
        else:
            whole[key] = value
    return whole


def _profile(config: Mapping[str, Any]) -> WatchProfile:
    section = (config.get("plimsoll") or {}).get("watch") or {}
    try:
        return WatchProfile.model_validate(section)
    except ValidationError as error:
        faults = "; ".join(
            f"plimsoll.watch.{'.'.join(map(str, one['loc']))}: {one['msg']}{_shown(one)}"
            for one in error.errors(include_url=False)
        )
        raise UsageError(f"the config's section plimsoll.watch is not valid: {faults}") from None


def _shown(error: Any) -> str:
    """Return what was found; not of a key that nobody knows, which may be a secret out of place."""
    return "" if error["type"] == "extra_forbidden" else f", found {error['input']!r}"


def _secrets(environment: Mapping[str, str]) -> dict[str, str]:
    return secrets_in(environment, PREFIX, NAMES)


def secrets_in(
    environment: Mapping[str, str], prefix: str, names: Collection[str]
) -> dict[str, str]:
    """Return the secrets that variables of a prefix hold, and the file that one of them names.

    A variable wins over the file, which is the variable ``SECRETS_FILE`` of that prefix.

    Raises
    ------
    UsageError
        When the file cannot be read, others may read it, or a name is none of ``names``.
    """
    secrets: dict[str, str] = {}
    file_variable = f"{prefix}SECRETS_FILE"
    if named := environment.get(file_variable):
        file = Path(named).expanduser()
        secrets = {str(key): _text(value) for key, value in read_layer(file).items()}
        if os.name == "posix" and file.stat().st_mode & (S_IRWXG | S_IRWXO):
            raise UsageError(f"others may read {file}, which holds secrets; chmod 600 it")
    for name in environment:
        if name.startswith(prefix) and name != file_variable:
            secrets[name.removeprefix(prefix).lower()] = environment[name]
    if unknown := sorted(set(secrets) - set(names)):
        raise UsageError(
            f"expected secrets named {', '.join(sorted(names))}, found {', '.join(unknown)}"
        )
    return secrets


def _text(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _api_url(server: Mapping[str, Any]) -> str | None:
    if not server.get("enabled"):
        return None
    host = str(server.get("listen_ip_address", "127.0.0.1"))
    host = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - it is replaced
    return f"http://{host}:{server.get('listen_port', 8080)}"
