"""The risk profile described: its JSON schema, and a page for people."""

from collections.abc import Mapping
from typing import Any

from plimsoll.risk.profile import RiskProfile

HEAD = """# The risk profile

<!-- Written from the model `plimsoll.risk.profile`; a test compares. Do not edit by hand. -->

Every limit of an account is in one place: `plimsoll.risk` in the Freqtrade config. A key that is
not listed here is refused, and so is a value outside its bounds; all faults are reported at once.
The bounds are hard caps: no configuration can exceed them. Fractions are fractions (0.03 is 3 %),
USD is the stake currency, times are UTC; `null` switches off a limit that allows it.

Ready-made profiles are config layers, `user_data/config/risk-*.json`; `careful` holds the defaults.
The defaults are conventions and judgement rather than results of research; the last column says
what each rests on. Sources: Kelly (1956), [A New Interpretation of Information
Rate](https://doi.org/10.1109/tit.1956.1056803); Thorp (2006), [The Kelly Criterion in Blackjack,
Sports Betting, and the Stock Market](https://doi.org/10.1016/S1872-0978%2806%2901009-X),
section 7.3; Nygard (2007), Release It!, for the [circuit
breaker](https://martinfowler.com/bliki/CircuitBreaker.html);
[Commission Delegated Regulation (EU) 2017/589](https://eur-lex.europa.eu/eli/reg_del/2017/589/oj).
"""


def profile_schema() -> dict[str, Any]:
    """Return the JSON schema of the profile."""
    return RiskProfile.model_json_schema()


def profile_reference() -> str:
    """Return the reference page in Markdown, one table a group, every limit with its source."""
    groups: dict[str, list[str]] = {}
    for name, schema in profile_schema()["properties"].items():
        default = RiskProfile.model_fields[name].default
        cells = [f"`{name}`", _shown(default), _bounds(schema), schema["description"]]
        groups.setdefault(schema["group"], []).append(_row([*cells, schema["source"]]))
    parts = [HEAD]
    for group, rows in groups.items():
        head = [_row(["Key", "Default", "Bounds", "What it limits", "Why this default"])]
        parts.append("\n".join([f"## {group}\n", *head, "|---|---|---|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def _row(cells: list[str]) -> str:
    escaped = (cell.replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def _shown(default: object) -> str:
    if default is None:
        return "`null`"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def _bounds(schema: Mapping[str, Any]) -> str:
    choices = [schema, *schema.get("anyOf", ())]
    signs = {
        "exclusiveMinimum": "above",
        "minimum": "from",
        "exclusiveMaximum": "below",
        "maximum": "to",
    }
    words = [
        f"{word} {choice[key]:g}"
        for choice in choices
        for key, word in signs.items()
        if key in choice
    ]
    words += [choice["type"] for choice in choices if choice.get("type") in ("object", "boolean")]
    words += [f"`{value}`" for choice in choices for value in choice.get("enum", ())]
    if any(choice.get("type") == "null" for choice in choices):
        words.append("or `null`")
    return ", ".join(words)
