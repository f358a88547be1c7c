"""A strategy that implements no hook: what the base takes for its answer."""

from datetime import timedelta

import pytest
from freqtrade.persistence import LocalTrade, Order

from plimsoll.bridge.strategies.guarded import GuardedStrategy
from plimsoll.bridge.strategies.hooks import HookedStrategy
from plimsoll.core import Side
from tests.unit.bridge.bots import BTC, NOON
from tests.unit.bridge.strategies.test_rules import load
from tests.unit.bridge.trades import trade_fields

HELD = LocalTrade(**trade_fields(NOON - timedelta(hours=1)))
ANSWERS = {
    "desired_stake": ((BTC, Side.LONG, 123.0, NOON), 123.0),
    "desired_leverage": ((BTC, Side.LONG, NOON), 1.0),
    "veto_entry": ((BTC, Side.LONG, 100.0, NOON), None),
    "adjust_position": ((HELD, NOON, 100.0, 0.0), None),
    "exit_reason": ((HELD, NOON, 100.0, 0.0), None),
    "veto_exit": ((HELD, "roi", NOON), False),
    "on_start": ((), None),
    "on_loop": ((NOON,), None),
    "on_fill": ((HELD, Order(), NOON), None),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_hook_that_nobody_implements_changes_nothing(name: str) -> None:
    arguments, answer = ANSWERS[name]
    assert getattr(load("NoTrade"), name)(*arguments) == answer


def test_every_hook_is_here_and_none_is_implemented_by_the_guards() -> None:
    own = {name for name in vars(HookedStrategy) if not name.startswith("_")}
    assert own - {"gather_informative_pairs"} == set(ANSWERS)
    assert all(getattr(GuardedStrategy, name) is getattr(HookedStrategy, name) for name in ANSWERS)


class Informed(HookedStrategy):
    """Names a pair, until it fails."""

    fails = False

    def informative_pairs(self) -> list[tuple[str, str]]:
        if self.fails:
            raise OSError("no list")
        return [(BTC, "1h")]


def test_informative_pairs_that_fail_later_are_those_of_before() -> None:
    strategy = object.__new__(Informed)
    strategy.config, strategy._ft_informative = {}, []
    before = strategy.gather_informative_pairs()
    strategy.fails = True
    assert strategy.gather_informative_pairs() == before != []


def test_informative_pairs_that_fail_at_once_are_a_fault() -> None:
    strategy = object.__new__(Informed)
    strategy.config, strategy._ft_informative, strategy.fails = {}, [], True
    with pytest.raises(OSError, match="no list"):
        strategy.gather_informative_pairs()
