"""The judge is the shipped one: its criteria, its limits, its words."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from plimsoll.gates.criteria import criteria_of
from plimsoll.gates.criterion import Gate
from plimsoll.gates.evidence.walk_forward import read_walk_forward
from plimsoll.lab.calibration.verdict import criteria, verdict_on
from plimsoll.lab.calibration.walk import Walked
from plimsoll.lab.walk_forward.kept import trades_of
from tests.support.evidence import BALANCE, DAYS, FIRST, Evidence, as_bytes, edge

EVIDENCE = Evidence()


@pytest.fixture(scope="module")
def walked() -> Walked:
    """The run that the gates' own tests read."""
    record = EVIDENCE.walk_forward()
    trades = pd.DataFrame(EVIDENCE.trades())
    for side in ("open", "close"):
        trades[f"{side}_date"] = pd.to_datetime(trades[f"{side}_timestamp"], unit="ms", utc=True)
    spans = [tuple(map(pd.Timestamp, one["test"])) for one in record["windows"]]
    days = pd.date_range(FIRST + pd.Timedelta(days=1), periods=DAYS, freq="D")
    returns = pd.Series(EVIDENCE.returns, index=days)
    return Walked(returns, trades, tuple(spans), BALANCE, ({},) * len(spans), None)


def test_every_criterion_of_the_gate_but_the_check_of_candles_is_asked() -> None:
    shipped = {one.name: one for one in criteria_of(Gate.SANDBOX, has_model=False)}
    asked = {one.name: one for one in criteria()}
    assert set(shipped) - set(asked) == {"data_errors"}
    assert all(asked[name] == shipped[name] for name in asked)


def test_the_figures_are_those_that_the_gate_reads(walked: Walked) -> None:
    read = read_walk_forward(as_bytes(EVIDENCE.walk_forward()), EVIDENCE.result())
    assert verdict_on(walked).figures == pytest.approx(read.figures)


def test_an_edge_that_nobody_has_passes_and_noise_does_not(walked: Walked) -> None:
    assert verdict_on(walked).go
    noise = walked.returns * 0 + edge(seed=3, mean=0.0)
    said = verdict_on(replace(walked, returns=noise))
    assert not said.go
    assert not said.passed["out_of_sample_sharpe"]


def test_a_limit_that_is_tightened_counts(walked: Walked) -> None:
    assert not verdict_on(walked, {"out_of_sample_trades": DAYS + 1}).go


def test_an_account_that_never_traded_does_not_pass(walked: Walked) -> None:
    nothing = replace(walked, returns=walked.returns * 0.0, trades=trades_of({"trades": []}))
    said = verdict_on(nothing)
    assert not said.go
    assert np.isnan(said.figures["sharpe_low"])
