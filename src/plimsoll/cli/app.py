"""The command tree. Groups import their machinery only when they run, so that --help is quick."""

import typer

import plimsoll
from plimsoll.cli import (
    agents,
    control,
    costs,
    data,
    data_delisted,
    db,
    deploy,
    features,
    features_select,
    gate,
    keys,
    log,
    models,
    venue,
)
from plimsoll.cli.audit import audit
from plimsoll.cli.backtest_compare import FREQTRADES_OWN, backtest_compare
from plimsoll.cli.backup import backup, restore
from plimsoll.cli.calibrate import calibrate
from plimsoll.cli.check import check
from plimsoll.cli.compare import compare
from plimsoll.cli.control_bot import control_bot
from plimsoll.cli.demo import demo
from plimsoll.cli.denials import denials
from plimsoll.cli.digest import digest
from plimsoll.cli.doctor import doctor
from plimsoll.cli.drill import drill
from plimsoll.cli.expectation import expectation
from plimsoll.cli.exporter import exporter
from plimsoll.cli.guard import guard
from plimsoll.cli.init import init
from plimsoll.cli.journal import journal
from plimsoll.cli.monte_carlo import monte_carlo
from plimsoll.cli.parity import parity
from plimsoll.cli.policies import policies
from plimsoll.cli.record import record
from plimsoll.cli.replay import replay
from plimsoll.cli.report import report
from plimsoll.cli.reprice import reprice
from plimsoll.cli.repriced_results import repriced_results
from plimsoll.cli.results import results
from plimsoll.cli.review import review
from plimsoll.cli.search import FREQTRADES_OWN as HYPEROPTS_OWN
from plimsoll.cli.search import search
from plimsoll.cli.walk_forward import walk_forward
from plimsoll.cli.watch import watch

app = typer.Typer(
    name="plimsoll",
    help="Strategies, guards and a simulated exchange for the plain freqtrade command.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(init)
app.command()(doctor)
app.command()(guard)
app.command()(check)
app.command()(demo)
app.command()(drill)
app.command()(replay)
app.command()(report)
app.command()(digest)
app.command()(journal)
app.command()(review)
app.command("backtest-compare", context_settings=FREQTRADES_OWN)(backtest_compare)
app.command("search", context_settings=HYPEROPTS_OWN)(search)
app.command("walk-forward", context_settings=HYPEROPTS_OWN)(walk_forward)
app.command("calibrate", context_settings=HYPEROPTS_OWN)(calibrate)
app.command("compare", context_settings=FREQTRADES_OWN)(compare)
app.command("monte-carlo", context_settings=FREQTRADES_OWN)(monte_carlo)
app.command()(results)
app.command()(reprice)
app.command()(repriced_results)
app.command()(denials)
app.command()(policies)
app.command()(parity)
app.command()(expectation)
app.command()(control.status)
app.command()(audit)
app.command()(control.halt)
app.command()(control.resume)
app.command()(backup)
app.command()(restore)
app.command()(watch)
app.command("control-bot")(control_bot)
app.command()(exporter)
app.command()(record)
app.add_typer(agents.app, name="agents")
app.add_typer(gate.app, name="gate")
app.add_typer(venue.app, name="venue")
app.add_typer(costs.app, name="costs")
app.add_typer(deploy.app, name="deploy")
data.app.command()(data_delisted.delisted)
features.app.command()(features_select.select)
app.add_typer(data.app, name="data")
app.add_typer(db.app, name="db")
app.add_typer(keys.app, name="keys")
app.add_typer(log.app, name="log")
app.add_typer(models.app, name="models")
app.add_typer(features.app, name="features")


def _version(value: bool) -> None:
    if value:
        typer.echo(f"plimsoll {plimsoll.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None: ...
