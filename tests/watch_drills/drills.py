"""One drill a way to fail: a real bot in live mode, its exchange, and a watchdog beside it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from plimsoll.journal.check import verify
from plimsoll.lab.processes import wait_until
from tests.support.watching import QUICK, Scene, WatchProcess

FLATTEN = {**QUICK, "act": "flatten"}
BTC_ALONE = {"exchange": {"pair_whitelist": ["BTC/USDT:USDT"]}}
AT_ONCE = {"bot_dead": FLATTEN, "bot_hung": FLATTEN}
BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


@dataclass
class Outcome:
    """What came of a drill: real seconds from what was done to the first alarm, and to flat."""

    told_seconds: float | None = None
    flat_seconds: float | None = None
    closed_by: str = ""
    said: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WatchDrill:
    """A drill: what is done, what has to follow, and the rules of the watchdog in it."""

    name: str
    done: str
    follows: str
    run: Callable[[Scene], Outcome]
    overlay: dict[str, Any] = field(default_factory=dict)


def started(scene: Scene, *, positions: int = 2, **profile: Any) -> WatchProcess:
    """Return a watchdog that has looked at a bot with its positions and their stops."""
    scene.bot.wait_for_positions(positions)
    wait_until(lambda: len(scene.stops()) == positions, seconds=60, what="stops")
    watch = scene.watch(**profile)
    watch.start()
    wait_until(lambda: watch.status()["is_well"], seconds=30, what="a watchdog without a worry")
    return watch


def ended(scene: Scene, watch: WatchProcess, outcome: Outcome, since: float) -> Outcome:
    """Complete an outcome by what was told, and hold what must hold after every drill."""
    first = next((one for one in scene.alarms.messages if one["at"] >= since), None)
    if first is not None:
        outcome.told_seconds = first["at"] - since
        outcome.said = first["message"]
    status = watch.end()
    assert status == 0 or "both" in outcome.facts, watch.log.read_text()
    assert verify(watch.own / "journal").fault is None
    assert_written_first(watch)
    scene.require_no_turn()
    return outcome


def assert_written_first(watch: WatchProcess) -> None:
    """Every act stands in the journal before its result."""
    open_acts: list[str] = []
    for one in watch.journal():
        if one["kind"] == "act":
            open_acts.append(one["text"])
        if one["kind"] in ("done", "failed") and one["step"] != "timer":
            assert one["text"] in open_acts
            open_acts.remove(one["text"])


def steps(watch: WatchProcess, kind: str = "done") -> list[str]:
    """Return the steps that the journal has."""
    return [one["step"] for one in watch.journal(kind)]


def until_said_flat(watch: WatchProcess) -> None:
    wait_until(lambda: bool(watch.journal("flat")), seconds=60, what="flat in the journal")


def killed(scene: Scene) -> Outcome:
    """The bot is killed."""
    watch, since = started(scene, rules=AT_ONCE, bot_url=scene.api_url), time.time()
    scene.bot.kill9()
    scene.until_flat()
    outcome = Outcome(flat_seconds=time.time() - since, closed_by="watchdog")
    until_said_flat(watch)
    wait_until(lambda: not scene.stops(), seconds=30, what="no stop that is left over")
    assert steps(watch).count("close_position") == 2
    assert scene.alarms.said("nothing is open any more")
    return ended(scene, watch, outcome, since)


def frozen(scene: Scene) -> Outcome:
    """The bot is frozen, and thawed when all is closed."""
    watch, since = started(scene, rules=AT_ONCE), time.time()
    scene.freeze()
    scene.until_flat()
    outcome = Outcome(flat_seconds=time.time() - since, closed_by="watchdog")
    until_said_flat(watch)
    scene.thaw()
    time.sleep(15)
    assert scene.positions() == {}
    outcome.facts["flag"] = scene.bot.userdir.joinpath("plimsoll", "halt").read_text()
    return ended(scene, watch, outcome, since)


def hung_loop(scene: Scene) -> Outcome:
    """The loop waits for an exchange that holds its requests; the API answers."""
    watch, since = started(scene, rules=AT_ONCE), time.time()
    number = scene.bot.fault("no-answer", paths=["*/depth", "*/klines"], hold_seconds=60)
    scene.until_flat(seconds=150)
    outcome = Outcome(flat_seconds=time.time() - since, closed_by="watchdog")
    scene.bot.mend(number)
    assert "close_position" in steps(watch)
    return ended(scene, watch, outcome, since)


def api_dead(scene: Scene) -> Outcome:
    """The API's port is blocked while the bot runs on: it is told by its flag file."""
    watch = started(scene, rules={**AT_ONCE, "api_silent": FLATTEN})
    since = time.time()
    scene.to_api.refuse()
    scene.until_flat()
    outcome = Outcome(flat_seconds=time.time() - since, closed_by="bot")
    until_said_flat(watch)
    assert "raise_flag" in steps(watch)
    assert "close_position" not in steps(watch)
    return ended(scene, watch, outcome, since)


def equity_falls(scene: Scene) -> Outcome:
    """The market falls: the bot is told to close, and does."""
    watch = started(scene, max_equity_fall_fraction=0.003, rules={"equity_fall": FLATTEN})
    since = time.time()
    scene.bot.move(-0.06, seconds=5)
    scene.until_flat()
    outcome = Outcome(flat_seconds=time.time() - since, closed_by="bot")
    until_said_flat(watch)
    assert {"pause", "force_exit"} <= set(steps(watch)) | set(steps(watch, "act"))
    assert "close_position" not in steps(watch)
    return ended(scene, watch, outcome, since)


def database_gone(scene: Scene) -> Outcome:
    """The database's file is removed under the bot."""
    watch, since = started(scene, rules={"database_gone": {**QUICK, "act": "stop_entries"}}), 0.0
    since = time.time()
    scene.bot.database.unlink()
    wait_until(
        lambda: (scene.bot.rest.show_config() or {}).get("state") == "paused",
        seconds=60,
        what="a paused bot",
    )
    outcome = Outcome(closed_by="nobody: entries are stopped")
    outcome.facts["paused_seconds"] = time.time() - since
    assert len(scene.positions()) == 2
    return ended(scene, watch, outcome, since)


def watch_killed(scene: Scene) -> Outcome:
    """The watchdog is killed while closing is refused, and started again without any rule."""
    watch, since = started(scene, rules=AT_ONCE), time.time()
    number = scene.bot.fault("reject-order", code=-4131, reduce_only=True)
    scene.bot.kill9()
    wait_until(lambda: "close_position" in steps(watch, "failed"), seconds=60, what="a refusal")
    watch.kill9()
    scene.bot.mend(number)
    assert len(scene.positions()) == 2
    again = scene.watch(rules={})
    again.start(looks=False)
    scene.until_flat()
    outcome = Outcome(flat_seconds=time.time() - since, closed_by="watchdog, started again")
    until_said_flat(again)
    released = again.run("--release", "--reason", "the drill is over")
    assert released.returncode == 0, released
    assert again.journal("release")
    return ended(scene, again, outcome, since)


def both_killed(scene: Scene) -> Outcome:
    """Bot and watchdog are killed; then the market falls through the stops."""
    watch, since = started(scene, rules=AT_ONCE), time.time()
    scene.bot.kill9()
    watch.kill9()
    time.sleep(5)
    assert (len(scene.positions()), len(scene.stops())) == (2, 2)
    scene.bot.move(-0.2, seconds=10)
    scene.until_flat()
    outcome = Outcome(flat_seconds=time.time() - since, closed_by="stops on the exchange")
    outcome.facts["both"] = "killed"
    return ended(scene, watch, outcome, since)


def exchange_unreachable(scene: Scene) -> Outcome:
    """The bot is dead and the exchange does not answer the watchdog, then it does."""
    blind = {**QUICK, "act": "stop_entries"}
    watch, since = started(scene, rules={**AT_ONCE, "blind": blind}), time.time()
    scene.to_exchange.be_silent()
    scene.bot.kill9()
    wait_until(lambda: "blind" in watch.conditions(), seconds=60, what="a blind watchdog")
    wait_until(lambda: bool(watch.journal("latch")), seconds=60, what="a latch")
    time.sleep(8)
    assert len(scene.positions()) == 2
    assert not [step for step in steps(watch, "act") if step == "close_position"]
    scene.to_exchange.open()
    opened = time.time()
    scene.until_flat()
    outcome = Outcome(flat_seconds=time.time() - opened, closed_by="watchdog, when it saw again")
    assert scene.alarms.said("the exchange cannot be read")
    return ended(scene, watch, outcome, since)


def alarms_unreachable(scene: Scene) -> Outcome:
    """Nobody takes an alarm while the bot dies; later somebody does."""
    watch, since = started(scene, rules=AT_ONCE), time.time()
    scene.alarms.close()
    scene.bot.kill9()
    scene.until_flat()
    outcome = Outcome(flat_seconds=time.time() - since, closed_by="watchdog")
    wait_until(
        lambda: watch.status()["undelivered"]["count"] > 0, seconds=30, what="alarms that wait"
    )
    outcome.facts["waited"] = watch.status()["undelivered"]["count"]
    assert watch.run("--status").returncode == 1
    scene.alarms.open()
    wait_until(
        lambda: bool(scene.alarms.said("closing everything")), seconds=90, what="late alarms"
    )
    return ended(scene, watch, outcome, since)


def unknown_position(scene: Scene) -> Outcome:
    """Somebody else buys a pair that the bot does not know: that pair alone is closed."""
    watch = started(scene, positions=1, rules={"unknown_position": FLATTEN})
    since = time.time()
    scene.person.create_order(ETH, "market", "buy", 0.3)
    wait_until(lambda: ETH not in scene.positions(), seconds=60, what="that pair closed")
    outcome = Outcome(flat_seconds=time.time() - since, closed_by="watchdog, that pair alone")
    assert set(scene.positions()) == {BTC}
    return ended(scene, watch, outcome, since)


DRILLS = (
    WatchDrill("killed", "bot: `kill -9`", "closed directly, stops taken away", killed),
    WatchDrill(
        "frozen", "bot: `SIGSTOP`, thawed afterwards", "closed directly, stays flat", frozen
    ),
    WatchDrill("hung", "loop hangs, API answers", "closed directly", hung_loop),
    WatchDrill("api", "API's port blocked, bot runs", "flag raised, the bot closes", api_dead),
    WatchDrill(
        "equity", "equity falls beyond the watchdog's limit", "told, the bot closes", equity_falls
    ),
    WatchDrill("database", "database removed", "entries stopped", database_gone),
    WatchDrill(
        "watch", "watchdog: `kill -9` while closing, started again", "latch holds", watch_killed
    ),
    WatchDrill("both", "both: `kill -9`, then a crash", "stops on the exchange close", both_killed),
    WatchDrill(
        "blind", "bot dead, exchange unreachable", "told; closes when it sees", exchange_unreachable
    ),
    WatchDrill("untold", "bot dead, alarms unreachable", "closed; told later", alarms_unreachable),
    WatchDrill(
        "foreign", "a position of somebody else", "that pair closed", unknown_position, BTC_ALONE
    ),
)
