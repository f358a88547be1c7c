"""A stored backtest is believed as far as its own trades carry it."""

import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from plimsoll.gates.evidence.results import open_result, read_result, strategies_in
from plimsoll.gates.reading import EvidenceError
from plimsoll.performance.marked_days import to_record
from tests.support.evidence import DAYS, NOW, Evidence, edge

EVIDENCE = Evidence()


def test_daily_returns_are_those_of_the_wallet() -> None:
    reading = read_result(EVIDENCE.result())
    assert reading.faults == ()
    assert reading.series["returns"].to_list() == pytest.approx(EVIDENCE.returns.tolist())
    assert reading.figures["trades"] == DAYS


def test_what_it_was_made_with_is_read_from_the_file() -> None:
    made_with = read_result(EVIDENCE.result()).made_with
    subject = EVIDENCE.subject.as_record()
    assert {name: subject[name] for name in made_with} == made_with


Doctor = Callable[[dict[str, Any]], None]


def more_profit(told: dict[str, Any]) -> None:
    told["trades"][7]["profit_abs"] += 250.0


def more_profit_and_balance(told: dict[str, Any]) -> None:
    more_profit(told)
    told["final_balance"] += 250.0


def a_loser_left_out(told: dict[str, Any]) -> None:
    worst = min(told["trades"], key=lambda one: one["profit_abs"])
    told["trades"].remove(worst)
    told["final_balance"] -= worst["profit_abs"]
    told["total_trades"] -= 1


def a_winner_twice(told: dict[str, Any]) -> None:
    told["trades"].append(dict(told["trades"][0]))
    told["final_balance"] += told["trades"][0]["profit_abs"]
    told["total_trades"] += 1


def a_better_price(told: dict[str, Any]) -> None:
    told["trades"][7]["close_rate"] *= 1.05


def a_trade_of_the_future(told: dict[str, Any]) -> None:
    told["trades"][-1]["close_timestamp"] += 40 * 86_400_000


def a_better_balance(told: dict[str, Any]) -> None:
    told["final_balance"] *= 1.1


@pytest.mark.parametrize(
    ("doctor", "said"),
    [
        (more_profit, "its trades made"),
        (more_profit_and_balance, "its fills made"),
        (a_loser_left_out, "its wallet at"),
        (a_winner_twice, "the same trade twice"),
        (a_better_price, "its fills made"),
        (a_trade_of_the_future, "closes after the end"),
        (a_better_balance, "its balance went from"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_doctored_result_contradicts_itself(doctor: Doctor, said: str) -> None:
    told = EVIDENCE.statistics()
    doctor(told)
    faults = read_result(EVIDENCE.result(statistics=told)).faults
    assert any(said in fault for fault in faults), faults


def test_a_count_that_is_not_that_of_the_trades_is_a_fault() -> None:
    told = EVIDENCE.statistics() | {"total_trades": DAYS + 1}
    [fault] = read_result(EVIDENCE.result(statistics=told)).faults
    assert fault == f"it states {DAYS + 1} trades and has {DAYS}"


def test_a_wallet_of_a_better_account_is_a_fault() -> None:
    better = Evidence(returns=edge(mean=0.004))
    [fault] = read_result(EVIDENCE.result(wallet=better.wallet())).faults
    assert "its trades had left" in fault


@pytest.mark.parametrize("number", [float("nan"), float("inf"), None])
def test_a_trade_without_a_number_is_no_evidence(number: float | None) -> None:
    told = EVIDENCE.statistics()
    told["trades"][3]["profit_abs"] = number
    with pytest.raises(EvidenceError, match=r"profit_abs is no number|no readable result"):
        read_result(EVIDENCE.result(statistics=told))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"{}", b"\x00" * 64])
def test_what_is_no_zip_is_no_result(content: bytes) -> None:
    with pytest.raises(EvidenceError):
        read_result(content)


def test_a_zip_of_anything_else_is_no_result() -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("notes.json", json.dumps({"strategy": "none"}))
    with pytest.raises(EvidenceError):
        read_result(out.getvalue())
    with pytest.raises(EvidenceError):
        strategies_in(out.getvalue())


def test_a_strategy_that_it_does_not_hold_is_named() -> None:
    with pytest.raises(EvidenceError, match="it holds Mine, not Other"):
        open_result(EVIDENCE.result(), "Other")


def test_it_says_when_it_was_made() -> None:
    made_at = read_result(EVIDENCE.result()).made_at
    assert made_at is not None
    assert (NOW - made_at).days == 2


def test_perpetuals_without_their_open_positions_count_for_nothing() -> None:
    [fault] = read_result(EVIDENCE.result(marked=False)).faults
    assert "with its open positions; run the backtest again" in fault


def test_what_is_open_at_midnight_counts_on_that_day() -> None:
    told = EVIDENCE.statistics()
    [first, *others] = told["trades"]
    kept = {**first, "close_timestamp": first["close_timestamp"] + 86_400_000}
    told["trades"] = [kept, *others[1:]]
    told["total_trades"] -= 1
    told["final_balance"] -= others[0]["profit_abs"]
    days = EVIDENCE.days()
    days.iloc[1] *= 0.8
    days.iloc[2:] -= others[0]["profit_abs"]
    told["plimsoll"]["marked_days"] = to_record(days)
    content = EVIDENCE.result(statistics=told, wallet=EVIDENCE.wallet().iloc[:2])
    reading = read_result(content)
    assert reading.faults == ()
    assert reading.series["returns"].iloc[0] == pytest.approx(
        (1.0 + EVIDENCE.returns[0]) * 0.8 - 1.0
    )


def test_better_days_than_the_trades_left_are_told() -> None:
    told = EVIDENCE.statistics()
    told["plimsoll"]["marked_days"] = to_record(Evidence(returns=edge(mean=0.004)).days())
    [fault] = read_result(EVIDENCE.result(statistics=told)).faults
    assert "its account at" in fault


def test_of_spot_the_wallet_holds_the_coins() -> None:
    spot = Evidence(config={**EVIDENCE.config, "trading_mode": "spot"})
    assert read_result(spot.result(marked=False)).faults == ()
