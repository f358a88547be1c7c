"""The page of a repriced backtest: a waterfall and a table by pair for each strategy."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup

from plimsoll.execution.bill import Bill
from plimsoll.execution.offer import Cause
from plimsoll.reporting.tables import Table, plain_table
from plimsoll.reporting.waterfall import Waterfall, waterfall_panel
from plimsoll.reporting.whole_file import write_whole
from plimsoll.reporting.words import number

BEFORE, AFTER = "backtest", "at the market"
WARNING = "A model of the market, with the coefficients below, on past prices. It says what a "
WARNING += "backtest left out, not what the next order will cost."
_TRADES = "The trades are the backtest's own: a profit that shrinks changes no later stake, and a "
_TRADES += "trade that was not filled makes room for no other."
_GUARDS = (
    "The guards saw the backtest's account: a halt that the thinner account would have met, or "
)
_GUARDS += "met earlier, is not there. The deepest fall of closed profit says how near it came."
_STOPS = "No stop, target or signal is moved: a fill at a worse price keeps the exit that it had, "
_STOPS += "and no position is liquidated earlier."
_OWN = "An order does not meet the impact of the account's own earlier orders."
NOT_SIMULATED = (
    _TRADES,
    _GUARDS,
    _STOPS,
    "Funding is the backtest's, in proportion to what was filled.",
    _OWN,
)


@dataclass(frozen=True, eq=False)
class StrategyBill:
    """One strategy's bill; ``facts`` is what it was made with, by name."""

    name: str
    bill: Bill
    facts: Sequence[tuple[str, str]]
    currency: str = "USDT"


def waterfall(name: str, bill: Bill, currency: str = "USDT") -> Waterfall:
    """Return a bill as steps from the backtest's profit to what remains; nothing is left out."""
    steps = [(str(cause), amount) for cause, amount in bill.causes_usd().items() if amount != 0]
    return Waterfall(name, (BEFORE, bill.before_usd), steps, (AFTER, bill.after_usd), currency)


def pair_table(bill: Bill, currency: str = "USDT") -> Table:
    """Return the bill by pair: a row a pair and one for all, a column a cause that took part."""
    causes = [cause for cause, amount in bill.causes_usd().items() if amount != 0]
    by_pair = bill.by_pair()
    rows = [
        [str(pair), f"{int(row['trades']):,}", number(row["before"])]
        + [number(row[cause]) for cause in causes]
        + [number(row["after"])]
        for pair, row in by_pair.iterrows()
    ]
    whole = bill.causes_usd()
    rows.append(
        ["all", f"{len(bill.trades):,}", number(bill.before_usd)]
        + [number(whole[cause]) for cause in causes]
        + [number(bill.after_usd)]
    )
    columns = ("Pair", "Trades", BEFORE.capitalize(), *map(_title, causes), AFTER.capitalize())
    return plain_table(f"By pair, in {currency}", columns, rows)


def write_page(file: Path, title: str, bills: Sequence[StrategyBill]) -> None:
    """Write the page, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, page_html(title, bills).encode())


def page_html(title: str, bills: Sequence[StrategyBill]) -> str:
    """Return the whole page; it fetches nothing and runs no script. Same input, same bytes."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["drawn"] = Markup  # Matplotlib and `canvas.described` escape their text
    strategies = [
        {
            "key": f"bill-{place}",
            "name": one.name,
            "figure": waterfall_panel(
                f"bill-{place}", waterfall(one.name, one.bill, one.currency), _caption(one)
            ),
            "pairs": pair_table(one.bill, one.currency),
            "facts": one.facts,
        }
        for place, one in enumerate(bills)
    ]
    return environment.get_template("reprice.html.j2").render(
        title=title, warning=WARNING, strategies=strategies, limits=NOT_SIMULATED
    )


def _caption(one: StrategyBill) -> str:
    bill = one.bill
    return (
        f"{len(bill.trades):,} trades, {bill.fills:,} fills, {bill.with_detail:,} of them seen in "
        "shorter candles. The steps add up to the whole difference."
    )


def _title(cause: Cause) -> str:
    return cause.value.capitalize()
