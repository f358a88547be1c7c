"""Look a set-up over, and name the remedy for each thing that is not right."""

import logging
import os
import stat
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from plimsoll.bridge.config.layers import quiet_logs, read_layer, read_layers
from plimsoll.bridge.freqtrade.strategy_files import strategy_files
from plimsoll.bridge.freqtrade.venue_clock import LOOPBACK_HOSTS
from plimsoll.core import PlimsollError
from plimsoll.lab.data_checks import check_data
from plimsoll.lab.exchange_checks import check_exchange
from plimsoll.lab.finding import Finding, Level
from plimsoll.lab.front_checks import check_api, check_front
from plimsoll.lab.layer_order import late_base
from plimsoll.lab.plugin_checks import check_plugins
from plimsoll.lab.strategy_guarding import (
    base_first,
    check_guards,
    check_strategies,
    names_handler,
    remedy_of,
    why_not_guarded,
)

TESTED = ("freqtrade", "ccxt", "pandas", "numpy", "TA-Lib", "optuna", "freqtrade-plimsoll")
SECRET_KEYS = frozenset(
    {"key", "apikey", "secret", "password", "privatekey", "token", "jwt_secret_key", "ws_token"}
    | {"webhook_url"}
)


def examine(
    userdir: Path, config_files: Sequence[Path], *, front: str = "", region: str = ""
) -> list[Finding]:
    """Run every check; one that cannot run is a fault, never silence.

    ``front`` is the address at which the REST API is reached from outside, ``region`` where the
    account's owner resides, such as ``us``; each is empty when it is not said.
    """
    with quiet_logs(logging.CRITICAL):  # Freqtrade would print the whole schema, and tracebacks
        return _examine(userdir, config_files, front, region)


def _examine(userdir: Path, named: Sequence[Path], front: str, region: str) -> list[Finding]:
    files, bare = (list(named), False) if named else default_layers(userdir)
    config, findings = _load(userdir, files, bare=bare)
    checks: list[tuple[str, Callable[[], list[Finding]]]] = [
        ("versions", _versions),
        ("plugins", lambda: check_plugins(config)),
        ("registration", lambda: _registration(config, userdir, files)),
        ("layers", lambda: _order(files)),
        ("guards", lambda: check_guards(config)),
        ("strategies", lambda: check_strategies(config, userdir, files)),
        ("secrets", lambda: _secrets(files)),
    ]
    if front:
        checks += [("rest api", lambda: check_front(front))]
    if not bare:
        checks += [
            ("rest api", lambda: check_api(config)),
            ("data", lambda: check_data(config)),
            ("exchange", lambda: check_exchange(config, region)),
        ]
    for subject, check in checks:
        try:
            findings += check()
        except Exception as error:  # noqa: BLE001 - a broken set-up breaks in any way it likes
            text = f"could not be checked: {type(error).__name__}: {error}".split("\n")[0]
            findings.append(Finding(Level.FAULT, subject, text, "mend what the message names"))
    return findings


def default_layers(userdir: Path) -> tuple[list[Path], bool]:
    """Return the config that Freqtrade takes when none is named, or else our first layer alone.

    With the latter, or with neither, it is the installation that is looked at: the flag is true.
    """
    for file in (userdir / "config.json", Path("config.json")):
        if file.is_file():
            return [file], False
    base = userdir / "config" / "base.json"
    return ([base] if base.is_file() else []), True


def bare_outside_drill(strategy: str, folder: Path, userdir: Path) -> str | None:
    """Return why a bot under the user's own config would have no guards, and what gives it them.

    ``folder`` holds the strategy's file. ``None`` when they would stand, or when there is no
    such config: a drill has its own layers, so it does not show this by itself.
    """
    files, bare = default_layers(userdir)
    named = [one for one in strategy_files([folder]).strategies if one.name == strategy]
    if bare or not named:
        return None
    try:
        why_not = why_not_guarded(named[0], read_layers(files))
    except PlimsollError as error:
        return str(error)
    if why_not is None:
        return None
    return (
        f"the drill is guarded, a bot with {files[0]} would not be: {why_not}; "
        f"{remedy_of(why_not, userdir, files)}"
    )


def _load(
    userdir: Path, files: Sequence[Path], *, bare: bool
) -> tuple[dict[str, Any], list[Finding]]:
    """Read and validate the config as Freqtrade does."""
    from freqtrade.configuration.config_validation import validate_config_schema
    from freqtrade.enums import RunMode

    from plimsoll.bridge.config.absent_layers import absent_layers
    from plimsoll.bridge.config.expectation import read_expectation
    from plimsoll.bridge.config.layer_checks import sound_settings
    from plimsoll.bridge.config.settings import require_secrets
    from plimsoll.bridge.freqtrade.plugin_files import name_pairlists

    config: dict[str, Any] = {"user_data_dir": userdir.resolve()}
    remedy = "correct what is named; a shipped layer comes again with plimsoll init"
    try:
        config = read_layers(files) | config
        if absent := absent_layers(config):
            level = Level.WARNING if bare else Level.FAULT
            return config, [Finding(level, "config", one.fault, one.remedy) for one in absent]
        settings = sound_settings(config)
        name_pairlists(config)
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
    if bare:
        text = f"{files[0]} is valid; -c FILE … checks a whole set-up, with data and exchange"
        return config, [Finding(Level.OK, "config", text)]
    return config, [Finding(Level.OK, "config", f"{len(files)} layers, valid")]


def _versions() -> list[Finding]:
    from plimsoll.bridge.freqtrade.plugin_files import require_supported_freqtrade

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


def _registration(config: dict[str, Any], userdir: Path, files: Sequence[Path]) -> list[Finding]:
    if names_handler(config):
        return []
    text = "the config names no registering log handler: only strategies on our base register"
    return [Finding(Level.WARNING, "registration", text, base_first(userdir, files))]


def _order(files: Sequence[Path]) -> list[Finding]:
    late = late_base(files)
    return [Finding(Level.WARNING, "layers", late.fault, late.remedy)] if late else []


def _secrets(files: Sequence[Path]) -> list[Finding]:
    findings = []
    for file in map(Path, read_layers(files).get("config_files", ())):
        layer = read_layer(file)
        held = sorted(_named_secrets(_without_venue_keys(layer), ()))
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


def _without_venue_keys(layer: dict[str, Any]) -> dict[str, Any]:
    """Return the layer without the keys of an exchange on this machine: no money is behind them."""
    exchange = layer.get("exchange") or {}
    api = ((exchange.get("ccxt_config") or {}).get("urls") or {}).get("api") or {}
    told = api if isinstance(api, dict) else {}
    private = str(told.get("fapiPrivate") or told.get("private") or "")
    if urlsplit(private).hostname not in LOOPBACK_HOSTS:
        return layer
    kept = {name: value for name, value in exchange.items() if name not in ("key", "secret")}
    return {**layer, "exchange": kept}


def _named_secrets(value: Any, path: tuple[str, ...]) -> list[str]:
    """Return the dotted names of all non-empty secrets at any depth."""
    if isinstance(value, dict):
        return [name for key in value for name in _named_secrets(value[key], (*path, str(key)))]
    if isinstance(value, list):
        return [name for item in value for name in _named_secrets(item, path)]
    return [".".join(path)] if path and path[-1].lower() in SECRET_KEYS and value else []
