"""How a row waits: the fault ends in time, and what does not come is named."""

import time

import httpx
import pytest

from plimsoll.core import PlimsollError
from plimsoll.lab.drilling.bot import DrilledBot
from plimsoll.lab.drilling.closing_row import Watch
from plimsoll.lab.drilling.fault import Fault, Trouble
from plimsoll.lab.drilling.row import Cell, Row


class Running(DrilledBot):
    """A bot that is taken to run."""

    @property
    def alive(self) -> bool:
        return True


def watch(bot: DrilledBot, fault: Fault) -> Watch:
    running = Running(bot.setup, bot.folder, bot.exchange, bot.telegram)
    return Watch(running, Row(cell=Cell("drawdown", fault.name, "live"), rule="drawdown"), fault)


def recording(done: list[str], lasts: float | None) -> Fault:
    def note(what: str) -> object:
        def do(trouble: Trouble) -> None:
            done.append(what)

        return do

    steps = {name: note(name) for name in ("arm", "strike", "mend")}
    return Fault(name="noted", kind="order", what="", lasts=lasts, **steps)  # type: ignore[arg-type]


def test_a_fault_is_taken_back_once_when_its_time_is_over(bot: DrilledBot) -> None:
    done: list[str] = []
    waiting = watch(bot, recording(done, 0.2))
    waiting.arm()
    waiting.strike()
    waiting.until(lambda: waiting.is_over, "the end of the fault", seconds=10)
    waiting.mend()
    assert done == ["arm", "strike", "mend"]


def test_one_that_lasts_until_flat_is_taken_back_by_the_row(bot: DrilledBot) -> None:
    done: list[str] = []
    waiting = watch(bot, recording(done, None))
    waiting.strike()
    waiting.until(lambda: True, "anything", seconds=1)
    assert done == ["strike"]


def test_one_that_halts_the_account_is_not_taken_back_by_the_clock(bot: DrilledBot) -> None:
    done: list[str] = []
    waiting = watch(bot, recording(done, 0.05))
    waiting.strike(until_mended=True)
    time.sleep(0.1)
    with pytest.raises(PlimsollError, match="a halt by reconciliation"):
        waiting.until(lambda: False, "a halt by reconciliation", seconds=0.2)
    assert done == ["strike"]


def test_an_exchange_that_refuses_us_too_answers_nothing(bot: DrilledBot) -> None:
    began, asked = time.monotonic(), []

    def condition() -> bool:
        asked.append(1)
        if time.monotonic() - began < 0.2:
            raise httpx.ConnectError("refused")
        return True

    assert watch(bot, recording([], None)).until(condition, "an answer", seconds=10)
    assert len(asked) > 1


def test_what_does_not_come_is_named(bot: DrilledBot) -> None:
    with pytest.raises(PlimsollError, match="expected a flat account within 0 s"):
        watch(bot, recording([], None)).until(lambda: False, "a flat account", seconds=0)
