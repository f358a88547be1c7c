"""Freqtrade's report says what the guards did."""

from typing import Any

import pytest
from freqtrade.optimize import backtesting, optimize_reports
from freqtrade.optimize.hyperopt import hyperopt_optimizer
from freqtrade.optimize.optimize_reports import bt_output
from freqtrade.optimize.optimize_reports import optimize_reports as makers

from plimsoll.bridge.config.subject import versions
from plimsoll.bridge.freqtrade.backtest_report import (
    _with_acts,
    install,
    offer_acts,
    offer_figure,
    show_acts,
)
from plimsoll.performance.guard_acts import GuardActs
from plimsoll.performance.shortfall import Shortfall, TargetDay
from tests.unit.performance.test_guard_words import ACTS


def test_installing_twice_is_installing_once_wherever_the_report_is_printed() -> None:
    install()
    shown, made = bt_output.show_backtest_results, makers.generate_strategy_stats
    install()
    assert bt_output.show_backtest_results is shown
    assert makers.generate_strategy_stats is made
    assert optimize_reports.show_backtest_results is shown
    assert backtesting.show_backtest_results is shown


def test_hyperopt_makes_its_statistics_as_before() -> None:
    install()
    assert hyperopt_optimizer.generate_strategy_stats is not makers.generate_strategy_stats


def test_only_the_run_whose_config_it_is_gets_what_its_guards_did() -> None:
    config: dict[str, Any] = {}
    offer_acts("Mine", config, lambda trades, start, end: ACTS)
    generate = _with_acts(lambda *_, **__: {"trades": [], "starting_balance": 1000.0})
    assert (
        GuardActs.from_result(generate([], "Mine", {"config": config, "results": None}, 0, 0))
        == ACTS
    )
    assert GuardActs.from_result(generate([], "Mine", {"config": {}}, 0, 0)) is None
    assert GuardActs.from_result(generate([], "Other", {"config": config}, 0, 0)) is None


def test_a_figure_of_the_strategy_stands_beside_its_guards_acts() -> None:
    config: dict[str, Any] = {}
    offer_acts("Mine", config, lambda trades, start, end: ACTS)
    offer_figure("Mine", config, "targets", lambda: {"days": 3})
    offer_figure("Mine", {}, "others", lambda: {"days": 3})
    offer_figure("Mine", config, "none", lambda: None)
    generate = _with_acts(lambda *_, **__: {"trades": [], "starting_balance": 1000.0})
    section = generate([], "Mine", {"config": config, "results": None}, 0, 0)["plimsoll"]
    assert section.pop("made_with") == versions()
    assert section == ACTS.to_dict() | {"targets": {"days": 3}}


def test_what_of_the_targets_was_held_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    targets = Shortfall.of_days([TargetDay(asked=0.5, pairs=2, missing={"heat": {"A": 0.1}})])
    section = ACTS.to_dict() | {"targets": targets.to_dict()}
    show_acts({"Mine": {"plimsoll": section}})
    printed = " ".join(capsys.readouterr().out.split())
    assert "Mine: the account could hold 80.0% of its targets, 0.40 of 0.50 gross" in printed


def test_the_table_and_the_sentence_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    show_acts({"Mine": {"plimsoll": ACTS.to_dict()}, "Bare": {}})
    printed = capsys.readouterr().out
    assert "WHAT THE GUARDS DID: Mine" in printed
    assert "break_even" in printed
    assert "HALTED by break_even on 2026-10-13" in printed
    assert "Bare: no guards on record" in printed
