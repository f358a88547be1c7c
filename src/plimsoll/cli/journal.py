"""``plimsoll journal``: trade by trade, why it was entered and left, as the decision log has it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from plimsoll.cli.digest import (
    AsJson,
    Balance,
    Config,
    Daily,
    DbUrl,
    Monthly,
    Strategy,
    Userdir,
    length_of,
)

if TYPE_CHECKING:
    import pandas as pd

    from plimsoll.cli.bot_run import BotRun, Wanted
    from plimsoll.performance.calendar_periods import Period
    from plimsoll.reporting.journal_words import JournalEntry

Weekly = Annotated[bool, typer.Option("--weekly", help="Of one week, from Monday.")]
Of = Annotated[
    str | None,
    typer.Option("--of", help="A day of that period. [default: the last that is over]"),
]
Pair = Annotated[str | None, typer.Option(help="Only BTC, or BTC/USDT:USDT.")]
Count = Annotated[
    int | None, typer.Option("-n", "--count", min=1, help="The last so many. [default: all]")
]


def journal(
    userdir: Userdir = None,
    config: Config = None,
    db_url: DbUrl = None,
    daily: Daily = False,
    weekly: Weekly = False,
    monthly: Monthly = False,
    of: Of = None,
    pair: Pair = None,
    count: Count = None,
    strategy: Strategy = None,
    starting_balance: Balance = None,
    as_json: AsJson = False,
) -> None:
    """Tell each trade: entry, what the guards said, exit, fees, funding, and the log's hashes.

    Of the trades that were open at any time in the period; of all of them without one. The bot
    may be running. Exit status: 0, also without a trade; 1 when the database cannot be read or
    the decision log is not whole; 2 for wrong usage.
    """
    from plimsoll.cli.bot_run import NoTradeError, Wanted, bot_run
    from plimsoll.cli.report_sources import url_of
    from plimsoll.journal.words import is_pair
    from plimsoll.reporting.journal_words import journal_entries

    wanted = Wanted(
        userdir=userdir,
        config=tuple(file.expanduser() for file in config or ()),
        db_url=None if db_url is None else url_of(db_url),
        strategy=strategy,
        starting_balance=starting_balance,
    )
    span = _span(wanted, daily, weekly, monthly, of)
    try:
        run = bot_run(wanted)
        entries = journal_entries(_within(run, span), run.notes)
    except NoTradeError:
        run, entries = None, []
    entries = [one for one in entries if pair is None or is_pair(pair, one.pair)]
    entries = entries if count is None else entries[-count:]
    log = _log(wanted)
    _tell(entries, wanted, run, log, as_json=as_json)
    if log.fault is not None:
        raise typer.Exit(1)


def _span(
    wanted: "Wanted", daily: bool, weekly: bool, monthly: bool, of: str | None
) -> "Period | None":
    """Return the period that was asked for, None for all trades."""
    from plimsoll.cli.bot_run import named_bot
    from plimsoll.cli.digest_run import bot_clock, period_asked
    from plimsoll.cli.report_sources import moment_of
    from plimsoll.core.errors import UsageError

    if not (daily or weekly or monthly):
        if of is not None:
            raise UsageError("--of names a day of a period: add --daily, --weekly or --monthly")
        return None
    length = length_of(daily=daily, weekly=weekly, monthly=monthly)
    return period_asked(length, moment_of(of, "--of"), bot_clock(named_bot(wanted)))


def _within(run: "BotRun", span: "Period | None") -> "pd.DataFrame":
    from plimsoll.performance.known_equity import trades_within

    trades = run.record.trades
    return (
        trades
        if span is None
        else trades_within(trades, span.start, span.end, ended=run.record.end)
    )


@dataclass(frozen=True)
class _Log:
    """What is to be known of the log that the words are from."""

    said: str
    head: str | None = None
    fault: str | None = None


def _log(wanted: "Wanted") -> _Log:
    """Check the chain of the log behind the words: a hash is worth what its log is."""
    from plimsoll.cli.bot_run import account_of_log, named_bot, named_database
    from plimsoll.journal.check import verify

    bot = named_bot(wanted)
    _, said = account_of_log(bot, named_database(wanted, bot))
    if bot is None or said is not None:
        return _Log(f"The words are Freqtrade's own: {said}.")
    found = verify(bot.folder.decisions)
    if found.fault is not None:
        where = f"{found.fault.file}: {found.fault.what}"
        return _Log(f"The decision log is NOT WHOLE: {where}.", None, where)
    told = f"The decision log is whole, {found.records:,} records; head {found.head}."
    return _Log(told, found.head)


def _tell(
    entries: "list[JournalEntry]",
    wanted: "Wanted",
    run: "BotRun | None",
    log: _Log,
    *,
    as_json: bool,
) -> None:
    from plimsoll.cli.bot_money import stake_of
    from plimsoll.cli.bot_run import named_bot
    from plimsoll.cli.control import print_json
    from plimsoll.journal.words import printable
    from plimsoll.reporting.journal_words import journal_text

    currency = stake_of(named_bot(wanted)) if run is None else run.record.stake_currency
    if as_json:
        print_json(
            {
                "currency": currency,
                "log": {"said": log.said, "head": log.head, "fault": log.fault},
                "trades": [one.as_record() for one in entries],
            }
        )
        return
    lines = journal_text(entries, currency, log.said).split("\n")
    typer.echo("\n".join(printable(line) for line in lines), nl=False)
