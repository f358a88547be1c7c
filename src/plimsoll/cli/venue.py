"""``plimsoll venue``: serve the simulated exchange."""

import typer

app = typer.Typer(help="The simulated Binance USD-M exchange.", no_args_is_help=True)
