"""Tables of the results page on precision, halves, books and correlations."""

from dataclasses import replace

import numpy as np
import pytest

from plimsoll.cli.results_measures import correlations, held, precision, split_figures
from plimsoll.lab.study import CHECK_START
from plimsoll.lab.study_rows import StudyRow
from plimsoll.performance.fills import no_trades
from plimsoll.performance.held import Book
from plimsoll.performance.measures import performance
from plimsoll.performance.shortfall import Cause, Shortfall
from tests.unit.cli.study_accounts import GOOD, HELD, STUDY, row_of

CAUSE = Cause(cause="max_exposure_fraction", pair_days=31, gross=0.01)
SHORTFALL = Shortfall(
    days=365,
    days_short=12,
    pair_days=3_400,
    pair_days_short=31,
    asked=0.5,
    held=0.49,
    causes=(CAUSE,),
)


def table_of(text: str) -> list[dict[str, str]]:
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]


def book(**changed: float) -> Book:
    figures = {
        "annual_volatility_fraction": 0.1,
        "mean_gross_fraction": 0.8,
        "highest_gross_fraction": 1.1,
        "mean_net_fraction": 0.05,
        "lowest_net_fraction": -0.2,
        "highest_net_fraction": 0.3,
        "turnover_per_year": 15.2,
    }
    return Book(days=365, **{**figures, **changed})


def test_ratio_stands_with_both_errors_and_its_interval() -> None:
    (cells,) = table_of(precision([GOOD]))
    known = GOOD.precision
    assert known is not None
    assert cells["Sharpe"] == f"{GOOD.performance.sharpe:.2f}"
    assert cells["standard error"] == f"{known.standard_error:.2f}"
    assert cells["if normal"] == f"{known.standard_error_normal:.2f}"
    assert cells["95 % interval"] == f"{known.low:.2f} to {known.high:.2f}"


def test_account_that_never_traded_or_went_bankrupt_has_no_ratio_to_be_sure_of() -> None:
    flat = replace(GOOD, equity=GOOD.equity * 0 + 1.0)
    broke = row_of("Ensemble", a_day=0.0, noise=0.01).equity.copy()
    broke.iloc[-1] = -1.0
    bankrupt = replace(GOOD, equity=broke, performance=performance(broke, no_trades()))
    for row in (flat, bankrupt):
        (cells,) = table_of(precision([row]))
        assert {cells[name] for name in ("Sharpe", "standard error", "days")} == {"–"}


def test_account_is_told_before_the_split_and_after() -> None:
    parts = [GOOD.equity.loc[:CHECK_START], GOOD.equity.loc[CHECK_START:]]
    before, after = (performance(part, no_trades()) for part in parts)
    row = replace(GOOD, earlier=before, check=after)
    text = split_figures([row, replace(HELD, check=None)], CHECK_START)
    (cells,) = table_of(text)
    assert "## Before 2024-01-01 and from then on" in text
    assert cells["return, before"] == f"{before.total_return_fraction:.1%}"
    assert cells["Sharpe, after"] == f"{after.sharpe:.2f}"
    assert split_figures([row], None) == ""
    assert split_figures([replace(GOOD, check=None)], CHECK_START) == ""


def test_what_was_promised_stands_beside_what_was_held() -> None:
    kept = book(annual_volatility_fraction=0.069, mean_gross_fraction=0.63)
    row = replace(GOOD, promised=book(), held=kept, shortfall=SHORTFALL)
    text = held([row])
    (cells,) = table_of(text)
    assert (cells["volatility, promised"], cells["volatility, held"]) == ("10.0%", "6.9%")
    assert (cells["gross, promised"], cells["gross, held"]) == ("0.80", "0.63")
    assert cells["net, held"] == "0.05 (−0.20 to 0.30)"
    assert cells["turnover, promised"] == "15"
    assert cells["short of target"] == "2.0%, 31 of 3,400 pair-days"
    assert "- `Ensemble`, guards off: the account could hold 98.0% of its targets, " in text
    assert "max_exposure_fraction leaves out 2.0%." in text
    hardly = replace(SHORTFALL, held=0.49999)
    assert "could hold" not in held([replace(row, shortfall=hardly)])


def test_each_year_has_its_own_line_of_what_was_promised_and_held() -> None:
    years = {2022: book(), 2023: book(annual_volatility_fraction=0.2)}
    kept = {2022: book(annual_volatility_fraction=0.08), 2023: book()}
    row = replace(GOOD, years={2022: 0.1, 2023: -0.02}, promised_years=years, held_years=kept)
    *_, first, second = table_of(held([row]).partition("### Year by year")[2])
    assert (first["year"], first["return"], first["volatility"]) == (
        "2022",
        "10.0%",
        "10.0% / 8.0%",
    )
    assert (second["year"], second["volatility"]) == ("2023", "20.0% / 10.0%")
    assert first["turnover"] == "15 / 15"
    assert "Year by year" not in held([replace(row, promised_years={})])


def test_what_promises_nothing_has_dashes_and_what_has_no_trades_its_volatility() -> None:
    foreign, market = table_of(held([replace(GOOD, held=book()), HELD]))
    assert foreign["volatility, promised"] == foreign["short of target"] == "–"
    assert market["gross, held"] == "–"
    assert market["volatility, held"] == f"{HELD.performance.annual_volatility_fraction:.1%}"


def test_matrix_has_every_account_of_one_way_of_guarding() -> None:
    study = replace(STUDY, strategies=("Ensemble", "SlowTrend"))
    twin = replace(GOOD, strategy="SlowTrend", study=study)
    guarded: StudyRow = replace(GOOD, guarding="on")
    text = correlations([GOOD, guarded, twin, HELD])
    rows = table_of(text)
    assert [row["strategy"] for row in rows] == ["1 `Ensemble`", "2 `SlowTrend`", "3 `BuyAndHold`"]
    assert "guards off" in text
    assert rows[0]["2"] == "1.00"
    days = [np.diff(np.log(row.equity)) for row in (GOOD, HELD)]
    assert float(rows[0]["3"].replace("−", "-")) == pytest.approx(
        np.corrcoef(*days)[0, 1], abs=0.03
    )
    assert correlations([GOOD]) == ""
