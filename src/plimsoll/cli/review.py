"""``plimsoll review``: a period's figures against the criteria of scaling, and what follows."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plimsoll.cli.digest import (
    AsJson,
    Balance,
    Daily,
    Datadir,
    DbUrl,
    Expectation,
    Of,
    length_of,
)

if TYPE_CHECKING:
    from plimsoll.cli.review_run import Reviewed

Strategy = Annotated[str, typer.Option("--strategy", "-s", help="The strategy that is reviewed.")]
Config = Annotated[
    list[Path] | None, typer.Option("--config", "-c", help="The bot's config layers, in order.")
]
Userdir = Annotated[Path, typer.Option(help="The bot's user folder.")]
StrategyPath = Annotated[
    Path | None, typer.Option(help="Folder of the strategy. [default: the user folder's]")
]
Weekly = Annotated[bool, typer.Option("--weekly", help="Of one week, from Monday.")]
Monthly = Annotated[bool, typer.Option("--monthly", help="Of one month. [default]")]
Decide = Annotated[
    str | None,
    typer.Option("--decide", help="increase, keep, decrease or withdraw; without it, only look."),
]
By = Annotated[str, typer.Option("--by", help="Who decides.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is written down.")]


def review(
    strategy: Strategy,
    config: Config = None,
    userdir: Userdir = Path("user_data"),
    strategy_path: StrategyPath = None,
    db_url: DbUrl = None,
    daily: Daily = False,
    weekly: Weekly = False,
    monthly: Monthly = False,
    of: Of = None,
    decide: Decide = None,
    by: By = "",
    reason: Reason = "",
    expectation: Expectation = None,
    starting_balance: Balance = None,
    datadir: Datadir = None,
    as_json: AsJson = False,
) -> None:
    """Review a period: its figures, the criteria of scaling, and a person's decision on record.

    Without --decide nothing is decided. An increase is refused while a criterion is not met; the
    other decisions are a person's at any time. A period is reviewed once: the same decision again
    changes nothing. Exit status: 0, 1 when a decision is refused, 2 for wrong usage.
    """
    from plimsoll.cli.bot_run import Wanted
    from plimsoll.cli.digest_run import Asked
    from plimsoll.cli.report_sources import moment_of, url_of
    from plimsoll.cli.review_run import Wish, reviewed

    files = tuple(file.expanduser() for file in config or ())
    length = length_of(daily=daily, weekly=weekly, monthly=monthly or not (daily or weekly))
    asked = Asked(
        wanted=Wanted(
            userdir=userdir.expanduser(),
            config=files,
            db_url=None if db_url is None else url_of(db_url),
            datadir=datadir,
            strategy=strategy,
            starting_balance=starting_balance,
        ),
        length=length,
        day=moment_of(of, "--of"),
        expectation=expectation,
    )
    wish = None if decide is None else Wish.of(decide, by, reason)
    outcome = reviewed(asked, wish, strategy_path)
    _tell(outcome, as_json=as_json)


def _tell(outcome: "Reviewed", *, as_json: bool) -> None:
    from plimsoll.cli.control import print_json
    from plimsoll.journal.words import printable

    if as_json:
        print_json(outcome.as_record())
        return
    for line in _lines(outcome):
        typer.echo(printable(line))


def _lines(outcome: "Reviewed") -> list[str]:
    from plimsoll.reporting.digest_words import text

    lines = [*text(outcome.digest).rstrip().split("\n"), "", *_criteria(outcome), ""]
    capital = "none" if outcome.capital_usd is None else f"{outcome.capital_usd:,.0f} USD"
    lines.append(
        f"capital by the gate: {capital}" + (f" ({outcome.closed})" if outcome.closed else "")
    )
    lines.append(f"the evidence speaks for: {outcome.recommended.value}")
    if outcome.record is None:
        ask = 'add --decide increase|keep|decrease|withdraw --by NAME --reason "…"'
        return [*lines, f"not decided: {ask}"]
    return [*lines, _decided(outcome.record, is_new=outcome.is_new)]


def _criteria(outcome: "Reviewed") -> list[str]:
    from plimsoll.gates.criterion import Unit

    rows: list[Any] = [one.as_record() for one in outcome.judged]
    width = max((len(row["name"]) for row in rows), default=0)
    lines: list[str] = []
    said = ""
    for row in rows:
        unit = Unit(row["unit"])
        limit = f"{row['sense']} {unit.words(row['limit'])}"
        period = outcome.of_period.get(row["name"])
        inside = "" if period is None else f"; in this period {unit.words(period)}"
        state = "met    " if row["go"] else "NOT MET"
        lines.append(
            f"{state} {row['name']:<{width}}  {unit.words(row['value'])} ({limit}){inside}"
        )
        if row["value"] is None:
            mend = [f"        {row['reason']}", f"        -> {row['command']}"]
            lines += mend if "\n".join(mend) != said else []
            said = "\n".join(mend)
    return lines


def _decided(record: Any, *, is_new: bool) -> str:
    state = "on record" if is_new else "on record already"
    at = record["at"][:16].replace("T", " ")
    said = f"{state}: {record['decision']} after {record['period']} by {record['by']}, {at} UTC"
    return f"{said}: {record['reason']} ({record['hash'][:12]})"
