"""Look a set-up over, and name the remedy for each thing that is not right."""

import logging
import os
import stat
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from plimsoll.bridge.config.layers import quiet_logs, read_layer, read_layers
from plimsoll.core import PlimsollError

TESTED = ("freqtrade", "ccxt", "pandas", "numpy", "TA-Lib", "optuna", "freqtrade-plimsoll")
SECRET_KEYS = frozenset(
    {"key", "apikey", "secret", "password", "privatekey", "token", "jwt_secret_key", "ws_token"}
    | {"webhook_url"}
)
MAX_CLOCK_OFFSET_SECONDS = 1.0


class Level(IntEnum):
    """How bad a finding is; also the exit status it asks for."""

    OK = 0
    WARNING = 1
    FAULT = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's account."""

    level: Level
    subject: str
    found: str
    remedy: str = ""


def examine(userdir: Path, config_files: Sequence[Path]) -> list[Finding]:
    """Run every check; one that cannot run is a fault, never silence."""
    with quiet_logs(logging.CRITICAL):  # Freqtrade would print the whole schema, and tracebacks
        return _examine(userdir, config_files)


def _examine(userdir: Path, config_files: Sequence[Path]) -> list[Finding]:
    config, findings = _load(userdir, config_files)
    checks: list[tuple[str, Callable[[], list[Finding]]]] = [
        ("versions", _versions),
        ("plugins", lambda: _plugins(config)),
        ("strategies", lambda: _strategies(userdir)),
        ("data", lambda: _data(config)),
        ("secrets", lambda: _secrets(config_files)),
        ("exchange", lambda: _exchange(config)),
    ]
    for subject, check in checks:
        try:
            findings += check()
        except Exception as error:  # noqa: BLE001 - a broken set-up breaks in any way it likes
            text = f"could not be checked: {type(error).__name__}: {error}".split("\n")[0]
            findings.append(Finding(Level.FAULT, subject, text, "mend what the message names"))
    return findings


def _load(userdir: Path, files: Sequence[Path]) -> tuple[dict[str, Any], list[Finding]]:
    """Read and validate the config as Freqtrade does; an empty list means the shipped profiles."""
    from freqtrade.configuration.config_validation import validate_config_schema
    from freqtrade.enums import RunMode

    from plimsoll.bridge.config.expectation import read_expectation
    from plimsoll.bridge.config.layer_checks import sound_settings
    from plimsoll.bridge.config.settings import require_secrets
    from plimsoll.bridge.freqtrade.plugin_search import register

    config: dict[str, Any] = {"user_data_dir": userdir.resolve()}
    remedy = "correct what is named; a shipped layer comes again with plimsoll init"
    try:
        config = read_layers(files) | config
        settings = sound_settings(config)
        register(config)
        read_expectation(settings.expectation_file)
        require_secrets(config)
        if files:
            # A trading run needs settings that come from the strategy: those are not asked for.
            candidate = {**config, "user_data_dir": str(userdir), "runmode": RunMode.OTHER}
            validate_config_schema(candidate)
    except Exception as error:  # noqa: BLE001 - schema, JSON, file and profile errors alike
        return config, [Finding(Level.FAULT, "config", str(error).split("\n")[0], remedy)]
    if not files:
        text = "no config given, so only the installation was checked"
        return config, [Finding(Level.WARNING, "config", text, "name it with -c FILE")]
    return config, [Finding(Level.OK, "config", f"{len(files)} layers, valid")]


def _versions() -> list[Finding]:
    from plimsoll.bridge.freqtrade.plugin_search import require_supported_freqtrade

    installed = []
    for name in TESTED:
        try:
            installed.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            remedy = "pip install --force-reinstall freqtrade-plimsoll"
            return [Finding(Level.FAULT, "versions", f"{name} is not installed", remedy)]
    try:
        require_supported_freqtrade(version("freqtrade"))
    except PlimsollError as error:
        return [Finding(Level.FAULT, "versions", str(error), "install the version named")]
    return [Finding(Level.OK, "versions", ", ".join(installed))]


def _plugins(config: dict[str, Any]) -> list[Finding]:
    from freqtrade.resolvers.pairlist_resolver import PairListResolver
    from freqtrade.resolvers.protection_resolver import ProtectionResolver

    from plimsoll.bridge.freqtrade.plugin_search import class_names, plugin_folders, shadowed

    findings = []
    for kind, resolver in (("protections", ProtectionResolver), ("pairlists", PairListResolver)):
        for folder in plugin_folders(config, kind):
            wanted = class_names(folder)
            # Its public search mixes all folders, Freqtrade's own among them.
            entries = resolver._search_all_objects(folder, enum_failed=True)  # noqa: SLF001
            loaded = {entry["name"] for entry in entries if entry["class"] is not None}
            broken = {entry["location"].stem for entry in entries if entry["class"] is None}
            if missing := sorted((set(wanted) - loaded) | broken):
                text = f"{', '.join(missing)} in {folder} cannot be loaded by Freqtrade"
                remedy = f"python {folder}/NAME.py shows the import error"
                findings.append(Finding(Level.FAULT, kind, text, remedy))
            if loaded:
                findings.append(
                    Finding(Level.OK, kind, f"{', '.join(sorted(loaded))} from {folder}")
                )
    for name in shadowed(config):
        text = f"your own {name} takes the place of the one that Plimsoll ships"
        remedy = "rename your class, unless you mean it"
        findings.append(Finding(Level.WARNING, "plugins", text, remedy))
    chosen = config.get("log_config", {}).get("handlers", {})
    if not any("RegisteringHandler" in str(handler.get("class")) for handler in chosen.values()):
        text = "the config names no registering log handler: only strategies on our base register"
        findings.append(
            Finding(Level.WARNING, "registration", text, "layer base.json before your config")
        )
    return findings


def _strategies(userdir: Path) -> list[Finding]:
    from plimsoll.bridge.freqtrade.plugin_search import class_names

    folder = userdir / "strategies"
    names = class_names(folder) if folder.is_dir() else []
    if not names:
        text = f"no strategy in {folder}"
        return [
            Finding(Level.WARNING, "strategies", text, f"run: plimsoll init --userdir {userdir}")
        ]
    return [Finding(Level.OK, "strategies", ", ".join(names))]


def _data(config: dict[str, Any]) -> list[Finding]:
    from freqtrade.data.history import get_datahandler
    from freqtrade.enums import CandleType, TradingMode

    name = config.get("exchange", {}).get("name", "binance")
    folder = Path(config.get("datadir") or Path(config["user_data_dir"]) / "data" / name)
    remedy = "run freqtrade download-data with the same config"
    if not folder.is_dir():
        return [Finding(Level.WARNING, "data", f"no folder {folder}", remedy)]
    handler = get_datahandler(folder, config.get("dataformat_ohlcv", "feather"))
    candles = [
        series
        for series in handler.ohlcv_get_available_data(folder, TradingMode.FUTURES)
        if series[2] == CandleType.FUTURES
    ]
    if not candles:
        return [Finding(Level.WARNING, "data", f"no futures candles in {folder}", remedy)]
    findings, sound = [], defaultdict(list)
    for pair, timeframe, kind in sorted(candles):
        first, last, count = handler.ohlcv_data_min_max(pair, timeframe, kind)
        if count == 0:
            text = f"{pair} {timeframe}: the file in {folder} is empty or cannot be read"
            findings.append(Finding(Level.FAULT, "data", text, f"remove it, then {remedy}"))
            continue
        span = f"{timeframe}: {count} candles, {first:%Y-%m-%d} to {last:%Y-%m-%d}"
        funding = handler.ohlcv_load(
            pair, "1h", CandleType.FUNDING_RATE, fill_missing=False, drop_incomplete=False
        )
        if funding.empty:
            text = f"{pair} {span}; no funding rates, so a backtest would hold positions for free"
            findings.append(Finding(Level.WARNING, "data", text, remedy))
        else:
            sound[span].append(pair)
    for span, pairs in sound.items():
        findings.append(Finding(Level.OK, "data", f"{', '.join(pairs)} {span}"))
    return findings


def _secrets(files: Sequence[Path]) -> list[Finding]:
    findings = []
    for file in map(Path, read_layers(files).get("config_files", ())):
        held = sorted(_named_secrets(read_layer(file), ()))
        if not held:
            continue
        readable = file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)
        if readable and os.name == "posix":
            text = f"{file} holds {', '.join(held)} and others can read it"
            remedy = f"chmod 600 {file}, and better: keep secrets in the environment"
            findings.append(Finding(Level.FAULT, "secrets", text, remedy))
        else:
            text = f"{file} holds {', '.join(held)}"
            findings.append(
                Finding(Level.WARNING, "secrets", text, "keep secrets in the environment")
            )
    return findings or [Finding(Level.OK, "secrets", "none in the config files")]


def _named_secrets(value: Any, path: tuple[str, ...]) -> list[str]:
    """Return the dotted names of all non-empty secrets at any depth."""
    if isinstance(value, dict):
        return [name for key in value for name in _named_secrets(value[key], (*path, str(key)))]
    if isinstance(value, list):
        return [name for item in value for name in _named_secrets(item, path)]
    return [".".join(path)] if path and path[-1].lower() in SECRET_KEYS and value else []


def _exchange(config: dict[str, Any]) -> list[Finding]:
    import ccxt

    settings = config.get("exchange", {})
    if "name" not in settings:
        return [Finding(Level.WARNING, "exchange", "none configured", "layer a venue-*.json")]
    exchange = getattr(ccxt, settings["name"])(
        {"timeout": 10_000, **settings.get("ccxt_config", {}), "options": _options(settings)}
    )
    where = exchange.urls["api"].get("fapiPublic", settings["name"])
    try:
        asked = time.time()
        server_ms = exchange.fetch_time()
        answered = time.time()
    except ccxt.BaseError as error:
        text = f"{where} does not answer ({type(error).__name__})"
        remedy = "start it (plimsoll venue serve --port 8601), or check your network"
        return [Finding(Level.FAULT, "exchange", text, remedy)]
    reached = Finding(
        Level.OK, "exchange", f"{where} answers in {(answered - asked) * 1000:.0f} ms"
    )
    if _follows_venue_clock(config):
        return [reached, Finding(Level.OK, "clock", "the bot follows the venue's simulated clock")]
    offset = server_ms / 1000 - (asked + answered) / 2
    if abs(offset) > MAX_CLOCK_OFFSET_SECONDS:
        text = f"this machine is {-offset:+.1f} s off the exchange"
        remedy = "synchronise the clock (NTP); for a venue with its own clock use --write-config"
        return [reached, Finding(Level.FAULT, "clock", text, remedy)]
    return [reached, Finding(Level.OK, "clock", f"{-offset:+.2f} s off the exchange")]


def _options(settings: dict[str, Any]) -> dict[str, Any]:
    given = settings.get("ccxt_config", {}).get("options", {})
    return {"defaultType": "swap", "defaultSubType": "linear", **given}


def _follows_venue_clock(config: dict[str, Any]) -> bool:
    handlers = config.get("log_config", {}).get("handlers", {})
    return any("FollowVenueClock" in str(handler.get("class")) for handler in handlers.values())
