"""``plimsoll expectation``: hold a running bot to what its backtest promised."""

from pathlib import Path
from typing import Annotated

import typer

LATEST = "latest"


def expectation(
    result: Annotated[
        str,
        typer.Argument(
            metavar="RESULT|latest",
            help="A backtest-result .zip, a folder of them, or latest: the user folder's last.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="The file to write.")],
    strategy: Annotated[
        str | None, typer.Option(help="Which one, when the result holds several.")
    ] = None,
    userdir: Annotated[Path, typer.Option(help="Freqtrade's user folder, for latest.")] = Path(
        "user_data"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Write what a backtest promised, for plimsoll.expectation_file in the bot's config.

    A result with fewer than 30 closed trades, or without a positive mean profit, is refused.
    """
    from plimsoll.cli.places import made_folder
    from plimsoll.lab.expectation import expectation_of
    from plimsoll.lab.results import read_backtest

    path = userdir / "backtest_results" if result == LATEST else Path(result)
    promise = expectation_of(read_backtest(path.expanduser(), strategy))
    made_folder(out.parent, "--out")
    out.write_text(promise.model_dump_json(indent=2) + "\n", encoding="utf-8")
    if as_json:
        typer.echo(promise.model_dump_json())
        return
    typer.echo(
        f"{promise.source}: {promise.trades:,} trades, mean {promise.mean_profit_fraction:.3%} "
        f"(deviation {promise.profit_std_fraction:.3%}), {promise.win_rate_fraction:.1%} won"
    )
    typer.echo(
        f'written: {out}; set "plimsoll": {{"expectation_file": "{out}"}} in the bot\'s config'
    )
