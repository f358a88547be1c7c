import pytest

from plimsoll.venue.exchange import Exchange
from tests.unit.venue.bybit.asking import buy, code_of
from tests.unit.venue.markets import exchange_at

LEVERAGE, MARGIN = "/v5/position/set-leverage", "/v5/account/set-margin-mode"
MODE = "/v5/position/switch-mode"


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at()


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        ("2.5", "2.5", 0),
        ("20", "20", 110043),
        ("3", "2", 10001),
        ("0.5", "0.5", 10001),
        ("2.505", "2.505", 10001),
        ("nan", "nan", 10001),
        ("500", "500", 110013),
    ],
)
def test_leverage_is_the_same_for_both_sides_in_steps(
    exchange: Exchange, one: str, other: str, code: int
) -> None:
    assert code_of(exchange, "POST", LEVERAGE, buyLeverage=one, sellLeverage=other) == code
    wanted = 2.5 if code == 0 else 20
    assert exchange.account.position("BTCUSDT").leverage == wanted


def test_leverage_of_a_position_is_not_lowered(exchange: Exchange) -> None:
    buy(exchange, 0.1)
    assert code_of(exchange, "POST", LEVERAGE, buyLeverage=2, sellLeverage=2) == 110013


def test_the_margin_mode_is_isolated(exchange: Exchange) -> None:
    assert code_of(exchange, "POST", MARGIN, setMarginMode="ISOLATED_MARGIN") == 0
    assert code_of(exchange, "POST", MARGIN, setMarginMode="REGULAR_MARGIN") == 110073


def test_the_position_mode_is_one_way(exchange: Exchange) -> None:
    coin = {"symbol": None, "coin": "USDT"}
    assert code_of(exchange, "POST", MODE, **coin, mode=0) == 0
    assert code_of(exchange, "POST", MODE, mode=0) == 110025
    assert code_of(exchange, "POST", MODE, **coin, mode=3) == 110029
    assert code_of(exchange, "POST", MODE, **coin, mode=7) == 10001
    exchange.start_fault({"kind": "hedge-mode"})
    assert code_of(exchange, "POST", MODE, **coin, mode=0) == 110024
