"""One round of the sweep: bring the bot to the moment, kill it, start it, read the books."""

import time
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from plimsoll.core import PlimsollError
from plimsoll.lab.drilling.books import Differences
from tests.kill_sweep.account import SPEED, SweptAccount
from tests.kill_sweep.exchange import Trap
from tests.kill_sweep.plan import Round

REACHED_WITHIN_SECONDS = 90.0
AGREED_WITHIN_LOOPS = 60
AGREED_WITHIN_SECONDS = 150.0
"""However slow the machine is."""
BEFORE_MIDNIGHT = timedelta(seconds=150)
NEAR_MIDNIGHT = timedelta(seconds=90)
BEGUN_SECONDS_BEFORE = 0.3
SEEN_LOOPS = 4
"""How many loops after a restart the books are read at the earliest: a bot may do harm late."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What became of one kill. Seconds are the exchange's, from the first loop after the restart.

    `latch_kept` is None when no halt was on record before the kill.
    """

    round: int
    phase: str
    scene: str
    moment: str
    killed_at: str
    at_the_kill: str
    orphan_orders: tuple[str, ...] = ()
    unexplained_positions: tuple[str, ...] = ()
    missing_stops: tuple[str, ...] = ()
    latch_kept: bool | None = None
    agreed_after_seconds: float | None = None
    agreed_after_loops: int | None = None
    mode: str = ""
    failure: str = ""

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not (
            self.orphan_orders
            or self.unexplained_positions
            or self.missing_stops
            or self.failure
            or self.latch_kept is False
        )

    def record(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


def play(account: SweptAccount, plan: Round) -> Finding:
    """Play one round; afterwards the bot is flat and active, or gone with all that it knew."""
    try:
        _prepare(account, plan)
        moment = _kill(account, plan)
        finding = _after(account, plan, moment)
    except PlimsollError as error:
        finding = Finding(
            round=plan.number,
            phase=plan.phase,
            scene=plan.scene,
            moment=str(plan.moment),
            killed_at=account.now().isoformat(),
            at_the_kill="",
            failure=str(error),
        )
    return _tidied(account, finding)


def _prepare(account: SweptAccount, plan: Round) -> None:
    if not account.alive:
        account.want("")
        account.start()
    needs_positions = plan.phase in ("partial exit", "flatten") or plan.scene not in (
        "",
        "entering",
    )
    if needs_positions:
        account.want("enter")
        account.wait(lambda: account.is_held, "positions with their stops")
        account.want("")
    if plan.scene == "halted":
        account.state.set_halt("the sweep")
        account.wait(lambda: account.halted and account.is_flat, "a halted, flat account")
    if plan.phase == "day's turn":
        account.kill()
        while _next_midnight(account.now()) - account.now() > BEFORE_MIDNIGHT:  # or it ran past it
            account.run_clock_to(_next_midnight(account.now()) - BEFORE_MIDNIGHT)
        account.start()


def _next_midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _kill(account: SweptAccount, plan: Round) -> str:
    """Begin the phase, wait for the moment, kill; return the moment as it came."""
    trap = account.exchange.trap = Trap(account.pid, plan.moment)
    try:
        if plan.moment.event == "midnight":
            _kill_around_midnight(account, plan, trap)
        else:
            seen = len(account.records())
            _begin_phase(account, plan)
            if plan.moment.event == "the record of the halt":
                _wait_for_halt(account, seen)
            if plan.moment.event:
                time.sleep(plan.moment.delay_ms / 1000)
                trap.kill()
        reached = trap.sprung.wait(REACHED_WITHIN_SECONDS)
        trap.kill()
        account.kill()
    finally:
        account.exchange.trap = None
    account.want("")
    return str(plan.moment) if reached else f"{plan.moment} (not reached; killed later)"


def _begin_phase(account: SweptAccount, plan: Round) -> None:
    if plan.phase in ("entry", "stop placement"):
        account.want("enter")
    elif plan.phase == "partial exit":
        account.want("trim")
    else:
        account.state.set_halt("the sweep")


def _wait_for_halt(account: SweptAccount, seen: int) -> None:
    """Return as soon as the record of a halt is in the log."""
    files = account.state.decisions
    deadline = time.monotonic() + REACHED_WITHIN_SECONDS
    size = -1
    while time.monotonic() < deadline:
        now = sum(file.stat().st_size for file in files.glob("*.jsonl"))
        if now != size and any(one["kind"] == "halt" for one in account.records()[seen:]):
            return
        size = now
        time.sleep(0.0005)


def _kill_around_midnight(account: SweptAccount, plan: Round, trap: Trap) -> None:
    """Kill near midnight; what is going on then begins a little before."""
    midnight = _next_midnight(account.now())
    account.wait(lambda: account.now() > midnight - NEAR_MIDNIGHT, "midnight to come near")
    left = (midnight - account.now()).total_seconds() / SPEED + plan.moment.delay_ms / 1000
    kill_at = time.monotonic() + left
    time.sleep(max(kill_at - BEGUN_SECONDS_BEFORE - time.monotonic(), 0))
    if plan.scene == "entering":
        account.want("enter")
    elif plan.scene == "flattening":
        account.state.set_halt("the sweep")
    time.sleep(max(kill_at - time.monotonic(), 0))
    trap.kill()


def _after(account: SweptAccount, plan: Round, moment: str) -> Finding:
    """Start the bot again without the flag, and read what it makes of what it finds."""
    at_the_kill, on_record = account.differences(), account.halt_on_record()
    account.state.clear_halt()
    finding = Finding(
        round=plan.number,
        phase=plan.phase,
        scene=plan.scene,
        moment=moment,
        killed_at=account.now().isoformat(),
        at_the_kill=str(at_the_kill),
    )
    try:
        account.start()
    except PlimsollError as error:
        return replace(finding, failure=str(error))
    left, seconds, loops = _settled(account, flat=on_record)
    return replace(
        finding,
        orphan_orders=left.orphan_orders,
        unexplained_positions=left.unexplained_positions,
        missing_stops=left.missing_stops,
        latch_kept=account.halted if on_record else None,
        agreed_after_seconds=seconds,
        agreed_after_loops=loops,
        mode=str(account.status.get("mode")),
        failure=_failure(account, left, seconds),
    )


def _failure(account: SweptAccount, left: Differences, seconds: float | None) -> str:
    if not account.alive:
        return "the bot ended after its restart"
    return "halted, but not flat" if left.agree and seconds is None else ""


def _settled(account: SweptAccount, *, flat: bool) -> tuple[Differences, float | None, int | None]:
    """Read both books until they agree and some loops have passed; a halted account is flat.

    Where they agreed in the end, that reading is the answer. The next one may fall between the
    cancelling and the placing of a stop that Freqtrade moves after the price.
    """
    began, deadline = account.now(), time.monotonic() + AGREED_WITHIN_SECONDS
    first = int(account.status.get("loops", 0))
    agreed_at: datetime | None = None
    looped = agreed_in = first
    left = account.differences()
    while looped < first + AGREED_WITHIN_LOOPS and time.monotonic() < deadline and account.alive:
        left, looped = account.differences(), int(account.status.get("loops", 0))
        sound = left.agree and (not flat or account.is_flat)
        if not sound:
            agreed_at = None
        elif agreed_at is None:
            agreed_at, agreed_in = account.now(), looped
        if sound and looped >= first + SEEN_LOOPS:
            break
        time.sleep(0.1)
    if agreed_at is None:
        return left, None, None
    return left, (agreed_at - began).total_seconds(), 1 + agreed_in - first


def _tidied(account: SweptAccount, finding: Finding) -> Finding:
    """Bring the account to where every round begins, by the bot itself if it can be trusted."""
    if not (finding.is_sound and account.alive):
        account.begin_again()
        return finding
    try:
        account.make_flat()
    except PlimsollError as error:
        account.begin_again()
        return replace(finding, failure=f"afterwards: {error}")
    return finding
