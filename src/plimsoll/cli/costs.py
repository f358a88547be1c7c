"""``plimsoll costs``: what fills cost."""

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="What a fill costs.", no_args_is_help=True)


@app.callback()
def costs() -> None:
    """Measure what a fill costs."""


@app.command()
def measure(
    config: Annotated[list[Path], typer.Option("--config", "-c", help="Config layers, in order.")],
    userdir: Annotated[Path, typer.Option(help="Freqtrade's user folder.")] = Path("user_data"),
    order_usd: Annotated[
        float, typer.Option(min=1, help="Size of the orders to measure, in the stake currency.")
    ] = 1000.0,
    looks: Annotated[int, typer.Option(min=1, max=10_000, help="How many times to look.")] = 5,
    pause: Annotated[float, typer.Option(min=0, help="Seconds between looks.")] = 2.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the config section only.")] = False,
) -> None:
    """Measure spread and slippage of every pair of the whitelist, as `plimsoll.costs.pairs`."""
    from rich.console import Console
    from rich.progress import Progress

    from plimsoll.lab.costs import measure_costs

    console = Console(stderr=True)
    # Where no bar can be drawn, it would leave an empty line.
    hidden = as_json or not console.is_terminal
    with Progress(console=console, disable=hidden, transient=True) as bar:
        task = bar.add_task("Order books", total=looks)
        measured = measure_costs(
            userdir.expanduser(),
            [file.expanduser() for file in config],
            order_usd=order_usd,
            looks=looks,
            pause_seconds=pause,
            progress=lambda: bar.advance(task),
        )
    pairs = {
        pair: {"spread_bps": round(one.spread_bps, 3), "slippage_bps": round(one.slippage_bps, 3)}
        for pair, one in measured.items()
    }
    typer.echo(json.dumps({"plimsoll": {"costs": {"pairs": pairs}}}, indent=None if as_json else 4))
