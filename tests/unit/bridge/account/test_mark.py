"""The mark price of a running bot: the exchange's own, or the middle of a fresh book."""

from pathlib import Path
from typing import Any

import pytest
from freqtrade.enums import RunMode, TradingMode
from freqtrade.exceptions import TemporaryError

from plimsoll.bridge.account.mark import mark_price
from tests.unit.bridge.bots import BTC, HandFed, bot_config


@pytest.fixture
def exchange(tmp_path: Path) -> HandFed:
    made = HandFed(bot_config(tmp_path, RunMode.DRY_RUN))
    made.prices[BTC] = 100.0
    return made


def test_of_futures_it_is_what_the_exchange_states(exchange: HandFed) -> None:
    exchange.marks[BTC] = 101.0
    assert mark_price(exchange, BTC) == 101.0


def test_on_spot_it_is_the_middle_of_the_book(exchange: HandFed) -> None:
    exchange.trading_mode = TradingMode.SPOT
    exchange.marks[BTC], exchange.spread_fraction = 500.0, 0.02
    assert mark_price(exchange, BTC) == pytest.approx(100.0)


def test_an_exchange_that_states_none_is_asked_for_its_book(
    exchange: HandFed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "fetch_funding_rate", lambda _: {"markPrice": None})
    assert mark_price(exchange, BTC) == pytest.approx(100.0)


@pytest.mark.parametrize("stated", [0.0, -1.0, float("nan"), "no price"])
def test_a_price_that_is_none_is_unknown(exchange: HandFed, stated: Any) -> None:
    exchange.marks[BTC] = stated
    assert mark_price(exchange, BTC) is None


def test_a_request_that_fails_is_unknown_and_no_error(exchange: HandFed) -> None:
    exchange.fails = TemporaryError("down")
    assert mark_price(exchange, BTC) is None
    exchange.trading_mode = TradingMode.SPOT
    assert mark_price(exchange, BTC) is None
