"""Records and messages of champion and challenger in words."""

from collections.abc import Mapping
from typing import Any

from plimsoll.journal.phrases import clean, pair_words, quote

Record = Mapping[str, Any]

RULE = "rule"
"""Who promotes and rolls back when no person does."""

GOOD, BAD, NOTE, LOOK = "✅", "🛑", "⚠️", "🔎"


def model_words(record: Record) -> str:
    """Describe a step of a model in a decision log."""
    event, model = record["event"], record.get("model") or "?"
    by, why = record.get("by") or RULE, record.get("reason") or "no reason given"
    whose = "" if by == RULE else f" by {by}"
    return {
        "training_began": f"training began: {why}",
        "training_failed": f"training failed: {why}",
        "trained": f"{model} was trained: {why}",
        "promoted": f"{model} is champion{whose}: {why}",
        "refused": f"{model} is not promoted: {why}",
        "reviewed": f"{model} stays champion: {why}",
        "rolled_back": f"rolled back to {model}{whose}: {why}",
        "lost": f"{model} is lost: {why}",
        "drifted": f"drift: {why}",
    }[event]


def must_arrive(record: Record) -> bool:
    """Return whether a step must reach its people: what decides has changed, or cannot."""
    return record["event"] in ("promoted", "rolled_back", "lost")


def model_message(record: Record) -> str | None:
    """Return what a phone shows of a step; ``None`` for one that is in the log alone."""
    event = record["event"]
    if event == "training_began":
        return None
    by, why = record.get("by") or RULE, clean(str(record.get("reason") or ""))
    who = "" if by == RULE else f" by {quote(str(by))}"
    model, pair = record.get("model") or "?", pair_words(str(record.get("pair") or "?"))
    said = {
        "training_failed": f"{NOTE} Training of a model failed, the champion stays",
        "trained": f"{LOOK} Model {model} was trained",
        "promoted": f"{GOOD} Model {model} decides from now on, promoted{who}",
        "refused": f"{LOOK} Model {model} was not promoted",
        "reviewed": f"{LOOK} Model {model} was reviewed and stays",
        "rolled_back": f"{BAD} Rolled back{who} to model {model}",
        "lost": f"{BAD} Model {model} was dropped",
        "drifted": f"{NOTE} Drift, so a model is trained now",
    }[event]
    return f"{said} ({pair}): {why}."
