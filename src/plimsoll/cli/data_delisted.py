"""``plimsoll data delisted``: candles, marks and funding of pairs that no longer trade."""

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer

from plimsoll.cli.data import AsJson, Configs, Datadir, Userdir, day_of, tell_outcome, words_of


def delisted(
    pairs: Annotated[str, typer.Option(help="Under their old names: FTT/USDT:USDT,…")],
    since: Annotated[str, typer.Option(help="First day; whole months are fetched.")],
    until: Annotated[str, typer.Option(help="Last day.")],
    timeframes: Annotated[str, typer.Option(help="Candle lengths, separated by commas.")] = "1h",
    config: Configs = None,
    userdir: Userdir = Path("user_data"),
    datadir: Datadir = None,
    as_json: AsJson = False,
) -> None:
    """Fill pairs that were delisted, from the monthly files that Binance keeps of them.

    Exit status: 0 when every month between the first and the last that is there is stored, 1 when
    one is missing or damaged, or differs from what is stored, 2 for wrong usage.
    """
    from plimsoll.archive.backfill import Outcome
    from plimsoll.archive.delisted import Wanted, fill_delisted
    from plimsoll.archive.layout import exchange_symbol, require_outer
    from plimsoll.archive.lock import sole_writer
    from plimsoll.archive.manifest import record_series
    from plimsoll.archive.sources import addresses_of
    from plimsoll.bridge.config.layers import read_layers
    from plimsoll.candles.timeframe import timeframe_span
    from plimsoll.core import UsageError

    begun, outcome = time.monotonic(), Outcome()
    first, last = day_of(since, "--since"), day_of(until, "--until")
    if last < first:
        raise UsageError(f"expected --until on or after --since, found {last} before {first}")
    names, lengths = words_of(pairs), words_of(timeframes)
    for pair in names:
        exchange_symbol(pair)
    for length in lengths:
        timeframe_span(length)
    if not names or not lengths:
        raise UsageError("expected --pairs and --timeframes, found none")
    merged = read_layers([file.expanduser().resolve() for file in config or []])
    folder = require_outer((datadir or userdir / "data" / "binance").expanduser().resolve())
    wanted = Wanted(names, lengths, first, last, addresses_of(merged).archive_url)
    with sole_writer(folder):
        asyncio.run(fill_delisted(wanted, folder, outcome))
        changed = list({made.series for made in outcome.appended})
        record_series(folder, changed, outcome.revisions, exchange="binance")
    tell_outcome(outcome, folder, time.monotonic() - begun, as_json=as_json)
    raise typer.Exit(int(bool(outcome.problems or outcome.revisions)))
