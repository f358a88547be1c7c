"""The sweep itself: moments repeat, the comparison sees what differs, and a few of its kills."""

from dataclasses import replace
from pathlib import Path

import pytest

from plimsoll.lab.drilling.books import DatabaseSide, ExchangeSide, compare
from tests.conftest import ROOT
from tests.kill_sweep.__main__ import sweep
from tests.kill_sweep.plan import ACCEPTED, PHASES, draw

PAGE = ROOT / "docs" / "kill-sweep.md"
TELLING = (17, 33, 36, 44)
"""Kills of seed 1 between an order's acceptance and its row in the database, one for each phase."""

EXCHANGE = ExchangeSide(positions={"BTCUSDT": 0.011}, orders={}, stops={"7": ("BTCUSDT", 0.011)})
DATABASE = DatabaseSide(positions={"BTCUSDT": 0.011}, orders=frozenset({"7"}))


def test_a_round_is_the_same_whichever_others_are_played() -> None:
    assert draw(1, 37) == draw(1, 37)
    assert draw(1, 37).moment != draw(2, 37).moment
    assert {draw(1, number).phase for number in range(1, 6)} == set(PHASES)


def test_the_telling_kills_are_between_acceptance_and_row() -> None:
    drawn = [draw(1, number) for number in TELLING]
    assert [one.moment.when for one in drawn[:3]] == [ACCEPTED] * 3
    assert {one.phase for one in drawn} == {"entry", "stop placement", "partial exit", "flatten"}


def test_books_that_agree() -> None:
    assert compare(EXCHANGE, DATABASE).agree


def test_a_position_that_the_database_does_not_know() -> None:
    seen = compare(EXCHANGE, replace(DATABASE, positions={}))
    assert seen.unexplained_positions == ("BTCUSDT: exchange 0.011, database 0",)


def test_an_order_and_a_stop_that_no_open_trade_knows() -> None:
    more = replace(EXCHANGE, orders={"8": "ETHUSDT BUY LIMIT"})
    seen = compare(more, replace(DATABASE, orders=frozenset()))
    assert seen.orphan_orders == ("order 8 (ETHUSDT BUY LIMIT)", "stop 7 (BTCUSDT 0.011)")


def test_a_stop_for_half_of_the_position_is_missing() -> None:
    seen = compare(replace(EXCHANGE, stops={"7": ("BTCUSDT", 0.005)}), DATABASE)
    assert seen.missing_stops == ("BTCUSDT: 0.011 held, stops for 0.005",)


def test_the_page_is_of_a_sweep_in_which_nothing_failed() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert "No round failed." in text
    assert all(f"\n| {phase} | " in text for phase in PHASES)


@pytest.mark.freqtrade
def test_books_agree_and_the_latch_holds_after_telling_kills(tmp_path: Path) -> None:
    unsound = [one for one in sweep(TELLING, 1, tmp_path) if not one.is_sound]
    assert unsound == []
