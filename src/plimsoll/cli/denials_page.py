"""The page of ``plimsoll denials``: who asked, who was denied by what, and why the limits are so."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from plimsoll.risk import RiskProfile

if TYPE_CHECKING:
    from plimsoll.lab.denials import Concentration, DenialFindings, Denials

HEAD = """# What the guards deny

Written by `make denials DATA=folder`; do not edit by hand. How many entries each guard denies with
the default limits, by strategy, on the data of the [results](results.md): a limit that denies nothing
protects from nothing on these markets, one that denies nearly everything leaves no strategy.

## Entries asked for and denied

Six pairs (four of `BasisReversion`, three of `OpenInterestFlow`), 2022-01 to 2025-06; two months of
2024 for `OpenInterestFlow`. Each calendar year is an account of its own, so that one which was halted
trades again in the next. An entry counts for the guard that decided; several may have refused it.
While a halt, a daily loss or another lock is in force Freqtrade asks nobody: those entries are in no
column. A share is of the entries asked for. In a backtest the guards of a running bot's senses (API,
late candles, spread, mark price) see nothing wrong.

"""

CONCENTRATION = """
## The limits on concentration

What is each of them for, and what does it do alone? The same strategies in 2022, the year of Terra,
Celsius and FTX: six pairs, an equal share of the account for each, at most 1 % of equity lost at each
stop. In each row one limit holds and the others are as wide as the profile allows; sizing, daily loss
and drawdown hold everywhere. `break_even`, `consecutive_losses`, `trades_per_day` and `cooldown` are
off here, because they end or thin trading for other reasons. **Most open** is the highest number of
positions at once; equity is marked to market every hour, and a day ends at midnight UTC.

"""

CHOICE = """
## The choice

{choice}

"""

MADE = """## How it was made

- **Profile**: the defaults of [the risk profile](risk-profile.md), no risk layer. Portfolio
  strategies are meant for `risk-portfolio.json`, which holds many related positions on purpose and
  bounds them by heat and exposure: what the defaults deny them is why that layer exists.
- **Costs, data, account**: those of the [results](results.md#how-they-were-made).
- **Code**: fingerprint `{fingerprint}`, Freqtrade {freqtrade}, written on {today}.
"""

CHOSEN = ""


def page(findings: "DenialFindings") -> str:
    """Return the whole page."""
    text = HEAD + denials_table(findings.denials) + CONCENTRATION
    text += concentration_table(findings.concentration)
    text += CHOICE.format(choice=chosen(findings.concentration))
    return text + MADE.format(
        fingerprint=findings.code_fingerprint,
        freqtrade=findings.freqtrade_version,
        today=datetime.now(UTC).date(),
    )


def denials_table(rows: "Sequence[Denials]") -> str:
    """Return a table of strategies by the guards that denied any of their entries."""
    total = sum((row.denied for row in rows), start=type(rows[0].denied)())
    rules = [rule for rule, _ in total.most_common()]
    heads = ["strategy", "asked", "denied", *(f"`{rule}`" for rule in rules), "halted"]
    lines = [_row(heads), _row(["---"] * len(heads))]
    for row in rows:
        denied = sum(row.denied.values())
        cells = [f"`{row.strategy}`", f"{row.asked:,}", _share(denied, row.asked)]
        cells += [_share(row.denied[rule], row.asked) for rule in rules]
        halts = ", ".join(f"{day[:7]} `{rule}`" for rule, day in row.halts)
        lines.append(_row([*cells, halts or "–"]))
    asked = sum(row.asked for row in rows)
    cells = ["**all**", f"{asked:,}", _share(total.total(), asked)]
    lines.append(_row([*cells, *(_share(total[rule], asked) for rule in rules), ""]))
    return "\n".join(lines) + "\n"


def concentration_table(rows: "Sequence[Concentration]") -> str:
    """Return a table of strategies by variant of the limits."""
    heads = ["strategy", "limit", "entries", "most open", "drawdown", "worst day", "halted"]
    lines = [_row(heads), _row(["---"] * len(heads))]
    names = list(dict.fromkeys(row.strategy for row in rows))
    for row in sorted(rows, key=lambda row: names.index(row.strategy)):
        cells = [f"`{row.strategy}`", row.variant, f"{row.trades:,}", str(row.most_open)]
        cells += [f"{row.drawdown_fraction:.1%}", f"{row.worst_day_fraction:.1%}".replace("-", "−")]
        lines.append(_row([*cells, row.halted or "–"]))
    return "\n".join(lines) + "\n"


def _share(count: int, of: int) -> str:
    return f"{count:,} ({count / of:.0%})" if count and of else "–"


def _row(cells: "Sequence[str]") -> str:
    return f"| {' | '.join(cells)} |"
