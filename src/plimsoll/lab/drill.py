"""One strategy through a crash that does not come back, on the simulated exchange."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from plimsoll.bridge.config.layers import read_layers
from plimsoll.bridge.config.settings import settings_from
from plimsoll.bridge.freqtrade.strategy_files import strategy_files
from plimsoll.bundle import bundle_root
from plimsoll.core import UsageError
from plimsoll.journal.messages import ALARM, REFUSED
from plimsoll.lab.demo import Step
from plimsoll.lab.drill_bot import HELD, BotPlan, DrillBot, drill_bot
from plimsoll.lab.drill_plan import (
    BARE,
    GUARDED,
    LIMIT_OF,
    LIMITS,
    DrillAccount,
    DrillPlan,
)
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import Venue, serve_venue

START = datetime(2025, 5, 29, 13, 48, tzinfo=UTC)
"""A day's end is ten hours away, so that what ends with the day does not end in the drill."""
POLL_SECONDS = 0.1
REAL_SECONDS = 90.0
"""How long the drill waits for what should come at once; a busy machine takes its time."""
LEAST_JUMP = 0.05
LOOKS = 20
"""How often in all nothing may be open before the strategy counts as out of the market."""
RESUME_REASON = "drill: the crash was looked into"


@dataclass(slots=True)
class _Scene:
    """The exchange and the bots of a running drill."""

    account: DrillAccount
    venue: Venue
    bots: dict[str, DrillBot]
    first_prices: dict[str, float]

    @property
    def plan(self) -> DrillPlan:
        return self.account.plan

    @property
    def guarded(self) -> DrillBot:
        return self.bots[GUARDED]

    def look(self) -> dict[str, Any]:
        """Note the market and every bot's last loop; return the guarded bot's status."""
        now, prices = self.now(), self.venue.prices()
        rises = [prices[name] / first for name, first in self.first_prices.items()]
        self.account.market.append((now, sum(rises) / len(rises)))
        return {name: bot.status() for name, bot in self.bots.items()}[GUARDED]

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.venue.now_ms() / 1000, UTC)

    def wait(self, condition: Callable[[dict[str, Any]], object], *, seconds: float) -> bool:
        """Look until a condition on the guarded bot's status holds, for so many real seconds."""
        deadline = time.monotonic() + seconds
        while not condition(self.look()):
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True


def run_drill(plan: DrillPlan, folder: Path, tell: Callable[[Step], None]) -> DrillAccount:
    """Drill a strategy in ``folder`` (made, must not exist) and return the account of it.

    Every process that it starts has ended when it returns or raises.

    Raises
    ------
    UsageError
        When the folder of strategies, the strategy in it or a config layer is not there.
    PlimsollError
        When the exchange or a bot does not start, or ends before it should.
    """
    for file in (plan.strategy_path, *plan.layers):
        if not file.exists():
            raise UsageError(f"expected {file}, found nothing there")
    _require_strategy(plan)
    folder.mkdir(parents=True)
    account = DrillAccount(plan, folder, tell)
    serving = ["--market", "synthetic", "--seed", str(plan.seed)]
    serving += [
        "--exchange",
        plan.exchange,
        "--symbols",
        ",".join(plan.pairs),
        "--start",
        f"{START:%Y-%m-%dT%H:%M:%SZ}",
    ]
    with ExitStack() as stack:
        venue = stack.enter_context(serve_venue(serving, folder=folder))
        account.say("exchange", f"{len(venue.symbols)} pairs on {venue.url}, seed {plan.seed}")
        modes = (GUARDED, BARE) if plan.compare else (GUARDED,)
        bots = {
            mode: stack.enter_context(drill_bot(_bot_plan(plan, folder, venue, mode)))
            for mode in modes
        }
        scene = _Scene(account, venue, bots, venue.prices())
        account.equity = {mode: bot.samples for mode, bot in bots.items()}
        venue.set_speed(plan.speed)
        scene.wait(lambda _: all(bot.has_analysed() for bot in bots.values()), seconds=REAL_SECONDS)
        wallet = bots[GUARDED].samples[-1].equity_usd
        beside = "; beside it the same bot whose guards only observe" if plan.compare else ""
        there = f", its trades in {plan.db_url}" if plan.db_url else ""
        account.say("bot", f"{plan.strategy} in dry-run with {wallet:,.0f} USD{there}{beside}")
        _crash(scene)
    account.say("end", "bot and exchange have ended, no port is left open")
    return account


def _require_strategy(plan: DrillPlan) -> None:
    """Refuse a class that no file has: Freqtrade would say so after a minute, and not where."""
    shipped = bundle_root() / "user_data" / "strategies"
    files = (file for folder in (plan.strategy_path, shipped) for file in folder.rglob("*.py"))
    named = f"class {plan.strategy}("
    if not any(named in file.read_text(encoding="utf-8", errors="replace") for file in files):
        held = strategy_files([plan.strategy_path, shipped], recursive=True).strategies
        near = get_close_matches(plan.strategy, [one.name for one in held], n=3, cutoff=0.5)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise UsageError(
            f"expected a class {plan.strategy} in a file of {plan.strategy_path}, found none{hint}"
        )


def _bot_plan(plan: DrillPlan, folder: Path, venue: Venue, mode: str) -> BotPlan:
    """Lay out a user folder for one bot; its layers put the exchange over the user's own."""
    userdir = folder / mode
    lay_out(userdir)
    shipped = userdir / "config"
    layers = (shipped / "base.json", shipped / "mode-dry-run.json", *plan.layers, venue.config)
    return BotPlan(
        name=f"bot-{mode}",
        folder=folder,
        userdir=userdir,
        strategy=plan.strategy,
        strategy_path=plan.strategy_path,
        layers=layers,
        overlay=plan.overlay(mode),
        db_url=plan.db_url if mode == GUARDED else None,
    )


def _crash(scene: _Scene) -> None:
    """Let the market fall until the guards have closed everything, then see what holds.

    A strategy may leave a falling market by itself before a guard has to act; then the market
    jumps between two loops, which nobody can leave in time.
    """
    account, plan = scene.account, scene.plan
    held = False
    for is_jump in (False, True):
        if not _open_positions(scene):
            return
        if plan.compare and not is_jump:
            _pass(scene, scene.now() + timedelta(minutes=plan.before_minutes))
        _move(scene, jump_fraction=_jump_fraction(scene) if is_jump else None)
        held = _until_held(scene)
        if held:
            break
        if not is_jump:
            account.say("left", "the strategy left by itself before a guard had to; now a jump")
    if not held:
        account.say("held", "no guard closed the account: see the bot's log", ok=False)
        return
    _until_flat(scene)
    _see_denied(scene)
    _see_told(scene)
    if plan.compare:
        _see_the_end_of_the_fall(scene)
    scene.venue.set_speed(1)
    _rearm(scene)


def _open_positions(scene: _Scene) -> bool:
    """Force what the strategy does not hold by itself, in real time, between two loops."""
    account, plan = scene.account, scene.plan
    scene.venue.set_speed(1)
    refused: dict[str, str] = {}
    for mode, bot in scene.bots.items():
        held = {one["pair"] for one in bot.positions() or ()}
        for pair in plan.pairs:
            said = None if pair in held else bot.force_entry(pair, plan.side)
            if said is not None and mode == GUARDED:
                refused[pair] = said
    opened = scene.wait(lambda _: _filled(scene.guarded), seconds=REAL_SECONDS / 3)
    positions = scene.guarded.positions() or []
    forced = sum(one.get("enter_tag") == "force_entry" for one in positions)
    usd = _exposure_usd(positions)
    share = usd / scene.guarded.samples[-1].equity_usd
    text = f"{len(positions)} open, {usd:,.0f} USD ({share:.0%} of equity), {forced} of them forced"
    if not positions:
        why = _told(scene, REFUSED) or [f"{pair}: {said}" for pair, said in refused.items()]
        text = f"none could be opened: {[*why, 'the strategy closed them by itself'][0]}"
    account.say("positions", text, ok=opened)
    return opened


def _exposure_usd(positions: Sequence[Mapping[str, Any]]) -> float:
    return sum(float(one["stake_amount"]) * float(one.get("leverage") or 1) for one in positions)


def _filled(bot: DrillBot) -> bool:
    """Return whether a position is held; others may still rest on the exchange."""
    return any(not one.get("has_open_orders") for one in bot.positions() or ())


def _jump_fraction(scene: _Scene) -> float:
    """Return how far the market has to jump so that the account loses twice its limit."""
    plan = scene.plan
    share = _exposure_usd(scene.guarded.positions() or ()) / scene.guarded.samples[-1].equity_usd
    if plan.own_limits or share == 0:
        return plan.fall_fraction
    needed = 2 * float(LIMITS["drawdown_halt_fraction"]) / share
    return min(max(needed, LEAST_JUMP), plan.fall_fraction)


def _move(scene: _Scene, *, jump_fraction: float | None) -> None:
    """Start the fall, or a jump between two loops."""
    account, plan = scene.account, scene.plan
    fraction, seconds = plan.fall_fraction, plan.fall_minutes * 60
    words = f"within {plan.fall_minutes:g} minutes, and does not come back"
    if jump_fraction is not None:
        fraction, seconds, words = jump_fraction, 1.0, "at once"
    sign = -1 if plan.side == "long" else 1
    scene.venue.start_scenario("move", magnitude=sign * fraction, duration_seconds=seconds)
    account.crash_at = scene.now()
    scene.venue.set_speed(plan.speed)
    account.say("crash", f"the market {'falls' if sign < 0 else 'rises'} by {fraction:.0%} {words}")


def _until_held(scene: _Scene) -> bool:
    """Wait until the guards hold the account; return whether they did before it was left."""
    account, plan = scene.account, scene.plan
    ended: list[str] = []

    def decided(said: dict[str, Any]) -> bool:
        if said.get("mode") in HELD:
            ended.append("held")
        elif scene.guarded.positions() == [] and scene.guarded.status().get("mode") not in HELD:
            ended.append("left")
        return len(ended) > LOOKS or ended[-1:] == ["held"]

    scene.wait(decided, seconds=plan.fall_minutes * 60 / plan.speed + REAL_SECONDS / 3)
    if ended[-1:] != ["held"]:
        return False
    said = scene.guarded.status()
    account.held_at = datetime.fromisoformat(str(said["as_of"])).astimezone(UTC)
    held_by = next(iter(said.get("held") or ()), str(said.get("why")))
    account.held_by = held_by.removeprefix(f"plimsoll {said['mode']} ")
    rule, _, reason = account.held_by.partition(": ")
    account.limit_fraction = _limit(scene.guarded, rule)
    account.say("held", f"{said['mode']} {_since(account, account.held_at)}: {reason or rule}")
    return True


def _limit(bot: DrillBot, rule: str) -> float | None:
    """Return the limit of a rule in the bot's own profile, where it is a fraction."""
    field = LIMIT_OF.get(rule)
    if field is None:
        return None
    return float(getattr(settings_from(read_layers(bot.layers)).risk, field))


def _until_flat(scene: _Scene) -> None:
    account = scene.account
    flat = scene.wait(lambda _: scene.guarded.positions() == [], seconds=REAL_SECONDS)
    account.flat_at = now = scene.now()
    scene.wait(lambda _: scene.guarded.samples[-1].at > now, seconds=REAL_SECONDS / 3)
    since_ms = (account.crash_at or START).timestamp() * 1000
    trades = (scene.guarded.rest.trades() or {}).get("trades", [])
    closed = [one for one in trades if not one["is_open"] and one["close_timestamp"] >= since_ms]
    account.exits = [str(one["exit_reason"]) for one in closed]
    reasons = ", ".join(
        f"{account.exits.count(one)} by {one}" for one in dict.fromkeys(account.exits)
    )
    took = account.flat_at - (account.held_at or account.flat_at)
    first, last = scene.guarded.samples[0].equity_usd, scene.guarded.samples[-1].equity_usd
    account.say(
        "flat",
        f"{len(account.exits)} positions closed ({reasons}), the last {_span(took)} later; "
        f"equity {last:,.0f} USD ({last / first - 1:+.1%})",
        ok=flat,
    )


def _see_denied(scene: _Scene) -> None:
    """Try to enter against the guards."""
    pair = scene.plan.pairs[0]
    said = scene.guarded.force_entry(pair, scene.plan.side)
    held = scene.guarded.positions()
    scene.account.say(
        "denied",
        f"a forced entry of {pair}: {'it was let in' if said is None else 'refused'}",
        ok=said is not None and held == [],
    )


def _see_told(scene: _Scene) -> None:
    """See that a messenger was told of what the guards closed."""
    deadline = time.monotonic() + REAL_SECONDS / 3
    while not (alarms := _told(scene, ALARM)) and time.monotonic() < deadline:
        scene.look()
        time.sleep(POLL_SECONDS)
    scene.account.say("told", alarms[0] if alarms else "nobody was told", ok=bool(alarms))


def _told(scene: _Scene, mark: str) -> list[str]:
    """Return the first line of each message that begins with a mark."""
    lines = [text.partition("\n")[0] for text in scene.guarded.told.texts]
    return [line for line in lines if line.startswith(mark)]


def _see_the_end_of_the_fall(scene: _Scene) -> None:
    """Watch both bots until the market has been where it fell to for a while."""
    account, plan = scene.account, scene.plan
    minutes = plan.fall_minutes + plan.after_minutes
    _pass(scene, (account.crash_at or START) + timedelta(minutes=minutes))
    samples = scene.bots[BARE].samples
    first, last = samples[0].equity_usd, samples[-1].equity_usd
    on = scene.guarded.samples
    saved = on[-1].equity_usd - last
    account.say(
        "without",
        f"the bot whose guards only observe has {last:,.0f} USD ({last / first - 1:+.1%}): "
        f"the guards kept {saved:,.0f} USD",
    )


def _pass(scene: _Scene, until: datetime) -> None:
    """Let the market's time pass."""
    scene.venue.set_speed(scene.plan.speed)
    seconds = (until - scene.now()).total_seconds() / scene.plan.speed
    scene.wait(lambda _: scene.now() >= until, seconds=seconds + REAL_SECONDS)


def _rearm(scene: _Scene) -> None:
    """End a halt as a person does, with the commands that a person types."""
    account, bot = scene.account, scene.guarded
    mode = str(bot.status().get("mode"))
    status, _ = bot.run("status")
    account.say("status", f"plimsoll status: {mode}, exit status {status}", ok=status == 1)
    if mode != "HALTED":
        account.say("resume", f"{mode} ends by itself, nobody has to re-arm")
        return
    status, said = bot.run("resume", "--reason", RESUME_REASON)
    account.rearmed_at = scene.now()
    account.say("resume", f"plimsoll resume: exit status {status}, {said}", ok=status == 0)
    free = scene.wait(lambda now: now.get("mode") not in HELD, seconds=REAL_SECONDS)
    status, _ = bot.run("status")
    mode = str(bot.status().get("mode"))
    account.say("status", f"plimsoll status: {mode}, exit status {status}", ok=free and status == 0)


def _since(account: DrillAccount, at: datetime) -> str:
    return f"{_span(at - (account.crash_at or at))} into the crash"


def _span(span: timedelta) -> str:
    minutes, seconds = divmod(round(max(span, timedelta()).total_seconds()), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
