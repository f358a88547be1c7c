"""What each criterion measures: one figure of the evidence in a case. NaN where it is not known."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from plimsoll.gates.case import Case
from plimsoll.gates.criteria import BASELINES
from plimsoll.gates.evidence.candle_digests import data_fingerprint
from plimsoll.gates.evidence.drill import changed_since, failures
from plimsoll.gates.evidence.trials import has_walk_forward, seen_trials
from plimsoll.gates.kinds import Kind
from plimsoll.gates.precision import deflated_of, equity_band, excess_low
from plimsoll.gates.reading import EvidenceError, Reading
from plimsoll.risk.looser import is_looser
from plimsoll.risk.profile import RiskProfile

Measure = Callable[[Case], float]
NAN = float("nan")
WALK = Kind.WALK_FORWARD.value


def measure(name: str, case: Case) -> float:
    """Return what a criterion measures; NaN where it is not known.

    Raises
    ------
    EvidenceError
        When evidence is of another data set or span than the one it is held against.
    """
    return MEASURES[name](case)


def _figure(kind: Kind, name: str) -> Measure:
    return lambda case: float(case.reading(kind.value).figures[name])


def _data_errors(case: Case) -> float:
    """Errors in the candles, which must be those that were tested on."""
    check, tested = case.reading(Kind.DATA_CHECK.value), case.reading(WALK).facts
    own = data_fingerprint(check.facts["candles"], tested["pairs"], tested["timeframe"])
    if own != tested["data"]:
        raise EvidenceError("the check is of other candles than those that were tested on")
    return check.figures["errors"]


def _deflated(case: Case) -> float:
    tested, ledger = case.reading(WALK), case.reading(Kind.TRIALS.value)
    data, strategy = tested.facts["data"], case.subject.strategy
    if not has_walk_forward(ledger, data=data, strategy=strategy):
        raise EvidenceError("the ledger of trials does not count this walk-forward")
    return deflated_of(tested.series["returns"], counted_trials(case))


def counted_trials(case: Case) -> int:
    """Return how many trials saw the tested days, by the ledger and by the config."""
    tested, ledger = case.reading(WALK).facts, case.reading(Kind.TRIALS.value)
    seen = seen_trials(ledger, data=tested["data"], first=tested["first"], last=tested["last"])
    return seen + case.trials_before


def _overfitting(case: Case) -> float:
    paths, tested = case.reading(Kind.PATHS.value), case.reading(WALK)
    if paths.facts["data"] != tested.facts["data"]:
        raise EvidenceError("the paths are of other candles than those that were tested on")
    return paths.figures["overfitting"]


def _beats(baseline: str) -> Measure:
    def measured(case: Case) -> float:
        tested, other = case.reading(WALK), case.reading(f"{Kind.RESULT.value} {baseline}")
        own, theirs = tested.series["returns"], other.series["returns"]
        missing = own.index.difference(theirs.index)
        if len(missing):
            raise EvidenceError(
                f"the result of {baseline} lacks {len(missing)} of the {len(own)} tested days, "
                f"such as {missing[0]:%Y-%m-%d}"
            )
        return excess_low(own, theirs)

    return measured


def _parity(case: Case) -> float:
    """The difference of the bot that was judged, over days of its own."""
    parity, paper = case.reading(Kind.PARITY.value), case.reading(Kind.PAPER.value)
    if parity.facts["until"] < paper.facts["began"]:
        raise EvidenceError("parity was compared before the paper trading that is judged")
    return parity.figures["fraction"]


def _breaks(case: Case) -> float:
    audit = case.reading(Kind.AUDIT.value)
    if case.next_capital_usd is not None and not audit.facts["compared"]:
        raise EvidenceError("nothing was compared: it is the audit of a dry-run")
    return audit.figures["breaks"]


def _drill_failures(case: Case) -> float:
    certificate, drilled = case.reading(Kind.DRILL.value), case.drilled
    if not drilled.cells or not drilled.fingerprints:
        return NAN
    if changed := changed_since(certificate, drilled.fingerprints):
        raise EvidenceError(f"it is stale: {'; '.join(changed)}")
    return float(failures(certificate, drilled.cells))


def _capital(case: Case) -> float:
    return NAN if case.capital_usd is None else case.capital_usd


def _next_capital(case: Case) -> float:
    return NAN if case.next_capital_usd is None else case.next_capital_usd


def _looser(case: Case) -> float:
    """How many limits are looser than in any evidence that was made with limits."""
    made_with = [case.reading(WALK).facts["limits"], case.reading(Kind.PAPER.value).facts["limits"]]
    return float(len(looser_limits(made_with, case.subject.limits)))


def looser_limits(made_with: list[Mapping[str, Any]], now: Mapping[str, Any]) -> list[str]:
    """Return the names of the limits that are looser now than in a profile of earlier.

    A limit that neither names is at its default in both.
    """
    defaults = RiskProfile().model_dump(mode="json")
    present = {**defaults, **now}
    return sorted(
        name
        for name, value in present.items()
        if any(
            is_looser(name, before, value)
            for profile in made_with
            for before in [{**defaults, **profile}.get(name)]
        )
    )


MEASURES: dict[str, Measure] = {
    "data_errors": _data_errors,
    "out_of_sample_days": _figure(Kind.WALK_FORWARD, "days"),
    "out_of_sample_trades": _figure(Kind.WALK_FORWARD, "trades"),
    "out_of_sample_sharpe": _figure(Kind.WALK_FORWARD, "sharpe_low"),
    "out_of_sample_drawdown": _figure(Kind.WALK_FORWARD, "drawdown"),
    "profitable_windows": _figure(Kind.WALK_FORWARD, "profitable_windows"),
    "too_good": _figure(Kind.WALK_FORWARD, "too_good"),
    "holding_minutes": _figure(Kind.WALK_FORWARD, "holding_minutes"),
    "daily_turnover": _figure(Kind.WALK_FORWARD, "daily_turnover"),
    "deflated_sharpe": _deflated,
    "overfitting": _overfitting,
    "beats_buy_and_hold": _beats(BASELINES[0]),
    "beats_slow_trend": _beats(BASELINES[1]),
    "model_adds_value": _figure(Kind.COMPARISON, "reasons"),
    "beats_no_trade": _figure(Kind.WALK_FORWARD, "mean_low"),
    "paper_days": _figure(Kind.PAPER, "days"),
    "paper_silence": _figure(Kind.PAPER, "silence_hours"),
    "paper_trades": _figure(Kind.PAPER, "trades"),
    "paper_profit": _figure(Kind.PAPER, "profit"),
    "paper_drawdown": _figure(Kind.PAPER, "drawdown"),
    "parity_difference": _parity,
    "parity_days": _figure(Kind.PARITY, "days"),
    "log_faults": _figure(Kind.LOG, "faults"),
    "position_breaks": _breaks,
    "drill_failures": _drill_failures,
    "capital": _capital,
    "looser_limits": _looser,
    "attested": _figure(Kind.ATTESTATION, "attested"),
    "step_days": _figure(Kind.LIVE, "days"),
    "step_profit": _figure(Kind.LIVE, "profit"),
    "step_drawdown": _figure(Kind.LIVE, "drawdown"),
    "live_difference": _figure(Kind.PARITY, "fraction"),
    "next_capital": _next_capital,
}
"""By the name of the criterion."""


def figures_of(case: Case) -> dict[str, Any]:
    """Return what a page shows beside the criteria: growth and its band out of sample."""
    try:
        tested: Reading = case.reading(WALK)
    except EvidenceError:
        return {}
    returns = tested.series["returns"]
    growth, band = equity_band(returns)
    return {
        "days": [f"{day:%Y-%m-%d}" for day in pd.DatetimeIndex(returns.index)],
        "growth": [round(float(one), 6) for one in growth],
        "low": [round(float(one), 6) for one in band["low"]],
        "high": [round(float(one), 6) for one in band["high"]],
        "sharpe": _known(tested.figures["sharpe"]),
        "sharpe_low": _known(tested.figures["sharpe_low"]),
    }


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
