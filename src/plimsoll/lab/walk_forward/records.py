"""The records of a walk-forward: what it says of its windows and of its paths."""

import hashlib
import json
from typing import Any

import pandas as pd

from plimsoll.lab.walk_forward import evidence
from plimsoll.lab.walk_forward.paths import Paths
from plimsoll.lab.walk_forward.plan import moments
from plimsoll.performance.windows import WalkWindow


def digest(value: Any) -> str:
    """Return a short hash of plain values."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def window_record(
    window: WalkWindow, winner: dict[str, Any], test: dict[str, Any], returns: "pd.Series[float]"
) -> dict[str, Any]:
    """Return what the evidence says of a window; ``returns`` are those of its test."""
    return {
        "train": moments(window.train),
        "test": moments(window.test),
        "best_params": winner.get("exported"),
        "best_loss": winner.get("best_loss"),
        "train_sharpe": winner.get("train_sharpe"),
        "test_sharpe": evidence.figures_of(returns)["sharpe"],
        "test_return_fraction": evidence.figures_of(returns)["total_return_fraction"],
        "trades": len(test["content"]["trades"]),
        "confirmed": bool(test["confirmed"] and winner.get("confirmed", True)),
        "hashes": {
            "train": [winner.get("search_hash"), winner.get("freqtrade_hash")],
            "test": [test.get("search_hash"), test.get("freqtrade_hash")],
        },
    }


def paths_record(crossed: Paths) -> dict[str, Any]:
    """Return what the evidence says of the paths."""
    pbo = crossed.overfitting
    return {
        "groups": crossed.groups,
        "tested": crossed.tested,
        "trials": crossed.trials,
        "sharpes": list(crossed.sharpes),
        "chosen": list(crossed.chosen),
        "daily_returns": [list(one) for one in crossed.returns],
        "overfitting": None
        if pbo is None
        else {
            "probability": pbo.probability,
            "loss_probability": pbo.loss_probability,
            "slope": pbo.slope,
            "logits": [float(one) for one in pbo.logits],
        },
    }


def found_words(made: dict[str, Any]) -> str:
    """Return in a line what the search of a window found."""
    if made["best"] is None:
        return f"{made['epochs']} epochs, none with enough trades"
    words = {None: "", True: ", confirmed by Freqtrade", False: ", NOT CONFIRMED by Freqtrade"}
    return (
        f"{made['epochs']} epochs, best loss {made['best_loss']:.5g}, {made['trades']:,} trades"
        f"{words[made.get('confirmed')]}"
    )


def different(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return every parameter set that was tried, each once: winners first, then by turns."""
    rows = [[one["best"]] if one["best"] is not None else [] for one in found]
    for winners, one in zip(rows, found, strict=True):
        winners += [trial["params"] for trial in one["tried"]]
    longest = max(map(len, rows), default=0)
    turns = [row[place] for place in range(longest) for row in rows if place < len(row)]
    return list({digest(params): params for params in turns}.values())
