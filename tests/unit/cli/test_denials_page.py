"""The page of denials: shares of what was asked for, and the figures of its argument."""

from collections import Counter
from dataclasses import replace

from plimsoll.cli.denials_page import (
    KEYS,
    accounts_table,
    alike_table,
    concentration_table,
    denials_table,
    halts_table,
    page,
)
from plimsoll.lab.denials import Account, Alike, Concentration, DenialFindings, Denials
from plimsoll.risk import RiskProfile

DENIALS = (
    Denials(
        "TrendFollow",
        200,
        Counter(correlation=50, cooldown=2),
        (("drawdown", "2022-12-26"),),
    ),
    Denials("SlowTrend", 100, Counter(correlation=100)),
    Denials("Quiet"),
)
ALIKE = (
    Alike("2022-01 to 2025-06", {0.7: 0.592, 0.85: 0.113, 0.95: 0.001}),
    Alike("Terra", {0.7: 1.0, 0.85: 0.667, 0.95: 0.03}),
)
CONCENTRATION = (
    Concentration("correlation 0.70", "SlowTrend", 57, 3, 0.0286, -0.0138, None),
    Concentration("none of them", "SlowTrend", 1140, 6, 0.0734, -0.0182, "drawdown 2022-12-26"),
    Concentration("none of them", "MomentumCross", 152, 6, 0.0676, -0.0247, None),
    Concentration("correlation 0.85", "MomentumCross", 127, 6, 0.0603, -0.0240, None),
    Concentration("4 open positions", "MomentumCross", 109, 4, 0.0583, -0.0187, None),
)


ACCOUNTS = (
    Account("SlowTrend", "2022", 90, -0.2, 0.25, 40, -0.118, 0.12, "drawdown", "2022-05-12", 234),
    Account("SlowTrend", "2023", 80, 0.3, 0.05, 75, 0.28, 0.04),
    Account("TrendFollow", "2022", 900, 0.04, 0.1, 100, -0.01, 0.03, "drawdown", "2022-03-01", 306),
)
FINDINGS = DenialFindings(
    ALIKE, CONCENTRATION, DENIALS, ACCOUNTS, ("Theirs", "Yours"), "abc", "2026.9"
)


def test_denials_are_counted_by_guard_the_most_frequent_first() -> None:
    head, _, *rows, total = denials_table(DENIALS).splitlines()
    assert head == "| strategy | asked | denied | `correlation` | `cooldown` | halted |"
    assert rows == [
        "| `TrendFollow` | 200 | 52 (26.0%) | 50 (25.0%) | 2 (1.0%) | 2022-12-26 `drawdown` |",
        "| `SlowTrend` | 100 | 100 (100.0%) | 100 (100.0%) | – | – |",
        "| `Quiet` | 0 | – | – | – | – |",
    ]
    assert total == "| **all** | 300 | 152 (50.7%) | 150 (50.0%) | 2 (0.7%) | – |"


def test_the_rows_of_one_strategy_stand_together() -> None:
    first, second, third = concentration_table(CONCENTRATION).splitlines()[2:5]
    assert first == "| `SlowTrend` | correlation 0.70 | 57 | 3 | 2.9% | −1.4% | – |"
    assert second.endswith("| 1,140 | 6 | 7.3% | −1.8% | drawdown 2022-12-26 |")
    assert "MomentumCross" in third


def test_an_account_stands_bare_beside_guarded_and_says_who_halted_it() -> None:
    halted, whole, _ = accounts_table(ACCOUNTS).splitlines()[2:]
    assert halted == (
        "| `SlowTrend` | 2022 | 90 | −20.0% | 25.0% | 40 | −11.8% | 12.0% "
        "| 2022-05-12 `drawdown` | 234 |"
    )
    assert whole.endswith("| 75 | 28.0% | 4.0% | – | – |")


def test_a_rule_is_judged_by_the_accounts_that_it_halted() -> None:
    [row] = halts_table(ACCOUNTS).splitlines()[3:]
    assert row == "| `drawdown` | 2 of 3 | 270 | −8.0% | −6.4% | 1 of 2 |"
    assert halts_table(ACCOUNTS[1:2]) == ""


def test_the_page_says_how_many_strategies_are_of_others() -> None:
    assert "The last 2 are [strategies of others]" in page(FINDINGS)


def test_windows_are_shares_by_limit() -> None:
    assert alike_table(ALIKE).splitlines()[-1] == "| Terra | 100.0% | 66.7% | 3.0% |"


def test_the_argument_has_the_measured_figures() -> None:
    text = " ".join(page(FINDINGS).split())
    for figure in (
        "in 59% of all windows",
        "in 11% of all",
        "and in 67%",
        "(0.1% of",
        "−2.5%",
        "57 entries of 1,292",
    ):
        assert figure in text
    assert "worst day is −2.4% with it" in text
    assert "at most it is −1.9%" in text
    assert "fingerprint `abc`, Freqtrade 2026.9" in text


def test_the_page_ends_with_the_defaults_and_what_others_meet_most() -> None:
    theirs = Denials("Theirs", 50, Counter(risk_per_trade=20, senses=5))
    text = " ".join(page(replace(FINDINGS, denials=(*DENIALS, theirs))).split())
    assert "A trade risks 1% of equity at its stop, 4 positions are open at once" in text
    assert (
        "Of 50 entries that the strategies of others asked for, 25 (50.0%) were denied, most by "
        "`risk_per_trade` (40%; `plimsoll.risk.max_risk_per_trade_fraction`), `senses` (10%; "
    ) in text
    assert "Of 300 entries that the strategies asked for" in " ".join(page(FINDINGS).split())


def test_each_key_of_the_page_is_one_of_the_profile() -> None:
    assert set(KEYS.values()) <= set(RiskProfile.model_fields)
