"""What goes wrong while a guard acts: between the bot, its exchange, its disk and its people."""

import os
import resource
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from plimsoll.core import PlimsollError
from plimsoll.lab.drill_bot import ask
from plimsoll.lab.drilling.bot import DrilledBot

ORDER, STOP = "POST /fapi/v1/order", "POST /fapi/v1/algoOrder"
HOLD_SECONDS = 2.0
"""Real seconds that an unanswered request is held."""
SLOW = 10.0
"""The clock's speed where something waits in real seconds, as SQLite and Telegram do."""
MONEY_OUT_USD = -500.0


@dataclass(slots=True)
class Trouble:
    """What a fault has done to one row and has to take back."""

    bot: DrilledBot
    lock: Any = None
    second: Any = None


def _nothing(trouble: Trouble) -> None:
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
    counts
        How often it must at least have hit, by the exchange's own count; 0 where it counts nothing.
    """

    name: str
    kind: str
    what: str
    arm: Callable[[Trouble], None] = _nothing
    strike: Callable[[Trouble], None] = _nothing
    mend: Callable[[Trouble], None] = _nothing
    lasts: float | None = None
    speed: float | None = None


def _start(kind: str, **options: object) -> Callable[[Trouble], None]:
    def arm(trouble: Trouble) -> None:
        trouble.bot.exchange.fault(kind, **options)

    return arm


def _mend(trouble: Trouble) -> None:
    trouble.bot.exchange.mend()


def _signal(number: int) -> Callable[[Trouble], None]:
    def strike(trouble: Trouble) -> None:
        if trouble.bot.process is not None:
            trouble.bot.process.send(number)

    return strike


def _signal_exchange(number: int) -> Callable[[Trouble], None]:
    def strike(trouble: Trouble) -> None:
        os.kill(trouble.bot.exchange.venue.pid, number)

    return strike


def _lock(trouble: Trouble) -> None:
    trouble.lock = trouble.bot.write_lock()
    with suppress(sqlite3.OperationalError):
        trouble.lock.__enter__()


def _unlock(trouble: Trouble) -> None:
    if trouble.lock is not None:
        trouble.lock.__exit__(None, None, None)
        trouble.lock = None


def _fill_disk(trouble: Trouble) -> None:
    """Let no file of the bot grow, as on a full disk; only root may mount a small one."""
    if trouble.bot.process is not None and trouble.bot.alive:
        limit = resource.RLIMIT_FSIZE
        _, hard = resource.prlimit(trouble.bot.process.pid, limit)
        resource.prlimit(trouble.bot.process.pid, limit, (0, hard))


def _empty_disk(trouble: Trouble) -> None:
    if trouble.bot.process is not None and trouble.bot.alive:
        limit = resource.RLIMIT_FSIZE
        _, hard = resource.prlimit(trouble.bot.process.pid, limit)
        resource.prlimit(trouble.bot.process.pid, limit, (hard, hard))


def _telegram_down(trouble: Trouble) -> None:
    trouble.bot.telegram.down()


def _telegram_up(trouble: Trouble) -> None:
    trouble.bot.telegram.up()


def _telegram_busy(trouble: Trouble) -> None:
    trouble.bot.telegram.refuse_next(3, 429, retry_after=1)


def _telegram_broken(trouble: Trouble) -> None:
    trouble.bot.telegram.refuse_next(2, 502)


def _reload(trouble: Trouble) -> None:
    ask(trouble.bot.rest.reload_config)


def _pause(trouble: Trouble) -> None:
    ask(trouble.bot.rest.stopbuy)


def _go_on(trouble: Trouble) -> None:
    ask(trouble.bot.rest.start)


def _stop_bot(trouble: Trouble) -> None:
    ask(trouble.bot.rest.stop)


def _locks_of_others(trouble: Trouble) -> None:
    for pair in (*trouble.bot.setup.pairs, "*"):
        lock = partial(trouble.bot.rest.lock_add, pair, "2026-01-01 00:00:00Z", reason="hand")
        ask(lock)


def _unlock_others(trouble: Trouble) -> None:
    answer = ask(trouble.bot.rest.locks) or {}
    for lock in answer.get("locks", []):
        if lock["reason"] == "hand":
            ask(partial(trouble.bot.rest.delete_lock, lock["id"]))


def _second_bot(trouble: Trouble) -> None:
    """Start another bot on the folder and account; it must end by itself."""
    bot = trouble.bot
    first = (bot.rest, bot._port)  # noqa: SLF001 - the first one stays the bot of the row
    trouble.second = bot.begin(bot.folder / "second.log")
    bot.rest, bot._port = first  # noqa: SLF001


def _end_second(trouble: Trouble) -> None:
    if trouble.second is None:
        return
    status = trouble.second.wait(60.0)
    trouble.second.kill()
    trouble.second = None
    if status is None:
        raise PlimsollError("a second bot runs on the same account")


def _withdraw(trouble: Trouble) -> None:
    trouble.bot.exchange.transfer(MONEY_OUT_USD)


def _pay_in(trouble: Trouble) -> None:
    trouble.bot.exchange.transfer(-MONEY_OUT_USD)


def _cancel_stops(trouble: Trouble) -> None:
    exchange = trouble.bot.exchange
    for row in exchange.get("/fapi/v1/openAlgoOrders"):
        number = str(row["algoId"])
        exchange.signed("DELETE", "/fapi/v1/algoOrder", symbol=row["symbol"], algoId=number)


def _sell_half(trouble: Trouble) -> None:
    """Close one position from outside, as a person at the exchange's own page."""
    for row in trouble.bot.exchange.get("/fapi/v2/positionRisk"):
        if float(row["positionAmt"]):
            amount = row["positionAmt"].lstrip("-")
            trouble.bot.exchange.order(row["symbol"], "SELL", amount, reduce_only=True)
            return


def _jump(trouble: Trouble) -> None:
    """Let the exchange's clock run an hour ahead within a moment."""
    venue = trouble.bot.exchange.venue
    until = venue.now_ms() + 3_600_000
    venue.set_speed(20_000)
    while venue.now_ms() < until:
        pass
    venue.set_speed(trouble.bot.setup.speed)


def _delete_state(trouble: Trouble) -> None:
    shutil.rmtree(trouble.bot.state.path, ignore_errors=True)


def _no_candles(trouble: Trouble) -> None:
    trouble.bot.exchange.fault("http-error", paths=["/fapi/v1/klines"], status=503)
    trouble.bot.exchange.fault("dropped-sockets")


def _unanswered(**more: object) -> Callable[[Trouble], None]:
    return _start("no-answer", paths=[ORDER], count=2, hold_seconds=HOLD_SECONDS, **more)


def _refused(status: int, **more: object) -> Callable[[Trouble], None]:
    return _start("http-error", paths=[ORDER], count=2, status=status, **more)


FAULTS: dict[str, Fault] = {
    one.name: one
    for one in (
        Fault(name="none", kind="none", what="nothing else goes wrong"),
        # Orders
        Fault(name="order-503", kind="order", what="HTTP 503 on orders", arm=_refused(503)),
        Fault(
            name="order-429",
            kind="order",
            what="HTTP 429 on orders",
            arm=_refused(429, retry_after_seconds=1),
        ),
        Fault(
            name="order-418",
            kind="order",
            what="HTTP 418 on orders",
            arm=_refused(418, retry_after_seconds=1),
        ),
        Fault(
            name="order-lost",
            kind="order",
            what="orders are not answered and not carried out",
            arm=_unanswered(),
            speed=SLOW,
        ),
        Fault(
            name="order-unanswered",
            kind="order",
            what="orders are carried out and not answered",
            arm=_unanswered(after_acceptance=True),
            speed=SLOW,
        ),
        Fault(
            name="exit-rejected",
            kind="order",
            what="exits are rejected (-2022)",
            arm=_start("reject-order", paths=[ORDER], reduce_only=True, count=3),
        ),
        Fault(
            name="exit-far",
            kind="order",
            what="exits are rejected (-4131, PERCENT_PRICE)",
            arm=_start("reject-order", paths=[ORDER], reduce_only=True, count=3, code=-4131),
        ),
        Fault(
            name="exit-expired",
            kind="order",
            what="exits are accepted and expire unfilled",
            arm=_start("expire-order", paths=[ORDER], reduce_only=True, count=2),
        ),
        Fault(
            name="cancel-503",
            kind="order",
            what="HTTP 503 on the cancelling of stops",
            arm=_start("http-error", paths=["DELETE /fapi/v1/algoOrder"], count=5, status=503),
        ),
        # The market's data, and the way to it
        Fault(
            name="book-frozen",
            kind="market",
            what="the order book stands still",
            arm=_start("stale-book"),
            mend=_mend,
        ),
        Fault(
            name="candles-late",
            kind="market",
            what="candles stand still",
            arm=_start("stale-candles"),
            mend=_mend,
        ),
        Fault(
            name="candles-missing",
            kind="market",
            what="HTTP 503 on candles, sockets cut",
            arm=_no_candles,
            mend=_mend,
            lasts=6.0,
        ),
        Fault(
            name="wrong-tick",
            kind="market",
            what="one answer with a price 45 % off",
            arm=_start("wrong-tick", magnitude=-0.45, count=1),
            mend=_mend,
        ),
        Fault(
            name="sockets-cut",
            kind="market",
            what="every WebSocket is cut",
            arm=_start("dropped-sockets"),
            mend=_mend,
        ),
        Fault(
            name="exchange-503",
            kind="market",
            what="HTTP 503 on everything",
            strike=_start("http-error", status=503),
            mend=_mend,
            lasts=6.0,
            speed=SLOW,
        ),
        Fault(
            name="exchange-hangs",
            kind="market",
            what="the exchange's process is stopped and goes on",
            strike=_signal_exchange(signal.SIGSTOP),
            mend=_signal_exchange(signal.SIGCONT),
            lasts=4.0,
        ),
        Fault(
            name="clock-skew",
            kind="market",
            what="the exchange's clock is 5 minutes off (-1021)",
            strike=_start("clock-skew", skew_seconds=300),
            mend=_mend,
            lasts=5.0,
            speed=SLOW,
        ),
        Fault(name="clock-jump", kind="market", what="an hour passes at once", strike=_jump),
        # The account
        Fault(
            name="positions-missing",
            kind="account",
            what="the position report is empty",
            strike=_start("missing-positions"),
            mend=_mend,
            lasts=3.0,
        ),
        Fault(
            name="stops-cancelled",
            kind="account",
            what="stops are cancelled by hand",
            arm=_cancel_stops,
        ),
        Fault(
            name="closed-by-hand",
            kind="account",
            what="a position is closed at the exchange",
            arm=_sell_half,
        ),
        Fault(
            name="money-withdrawn",
            kind="account",
            what="500 USD leave the account",
            strike=_withdraw,
            mend=_pay_in,
        ),
        # The process and its disk
        Fault(name="kill-9", kind="process", what="kill -9", strike=_signal(signal.SIGKILL)),
        Fault(name="sigterm", kind="process", what="SIGTERM", strike=_signal(signal.SIGTERM)),
        Fault(
            name="sigstop",
            kind="process",
            what="SIGSTOP, then SIGCONT",
            strike=_signal(signal.SIGSTOP),
            mend=_signal(signal.SIGCONT),
            lasts=4.0,
        ),
        Fault(name="reload", kind="process", what="/reload_config", strike=_reload),
        Fault(
            name="database-locked",
            kind="disk",
            what="another process holds the database's write lock",
            strike=_lock,
            mend=_unlock,
            lasts=12.0,
            speed=SLOW,
        ),
        Fault(
            name="disk-full",
            kind="disk",
            what="no file of the bot can grow (RLIMIT_FSIZE)",
            strike=_fill_disk,
            mend=_empty_disk,
            lasts=8.0,
            speed=SLOW,
        ),
        # People
        Fault(
            name="telegram-down",
            kind="people",
            what="Telegram is unreachable",
            arm=_telegram_down,
            mend=_telegram_up,
            speed=SLOW,
        ),
        Fault(name="telegram-429", kind="people", what="Telegram answers 429", arm=_telegram_busy),
        Fault(
            name="telegram-502", kind="people", what="Telegram answers 502", arm=_telegram_broken
        ),
        Fault(name="paused", kind="people", what="/pause", arm=_pause, mend=_go_on),
        Fault(
            name="stopped",
            kind="people",
            what="/stop, then /start",
            strike=_stop_bot,
            mend=_go_on,
            lasts=3.0,
        ),
        Fault(
            name="locks-of-others",
            kind="people",
            what="pair and global locks of somebody else",
            arm=_locks_of_others,
            mend=_unlock_others,
        ),
        Fault(
            name="second-bot",
            kind="people",
            what="a second bot on the same account",
            arm=_second_bot,
            mend=_end_second,
        ),
        Fault(
            name="state-deleted",
            kind="disk",
            what="the state folder is deleted",
            strike=_delete_state,
        ),
        # Kills at one request
        Fault(name="kill-before", kind="kill", what="kill -9 before the request is carried out"),
        Fault(name="kill-accepted", kind="kill", what="kill -9 when it is, and not answered"),
        Fault(name="kill-answered", kind="kill", what="kill -9 right after its answer"),
    )
}
