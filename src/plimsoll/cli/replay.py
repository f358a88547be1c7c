"""``plimsoll replay``: the real bot through weeks of candles in minutes."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plimsoll.core import UsageError

if TYPE_CHECKING:
    from plimsoll.lab.replay_plan import ReplayPlan, ReplayProgress, ReplayRecord

Strategy = Annotated[str, typer.Option("--strategy", "-s", help="The strategy's class name.")]
Timerange = Annotated[str, typer.Option(help="Whole days in UTC: 20250401-20250501, end excluded.")]
StrategyPath = Annotated[
    Path | None, typer.Option(help="The folder of the strategy; the shipped ones without it.")
]
Layers = Annotated[
    list[Path] | None, typer.Option("--config", "-c", help="Config layers of your own, in order.")
]
Pairs = Annotated[str, typer.Option(help="The pairs to trade, separated by commas.")]
Market = Annotated[str, typer.Option(help="replay: recorded candles of --datadir; or synthetic.")]
Mode = Annotated[
    str, typer.Option(help="dry-run, or live: signed orders, with money that does not exist.")
]
Realism = Annotated[
    str, typer.Option(help="When the bot looks: minute, tick or probe; see docs/replay.md.")
]
Datadir = Annotated[
    Path | None, typer.Option(help="A Freqtrade data folder, the one with futures/ inside.")
]
Timeframe = Annotated[str | None, typer.Option(help="Instead of the strategy's own timeframe.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the synthetic market.")]
SegmentDays = Annotated[
    int, typer.Option(min=0, help="Days from one checkpoint to the next; 0 for none.")
]
SpreadScale = Annotated[
    float, typer.Option(min=0, help="Factor on the modelled spread; 0: bid = ask = last.")
]
AdjustSeconds = Annotated[
    int, typer.Option(min=0, help="Look so often, too, while a position may be adjusted; 0: no.")
]
Plain = Annotated[
    bool, typer.Option("--plain", help="Replace nothing of Freqtrade for speed: slow.")
]
Out = Annotated[Path, typer.Option(help="Folder of the runs.")]
Name = Annotated[
    str | None, typer.Option(help="The run's folder in --out; one that was cut off goes on.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def replay(
    strategy: Strategy,
    timerange: Timerange,
    config: Layers = None,
    strategy_path: StrategyPath = None,
    pairs: Pairs = "BTC,ETH",
    market: Market = "replay",
    mode: Mode = "dry-run",
    realism: Realism = "tick",
    datadir: Datadir = None,
    timeframe: Timeframe = None,
    seed: Seed = 7,
    segment_days: SegmentDays = 7,
    spread_scale: SpreadScale = 1.0,
    adjust_seconds: AdjustSeconds = 0,
    plain: Plain = False,
    out: Out = Path("out/replay"),
    name: Name = None,
    as_json: AsJson = False,
) -> None:
    """Run the real bot through recorded or synthetic candles on a stepped clock.

    Unmodified Freqtrade trades on the simulated exchange, whose clock moves only between two
    loops. Two runs of one plan do the same, and have one hash. What was cut off goes on from its
    last checkpoint when the same command is given again. Nothing of yours is changed, and
    nothing leaves this machine.
    """
    from plimsoll.lab.drill_plan import pairs_of
    from plimsoll.lab.replay_plan import MARKETS, MODES, REALISMS, ReplayPlan

    begin, end = _span(timerange)
    plan = ReplayPlan(
        strategy=strategy,
        begin=begin,
        end=end,
        strategy_path=None if strategy_path is None else strategy_path.expanduser().resolve(),
        layers=tuple(file.expanduser().resolve() for file in config or ()),
        pairs=pairs_of(pairs),
        timeframe=timeframe,
        market=_one_of(market, MARKETS, "--market"),
        datadir=None if datadir is None else datadir.expanduser().resolve(),
        mode=_one_of(mode, MODES, "--mode"),
        realism=_one_of(realism, REALISMS, "--realism"),
        seed=seed,
        segment_days=segment_days,
        spread_scale=spread_scale,
        plain=plain,
        adjust_seconds=adjust_seconds,
    )
    _run(plan, out / (name or _name_of(plan)), as_json=as_json)


def _run(plan: "ReplayPlan", folder: Path, *, as_json: bool) -> None:
    from plimsoll.lab.replay import run_replay

    with ReplayBar(silent=as_json) as bar:
        record = run_replay(plan, folder, bar.tell)
    if as_json:
        typer.echo(json.dumps(asdict(record), default=str))
        return
    for line in _lines(record):
        typer.echo(line)


def _lines(record: "ReplayRecord") -> list[str]:
    done = f"{record.days_run:g} days in {record.seconds:.0f} s"
    resumed = "" if record.resumed_at is None else f", gone on from {record.resumed_at:%Y-%m-%d}"
    counts = f"{record.trades} trades, {record.orders} orders, {record.halts} halts and re-armings"
    fills = f", {record.fills} fills at the exchange" if record.event_log is not None else ""
    pace = f"{record.days_a_minute:.1f} simulated days a minute"
    cost = f"{record.processor_seconds / max(record.days_run, 1e-9):.1f} s of processor a day"
    return [
        f"{done}{resumed}: {pace}, {cost}",
        f"{counts}{fills}",
        *_books(record),
        f"Hash {record.hash}",
        f"Database, decision log and summary.md: {record.folder}",
    ]


def _books(record: "ReplayRecord") -> list[str]:
    """Return whether the exchange's books and the database agree, and if not, in what."""
    books = record.agreement
    if books is None:
        return []
    if books.agrees:
        counts = f"{books.orders} orders, {books.orders_in_parts} filled in parts"
        counts += f", {books.stops} stops, {books.funding_bookings} payments of funding"
        wallet = f"wallet {books.wallet_usd:,.2f} USD"
        return [f"Books and database agree to the cent: {counts}; {wallet}"]
    differ = (
        f"  {cause.value}: {number} times, {usd:+,.2f} USD"
        for cause, (number, usd) in books.by_cause().items()
    )
    how = "agree but for what Freqtrade leaves out" if books.of_freqtrade_only else "differ"
    return [f"Books and database {how}; wallet {books.wallet_usd:,.2f} USD:", *differ]


def _span(timerange: str) -> tuple[datetime, datetime]:
    """Return begin and end of a range of whole days.

    Raises
    ------
    UsageError
        When it is none.
    """
    first, _, last = timerange.partition("-")
    try:
        begin, end = (datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC) for day in (first, last))
    except ValueError:
        raise UsageError(
            f'expected a --timerange such as 20250401-20250501, found "{timerange}"'
        ) from None
    if begin >= end:
        raise UsageError(f"expected a --timerange that ends after it begins, found {timerange}")
    return begin, end


def _one_of(value: str, known: tuple[Any, ...], option: str) -> Any:
    for name in known:
        if name == value:
            return name
    raise UsageError(f'expected {option} to be one of {", ".join(known)}, found "{value}"')


def _name_of(plan: "ReplayPlan") -> str:
    """Return the name of a plan's folder: what one sees of it at a glance."""
    span = f"{plan.begin:%Y%m%d}-{plan.end:%Y%m%d}"
    return f"{plan.strategy}-{span}-{plan.market}-{plan.mode}-{plan.realism}"


class ReplayBar:
    """A bar on the terminal: the market's time, the pace, and what is left."""

    def __init__(self, *, silent: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        console = Console(stderr=silent, quiet=silent, highlight=False, soft_wrap=True)
        columns = (BarColumn(bar_width=24), TextColumn("{task.description}"))
        self._progress = Progress(*columns, console=console, transient=True)
        self._task = self._progress.add_task("starting bot and exchange", total=None)

    def __enter__(self) -> "ReplayBar":
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def tell(self, progress: "ReplayProgress") -> None:
        """Show how far the replay has come."""
        left = progress.seconds_left
        rest = "" if left is None else f", {left / 60:.1f} min left"
        text = f"{progress.now:%Y-%m-%d %H:%M}  {progress.days_a_minute:.1f} days a minute{rest}"
        self._progress.update(
            self._task,
            total=progress.days_in_all,
            completed=progress.days_done,
            description=text,
        )
