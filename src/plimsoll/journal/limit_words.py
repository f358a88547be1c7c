"""Changed limits in words: per cent, USD, and what to type."""

from collections.abc import Mapping, Sequence
from typing import Any

from plimsoll.journal.phrases import clean, quote

ACCEPT = 'plimsoll resume --allow-looser --reason "…"'


def change_words(name: str, before: Any, after: Any) -> str:
    """Say one limit before and after, as ``max daily loss 2 % → 3 %``."""
    return f"{_limit_words(name)} {_value_words(name, before)} → {_value_words(name, after)}"


def looser_words(
    changes: Mapping[str, tuple[Any, Any]], held_back: Sequence[str], layers: Sequence[str]
) -> str:
    """Say which limits are looser than what was in force, and whether they are in force now.

    Parameters
    ----------
    changes
        By limit: its value in force before, and the one asked for.
    held_back
        Those that wait for a person.
    layers
        What an earlier layer of the config had stricter, in sentences.
    """
    waiting = [change_words(name, *changes[name]) for name in changes if name in held_back]
    taken = [change_words(name, *changes[name]) for name in changes if name not in held_back]
    said = []
    if waiting:
        said.append(
            f"Looser limits are not in force: {'; '.join(waiting)}. The stricter ones hold until a "
            f"person accepts: {ACCEPT}, then /reload_config."
        )
    if taken:
        said.append(f"Limits are looser than before, and in force: {'; '.join(taken)}.")
    return " ".join([*said, *layers])


def layer_words(name: str, strict: Any, strict_source: str, value: Any, source: str) -> str:
    """Say which layer of a config loosens what an earlier one had set."""
    change = change_words(name, strict, value)
    return f"{source} comes after {strict_source} and loosens it: {change}."


def accepted_words(changes: Mapping[str, tuple[Any, Any]], reason: str, by: str) -> str:
    """Say which looser limits a person accepted, and what brings them into force."""
    if not changes:
        return f"No looser limit waits for acceptance (asked by {quote(by)}: {quote(reason)})."
    said = "; ".join(change_words(name, *change) for name, change in changes.items())
    return (
        f"Looser limits accepted by {quote(by)} ({quote(reason)}): {said}. /reload_config puts "
        "them in force."
    )


def refused_reload_words(fault: str) -> str:
    """Say that a reload did not take place, and why."""
    return f"Reload refused, the config and limits of before stay in force: {clean(fault)}"


def _limit_words(name: str) -> str:
    for unit in ("_fraction", "_usd", "_seconds", "_hours", "_utc"):
        name = name.removesuffix(unit)
    return name.replace("_", " ")


def _value_words(name: str, value: Any) -> str:
    if value is None:
        return "off"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return str(value)
    if name.endswith("_fraction") or name == "max_correlation":
        return f"{value * 100:.6g} %"
    units = {"_usd": " USD", "_seconds": " s", "_hours": " h"}
    return f"{value:.10g}{next((unit for end, unit in units.items() if name.endswith(end)), '')}"
