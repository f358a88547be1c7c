"""How a figure stands in a table of the results page."""

import math

from plimsoll.cli.results_cells import amount, code, funding, number, percent


def test_a_figure_that_is_not_known_is_a_dash() -> None:
    assert [percent(math.nan), number(math.nan), amount(math.nan)] == ["–", "–", "–"]


def test_nothing_is_never_minus_nothing_and_a_loss_has_a_true_minus() -> None:
    assert [percent(-1e-9), number(-1e-9)] == ["0.0%", "0.00"]
    assert [percent(-0.123), number(-1.234)] == ["−12.3%", "−1.23"]


def test_a_class_is_code_and_words_are_not() -> None:
    assert [code("TrendFollow"), code("market, equal weights")] == [
        "`TrendFollow`",
        "market, equal weights",
    ]


def test_funding_says_who_paid() -> None:
    assert [funding(12.4), funding(-1200.0), funding(0.3)] == ["12 paid", "1,200 received", "0"]
