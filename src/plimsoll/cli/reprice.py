"""``plimsoll reprice``: what remains of a backtest at the prices that the market offered."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from plimsoll.lab.reprice import Repriced
    from plimsoll.lab.results import BacktestResult

DEFAULT_FOLDER = Path("user_data/backtest_results")

Result = Annotated[
    Path, typer.Argument(help="A backtest-result .zip, or a folder: its last result.")
]
Strategy = Annotated[str | None, typer.Option(help="Only this strategy of the result.")]
Datadir = Annotated[
    Path | None, typer.Option(help="Candle folder. [default: data/<exchange> beside the result]")
]
Costs = Annotated[
    Path | None,
    typer.Option(
        help="Config layer with plimsoll.costs, as `plimsoll costs measure` prints it. "
        "[default: what is stored with the result]"
    ),
]
Latency = Annotated[
    float | None, typer.Option(min=0, max=10_000, help="From decision to fill. [default: costs]")
]
Depth = Annotated[
    float | None,
    typer.Option(
        min=0.01,
        help="Order size in USD for which the costs' slippage was measured: larger orders walk "
        "the book in proportion. [default: the square-root law alone]",
    ),
]
Impact = Annotated[
    float, typer.Option(min=0, max=10, help="Y of the square-root law, of order one; no unit.")
]
Participation = Annotated[
    float, typer.Option(min=0.0001, max=1, help="Most of a candle's volume an order is part of.")
]
Entries = Annotated[str, typer.Option(help="Orders that enter: market or limit.")]
Exits = Annotated[str, typer.Option(help="Orders that exit, stops apart: market or limit.")]
MakerFee = Annotated[
    float | None,
    typer.Option(min=-10, max=100, help="Fee of a resting order in bps. [default: the pair's fee]"),
]
Size = Annotated[
    float, typer.Option(min=0.0001, max=1e6, help="Times the money: what a larger account keeps.")
]
Html = Annotated[Path | None, typer.Option(help="Write a page with a waterfall, here.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the bill as JSON.")]


def reprice(
    result: Result = DEFAULT_FOLDER,
    strategy: Strategy = None,
    datadir: Datadir = None,
    costs: Costs = None,
    latency_ms: Latency = None,
    depth_usd: Depth = None,
    impact: Impact = 1.0,
    participation: Participation = 0.1,
    entry_orders: Entries = "market",
    exit_orders: Exits = "market",
    maker_fee_bps: MakerFee = None,
    size: Size = 1.0,
    html: Html = None,
    as_json: AsJson = False,
) -> None:
    """Price every fill of a backtest at what the market offered, and say what took how much.

    Spread and latency by pair, impact by size, jumps through the stop, partial fills. The causes
    add up to the whole difference. The trades stay the backtest's own: nothing is simulated again.
    """
    from plimsoll.execution.settings import ExecutionSettings
    from plimsoll.lab.reprice import read_costs, reprice_result, scaled
    from plimsoll.lab.results import read_backtest, read_backtests

    settings = ExecutionSettings(
        impact_coefficient=impact,
        participation_fraction=participation,
        depth_order_usd=depth_usd,
        entry_orders=_kind(entry_orders, "--entry-orders"),
        exit_orders=_kind(exit_orders, "--exit-orders"),
        maker_fee_bps=maker_fee_bps,
    )
    own = None if costs is None else read_costs(costs.expanduser())
    path = result.expanduser()
    results = read_backtests(path) if strategy is None else (read_backtest(path, strategy),)
    repriced = [
        reprice_result(
            scaled(one, size), _datadir(one, datadir), settings, costs=own, latency_ms=latency_ms
        )
        for one in results
    ]
    if html is not None:
        _write_html(html.expanduser(), repriced)
        typer.echo(f"written: {html}", err=True)
    if as_json:
        typer.echo(json.dumps([record(one) for one in repriced], indent=4))
        return
    _print(repriced)


def _kind(text: str, option: str) -> Any:
    from plimsoll.core import UsageError
    from plimsoll.execution.settings import OrderKind

    try:
        return OrderKind(text)
    except ValueError:
        raise UsageError(f"expected {option} to be market or limit, found {text}") from None


def _datadir(result: "BacktestResult", datadir: Path | None) -> Path:
    from plimsoll.core import UsageError
    from plimsoll.lab.results import candles_beside

    if datadir is not None:
        return datadir.expanduser()
    exchange = str(result.config.get("exchange", {}).get("name", "binance"))
    named = result.config.get("datadir")
    folder = Path(str(named)) if named else candles_beside(result.path, exchange)
    if folder is None or not folder.is_dir():
        raise UsageError(
            f"no candles beside {result.path}; pass --datadir with the folder of the backtest"
        )
    return folder


def record(one: "Repriced") -> dict[str, Any]:
    """Return a bill as JSON has it: amounts in USD, coefficients with their units."""
    bill = one.bill
    before, after = one.fall_usd
    return {
        "strategy": one.result.strategy,
        "trades": len(bill.trades),
        "fills": bill.fills,
        "fills_with_detail": bill.with_detail,
        "fills_over_participation": bill.over,
        "before_usd": bill.before_usd,
        "after_usd": bill.after_usd,
        "causes_usd": {cause.value: amount for cause, amount in bill.causes_usd().items()},
        "pairs": json.loads(bill.by_pair().to_json(orient="index")),
        "deepest_fall_of_closed_profit_usd": {"before": before, "after": after},
        "included_bps": one.included_bps,
        "costs": one.costs.model_dump(),
        "settings": one.settings.model_dump(mode="json"),
        "detail_timeframes": list(one.detail),
    }


def facts(one: "Repriced") -> list[tuple[str, str]]:
    """Return what a bill was made with, in words."""
    costs, settings, bill = one.costs, one.settings, one.bill
    fee = costs.fee_bps if one.fee_bps is None else one.fee_bps
    pairs = sum(value.spread_bps is not None for value in costs.pairs.values())
    before, after = one.fall_usd
    depth = settings.depth_order_usd
    orders = f"{settings.entry_orders.value} entries, {settings.exit_orders.value} exits"
    return [
        ("Given back", f"{one.included_bps:g} bps a fill that the backtest's fee held beside it"),
        ("Fee", f"{fee:g} bps a fill"),
        (
            "Half spread",
            f"{costs.spread_bps:g} bps a fill"
            + (f", {pairs} pairs with their own" if pairs else ", the same for every pair"),
        ),
        ("Latency", f"{costs.latency_ms:g} ms"),
        (
            "Impact",
            f"{settings.impact_coefficient:g} × daily volatility × √(order / daily volume), both "
            f"over {settings.volume_days} days"
            + ("" if depth is None else f"; or the slippage of {depth:,.0f} USD in proportion"),
        ),
        ("Participation", f"{settings.participation_fraction:.0%} of a candle's volume"),
        ("Orders", f"{orders}, market stops"),
        (
            "Seen in shorter candles",
            f"{bill.with_detail:,} of {bill.fills:,} fills ({', '.join(one.detail) or 'none'})",
        ),
        ("Larger than their share of the candle", f"{bill.over:,} fills"),
        ("Deepest fall of closed profit", f"{before:,.2f} before, {after:,.2f} after"),
    ]


def _print(repriced: "list[Repriced]") -> None:
    from rich.console import Console

    from plimsoll.reporting.reprice_page import NOT_SIMULATED, waterfall

    console = Console()
    for one in repriced:
        name = one.result.strategy
        if one.bill.trades.empty:
            console.print(f"{name}: no closed trade, nothing to price.")
            continue
        currency = str(one.result.config.get("stake_currency", "USDT"))
        steps = [(step, height) for step, _, height in waterfall(name, one.bill, currency).bars]
        title = f"{name}: AT WHAT THE MARKET OFFERED"
        console.print(_table(title, ("Step", currency), [(s, f"{v:,.2f}") for s, v in steps]))
        pairs = [
            (
                str(pair),
                f"{int(row['trades']):,}",
                *(f"{row[at]:,.2f}" for at in ("before", "after")),
            )
            for pair, row in one.bill.by_pair().iterrows()
        ]
        header = ("Pair", "Trades", "Backtest", "At the market")
        console.print(_table(f"BY PAIR ({currency})", header, pairs))
        for label, text in facts(one):
            console.print(f"{label}: {text}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"Not simulated again: {NOT_SIMULATED[0]}", highlight=False, soft_wrap=True)


def _table(title: str, columns: "Sequence[str]", rows: "Sequence[tuple[str, ...]]") -> "Table":
    from rich.table import Table

    table = Table(title=title)
    for place, header in enumerate(columns):
        table.add_column(header, justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    return table


def _write_html(file: Path, repriced: "list[Repriced]") -> None:
    from plimsoll.reporting.reprice_page import StrategyBill, write_page

    bills = [
        StrategyBill(
            one.result.strategy,
            one.bill,
            facts(one),
            str(one.result.config.get("stake_currency", "USDT")),
        )
        for one in repriced
        if not one.bill.trades.empty
    ]
    write_page(file, f"What remains of {', '.join(one.name for one in bills)}", bills)
