"""``plimsoll record``: trades, best prices and depth of an exchange's streams into the archive."""

import asyncio
import json
import signal
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plimsoll.cli.data import AsJson, Configs, Datadir, Userdir, words_of
from plimsoll.core import UsageError

if TYPE_CHECKING:
    from plimsoll.lab.recorder import Plan, Recorder

Pairs = Annotated[
    str | None, typer.Option(help="BTC/USDT:USDT,…; the config's whitelist when left out.")
]
Kinds = Annotated[
    str, typer.Option(help="What to record, separated by commas: trades, book, depth.")
]
Levels = Annotated[
    int, typer.Option(help="Levels of each side of the book that depth has: 5, 10 or 20.")
]
Flush = Annotated[float, typer.Option(min=0.1, max=60, help="Seconds from one write to the next.")]
Rotate = Annotated[
    float, typer.Option(min=0.1, max=1440, help="Minutes after which a file is closed.")
]
Silence = Annotated[
    float,
    typer.Option(
        min=2,
        max=3600,
        help="Seconds without best prices or depth, and ten times as many without trades, after "
        "which a stream counts as dead and is opened anew.",
    ),
]
Seconds = Annotated[
    float | None, typer.Option(min=1, help="Seconds until it ends; never when left out.")
]
Every = Annotated[float, typer.Option(min=0.5, max=3600, help="Seconds between two reports.")]
MetricsPort = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=65_535,
        help="Port of 127.0.0.1 on which messages, lag and gaps are told to Prometheus.",
    ),
]
Listed = Annotated[
    bool, typer.Option("--list", help="Say what was recorded and what is missing, and end.")
]


def record(
    config: Configs = None,
    pairs: Pairs = None,
    kinds: Kinds = "trades,book",
    levels: Levels = 10,
    userdir: Userdir = Path("user_data"),
    datadir: Datadir = None,
    flush_seconds: Flush = 1.0,
    rotate_minutes: Rotate = 60.0,
    silence_seconds: Silence = 30.0,
    seconds: Seconds = None,
    report_seconds: Every = 10.0,
    metrics_port: MetricsPort = None,
    list_only: Listed = False,
    as_json: AsJson = False,
) -> None:
    """Record trades, best prices and depth until Ctrl-C; what is missing is noted as missing.

    Safe to kill: at most the seconds of one write are lost, and the next start notes the gap. It
    needs no keys. Exit status: 0 when it was stopped, 1 when it could not go on or with --list
    something is missing, 2 for wrong usage.
    """
    from plimsoll.lab.recorder import Recorder

    plan = _plan(
        config, pairs, kinds, userdir, datadir, (flush_seconds, rotate_minutes, silence_seconds),
        seconds, levels,
    )  # fmt: skip
    if list_only:
        raise typer.Exit(_list(plan, as_json=as_json))

    def tell(line: str) -> None:
        typer.echo(line, err=True)

    async def run() -> None:
        recorder = Recorder(plan, tell)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, recorder.stop)
        told = time.monotonic()

        def each_flush() -> None:
            nonlocal told
            if time.monotonic() - told >= report_seconds:
                told = time.monotonic()
                _tell(recorder, "progress", as_json=as_json)

        with _metrics(recorder, plan, metrics_port):
            try:
                await recorder.run(each_flush)
            finally:
                _tell(recorder, "ended", as_json=as_json)

    asyncio.run(run())


def _metrics(recorder: "Recorder", plan: "Plan", port: int | None) -> AbstractContextManager[None]:
    if port is None:
        return nullcontext()
    try:
        from plimsoll.lab.recorder_metrics import served
    except ModuleNotFoundError as error:
        raise UsageError(
            f"--metrics-port needs {error.name}: install freqtrade-plimsoll[metrics]"
        ) from None
    return served(plan.exchange, lambda: recorder.tracks, port)


def _plan(
    config: list[Path] | None,
    pairs: str | None,
    kinds: str,
    userdir: Path,
    datadir: Path | None,
    times: tuple[float, float, float],
    seconds: float | None,
    levels: int,
) -> "Plan":
    from plimsoll.archive.recording import LEVELS, Stream
    from plimsoll.bridge.config.layers import read_layers
    from plimsoll.lab.recorder import Plan

    merged = read_layers([file.expanduser().resolve() for file in config or []])
    section = merged.get("exchange", {})
    exchange = str(section.get("name") or "binance")
    chosen = words_of(pairs) or tuple(section.get("pair_whitelist", ()))
    if not chosen:
        raise UsageError("expected --pairs, or a config with a pair_whitelist")
    words = words_of(kinds)
    known = [stream.value for stream in Stream]
    if not words or any(word not in known for word in words):
        raise UsageError(f"expected --kinds of {', '.join(known)}; found {kinds or 'none'}")
    if levels not in LEVELS:
        known = [str(one) for one in LEVELS]
        raise UsageError(f"expected --levels of {', '.join(known)}; found {levels}")
    futures = all(":" in pair for pair in chosen)
    if not futures and any(":" in pair for pair in chosen):
        raise UsageError("expected pairs of one market, found spot and futures; run two recorders")
    flush, rotate, silence = times
    return Plan(
        exchange,
        {"trading_mode": "futures" if futures else "spot", **merged},
        tuple(dict.fromkeys(chosen)),
        tuple(Stream(word) for word in dict.fromkeys(words)),
        (datadir or userdir / "data" / exchange).expanduser().resolve(),
        flush,
        60 * rotate,
        silence,
        seconds,
        levels,
    )


def _tell(recorder: "Recorder", event: str, *, as_json: bool) -> None:
    rows = [track.record() for track in recorder.tracks]
    passed = time.monotonic() - recorder.began_at
    rate = sum(row["messages"] for row in rows) / passed if passed else 0.0
    if as_json:
        line = {"event": event, "seconds": round(passed, 1), "messages_per_second": round(rate, 1)}
        typer.echo(json.dumps({**line, "tracks": rows}))
        return
    for row in rows:
        missing = f", {_counted(row['gaps'], 'gap')}" if row["gaps"] else ""
        until = row["until"] or "nothing yet"
        typer.echo(f"{row['pair']} {row['kind']}: {row['rows']:,} rows until {until}{missing}")


def _list(plan: "Plan", *, as_json: bool) -> int:
    found = [row for pair in plan.pairs for row in _recorded(plan, pair)]
    if as_json:
        typer.echo(json.dumps({"datadir": str(plan.datadir), "recorded": found}))
    else:
        for row in found:
            typer.echo(_in_words(row))
    return int(any(row["gaps"] or row["since"] is None for row in found))


def _recorded(plan: "Plan", pair: str) -> list[dict[str, Any]]:
    from dataclasses import asdict

    from plimsoll.archive.recording import pair_folder, read_covered, read_gaps, segments

    folder, rows = pair_folder(plan.datadir, pair), []
    for stream in plan.streams:
        covered = read_covered(folder, stream)
        files = segments(folder, stream)
        times = (None, None) if covered is None else (covered.since_ms, covered.until_ms)
        since, until = (None if one is None else _at(one) for one in times)
        rows.append(
            {
                "pair": pair,
                "kind": stream.value,
                "levels": None if covered is None else covered.levels,
                "since": since,
                "until": until,
                "files": len(files),
                "bytes": sum(map(_size, files)),
                "gaps": [asdict(gap) for gap in read_gaps(folder, stream)],
            }
        )
    return rows


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # closed since it was listed
        return 0


def _in_words(row: dict[str, Any]) -> str:
    if row["since"] is None:
        return f"{row['pair']} {row['kind']}: nothing was recorded"
    files, gaps = _counted(row["files"], "file"), _counted(len(row["gaps"]), "gap")
    what = f"{files}, {row['bytes']:,} bytes, {gaps}"
    levels = f" of {row['levels']} levels" if row["levels"] else ""
    lines = [f"{row['pair']} {row['kind']}{levels}: {row['since']} to {row['until']}, {what}"]
    for gap in row["gaps"]:
        lost = "" if gap["lost"] is None else f", {gap['lost']} lost"
        seconds = (gap["to_ms"] - gap["from_ms"]) / 1000
        lines.append(
            f"    missing: {seconds:,.1f} s before {_at(gap['to_ms'])}{lost}: {gap['why']}"
        )
    return "\n".join(lines)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _at(ms: int) -> str:
    """Return a time, in milliseconds since 1970, as ISO 8601."""
    import pandas as pd

    return pd.Timestamp(ms, unit="ms", tz="UTC").isoformat()
