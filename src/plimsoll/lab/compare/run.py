"""``plimsoll compare`` from beginning to end."""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from freqtrade.strategy import IStrategy

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.bridge.config.subject import versions
from plimsoll.core import UsageError
from plimsoll.gates.kinds import Kind
from plimsoll.gates.places import comparison_file
from plimsoll.gates.records import as_evidence
from plimsoll.lab.compare.contender import Contender, contender_by_freqtrade, contender_from
from plimsoll.lab.results import load_candles
from plimsoll.lab.search import trials
from plimsoll.lab.search.configuration import Config, backtest_config, quiet
from plimsoll.lab.search.identity import config_fingerprint, data_fingerprint
from plimsoll.lab.strategy_loading import load_strategy
from plimsoll.performance.comparison import Comparison, compare

COMMAND = "compare"
BASELINE = "SlowTrend"
WINDOWS = 6
FILES = (".zip", ".json")
Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class CompareRequest:
    """What is asked for; ``arguments`` are those of ``freqtrade backtesting``.

    ``candidate`` and ``baseline`` are names of strategies, or files: a stored backtest or the
    record of a walk-forward. ``trials`` adds to those that the ledger knows.
    """

    arguments: tuple[str, ...]
    candidate: str
    baseline: str = BASELINE
    windows: int = WINDOWS
    trials: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class CompareOutcome:
    """What came of it: the evidence, the comparison, and the two sides."""

    record: dict[str, Any]
    comparison: Comparison
    candidate: Contender
    baseline: Contender
    file: Path
    seconds: float


def compare_strategies(request: CompareRequest, say: Say) -> CompareOutcome:
    """Trade both sides, compare them, and leave the evidence for the gates.

    Raises
    ------
    UsageError
        For arguments that Freqtrade would not take, or sides that have not the same terms.
    PlimsollError
        When a side cannot be traded or read.
    """
    began = time.perf_counter()
    if request.windows < 1 or request.trials < 0:
        raise UsageError("expected 1 of --windows at least, and --trials of 0 or more")
    names = [one for one in (request.candidate, request.baseline) if not _is_file(one)]
    with quiet():
        config = backtest_config([*request.arguments, *(["--strategy", names[0]] if names else [])])
    userdir = Path(config["user_data_dir"])
    sides = [
        _side(one, request.arguments, config, say) for one in (request.candidate, request.baseline)
    ]
    candidate, baseline = sides
    config["timeframe"] = str(candidate.result.statistics["timeframe"])  # often the strategy's own
    _require_same_terms(candidate, baseline)
    pairs = sorted(map(str, candidate.result.statistics["pairlist"]))
    data = data_fingerprint(config, pairs)
    _count(userdir, config, candidate, data)
    seen = trials.trials_on(userdir, data) + request.trials
    compared = compare(
        candidate.returns,
        baseline.returns,
        trades=candidate.trades,
        trials=max(1, seen),
        market=_market(config, pairs, candidate),
        windows=request.windows,
    )
    record = _record(candidate, baseline, compared, pairs, data)
    file = comparison_file(userdir, candidate.strategy)
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".half")
    half.write_text(json.dumps(record, indent=1), encoding="utf-8")
    half.replace(file)
    return CompareOutcome(record, compared, candidate, baseline, file, time.perf_counter() - began)


def _is_file(name: str) -> bool:
    return Path(name).suffix in FILES


def _side(name: str, arguments: Sequence[str], config: Config, say: Say) -> Contender:
    if _is_file(name):
        return contender_from(Path(name))
    say(f"Freqtrade trades {name}")
    began = time.perf_counter()
    folder = Path(config["user_data_dir"]) / "plimsoll" / COMMAND / name
    if (config.get("freqai") or {}).get("enabled") and not _learns(name, config):
        folder.mkdir(parents=True, exist_ok=True)
        layer = folder / "without-model.json"
        layer.write_text(json.dumps({"freqai": {"enabled": False}}), encoding="utf-8")
        arguments = (*arguments, "-c", str(layer))
    made = contender_by_freqtrade(name, arguments, folder)
    say(f"{name}: {made.trades:,} trades in {time.perf_counter() - began:.0f} s")
    return made


def _learns(name: str, config: Config) -> bool:
    """Return whether a strategy trains a model: Freqtrade refuses FreqAI to rules of other frames.

    A strategy of FreqAI says what is learned; Freqtrade's own base learns nothing.
    """
    files = [Path(file) for file in config.get("config_files") or ()]
    own = config.get("strategy_path")
    folder = None if own is None else Path(own)
    loaded = load_strategy(name, Path(config["user_data_dir"]), files, folder=folder)
    return type(loaded.strategy).set_freqai_targets is not IStrategy.set_freqai_targets


def _require_same_terms(candidate: Contender, baseline: Contender) -> None:
    own, theirs = candidate.terms, baseline.terms
    if apart := [name for name in own if own[name] != theirs[name]]:
        name = apart[0]
        raise UsageError(
            f"expected the same {' and '.join(apart)} of both sides; {name}: {own[name]} of "
            f"{candidate.strategy}, {theirs[name]} of {baseline.strategy}"
        )


def _market(config: Config, pairs: list[str], side: Contender) -> "pd.Series[float]":
    """Return the mean price of all pairs by hour or candle, from a hundred days before the first.

    Each candle changes it by the mean change of the pairs that have one.
    """
    timeframe = str(side.result.statistics["timeframe"])
    candles = load_candles(
        Path(config["datadir"]),
        pairs,
        timeframe,
        start=side.result.start - pd.Timedelta(days=100),
        end=side.result.end,
        futures=config.get("trading_mode") == "futures",
    )
    closes = pd.DataFrame({pair: one.set_index("date")["close"] for pair, one in candles.items()})
    closes.index = pd.DatetimeIndex(closes.index) + pd.Timedelta(timeframe)
    change = closes.astype("float64").pct_change(fill_method=None).mean(axis=1).fillna(0.0)
    return (1.0 + change).cumprod()


def _count(userdir: Path, config: Config, candidate: Contender, data: str) -> None:
    """Count the candidate among the trials of its data, each different one once."""
    made = {
        "strategy": candidate.strategy,
        "data_fingerprint": data,
        "code_fingerprint": code_fingerprint(),
        "config_fingerprint": config_fingerprint(config),
        "timerange": f"{candidate.returns.index[0]:%Y%m%d}-{candidate.returns.index[-1]:%Y%m%d}",
    }
    parts = [made, candidate.reading.made_with]
    text = json.dumps(parts, sort_keys=True, default=str)
    study = f"{COMMAND}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    if not any(run.get("study") == study for run in trials.runs(userdir)):
        trials.add(
            userdir,
            trials.Run(
                command=COMMAND,
                **made,
                epochs=1,
                best_loss=None,
                best_params=None,
                study=study,
            ),
        )


def _record(
    candidate: Contender, baseline: Contender, compared: Comparison, pairs: list[str], data: str
) -> dict[str, Any]:
    days = pd.DatetimeIndex(candidate.returns.index)
    theirs = baseline.returns.reindex(days)
    body = {
        "strategy": candidate.strategy,
        "against": baseline.strategy,
        "pairs": pairs,
        "data_fingerprint": data,
        "trades": candidate.trades,
        "baseline_trades": baseline.trades,
        "daily_turnover": candidate.daily_turnover,
        "baseline_daily_turnover": baseline.daily_turnover,
        "trials": compared.trials,
        "first_day": days[0].isoformat(),
        "daily_returns": {
            "candidate": candidate.returns.astype("float64").tolist(),
            "baseline": theirs.astype("float64").tolist(),
        },
        "compared": compared.to_dict(),
        "costs": candidate.terms["costs"],
        "forecasts": None if candidate.forecasts is None else candidate.forecasts.to_dict(),
    }
    known = {name: value for name, value in versions().items() if name in ("freqtrade", "plimsoll")}
    made_with = {**candidate.reading.made_with, **known, "code": code_fingerprint()}
    return as_evidence(
        Kind.COMPARISON, body, made_with | {"strategy": candidate.strategy}, datetime.now(UTC)
    )
