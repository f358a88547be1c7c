"""Which strategies of a set-up run under the guards, and why not; without running one."""

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import Any

from plimsoll.bridge.freqtrade.strategy_files import StrategyClass, strategy_files
from plimsoll.lab.finding import Finding, Level

HANDLER = "RegisteringHandler"
OFF = "plimsoll.guards is off"
NO_HANDLER = "no layer names our log handler"
NO_LOGGING = "PYTEST_VERSION is set, so Freqtrade builds no log handler"
OWN_READING = "a __getattribute__ of its own passes our hooks by"
REMEDIES = {
    OFF: 'remove the key, or set plimsoll.guards to "enforce"',
    NO_LOGGING: "unset PYTEST_VERSION",
    OWN_READING: "remove __getattribute__ from the class: a bot refuses to start with it",
}


def base_first(userdir: Path, files: Sequence[Path]) -> str:
    """Return how to name our layer before these files of the user's own, as a command has it."""
    base = userdir / "config" / "base.json"
    named = f"layer {base} before your config"
    layers = " ".join(f"-c {quote(str(file))}" for file in (base, *files))
    return f"{named}: {layers}" if files else named


def remedy_of(why_not: str, userdir: Path, files: Sequence[Path]) -> str:
    """Return what puts guards around a strategy that has none; empty when the reason says it."""
    return base_first(userdir, files) if why_not == NO_HANDLER else REMEDIES.get(why_not, "")


def names_handler(config: Mapping[str, Any]) -> bool:
    """Return whether some layer names the log handler that loads guards and plugins."""
    handlers = (config.get("log_config") or {}).get("handlers") or {}
    return any(HANDLER in str(handler.get("class")) for handler in handlers.values())


def why_not_guarded(strategy: StrategyClass, config: Mapping[str, Any]) -> str | None:
    """Return why no guards stand around a strategy under this config; ``None`` when they do."""
    if _guards(config) == "off":
        return OFF
    if strategy.reads_itself:
        return OWN_READING
    if strategy.explicit:
        return None
    if not names_handler(config):
        return NO_HANDLER
    return NO_LOGGING if "PYTEST_VERSION" in os.environ else None


def check_guards(config: Mapping[str, Any]) -> list[Finding]:
    """Return what the guards may do under this config, loudly when that is not everything."""
    from plimsoll.bridge.config.settings import require_guards_of_bot, settings_from
    from plimsoll.core import PlimsollError

    chosen = _guards(config)
    back = 'set plimsoll.guards to "enforce", or remove the key'
    if chosen == "off":
        text = "OFF: plimsoll.guards is off; backtests run bare, and no bot starts"
        return [Finding(Level.WARNING, "guards", text, back)]
    if chosen == "observe":
        try:
            require_guards_of_bot(dict(config), settings_from(dict(config)))
        except PlimsollError as error:
            return [Finding(Level.FAULT, "guards", str(error), back)]
        text = (
            "OBSERVED ONLY: plimsoll.guards is observe; every verdict is told, and nothing is "
            "refused, cut or closed"
        )
        return [Finding(Level.WARNING, "guards", text, back)]
    return [Finding(Level.OK, "guards", "enforced in backtest, dry-run and live")]


def check_strategies(
    config: Mapping[str, Any], userdir: Path, layers: Sequence[Path] = ()
) -> list[Finding]:
    """Return the strategies that guards stand around, and for each reason those without.

    ``layers`` are the files that ``config`` was read from; the remedy names them.
    """
    folder = userdir / "strategies"
    own = [Path(config["strategy_path"])] if config.get("strategy_path") else []
    recursive = bool(config.get("recursive_strategy_search"))
    files = strategy_files([*own, folder], recursive=recursive)
    findings = [
        Finding(
            Level.FAULT,
            "strategies",
            f"{file} is not Python: {why.splitlines()[0]}",
            "mend or remove it: Freqtrade finds no strategy in it",
        )
        for file, why in files.broken
    ]
    if not files.strategies:
        text = f"no strategy in {folder}"
        remedy = f"run: plimsoll init --userdir {userdir}"
        return [*findings, Finding(Level.WARNING, "strategies", text, remedy)]
    by_reason: dict[str | None, list[str]] = defaultdict(list)
    for one in files.strategies:
        by_reason[why_not_guarded(one, config)].append(one.name)
    word = "observed" if _guards(config) == "observe" else "guarded"
    for reason, names in by_reason.items():
        named = f"{', '.join(sorted(names))} from {folder}"
        if reason is None:
            text = f"{named}: {word}"
            findings.append(Finding(Level.OK, "strategies", text, names=tuple(sorted(names))))
        else:
            text = f"{named}: NOT GUARDED, {reason}"
            remedy = remedy_of(reason, userdir, layers)
            findings.append(
                Finding(Level.WARNING, "strategies", text, remedy, names=tuple(sorted(names)))
            )
    return findings


def _guards(config: Mapping[str, Any]) -> str:
    return str((config.get("plimsoll") or {}).get("guards", "enforce"))
