"""Whatever a strategy sets, replaces or raises: a halt closes by the exchange's own books.

Freqtrade's own bot in live mode, loop by loop, on the venue over HTTP; `test_hostile_strategy`
does the same with the command.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
from freqtrade.exceptions import FreqtradeException
from freqtrade.persistence import Trade

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.core import Mode
from plimsoll.lab.venue import Venue, serve_venue
from tests.support.one_process import ENTERS, OneProcessBot, one_process_bot

pytestmark = pytest.mark.freqtrade

LIMITS = """{"entry": "market", "exit": "limit", "emergency_exit": "limit",
    "force_exit": "limit", "stoploss": "limit", "stoploss_on_exchange": False}"""


@dataclass(frozen=True)
class Hostile:
    """What a strategy's hooks do; `seal` is part of a name that it replaced, if the seal broke."""

    name: str
    on_start: str = "pass"
    on_loop: str = "pass"
    methods: str = ""
    seal: str | None = None
    overlay: dict[str, Any] | None = None

    @property
    def source(self) -> str:
        """The strategy's file."""
        hooks = f"""
def on_start(self):
{indent(self.on_start, "    ")}

def on_loop(self, now):
{indent(self.on_loop, "    ")}

{self.methods}
"""
        return ENTERS + indent(hooks, "    ")


RAISES = """
def fails(self, *arguments, **others):
    raise ZeroDivisionError("a bug of its own")

exit_reason = veto_exit = adjust_position = on_fill = on_loop = fails
custom_roi = custom_entry_price = custom_exit_price = fails

def informative_pairs(self):
    if self._session is not None and self._session.supervisor is not None:
        self.fails()
    return []
"""
CLINGS = """
def veto_exit(self, trade, reason, now):
    self.order_types = {"entry": "market", "exit": "limit", "stoploss": "limit"}
    return True

def exit_reason(self, trade, now, price, profit_fraction):
    self.order_types["emergency_exit"] = "limit"
    return None

def custom_exit_price(self, pair, trade, current_time, proposed_rate, *arguments, **others):
    return proposed_rate * 1.5
"""
DISARM = "lambda *arguments, **others: None"

FOLLY = [
    Hostile("signals off at the start", on_start="self.use_exit_signal = False"),
    Hostile("signals off in every loop", on_loop="self.use_exit_signal = False"),
    Hostile("limit exits at the start", on_start=f"self.order_types = {LIMITS}"),
    Hostile("limit exits in every loop", on_loop=f"self.order_types = {LIMITS}"),
    Hostile(
        "limit exits in place",
        on_loop="self.order_types.update(dict.fromkeys(self.order_types, 'limit'))",
    ),
    Hostile("order types that are none", on_loop="self.order_types = None"),
    Hostile("order types without keys", on_loop="self.order_types.clear()"),
    Hostile(
        "post-only exits",
        on_loop=f"self.order_types = {LIMITS}\n"
        "self.order_time_in_force = {'entry': 'GTC', 'exit': 'PO'}",
    ),
    Hostile("time in force without keys", on_loop="self.order_time_in_force = {}"),
    Hostile(
        "only in profit",
        on_start="self.exit_profit_only = True\nself.exit_profit_offset = 10.0\n"
        "self.ignore_roi_if_entry_signal = True",
    ),
    Hostile("clings to positions", methods=CLINGS),
    Hostile("raises in every hook", methods=RAISES),
    Hostile(
        "callbacks of the object", on_start=f"self.should_exit = self.bot_loop_start = {DISARM}"
    ),
    Hostile("a callback under its name", on_loop=f"vars(self)['should_exit'] = {DISARM}"),
    Hostile("the loop under its name", on_loop=f"vars(self)['bot_loop_start'] = {DISARM}"),
    Hostile("a confirmation", on_start="self.confirm_trade_exit = lambda *a, **b: False"),
    Hostile("what would ask for exits", on_start=f"type(self).custom_exit = {DISARM}"),
    Hostile("a guard's name on the object", on_loop="vars(self)['_session'] = None"),
    Hostile(
        "no order times out",
        on_start="self.config['unfilledtimeout'] = {'entry': 9999, 'exit': 9999}",
    ),
]
BROKEN = [
    Hostile("a callback of the class", on_loop=f"type(self).should_exit = {DISARM}"),
    Hostile("the loop of the class", on_loop=f"type(self).bot_loop_start = {DISARM}"),
    Hostile(
        "every callback of the class",
        on_loop="from plimsoll.bridge.wrapping.watch import HOOKED\n"
        f"for name in HOOKED: setattr(type(self), name, {DISARM})",
    ),
    Hostile(
        "attribute access",
        on_loop="look = lambda self, name: object.__getattribute__(self, name)\n"
        "type(self).__getattribute__ = look",
    ),
    Hostile("the guard", on_loop="vars(self)['_plimsoll_guard'] = None"),
    Hostile("the wallets", on_loop="self.wallets = None"),
    Hostile("the data provider", on_loop="self.dp = None"),
    Hostile("the supervisor", on_loop="self._session.supervisor = None"),
    Hostile("what looks after it", on_loop="self._session._looks_after = None"),
    Hostile("the session's loop", on_loop=f"self._session.loop = {DISARM}"),
    Hostile("what is to close", on_loop=f"self._session.exit_rule = {DISARM}"),
    Hostile("what acts", on_loop=f"self._session.supervisor.exit_reason = {DISARM}"),
    Hostile("the account", on_loop="self._session.supervisor.account = None"),
    Hostile("the marks", on_loop=f"self._session.supervisor.account.update = {DISARM}"),
    Hostile(
        "the limits",
        on_loop="from plimsoll.risk import RiskProfile\n"
        "self._session.supervisor.profile = RiskProfile()",
    ),
    Hostile("the record", on_loop=f"self._session.record = {DISARM}"),
]
AT_THE_START = {
    "a class attribute": f"type(self).should_exit = {DISARM}",
    "the guard": "vars(self)['_plimsoll_guard'] = None",
    "the session's loop": f"self._session.loop = {DISARM}",
    "its class": "self.__class__ = type(self).__mro__[1]",
}


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    arguments = ["--market", "synthetic", "--symbols", "BTC/USDT:USDT,ETH/USDT:USDT"]
    with serve_venue(arguments, folder=tmp_path_factory.mktemp("venue")) as served:
        yield served


def halted_and_flat(bot: OneProcessBot) -> None:
    """Enter, loop as hooks please, halt as a person does: flat in the loop that sees the flag."""
    bot.loop()
    assert len(bot.held()) == 2
    bot.loop()
    StateFolder(bot.folder / "user_data/plimsoll").set_halt("drill")
    bot.loop()
    assert bot.held() == {}, "by the exchange's own books"
    assert bot.open_trades() == []


def in_turn(hostiles: Sequence[Hostile]) -> list[Any]:
    """Return every strategy as a parameter; `make test` takes each third of them."""
    return [
        pytest.param(one, id=one.name, marks=[pytest.mark.slow] if number % 3 else [])
        for number, one in enumerate(hostiles)
    ]


@pytest.mark.parametrize("hostile", in_turn(FOLLY))
def test_folly_keeps_no_halt_from_closing(tmp_path: Path, venue: Venue, hostile: Hostile) -> None:
    with one_process_bot(tmp_path, venue, hostile.source) as bot:
        halted_and_flat(bot)
        closed = Trade.get_trades([]).all()
        assert {trade.exit_reason for trade in closed} == {"plimsoll_manual_halt"}
        assert {trade.orders[-1].order_type for trade in closed} == {"market"}
        assert {one["rule"] for one in bot.records("halt")} == {"manual_halt"}


@pytest.mark.parametrize("hostile", in_turn(BROKEN))
def test_a_broken_seal_is_mended_and_halts_for_good(
    tmp_path: Path, venue: Venue, hostile: Hostile
) -> None:
    with one_process_bot(tmp_path, venue, hostile.source) as bot:
        for _ in range(3):
            bot.loop()
        assert bot.held() == {}
        assert bot.open_trades() == []
        (halt,) = bot.records("halt")
        assert halt["rule"] == "seal"
        assert "the strategy replaced" in halt["reason"]
        assert bot.bot.strategy._session.supervisor.mode is Mode.HALTED


@pytest.mark.parametrize("line", AT_THE_START.values(), ids=AT_THE_START)
def test_what_replaces_guards_while_it_starts_is_refused(
    tmp_path: Path, venue: Venue, line: str
) -> None:
    source = Hostile("at the start", on_start=line).source
    with (
        pytest.raises(FreqtradeException, match=r"expected Hostile to leave"),
        one_process_bot(tmp_path, venue, source),
    ):
        pass
