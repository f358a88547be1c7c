"""The decision log of this process, and what a bot writes at its start."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.bridge.config.settings import SECRETS, PlimsollSettings
from plimsoll.bridge.state.folder import state_folder_of
from plimsoll.journal.config_difference import difference, flat_config
from plimsoll.journal.kind import Kind
from plimsoll.journal.log import DecisionLog

logger = logging.getLogger(__name__)

SECRET_KEYS = (
    *SECRETS,
    *(("exchange", key) for key in ("key", "api_key", "apiKey", "secret", "password", "uid")),
    *(("exchange", key) for key in ("account_id", "accountId", "private_key", "privateKey")),
    *(("exchange", key) for key in ("wallet_address", "walletAddress")),
    ("api_server", "ws_token"),
    ("discord", "webhook_url"),
    ("webhook", "url"),
    ("coingecko", "api_key"),
)
"""Section and key of what is nobody's business: ours, and what Freqtrade blanks itself."""

Record = Callable[..., object]
"""Writes one decision: ``(kind, at, *, durable, **fields)``."""

OBSERVED = frozenset({Kind.VERDICT, Kind.HALT, Kind.DENIAL, Kind.REARM})
"""What guards that only observe mark as such: nothing was done, so nothing is ended by it."""

_open: dict[Path, DecisionLog] = {}


def silent(*_: object, **__: object) -> None:
    """Record nothing and tell nobody: a backtest."""


def observed(record: Record) -> Record:
    """Return what records the same and marks every verdict: it was observed, nothing was done."""

    def recording(kind: str, at: datetime, *, durable: bool = False, **fields: Any) -> object:
        if kind in OBSERVED:
            fields["observed"] = True
        return record(kind, at, durable=durable, **fields)

    return recording


def decision_log(folder: Path, config: Mapping[str, Any]) -> DecisionLog:
    """Return this process's log of a folder: one, also after ``/reload_config``.

    It hides the secrets of every config that it was asked for with: those of before a reload
    may still turn up in a late error.

    Raises
    ------
    PlimsollError
        When another bot writes it, or it cannot be written.
    """
    log = _open.get(folder)
    if log is None:
        log = _open[folder] = DecisionLog(folder)
    log.hide(secrets_of(config))
    return log


def reopened_log(folder: Path, config: Mapping[str, Any]) -> DecisionLog:
    """Close this process's log of a folder and begin again in what is at its path now.

    Raises
    ------
    PlimsollError
        When another bot writes there, or it cannot be written; the old log is closed then too.
    """
    log = _open.pop(folder, None)
    if log is not None:
        log.close()
    return decision_log(folder, config)


class Recorder:
    """Writes decisions and never raises; what could not be written denies new risk."""

    def __init__(self, log: DecisionLog) -> None:
        self._log = log
        self.fault: str | None = None

    @property
    def log(self) -> DecisionLog:
        """The log that it writes."""
        return self._log

    def go_on_in(self, log: DecisionLog) -> None:
        """Write in another log from now on."""
        self._log = log

    def __call__(self, kind: str, at: datetime, *, durable: bool = False, **fields: Any) -> bool:
        """Append one record; return whether it was written."""
        try:
            self._log.append(kind, at, durable=durable, **fields)
        except Exception as error:
            if self.fault is None:
                logger.exception("plimsoll: decisions are not recorded, so no entries")
            self.fault = str(error)
            return False
        self.fault = None
        return True

    def start(
        self,
        at: datetime,
        config: Mapping[str, Any],
        settings: PlimsollSettings,
        state: Mapping[str, Any] | None = None,
    ) -> None:
        """Record a start with its config, and what changed in it since the one before.

        ``state`` are the fields that say whose start it is and what was held then.
        """
        flat = flat_config(_plain(config), secrets=secrets_of(config))
        known = orjson.dumps(flat, option=orjson.OPT_SORT_KEYS)
        self(
            Kind.START,
            at,
            durable=True,
            mode=str(getattr(config.get("runmode"), "value", config.get("runmode"))),
            strategy=config.get("strategy"),
            timeframe=config.get("timeframe"),  # as in force: most often it is the strategy's
            config_fingerprint=hashlib.sha256(known).hexdigest()[:12],
            code_fingerprint=code_fingerprint(),
            profile=settings.risk.model_dump(mode="json"),
            config=flat,
            changed=difference(self._log.last(Kind.START), flat),
            **(state or {}),
        )


def backtest_recorder(
    config: Mapping[str, Any], settings: PlimsollSettings
) -> Callable[..., object]:
    """Return where a backtest records its decisions: nowhere, unless the config says so."""
    if not settings.log_backtests:
        return silent
    folder = state_folder_of(config, settings.state_folder).path / "backtest-decisions"
    recorder = Recorder(decision_log(folder, config))
    recorder.start(datetime.now(UTC), config, settings)
    return recorder


def _plain(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a person wrote: the layers as merged, without what Freqtrade adds."""
    return dict(config.get("original_config") or config)


def secrets_of(config: Mapping[str, Any]) -> list[str]:
    """Return the values of a config that no record may hold, as in force and as written.

    Freqtrade blanks the exchange's keys of a dry-run; ``original_config`` still has them.
    """
    layers = [config, config.get("original_config") or {}]
    named = [
        (layer.get(section) or {}).get(key) for layer in layers for section, key in SECRET_KEYS
    ]
    listed = [value if isinstance(value, list) else [value] for value in named]
    return [str(value) for values in listed for value in values if value]
