"""Whether Freqtrade can load the plugins of the shipped and the user's folders."""

from pathlib import Path
from typing import Any

from plimsoll.lab.finding import Finding, Level

KINDS = ("protections", "pairlists")


def check_plugins(config: dict[str, Any]) -> list[Finding]:
    """Return what is in each folder, what of the user's own cannot be loaded, and what shadows.

    Freqtrade's resolvers take a second to import: they are asked for the user's own plugins only.
    """
    from plimsoll.bridge.freqtrade.plugin_files import class_names, plugin_folders, shadowed

    findings = []
    for kind in KINDS:
        *own, shipped = plugin_folders(config, kind)
        for folder in own:
            findings += _loaded(folder, kind) if any(folder.glob("*.py")) else []
        text = f"{', '.join(sorted(class_names(shipped)))} from {shipped}"
        findings.append(Finding(Level.OK, kind, text))
    for name in shadowed(config):
        text = f"your own {name} takes the place of the one that Plimsoll ships"
        remedy = "rename your class, unless you mean it"
        findings.append(Finding(Level.WARNING, "plugins", text, remedy))
    return findings


def _loaded(folder: Path, kind: str) -> list[Finding]:
    """Return which of a folder's plugins Freqtrade's own search can load."""
    from freqtrade.resolvers.pairlist_resolver import PairListResolver
    from freqtrade.resolvers.protection_resolver import ProtectionResolver

    from plimsoll.bridge.freqtrade.plugin_files import class_names

    resolver = ProtectionResolver if kind == "protections" else PairListResolver
    # Its public search mixes all folders, Freqtrade's own among them.
    entries = resolver._search_all_objects(folder, enum_failed=True)  # noqa: SLF001
    loaded = {entry["name"] for entry in entries if entry["class"] is not None}
    broken = {entry["location"].stem for entry in entries if entry["class"] is None}
    findings = []
    if missing := sorted((set(class_names(folder)) - loaded) | broken):
        text = f"{', '.join(missing)} in {folder} cannot be loaded by Freqtrade"
        remedy = f"python {folder}/NAME.py shows the import error"
        findings.append(Finding(Level.FAULT, kind, text, remedy))
    if loaded:
        findings.append(Finding(Level.OK, kind, f"{', '.join(sorted(loaded))} from {folder}"))
    return findings
