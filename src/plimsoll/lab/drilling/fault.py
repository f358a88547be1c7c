"""What goes wrong while a guard acts: between the bot, its exchange, its disk and its people."""

import os
import resource
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from plimsoll.core import PlimsollError
from plimsoll.lab.drill_bot import ask
from plimsoll.lab.drilling.assertions import symbol_of
from plimsoll.lab.drilling.bot import DrilledBot

ORDER, STOP = "POST /fapi/v1/order", "POST /fapi/v1/algoOrder"
HANG_SECONDS = 4.0
HOLD_SECONDS = 2.0
"""Real seconds that an unanswered request is held."""
SLOW = 10.0
"""The clock's speed where something waits in real seconds, as SQLite and Telegram do."""
MONEY_OUT_USD = -500.0
HOUR_SECONDS = 3600.0


@dataclass(slots=True)
class Trouble:
    """What a fault has done to one row and has to take back."""

    bot: DrilledBot
    lock: Any = None
    second: Any = None
    numbers: list[int] = field(default_factory=list)
    refused_before: int | None = None
    done: bool = False

    @property
    def struck(self) -> bool:
        """Whether anything came of it: what was done to the bot, or a request that was hit."""
        refused = self.refused_before
        return (
            self.done
            or any(self.bot.exchange.hits(one) for one in self.numbers)
            or (refused is not None and len(self.bot.telegram.rejected) > refused)
        )


def nothing(trouble: Trouble) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of the matrix.

    Attributes
    ----------
    kind
        What it strikes: ``none``, ``order``, ``market``, ``process``, ``disk``, ``account``,
        ``people``, or ``kill`` at one request.
    arm
        Done before the guard is tripped.
    strike
        Done as soon as its verdict is on record; in a row of denials, at once.
    mend
        Done after ``lasts`` real seconds, or when the account is flat, whichever is earlier.
    halts_by
        The rule that halts the account under the fault. A row that closes one pair, or that is
        about the entries after a halt, then lasts until that halt is on record, and expects it.
    ends_process
        Whether the bot's process ends by it, at once or when it has shut down.
    """

    name: str
    kind: str
    what: str
    arm: Callable[[Trouble], None] = nothing
    strike: Callable[[Trouble], None] = nothing
    mend: Callable[[Trouble], None] = nothing
    lasts: float | None = None
    speed: float | None = None
    halts_by: str = ""
    ends_process: bool = False


def start(kind: str, **options: object) -> Callable[[Trouble], None]:
    """Return what starts a fault of the exchange; one of orders spares what is not the bot's."""
    of_orders = options.get("paths") == [ORDER]

    def arm(trouble: Trouble) -> None:
        bot = trouble.bot
        own = {"symbols": [symbol_of(pair) for pair in bot.setup.pairs]} if of_orders else {}
        trouble.numbers.append(bot.exchange.fault(kind, **options, **own))

    return arm


def mend(trouble: Trouble) -> None:
    """End every fault of the exchange."""
    trouble.bot.exchange.mend()


def send_signal(number: int) -> Callable[[Trouble], None]:
    """Return what sends the bot's process a signal."""

    def strike(trouble: Trouble) -> None:
        if trouble.bot.process is not None and trouble.bot.alive:
            trouble.bot.process.send(number)
            trouble.done = True

    return strike


def hang_exchange(trouble: Trouble) -> None:
    """Stop the exchange's process for a while; its clock goes on, and nobody is answered."""
    pid = trouble.bot.exchange.venue.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(HANG_SECONDS)
    finally:
        os.kill(pid, signal.SIGCONT)
    trouble.done = True


def lock(trouble: Trouble) -> None:
    """Hold the write lock of the bot's database."""
    trouble.lock = trouble.bot.write_lock()
    with suppress(sqlite3.OperationalError):
        trouble.lock.__enter__()
        trouble.done = True


def unlock(trouble: Trouble) -> None:
    """Let it go."""
    if trouble.lock is not None:
        trouble.lock.__exit__(None, None, None)
        trouble.lock = None


def fill_disk(trouble: Trouble) -> None:
    """Let no file of the bot grow, as on a full disk; only root may mount a small one."""
    if trouble.bot.process is not None and trouble.bot.alive:
        limit = resource.RLIMIT_FSIZE
        _, hard = resource.prlimit(trouble.bot.process.pid, limit)
        resource.prlimit(trouble.bot.process.pid, limit, (0, hard))
        trouble.done = True


def empty_disk(trouble: Trouble) -> None:
    """Let files grow again."""
    if trouble.bot.process is not None and trouble.bot.alive:
        limit = resource.RLIMIT_FSIZE
        _, hard = resource.prlimit(trouble.bot.process.pid, limit)
        resource.prlimit(trouble.bot.process.pid, limit, (hard, hard))


def telegram_down(trouble: Trouble) -> None:
    """Make Telegram unreachable."""
    trouble.bot.telegram.down()
    trouble.done = True


def telegram_up(trouble: Trouble) -> None:
    """Let Telegram answer again."""
    trouble.bot.telegram.up()


def telegram_refuses(count: int, status: int) -> Callable[[Trouble], None]:
    """Return what lets Telegram refuse so many messages with a status."""

    def arm(trouble: Trouble) -> None:
        trouble.refused_before = len(trouble.bot.telegram.rejected)
        trouble.bot.telegram.refuse_next(count, status, retry_after=1)

    return arm


def reload(trouble: Trouble) -> None:
    """Reload the config, as ``/reload_config`` does."""
    trouble.done = ask(trouble.bot.rest.reload_config) is not None


def pause(trouble: Trouble) -> None:
    """Pause the bot, as ``/pause`` does."""
    trouble.done = ask(trouble.bot.rest.stopbuy) is not None


def go_on(trouble: Trouble) -> None:
    """Go on, as ``/start`` does."""
    ask(trouble.bot.rest.start)


def stop_bot(trouble: Trouble) -> None:
    """Stop the bot, as ``/stop`` does."""
    trouble.done = ask(trouble.bot.rest.stop) is not None


def locks_of_others(trouble: Trouble) -> None:
    """Lock each pair and all of them, as somebody else."""
    for pair in (*trouble.bot.setup.pairs, "*"):
        place = partial(trouble.bot.rest.lock_add, pair, "2026-01-01 00:00:00Z", reason="hand")
        trouble.done = ask(place) is not None


def unlock_others(trouble: Trouble) -> None:
    """Take these locks back."""
    answer = ask(trouble.bot.rest.locks) or {}
    for one in answer.get("locks", []):
        if one["reason"] == "hand":
            ask(partial(trouble.bot.rest.delete_lock, one["id"]))


def second_bot(trouble: Trouble) -> None:
    """Start another bot on the folder and account; it must end by itself."""
    bot = trouble.bot
    first = (bot.rest, bot._port)  # noqa: SLF001 - the first one stays the bot of the row
    trouble.second = bot.begin(bot.folder / "second.log")
    bot.rest, bot._port = first  # noqa: SLF001


def end_second(trouble: Trouble) -> None:
    """Wait until the second bot has ended; raises `PlimsollError` when it trades on."""
    if trouble.second is None:
        return
    status = trouble.second.wait(60.0)
    trouble.second.kill()
    trouble.second = None
    trouble.done = status is not None
    if status is None:
        raise PlimsollError("a second bot runs on the same account")


def withdraw(trouble: Trouble) -> None:
    """Take money out of the account."""
    trouble.bot.exchange.transfer(MONEY_OUT_USD)
    trouble.done = True


def pay_in(trouble: Trouble) -> None:
    """Put it back."""
    trouble.bot.exchange.transfer(-MONEY_OUT_USD)


def cancel_stops(trouble: Trouble) -> None:
    """Cancel every stop by hand."""
    exchange = trouble.bot.exchange
    for row in exchange.get("/fapi/v1/openAlgoOrders"):
        number = str(row["algoId"])
        exchange.signed("DELETE", "/fapi/v1/algoOrder", symbol=row["symbol"], algoId=number)
        trouble.done = True


def close_one(trouble: Trouble) -> None:
    """Close the last position from outside, as a person at the exchange's own page."""
    for row in reversed(trouble.bot.exchange.get("/fapi/v2/positionRisk")):
        if float(row["positionAmt"]):
            amount = row["positionAmt"].lstrip("-")
            trouble.bot.exchange.order(row["symbol"], "SELL", amount, reduce_only=True)
            trouble.done = True
            return


def jump(trouble: Trouble) -> None:
    """Let the exchange's clock jump an hour ahead; it starts again for that."""
    trouble.bot.exchange.restart(ahead_seconds=HOUR_SECONDS)
    trouble.done = True


def restart_exchange(trouble: Trouble) -> None:
    """Kill the exchange's process and start it again on what it had written down."""
    trouble.bot.exchange.restart()
    trouble.done = True


def delete_state(trouble: Trouble) -> None:
    """Delete the folder that the guards write to."""
    trouble.done = trouble.bot.state.path.exists()
    shutil.rmtree(trouble.bot.state.path, ignore_errors=True)


def no_candles(trouble: Trouble) -> None:
    """Refuse candles over HTTP, and cut every WebSocket."""
    start("http-error", paths=["/fapi/v1/klines"], status=503)(trouble)
    start("dropped-sockets")(trouble)


def unanswered(**more: object) -> Callable[[Trouble], None]:
    """Return what leaves two orders unanswered."""
    return start("no-answer", paths=[ORDER], count=2, hold_seconds=HOLD_SECONDS, **more)


def refused(status: int, **more: object) -> Callable[[Trouble], None]:
    """Return what refuses two orders with an HTTP status."""
    return start("http-error", paths=[ORDER], count=2, status=status, **more)
