"""What ``plimsoll report`` was asked for, read and written: results, bots, pages, CSV."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from plimsoll.cli.bot_run import Wanted
from plimsoll.core.errors import UsageError

if TYPE_CHECKING:
    from plimsoll.cli.bot_run import BotRun
    from plimsoll.reporting.report import Report
    from plimsoll.reporting.trade_journal import Choice
    from plimsoll.reporting.trading_record import TradingRecord

A_DAY = pd.Timedelta(days=1)
Written = tuple[dict[str, Path], dict[str, Any]]
"""The files by what they are, and the figures for JSON."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of the command, as they were typed."""

    results: tuple[Path, ...] = ()
    databases: tuple[str, ...] = ()
    config: tuple[Path, ...] = ()
    userdir: Path | None = None
    since: str | None = None
    until: str | None = None
    benchmark: str | None = None
    strategy: str | None = None
    starting_balance: float | None = None
    datadir: Path | None = None
    pair: str | None = None
    market: str | None = None
    trials: int | None = None
    against: Path | None = None
    journal: int = 20
    journal_of: str = "last"

    @property
    def count(self) -> int:
        """How many results and bots were named."""
        return len(self.results) + len(self.bots)

    @property
    def bots(self) -> list[Wanted]:
        """The bots that were named."""
        if not (self.databases or self.config or self.userdir is not None):
            return []
        bot = Wanted(
            userdir=self.userdir,
            config=self.config,
            datadir=self.datadir,
            since=moment_of(self.since, "--since"),
            until=moment_of(self.until, "--until", is_end=True),
            benchmark=self.benchmark,
            strategy=self.strategy,
            starting_balance=self.starting_balance,
        )
        if not self.databases:
            return [bot]
        return [replace(bot, db_url=url_of(named)) for named in self.databases]

    @property
    def choice(self) -> "Choice":
        """Which trades the journal tells of."""
        from plimsoll.reporting.trade_journal import Choice

        return Choice(self.journal_of)

    def check(self) -> None:
        """Raise `UsageError` for options that contradict one another."""
        from plimsoll.reporting.trade_journal import Choice

        if self.journal_of not in set(Choice):
            raise UsageError(
                f"expected --journal-of to be {', '.join(Choice)}, found {self.journal_of!r}"
            )
        since, until = (moment_of(self.since, "--since"), moment_of(self.until, "--until"))
        if since is not None and until is not None and until < since:
            raise UsageError(f"--until {self.until} lies before --since {self.since}")
        of_bots = {
            "--since": self.since,
            "--until": self.until,
            "--benchmark": self.benchmark,
            "--strategy": self.strategy,
            "--starting-balance": self.starting_balance,
        }
        given = [name for name, value in of_bots.items() if value is not None]
        if given and not self.bots:
            raise UsageError(
                f"{', '.join(given)} is about a bot; name one with --db, -c or --userdir"
            )
        if len(self.databases) > 1 and (self.config or self.userdir is not None):
            raise UsageError(
                "-c and --userdir belong to one bot, but --db names "
                f"{len(self.databases)}; without them each bot is read by its database alone"
            )


def moment_of(text: str | None, option: str, *, is_end: bool = False) -> pd.Timestamp | None:
    """Read a time of an option, UTC where it has no zone; the end of a day means all of it."""
    if text is None:
        return None
    try:
        at = pd.Timestamp(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError):
        raise UsageError(
            f'expected {option} to be a time such as 2025-03-01 or 2025-03-01T14:05, found "{text}"'
        ) from None
    at = at.tz_localize(UTC) if at.tz is None else at.tz_convert(UTC)
    is_day = len(text.strip()) <= len("2025-03-01")
    return at + A_DAY if is_end and is_day else at


def url_of(named: str) -> str:
    """Return a database's address; a file may be named as it is."""
    return named if "://" in named else f"sqlite:///{Path(named).expanduser()}"


def drawn_page(options: Options, folder: Path) -> Written:
    """Write the report of the one result or bot that was named."""
    from plimsoll.reporting.csv_files import write_csv
    from plimsoll.reporting.report import render_report, report_record

    bots = options.bots
    made = _bot_report(options, bots[0]) if bots else _backtest_report(options, _result(options))
    written = render_report(made, folder)
    files = {"html": written.html, "png": written.png}
    files |= write_csv(made.strategies, folder)
    return files, report_record(made)


def compared(options: Options, folder: Path) -> Written:
    """Write one page that compares all results and bots that were named."""
    from plimsoll.reporting.comparison import comparison, comparison_record
    from plimsoll.reporting.comparison_page import render_comparison
    from plimsoll.reporting.csv_files import write_csv

    records: list[TradingRecord] = []
    markets: list[str] = []
    named = options.results or (() if options.bots else (_result(options),))
    for made in _reports(replace(options, journal=0), named):
        records += made.strategies
        markets += [made.market] * len(made.strategies)
    told = comparison(_title(records), _now(), records, markets)
    named_records = [
        replace(record, name=name) for name, record in zip(told.names, records, strict=True)
    ]
    files = render_comparison(told, folder) | write_csv(named_records, folder)
    return files, comparison_record(told)


def _reports(options: Options, results: Sequence[Path]) -> Iterable["Report"]:
    for result in results:
        yield _backtest_report(options, result)
    for bot in options.bots:
        yield _bot_report(options, bot)


def _result(options: Options) -> Path:
    return options.results[0] if options.results else Path("user_data/backtest_results")


def _title(records: "Sequence[TradingRecord]") -> str:
    names = list(dict.fromkeys(record.name for record in records))
    listed = ", ".join(names) if len(names) <= 4 else f"{len(names)} strategies"
    return f"{len(records)} runs side by side: {listed}"


def _now() -> pd.Timestamp:
    return pd.Timestamp(datetime.now(UTC))


def _backtest_report(options: Options, result: Path) -> "Report":
    from plimsoll.cli.backtest_report import backtest_report, existing

    made = backtest_report(
        existing(result, "a result .zip or folder"),
        datadir=options.datadir,
        pair=options.pair,
        market=options.market,
        trials=options.trials,
        against=options.against,
    )
    return _with_journal(made, options, _prices(made), {})


def _prices(made: "Report") -> dict[str, pd.DataFrame]:
    """Return candles of the pair that a report shows, and of the other pairs the closes."""
    closes = made.main.closes
    prices = {}
    for pair, column in () if closes is None else closes.items():
        known = column.dropna()
        frame = pd.DataFrame({"date": pd.DatetimeIndex(known.index), "close": known.to_numpy()})
        prices[str(pair)] = frame.assign(low=frame["close"], high=frame["close"])
    if made.candles is not None and made.pair is not None:
        prices[made.pair] = made.candles
    return prices


def _bot_report(options: Options, wanted: Wanted) -> "Report":
    from plimsoll.cli.backtest_report import market_kind
    from plimsoll.cli.bot_run import bot_run
    from plimsoll.reporting.report import Report
    from plimsoll.reporting.trade_journal import Reasons

    run = bot_run(wanted)
    record = run.record
    market = options.market or run.market
    shown = _shown_pair(run, options.pair)
    made = Report(
        title=f"{record.name}: {record.source} from {record.start:%Y-%m-%d} to "
        f"{record.end:%Y-%m-%d}",
        made_at=_now(),
        market=market,
        market_kind=market_kind(market),
        strategies=[record],
        buy_and_hold=record.benchmark,
        pair=shown,
        candles=None if shown is None else run.candles[shown],
        costs_bps=record.costs_bps,
        trials=options.trials,
    )
    reasons = {
        key: Reasons(note.entry, note.verdict, note.exit, note.features)
        for key, note in run.notes.items()
    }
    return _with_journal(made, options, run.candles, reasons)


def _with_journal(
    made: "Report",
    options: Options,
    candles: Mapping[str, pd.DataFrame],
    reasons: Mapping[Any, Any],
) -> "Report":
    from plimsoll.reporting.trade_journal import journal_section

    if not options.journal:
        return made
    section = journal_section(
        made.main, candles, choice=options.choice, count=options.journal, reasons=reasons
    )
    return replace(made, sections=[*made.sections, section])


def _shown_pair(run: "BotRun", named: str | None) -> str | None:
    """Return the pair of the price panel: the most traded one that has candles."""
    traded = run.record.trades["pair"].value_counts()
    if named is not None and named not in traded.index:
        raise UsageError(f"--pair {named} was not traded; the bot traded {', '.join(traded.index)}")
    pairs = [str(pair) for pair in traded.index] if named is None else [named]
    return next((pair for pair in pairs if pair in run.candles), None)
