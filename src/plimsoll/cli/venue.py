"""``plimsoll venue``: serve the simulated exchange and steer a running one."""

import json
import logging
import math
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    help="The simulated exchange: Binance USD-M and spot, Bybit linear.", no_args_is_help=True
)

Url = Annotated[str, typer.Option("--url", help="Address of the running exchange.")]


Datadir = Annotated[
    Path | None, typer.Option(help="Freqtrade data folder to replay (the folder with futures/).")
]
Symbols = Annotated[str | None, typer.Option(help="BTC/USDT:USDT,ETHUSDT,…; all when left out.")]
Start = Annotated[
    str | None, typer.Option(help="Where the clock starts, such as 2025-01-01T00:00:00Z.")
]
Speed = Annotated[float, typer.Option(help="Simulated seconds per real second.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port.")]
SpreadScale = Annotated[
    float, typer.Option(help="Factor on the modelled spread; 0 trades at the last price.")
]
BalanceUsd = Annotated[float, typer.Option(help="Starting balance of the account, in USDT.")]
WriteConfig = Annotated[
    Path | None, typer.Option(help="Write a freqtrade config that points at this exchange.")
]
Keys = Annotated[
    Path | None, typer.Option(help="API keys as JSON; one pair of its own when left out.")
]
EventLog = Annotated[
    Path | None, typer.Option(help="Append every event of the account, a JSON line each.")
]
Restore = Annotated[
    Path | None, typer.Option(help="Start with the account that such a log leaves behind.")
]
InsuranceUsd = Annotated[
    float, typer.Option(help="What the insurance fund holds; 0 deleverages at once.")
]
CountdownTakesAll = Annotated[
    bool,
    typer.Option(
        "--countdown-cancels-conditional",
        help="An auto-cancel countdown takes the conditional orders as well.",
    ),
]
OnExchange = Annotated[
    str,
    typer.Option(
        "--exchange",
        help="Whose protocol the written config speaks: binance, bybit or binance-spot.",
    ),
]
Limits = Annotated[
    bool, typer.Option("--rate-limits", help="Refuse what exceeds the limits: 429, then 418.")
]


@app.command()
def serve(
    market: Annotated[str, typer.Option(help="synthetic or replay.")] = "synthetic",
    datadir: Datadir = None,
    seed: Annotated[int, typer.Option(help="Seed of the synthetic market.")] = 7,
    symbols: Symbols = None,
    start: Start = None,
    clock: Annotated[str, typer.Option(help="wall or stepped.")] = "wall",
    speed: Speed = 1.0,
    port: Port = 0,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    spread_scale: SpreadScale = 1.0,
    balance_usd: BalanceUsd = 10_000.0,
    insurance_usd: InsuranceUsd = 1e9,
    write_config: WriteConfig = None,
    scenario: Annotated[str | None, typer.Option(help="Scenario to start with.")] = None,
    keys: Keys = None,
    event_log: EventLog = None,
    restore: Restore = None,
    rate_limits: Limits = False,
    exchange: OnExchange = "binance",
    countdown_cancels_conditional: CountdownTakesAll = False,
) -> None:
    """Serve the exchange until interrupted; print one JSON line once it is listening."""
    from plimsoll.venue.launch import Options, listens_beyond, run

    def announce(record: dict[str, Any]) -> None:
        if listens_beyond(host):
            typer.echo("warning: listening beyond this machine, without authentication", err=True)
        _print_json(record)

    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    run(
        Options(
            market=market,
            datadir=datadir,
            seed=seed,
            symbols=symbols,
            start=start,
            clock=clock,
            speed=speed,
            host=host,
            port=port,
            spread_scale=spread_scale,
            balance_usd=balance_usd,
            write_config=write_config,
            scenario=scenario,
            keys=keys,
            event_log=event_log,
            restore=restore,
            insurance_usd=insurance_usd,
            countdown_cancels_conditional=countdown_cancels_conditional,
            rate_limits=rate_limits,
            exchange=exchange,
        ),
        announce,
    )


@app.command()
def scenario(
    name: Annotated[str, typer.Argument(help='One of "plimsoll venue scenarios".')],
    url: Url,
    symbols: Annotated[str | None, typer.Option(help="Contracts; all when left out.")] = None,
    magnitude: Annotated[float | None, typer.Option(help="Size as a fraction.")] = None,
    duration_seconds: Annotated[float | None, typer.Option(help="Simulated seconds.")] = None,
) -> None:
    """Start a scenario on a running exchange."""
    from plimsoll.core.errors import UsageError
    from plimsoll.venue.api.control import list_scenarios
    from plimsoll.venue.market.symbols import split_symbols

    names = [entry["name"] for entry in list_scenarios()]
    if name not in names:
        raise UsageError(f'unknown scenario "{name}"; there are {", ".join(names)}')
    body: dict[str, Any] = {"name": name}
    if symbols is not None:
        body["symbols"] = split_symbols(symbols)
    if magnitude is not None:
        body["magnitude"] = _finite("--magnitude", magnitude)
    if duration_seconds is not None:
        body["duration_seconds"] = _positive("--duration-seconds", duration_seconds)
    _print_json(_post(url, "/plimsoll/scenario", body))


@app.command()
def scenarios(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the scenarios with their defaults."""
    from plimsoll.venue.api.control import list_scenarios

    entries = list_scenarios()
    if as_json:
        _print_json(entries)
        return
    for entry in entries:
        defaults = f"{entry['magnitude']:+g} over {entry['duration_seconds']:g} s"
        typer.echo(f"{entry['name']:<14} {defaults:<20} {entry['description']}")


@app.command()
def fault(
    kind: Annotated[str, typer.Argument(help='One of "plimsoll venue faults".')],
    url: Url,
    symbols: Annotated[str | None, typer.Option(help="Contracts; all when left out.")] = None,
    paths: Annotated[
        str | None,
        typer.Option(help='Patterns separated by commas, such as "POST /fapi/v1/order".'),
    ] = None,
    share: Annotated[float | None, typer.Option(help="Share of requests affected, 0 to 1.")] = None,
    count: Annotated[int | None, typer.Option(help="End after this many hits.")] = None,
    duration_seconds: Annotated[
        float | None, typer.Option(help="Simulated seconds; until ended when left out.")
    ] = None,
    status: Annotated[int | None, typer.Option(help="HTTP status of http-error.")] = None,
    magnitude: Annotated[
        float | None, typer.Option(help="Size of wrong-tick and wrong-candles.")
    ] = None,
    skew_seconds: Annotated[float | None, typer.Option(help="Size of clock-skew.")] = None,
    delay_seconds: Annotated[float | None, typer.Option(help="Size of late-streams.")] = None,
    after_acceptance: Annotated[
        bool, typer.Option("--after-acceptance", help="no-answer: carry the request out first.")
    ] = False,
    code: Annotated[int | None, typer.Option(help="The exchange's code of a refusal.")] = None,
    reduce_only: Annotated[
        bool, typer.Option("--reduce-only", help="Only orders that close.")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Seed of the share.")] = None,
) -> None:
    """Start a fault on a running exchange."""
    from plimsoll.core.errors import UsageError
    from plimsoll.venue.faults import FAULTS
    from plimsoll.venue.market.symbols import split_symbols

    if kind not in FAULTS:
        raise UsageError(f'unknown fault "{kind}"; there are {", ".join(FAULTS)}')
    options: dict[str, Any] = {
        "kind": kind,
        "symbols": None if symbols is None else split_symbols(symbols),
        "paths": None if paths is None else [path.strip() for path in paths.split(",")],
        "share": share,
        "count": count,
        "duration_seconds": duration_seconds,
        "status": status,
        "magnitude": magnitude,
        "skew_seconds": skew_seconds,
        "delay_seconds": delay_seconds,
        "after_acceptance": after_acceptance or None,
        "code": code,
        "reduce_only": reduce_only or None,
        "seed": seed,
    }
    body = {
        name: _finite(f"--{name}", value) if isinstance(value, float) else value
        for name, value in options.items()
        if value is not None
    }
    _print_json(_post(url, "/plimsoll/faults", body))


@app.command()
def faults(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the kinds of faults."""
    from plimsoll.venue.api.control import list_faults

    entries = list_faults()
    if as_json:
        _print_json(entries)
        return
    for entry in entries:
        typer.echo(f"{entry['name']:<16} {entry['description']}")


@app.command()
def mend(
    url: Url,
    number: Annotated[
        int | None, typer.Option("--id", help="One fault; all when left out.")
    ] = None,
) -> None:
    """End faults of a running exchange."""
    body = {} if number is None else {"id": number}
    _print_json(_post(url, "/plimsoll/faults", body, method="DELETE"))


@app.command()
def transfer(
    url: Url,
    usd: Annotated[float, typer.Option(help="What to pay in; negative to withdraw.")],
    unrecorded: Annotated[
        bool, typer.Option("--unrecorded", help="Leave no entry in the income history.")
    ] = False,
) -> None:
    """Pay into the account of a running exchange, or withdraw from it."""
    body = {"amount_usd": _finite("--usd", usd), "recorded": not unrecorded}
    _print_json(_post(url, "/plimsoll/transfer", body))


@app.command()
def step(
    url: Url,
    seconds: Annotated[float, typer.Option(help="How far to move the clock.")],
) -> None:
    """Move a stepped clock forward."""
    _print_json(_post(url, "/plimsoll/clock/step", {"seconds": _positive("--seconds", seconds)}))


def _finite(option: str, value: float) -> float:
    from plimsoll.core.errors import UsageError

    if not math.isfinite(value):
        raise UsageError(f"expected {option} to be a finite number, found {value:g}")
    return value


def _positive(option: str, value: float) -> float:
    from plimsoll.core.errors import UsageError

    if not (math.isfinite(value) and value > 0):
        raise UsageError(f"expected {option} to be a finite number above 0, found {value:g}")
    return value


def _print_json(record: Any) -> None:
    typer.echo(json.dumps(record))
    sys.stdout.flush()


def _post(url: str, path: str, body: dict[str, Any], method: str = "POST") -> Any:
    import urllib.error
    import urllib.request

    from plimsoll.core.errors import PlimsollError, UsageError

    if not url.startswith(("http://", "https://")):
        raise UsageError(f'expected a --url such as http://127.0.0.1:8900, found "{url}"')
    request = urllib.request.Request(  # noqa: S310
        url.rstrip("/") + path,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
        method=method,
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as response:
            return json.loads(response.read())
    except urllib.error.HTTPError as error:
        raise UsageError(_reason(error.read(), error.code)) from None
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise PlimsollError(
            f'no exchange answers at {url} ({reason}); start one with "plimsoll venue serve"'
        ) from None


def _reason(body: bytes, status: int) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return f"the exchange answered with HTTP {status}"
