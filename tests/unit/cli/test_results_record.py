"""The figures of a results page as JSON."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plimsoll.cli.results_record import record
from tests.unit.cli.study_accounts import GOOD, HELD, findings
from tests.unit.cli.test_results_measures import SHORTFALL, book

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_record_is_json_with_every_figure_of_the_page() -> None:
    row = replace(GOOD, held=book(), promised=book(), kept=Path("kept/one.zip"))
    row = replace(row, shortfall=SHORTFALL)
    made = json.loads(json.dumps(record(findings(row, HELD), "plimsoll results", NOW)))
    assert made["call"] == "plimsoll results"
    first, market = made["rows"]
    assert first["backtest"] == "one.zip"
    assert first["held"]["mean_gross_fraction"] == 0.8
    assert first["sharpe_precision"]["days"] == len(GOOD.equity) - 1
    assert first["sharpe"] == pytest.approx(first["sharpe_precision"]["sharpe"])
    assert first["shortfall"]["pair_days_short"] == 31
    assert market["held"] is market["backtest"] is market["shortfall"] is None
    assert made["correlations"]["off"]["Ensemble"]["Ensemble"] == pytest.approx(1.0)
    assert set(made["correlations"]["off"]) == {"Ensemble", "BuyAndHold"}


def test_what_is_not_defined_is_null() -> None:
    flat = replace(GOOD, equity=GOOD.equity * 0 + 1.0, years={2022: float("nan")})
    text = json.dumps(record(findings(flat, HELD), "", NOW), allow_nan=False)
    row = json.loads(text)["rows"][0]
    assert row["years"] == {"2022": None}
    assert row["sharpe_precision"] is None
