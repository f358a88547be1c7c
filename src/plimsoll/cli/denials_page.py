"""The page of ``plimsoll denials``: who asked, who was denied, and why a limit is what it is."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from textwrap import fill
from typing import TYPE_CHECKING

from plimsoll.risk import RiskProfile

if TYPE_CHECKING:
    from plimsoll.lab.denials import Account, Alike, Concentration, DenialFindings, Denials

SLOWER = ("MomentumCross", "SlowTrend")

HEAD = """# What the guards deny

Written by `make denials DATA=folder`; do not edit by hand. How many entries each guard denies
with the default limits, by strategy, on the data of the [results](results.md). A limit that
denies nothing protects from nothing on these markets; one that denies nearly everything leaves no
strategy.

## Entries asked for and denied

The years 2022, which fell, and 2023, which rose: six pairs (four for `BasisReversion`), each year
an account of its own. Both are in sample, for limits are chosen by these tables;
`OpenInterestFlow`, whose data begins in 2024, is not among them. A signal asks again on each
candle, until it is taken or ends. An entry counts for the guard that decided; others may have
refused it as well. While a halt, a daily loss or another lock is in force, Freqtrade asks nobody:
those entries are in no column. A halt by `break_even` therefore cuts a row short: from the day in
the last column to the end of that year the strategy asked for nothing, and the counts say nothing
of those months. Shares are of the entries asked for. What a running bot's senses tell (API, late
candles, spread, mark price) is always well in a backtest.

"""

OTHERS = """
The last {count} are [strategies of others](foreign-strategies.md) that know nothing of Plimsoll, on
hourly candles. Where such a strategy has no stop that it declares, its risk is taken to the stop
that Freqtrade would use.
"""

ACCOUNTS = """
## What the default guards made of each account

The same years bare (guards off) and under the default guards, each an account of 100,000 USD,
marked to market every hour. A halt of the whole account ends by a person, and in these runs nobody
came: *days halted* run to the end of the year.

"""

CONCENTRATION = """
## The limits on concentration

What does each of them do alone? Three strategies in 2022, the year of Terra, Celsius and FTX: six
pairs, an equal share of the account for each, at most 1 % of equity lost at each stop. In each
row one limit holds and the others are as wide as the profile allows; the last row has the
defaults. Sizing, daily loss and drawdown hold in all rows. `break_even`, `consecutive_losses`,
`trades_per_day` and `cooldown` are off, since they end or thin trading for other reasons. **Most
open** is the highest number of positions at once; equity is marked to market every hour, and a
day ends at midnight UTC.

"""

ALIKE = """
How often is the correlation of two of the six pairs above a limit? Over every window of 288
hourly returns, as the guard compares them, and over the windows that end on the days of a crash:

"""

CHOICE = """
## Why 0.85

`max_correlation` is there so that one bet is not made twice; how much all bets together may lose
is what `max_open_positions`, `max_risk_per_trade_fraction`, `max_portfolio_heat_fraction` and
`max_exposure_fraction` are for. Return plays no part in the choice.

- **At 0.7** two majors count as the same bet in {usual:.0%} of all windows. The limit says little
  about the day and leaves `MomentumCross` and `SlowTrend` {few:,} entries of {all:,}. Which pair
  is held depends on which comes first in the whitelist, and `max_open_positions` has little left
  to limit. Where drawdowns are smaller in these rows, the account also holds less, which smaller
  stakes reach without choosing by the list. Whether 0.7 is better **at equal exposure**, with
  larger stakes, was not tested.
- **At 0.85**, 72 % of the variance shared, it denies in {rare:.0%} of all windows, and in
  {terra:.0%} of those of Terra's days: it closes when the market moves as one, and a further
  position is no second bet. By itself it bounds no loss: the worst day is {worst_some} with it.
- **At 0.95** it denies almost nothing between majors ({never:.1%} of all windows), and is left to
  find one market under two names.
- **Without it** the worst day is {worst_off}, within the daily loss of 3 %, because stops and sizes
  bound it; with four positions at most it is {worst_four}. Four positions that lose
  1 % at their stops cost 4 % of equity together, a third of the drawdown that halts. `TrendFollow`
  reaches that drawdown in most rows by many small losses, which no limit on concentration stops.

So the default is 0.85. It was chosen **after** a partial run had shown the rows of 0.70 and 0.85
and the first of 0.95: the table explains the choice and is no independent test of it.

`max_open_positions` stays 4: it bounds what all stops may cost at once, whatever the correlations
are. `max_exposure_fraction` and `max_portfolio_heat_fraction` deny nothing here: without leverage
a whole account is an exposure of 1, and four positions of 1 % are a heat of 4 %. They bound what
is configured otherwise: leverage, portfolios, more pairs.

"""

DEFAULTS = """## The defaults, and an ordinary strategy

A trade risks {risk:.0%} of equity at its stop, {open} positions are open at once, a new one is less
than {alike} correlated with another, and {streak} losses in a row pause entries. The account is
flat for the rest of a day that loses {day:.0%}, halves its stakes {reduce:.0%} below its high and
halts {halt:.0%} below it, or once {trades} trades lose beyond doubt. A halt ends by a person; a
backtest re-arms after 30 days, on probation. Why the limits on losses and halts are what they are
is measured in [Halting and going on](rearming.md#the-defaults), those on concentration above, the
rest stands in [the risk profile](risk-profile.md): capital comes first, and a strategy that needs
more has to ask.

{ordinary}

"""

MADE = """## How it was made

- **Profile**: the defaults of [the risk profile](risk-profile.md), no risk layer. Portfolio
  strategies (`TrendPortfolio`, `FundingCarry`, `Ensemble`) are meant for `risk-portfolio.json`,
  which holds many related positions on purpose and bounds them by heat and exposure: what the
  defaults deny them is why that layer exists.
- **Costs, data, account**: those of the [results](results.md#how-they-were-made).
- **Code**: fingerprint `{fingerprint}`, Freqtrade {freqtrade}, written on {today}.
"""


KEYS = {
    "risk_per_trade": "max_risk_per_trade_fraction",
    "open_positions": "max_open_positions",
    "correlation": "max_correlation",
    "consecutive_losses": "max_consecutive_losses",
    "cooldown": "cooldown_seconds",
    "trades_per_day": "max_trades_per_day",
    "position_size": "max_position_fraction",
    "break_even": "break_even_z",
    "exposure": "max_exposure_fraction",
    "portfolio_heat": "max_portfolio_heat_fraction",
    "leverage": "max_leverage",
    "daily_loss": "max_daily_loss_fraction",
    "drawdown": "drawdown_halt_fraction",
}
"""By rule: the key of ``plimsoll.risk`` that loosens it."""


def defaults(findings: "DenialFindings") -> str:
    """Return what the defaults are, and which of them an ordinary strategy meets most."""
    limits = RiskProfile()
    return DEFAULTS.format(
        risk=limits.max_risk_per_trade_fraction,
        open=limits.max_open_positions,
        alike=limits.max_correlation,
        streak=limits.max_consecutive_losses,
        day=limits.max_daily_loss_fraction,
        reduce=limits.drawdown_reduce_fraction,
        halt=limits.drawdown_halt_fraction,
        trades=limits.break_even_trades,
        ordinary=_ordinary(findings),
    )


def _ordinary(findings: "DenialFindings") -> str:
    """Say which guards deny strategies of others most; of all where there are none."""
    rows = [one for one in findings.denials if one.strategy in findings.others]
    who = "strategies of others" if rows else "strategies"
    rows = rows or list(findings.denials)
    asked = sum(one.asked for one in rows)
    total: Counter[str] = sum((one.denied for one in rows), start=Counter())
    most = [f"`{rule}` ({count / asked:.0%}; {_key(rule)})" for rule, count in total.most_common(3)]
    denied = f"{_share(total.total(), asked)} were denied, most by {', '.join(most)}"
    said = f"Of {asked:,} entries that the {who} asked for, {denied if most else 'none was denied'}"
    text = (
        f"{said}. An ordinary stake above the risk of a trade is cut to it, which is in no column: "
        "with a stop 10 % away it is a tenth of equity at most. Change the key in a layer of your "
        "own, and see with `plimsoll backtest-compare` what it buys."
    )
    return fill(text, 100, break_on_hyphens=False, break_long_words=False)


def _key(rule: str) -> str:
    return f"`plimsoll.risk.{KEYS[rule]}`" if rule in KEYS else "[its limits](risk-profile.md)"


def page(findings: "DenialFindings") -> str:
    """Return the whole page."""
    text = HEAD + denials_table(findings.denials)
    if findings.others:
        text += OTHERS.format(count=len(findings.others))
    text += ACCOUNTS + accounts_table(findings.accounts) + halts_table(findings.accounts)
    text += (
        CONCENTRATION
        + concentration_table(findings.concentration)
        + ALIKE
        + alike_table(findings.alike)
    )
    usual, terra, *_ = (row.shares for row in findings.alike)
    of = findings.concentration
    text += CHOICE.format(
        usual=usual[0.7],
        rare=usual[0.85],
        terra=terra[0.85],
        never=usual[0.95],
        few=_entries(of, "correlation 0.70"),
        all=_entries(of, "none of them"),
        worst_some=_worst_day(of, "correlation 0.85"),
        worst_off=_worst_day(of, "none of them"),
        worst_four=_worst_day(of, "4 open positions"),
    )
    return (
        text
        + defaults(findings)
        + MADE.format(
            fingerprint=findings.code_fingerprint,
            freqtrade=findings.freqtrade_version,
            today=datetime.now(UTC).date(),
        )
    )


def denials_table(rows: "Sequence[Denials]") -> str:
    """Return a table of strategies by the guards that denied any of their entries."""
    total: Counter[str] = sum((row.denied for row in rows), start=Counter())
    rules = [rule for rule, _ in total.most_common()]
    heads = ["strategy", "asked", "denied", *(f"`{rule}`" for rule in rules), "halted"]
    lines = [_row(heads), _row(["---"] * len(heads))]
    for row in rows:
        cells = [f"`{row.strategy}`", f"{row.asked:,}", _share(row.denied.total(), row.asked)]
        cells += [_share(row.denied[rule], row.asked) for rule in rules]
        halts = ", ".join(f"{day} `{rule}`" for rule, day in row.halts)
        lines.append(_row([*cells, halts or "–"]))
    asked = sum(row.asked for row in rows)
    cells = ["**all**", f"{asked:,}", _share(total.total(), asked)]
    lines.append(_row([*cells, *(_share(total[rule], asked) for rule in rules), "–"]))
    return "\n".join(lines) + "\n"


def accounts_table(rows: "Sequence[Account]") -> str:
    """Return a table of accounts: bare, under the default guards, and how they were halted."""
    heads = ["strategy", "year", "trades", "return", "drawdown", "trades, guarded"]
    heads += ["return, guarded", "drawdown, guarded", "halted", "days halted"]
    lines = [_row(heads), _row(["---"] * len(heads))]
    for one in rows:
        halted = "–" if one.halted_by is None else f"{one.halted_on} `{one.halted_by}`"
        cells = [f"`{one.strategy}`", one.year, f"{one.bare_trades:,}"]
        cells += [_signed(one.bare_return_fraction), f"{one.bare_drawdown_fraction:.1%}"]
        cells += [f"{one.trades:,}", _signed(one.return_fraction), f"{one.drawdown_fraction:.1%}"]
        lines.append(_row([*cells, halted, str(one.days_halted) if one.days_halted else "–"]))
    return "\n".join(lines) + "\n"


def halts_table(rows: "Sequence[Account]") -> str:
    """Return a table of the rules that halted accounts: how often, for how long, at what price.

    *Bare* and *guarded* are the mean returns of those accounts.
    """
    rules = Counter(one.halted_by for one in rows if one.halted_by is not None)
    heads = ["halted by", "accounts", "mean days halted", "mean return, bare", "guarded"]
    heads += ["better guarded"]
    lines = ["", _row(heads), _row(["---"] * len(heads))]
    for rule, count in rules.most_common():
        of = [one for one in rows if one.halted_by == rule]
        better = sum(one.return_fraction > one.bare_return_fraction for one in of)
        cells = [f"`{rule}`", f"{count} of {len(rows)}"]
        cells += [f"{sum(one.days_halted for one in of) / count:.0f}"]
        cells += [_signed(sum(one.bare_return_fraction for one in of) / count)]
        cells += [_signed(sum(one.return_fraction for one in of) / count), f"{better} of {count}"]
        lines.append(_row(cells))
    return "\n".join(lines) + "\n" if rules else ""


def concentration_table(rows: "Sequence[Concentration]") -> str:
    """Return a table of strategies by variant of the limits."""
    heads = ["strategy", "limit", "entries", "most open", "drawdown", "worst day", "halted"]
    lines = [_row(heads), _row(["---"] * len(heads))]
    names = list(dict.fromkeys(row.strategy for row in rows))
    for row in sorted(rows, key=lambda row: names.index(row.strategy)):
        cells = [f"`{row.strategy}`", row.variant, f"{row.trades:,}", str(row.most_open)]
        cells += [f"{row.drawdown_fraction:.1%}", _signed(row.worst_day_fraction)]
        lines.append(_row([*cells, row.halted or "–"]))
    return "\n".join(lines) + "\n"


def alike_table(rows: "Sequence[Alike]") -> str:
    """Return a table of spans by the share of windows above each correlation."""
    heads = ["windows that end in", *(f"above {limit:.2f}" for limit in rows[0].shares)]
    lines = [_row(heads), _row(["---"] * len(heads))]
    lines += [_row([row.span, *(f"{share:.1%}" for share in row.shares.values())]) for row in rows]
    return "\n".join(lines) + "\n"


def _entries(rows: "Sequence[Concentration]", variant: str) -> int:
    """Return the entries of the slower strategies; the other is halted on its way."""
    return sum(row.trades for row in rows if row.variant == variant and row.strategy in SLOWER)


def _worst_day(rows: "Sequence[Concentration]", variant: str) -> str:
    return _signed(min(row.worst_day_fraction for row in rows if row.variant == variant))


def _share(count: int, of: int) -> str:
    return f"{count:,} ({count / of:.1%})" if count and of else "–"


def _signed(fraction: float) -> str:
    return f"{fraction:.1%}".replace("-", "−")


def _row(cells: "Sequence[str]") -> str:
    return f"| {' | '.join(cells)} |"
