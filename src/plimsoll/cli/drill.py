"""``plimsoll drill``: one strategy through a crash on the simulated exchange."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plimsoll.core import PlimsollError, UsageError

if TYPE_CHECKING:
    from plimsoll.lab.drill_plan import DrillAccount, DrillPlan

LEAD = timedelta(minutes=5)
"""How much of the calm before the crash the picture shows."""
STEPS = 11
"""How many steps a run usually reports, for the progress bar."""


Strategy = Annotated[str | None, typer.Argument(help="The strategy's class name.")]
Userdir = Annotated[Path, typer.Option(help="Your user folder; its strategies/ is searched.")]
StrategyPath = Annotated[
    Path | None, typer.Option(help="The folder of the strategy, instead of strategies/.")
]
Layers = Annotated[
    list[Path] | None,
    typer.Option("--config", "-c", help="Config layers of your own, such as your limits."),
]
Pairs = Annotated[str, typer.Option(help="The pairs to trade, as on the simulated exchange.")]
Position = Annotated[str, typer.Option("--side", help="long or short: what the drill enters.")]
Fall = Annotated[
    float, typer.Option(min=0.01, max=0.9, help="How far the market moves, as a fraction.")
]
Minutes = Annotated[float, typer.Option(min=1, max=600, help="In how many minutes of its time.")]
OwnLimits = Annotated[
    bool,
    typer.Option("--own-limits", help="Keep the limits of your config; the daily loss acts."),
]
Compare = Annotated[
    bool, typer.Option("--compare", help="Run a second bot beside it whose guards only observe.")
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the simulated market.")]
Speed = Annotated[
    float, typer.Option(min=1, max=240, help="Seconds of the market per real second.")
]
Out = Annotated[Path, typer.Option(help="Folder of the runs; each gets a folder of its own in it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
All = Annotated[
    bool, typer.Option("--all", help="Drill every guard under every fault; write a certificate.")
]
Named = Annotated[
    str | None, typer.Option("--strategy", help="With --all, a strategy of your own.")
]
Only = Annotated[
    str, typer.Option(help='With --all, only rows that fit, such as "drawdown/*/live".')
]
RunMode = Annotated[str, typer.Option("--mode", help="With --all: live, dry-run or both.")]
Workers = Annotated[
    int, typer.Option("--workers", min=1, max=16, help="With --all, how many bots at a time.")
]
AtMost = Annotated[
    float | None,
    typer.Option("--at-most", min=1, help="With --all, begin no row after so many minutes."),
]
Resume = Annotated[bool, typer.Option("--resume", help="With --all, go on where it was ended.")]
OnExchange = Annotated[
    str,
    typer.Option("--exchange", help="Whose protocol is spoken: binance, bybit or binance-spot."),
]
OnDatabase = Annotated[
    str | None,
    typer.Option(
        "--db-url",
        help="An empty PostgreSQL for the bot's trades: postgresql+psycopg://USER@HOST/DATABASE, "
        "its password in PGPASSWORD or ~/.pgpass.",
    ),
]
Check = Annotated[Path | None, typer.Option(help="Say whether a certificate still holds, and end.")]


def drill(
    strategy: Strategy = None,
    userdir: Userdir = Path("user_data"),
    strategy_path: StrategyPath = None,
    config: Layers = None,
    pairs: Pairs = "BTC,ETH,SOL,XRP",
    side: Position = "long",
    fall: Fall = 0.30,
    minutes: Minutes = 30.0,
    own_limits: OwnLimits = False,
    compare: Compare = False,
    seed: Seed = 7,
    speed: Speed = 60.0,
    out: Out = Path("out/drill"),
    as_json: AsJson = False,
    every: All = False,
    named: Named = None,
    only: Only = "*",
    mode: RunMode = "both",
    workers: Workers = 2,
    at_most: AtMost = None,
    resume: Resume = False,
    check: Check = None,
    exchange: OnExchange = "binance",
    db_url: OnDatabase = None,
) -> None:
    """Run your strategy in dry-run, crash the market, and see the guards close and re-arm it.

    The exchange is simulated, on loopback; the strategy is read where it lies, and what it makes is
    in the run's own folder, with --db-url its trades in your database. Exit status 0 when all was
    closed, entries were denied, somebody was told, "plimsoll resume" ended the halt; else 1.

    With --all every guard is tripped under every fault and judged by the exchange's own books:
    status 1 when a row is red. --check: 1 when a certificate is stale or red, or lacks a row.
    """
    from plimsoll.cli.drill_all import Asked, certify, subject_of
    from plimsoll.lab.drill_plan import DrillPlan, pairs_of

    _require_fit(exchange, side, db_url, whole=every, one=not every and check is None)
    if every or check is not None:
        subject = subject_of(named or strategy, strategy_path, userdir, config or ())
        bounds = (own_limits, at_most, exchange)
        certify(subject, Asked(out, only, mode, resume, seed, as_json, workers, *bounds), check)
        return
    plan = DrillPlan(
        strategy=_named(strategy or named, side),
        strategy_path=(strategy_path or userdir / "strategies").expanduser().resolve(),
        layers=tuple(file.expanduser().resolve() for file in config or ()),
        pairs=pairs_of(pairs, exchange),
        seed=seed,
        side=side,
        fall_fraction=fall,
        fall_minutes=minutes,
        speed=speed,
        own_limits=own_limits,
        compare=compare,
        exchange=exchange,
        db_url=_database(db_url),
    )
    _run(plan, userdir.expanduser(), out, as_json=as_json)


def _database(db_url: str | None) -> str | None:
    from plimsoll.lab.drill_database import drill_database

    return None if db_url is None else drill_database(db_url)


def _require_fit(exchange: str, side: str, db_url: str | None, *, whole: bool, one: bool) -> None:
    """Refuse what does not go together; spot has no shorts and no positions to judge rows by."""
    from plimsoll.lab.drill_plan import SPOT
    from plimsoll.venue.profile import EXCHANGES

    if db_url is not None and not one:
        raise UsageError("expected --db-url without --all or --check: a row makes its own")
    if exchange not in EXCHANGES:
        raise UsageError(f"expected --exchange {' or '.join(EXCHANGES)}, found {exchange}")
    if exchange != SPOT:
        return
    if side == "short":
        raise UsageError(f"expected --side long with --exchange {SPOT}: nothing is shorted on spot")
    if whole:
        raise UsageError(
            f"expected --all with --exchange binance or bybit, found {SPOT}: its rows are judged "
            "by positions, and a spot account has none"
        )


def _tell_bare(plan: "DrillPlan", userdir: Path) -> None:
    from plimsoll.lab.doctor import bare_outside_drill

    if bare := bare_outside_drill(plan.strategy, plan.strategy_path, userdir):
        typer.echo(f"plimsoll: {bare}", err=True)


def _named(strategy: str | None, side: str) -> str:
    """Return the strategy; raises `UsageError` when none is named, or the side is no side."""
    if strategy is None:
        raise UsageError("expected a strategy's class name, or --all, found neither")
    if side not in ("long", "short"):
        raise UsageError(f"expected --side to be long or short, found {side}")
    return strategy


def _run(plan: "DrillPlan", userdir: Path, out: Path, *, as_json: bool) -> None:
    """Run the drill, tell it, and end with 1 when a step fell short."""
    from plimsoll.cli.demo import Progress
    from plimsoll.lab.demo import run_folder
    from plimsoll.lab.drill import run_drill
    from plimsoll.lab.drill_plan import write_record

    _tell_bare(plan, userdir)
    began = time.monotonic()
    folder = run_folder(out, datetime.now(UTC)).resolve()
    with Progress(silent=as_json, steps=STEPS) as progress:
        account = run_drill(plan, folder, progress.tell)
    record = write_record(account)
    picture = _draw(account, out) if account.ok and plan.compare else None
    took = time.monotonic() - began
    if as_json:
        typer.echo(json.dumps(_record(account, took, picture)))
    else:
        if picture is not None:
            typer.echo(f"\nPicture: {picture}")
        typer.echo(f"\nTook {took:.0f} s. Logs of the bot, and all that was seen: {record.parent}")
    if not account.ok:
        raise PlimsollError(f"a step of the drill fell short; the logs are in {folder}")


def _draw(account: "DrillAccount", out: Path) -> Path:
    """Draw both bots into the run's folder, and where the latest picture always lies."""
    from plimsoll.cli.demo import publish
    from plimsoll.reporting.crash_figure import Crash, crash_svg

    begin = account.crash_at - LEAD if account.crash_at is not None else None
    lines = {
        mode: [(one.at, one.equity_usd) for one in samples if begin is None or one.at >= begin]
        for mode, samples in account.equity.items()
    }
    market = [(at, level) for at, level in account.market if begin is None or at >= begin]
    if account.crash_at is None or account.held_at is None:
        raise PlimsollError("expected a drill in which the guards acted, found none to draw")
    crash = Crash(
        title="The same bot in the same crash",
        market=_relative(market),
        off=_relative(lines["observe"]),
        on=_relative(lines["enforce"]),
        crash_at=account.crash_at,
        acted_at=account.held_at,
        rule=account.rule,
    )
    file = account.folder / "drill.svg"
    file.write_text(crash_svg(crash), encoding="utf-8")
    return publish(file, out)


def _relative(line: list[tuple[datetime, float]]) -> list[tuple[datetime, float]]:
    first = line[0][1]
    return [(at, value / first) for at, value in line]


def _record(account: "DrillAccount", took: float, picture: Path | None) -> dict[str, object]:
    crash = account.crash_at

    def after(at: datetime | None) -> float | None:
        return None if at is None or crash is None else (at - crash).total_seconds()

    return {
        "ok": account.ok,
        "strategy": account.plan.strategy,
        "seconds": round(took, 1),
        "held_by": account.held_by,
        "held_after_seconds": after(account.held_at),
        "flat_after_seconds": after(account.flat_at),
        "rearmed": account.rearmed_at is not None,
        "exits": account.exits,
        "equity_usd": {
            mode: samples[-1].equity_usd for mode, samples in account.equity.items() if samples
        },
        "picture": None if picture is None else str(picture),
        "folder": str(account.folder),
        "steps": [{"text": step.text, "ok": step.ok} for step in account.steps],
    }
