"""``plimsoll monte-carlo`` from beginning to end."""

from dataclasses import replace
from typing import Any

import pytest

from plimsoll.core import PlimsollError, UsageError
from plimsoll.lab.monte_carlo.run import Kind, MonteCarloOutcome, MonteCarloRequest, monte_carlo
from tests.unit.lab.monte_carlo.conftest import Arguments


@pytest.fixture(scope="module")
def request_of(arguments_of: Arguments) -> MonteCarloRequest:
    """Six runs of each kind."""
    return MonteCarloRequest(arguments_of("Plain"), runs=6, block_days=5.0, seed=4, workers=2)


@pytest.fixture(scope="module")
def outcome(request_of: MonteCarloRequest) -> MonteCarloOutcome:
    """What they come to."""
    return monte_carlo(request_of, lambda _: None)


def test_both_kinds_are_run_and_ranked(outcome: MonteCarloOutcome) -> None:
    signals, candles = outcome.record["signals"], outcome.record["candles"]
    assert outcome.record["strategy"] == "Plain"
    assert signals["runs"] == candles["runs"] == 6
    assert signals["slower"] is None
    assert candles["slower"] is None
    assert 1 / 7 <= signals["p_sharpe"] <= 1
    assert len(set(signals["shuffled"]["sharpe"])) == 6
    assert len(set(candles["redrawn"]["sharpe"])) == 6
    assert candles["days"] == 38
    assert min(candles["redrawn"]["trades"]) > 20


def test_the_same_seed_gives_the_same_whatever_the_workers(
    request_of: MonteCarloRequest, outcome: MonteCarloOutcome
) -> None:
    said = list[str]()
    again = monte_carlo(replace(request_of, workers=1), said.append)
    assert without_time(again) == without_time(outcome)
    assert [line for line in said if line.startswith("candles: 6 of 6 runs")]


def test_another_seed_draws_other_runs(
    request_of: MonteCarloRequest, outcome: MonteCarloOutcome
) -> None:
    only = replace(request_of, seed=5, kind=Kind.SIGNALS)
    other = monte_carlo(only, lambda _: None).record
    assert "candles" not in other
    assert other["signals"]["real"] == outcome.record["signals"]["real"]
    assert other["signals"]["shuffled"] != outcome.record["signals"]["shuffled"]


def without_time(outcome: MonteCarloOutcome) -> dict[str, Any]:
    return {name: value for name, value in outcome.record.items() if name != "at"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"runs": 0}, "expected 1 of --runs at least, found 0"),
        ({"seed": -1}, "expected a --seed of 0 at least, found -1"),
        ({"block_days": 0.5}, "expected 1 of --block-days at least, found 0.5"),
        ({"block_days": float("nan")}, "expected 1 of --block-days at least, found nan"),
        ({"workers": 0}, "expected 1 of --workers at least, found 0"),
        ({"runs": 913, "kind": Kind.SIGNALS}, "expected at most 912 runs"),
        ({"block_days": 20.0, "kind": Kind.CANDLES}, "a third of the 38 days at most, found 20"),
    ],
)
def test_what_cannot_be_drawn_is_told(
    request_of: MonteCarloRequest, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        monte_carlo(replace(request_of, **change), lambda _: None)


@pytest.mark.parametrize(
    ("strategy", "kind", "said"),
    [
        ("Still", Kind.SIGNALS, "Still made no trade from 2025-03-03 to 2025-04-10"),
        ("Changing", Kind.BOTH, "Changing decides by changes of open positions"),
        ("Informed", Kind.CANDLES, "Informed reads informative candles of 1h; --kind signals"),
        ("Reader", Kind.CANDLES, "Reader reads BTC/USDT:USDT 1h candles, ETH/USDT:USDT 1h candles"),
        ("Nobody", Kind.BOTH, "Nobody"),
    ],
)
def test_a_strategy_that_does_not_fit_is_told(
    arguments_of: Arguments, strategy: str, kind: Kind, said: str
) -> None:
    request = MonteCarloRequest(arguments_of(strategy), runs=2, kind=kind, workers=1)
    with pytest.raises(PlimsollError, match=said):
        monte_carlo(request, lambda _: None)


def test_a_portfolio_strategy_is_refused(arguments_of: Arguments) -> None:
    arguments = arguments_of("TrendPortfolio")
    own = arguments[: arguments.index("--strategy-path")]
    for kind, said in ((Kind.SIGNALS, "target weights of its whole book"), (Kind.CANDLES, "panel")):
        with pytest.raises(UsageError, match=said):
            monte_carlo(MonteCarloRequest(own, runs=2, kind=kind), lambda _: None)
