"""The page of ``plimsoll policies``: what halts and re-armings cost and save, by strategy."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plimsoll.lab.policies import PolicyFindings
    from plimsoll.lab.policy_rows import PolicyRow

OFF = "guards off"

HEAD = """# Halting and going on: what it costs and saves

Written by `make policies DATA=folder`; do not edit by hand. Live, a halt ends by a person. In a
backtest nobody is there, and `plimsoll.backtest_rearm` stands in: *never*, or so many days after
the halt, on [probation](risk.md#after-a-re-arming). These tables show each way on 2022 and 2023,
the years on which the research chose its rules. Later years are not looked at for a default.
Portfolios (`TrendPortfolio`, `FundingCarry`, `Ensemble`) have `risk-portfolio.json`, the others
the defaults; what a policy names differs from them. Pairs, costs and data are those of the
[results](results.md#how-they-were-made).

**Halted** is the time under a halt of the account, during which it is flat. Drawdown and worst
month are of equity marked to market every hour. A backtest that is re-armed by rule is kinder
than a bot that waits for a person who may never come, and harsher than one whose person looks the
same day.

## All strategies together

Each strategy is an account of its own; the columns are means over them, and the deepest of their
drawdowns. The first row has no guards. **Saved** is how much less the mean drawdown is than without
guards, **cost** how much lower the mean return.

"""

RULES = """
## Which rules halt

Halts of the account, by the rule that did.

"""

EACH = """
## By strategy

"""

CHOICE = """
## The defaults

Chosen for capital first, over all strategies together, never for one strategy's profit.

- **Live, never.** A halt ends by a person. Whether the feed, the exchange or the market has
  changed, no rule of a backtest can see.
- **`break_even_z` 1.645.** With 0 any loss over the latest 100 trades halts, which a strategy
  without any edge meets every other time by chance, and one with a small edge sooner or later:
  compare *never, break-even: any loss* with *never*. At 1.645 standard errors (one-sided 95 %, as
  `divergence_z`) what loses without doubt is still halted long before its drawdown would be.
- **Backtests and hyperopt: 30 days** (`mode-backtest.json`). With *never* one early halt makes two
  years into a few weeks: such a result says little of the strategy, and a hyperopt tunes the weeks
  before the halt. It is no kinder look: a losing strategy loses again after each re-arming, as it
  would in the hands of a person who resumes, and the days halted are flat.
- **Probation: 14 days at half stakes**, the factor of `drawdown_stake_multiplier`. On these years
  it changed little (*30 days, no probation*); it is there for the fall that goes on after a
  re-arming, which costs half as much then, and a new highest equity ends it early.
- **Terminal drawdown: 25 %.** Every re-arming measures its 12 % from lower down; two whole falls
  are 23 %, so that a plain `resume` starts a third and no fourth. A strategy that loses steadily
  and is re-armed by rule ends here, as the table shows.

"""

MADE = """## How they were made

- **Years**: 2022-01 to 2023-12, in sample. `OpenInterestFlow` has data of 2024 only and is left
  out.
- **Re-arming**: as in a bot: drawdown, losses in a row and statistics are measured from it; the
  highest equity ever is not. Beyond the terminal drawdown no policy re-arms.
- **Left out**: {left_out}.
- **Time**: {time}, one freqtrade process after another.
- **Code**: fingerprint {fingerprints}, Freqtrade {freqtrade}, written on {today}.
"""


def page(findings: "PolicyFindings") -> str:
    """Return the whole page."""
    seconds = findings.seconds
    made = MADE.format(
        left_out=left_out(findings.rows),
        time="of several runs" if seconds is None else f"{seconds / 60:.0f} minutes",
        fingerprints=" and ".join(f"`{one}`" for one in findings.code_fingerprints),
        freqtrade=findings.freqtrade_version,
        today=datetime.now(UTC).date(),
    )
    return HEAD + tables(findings.rows) + CHOICE + made


def left_out(rows: "Sequence[PolicyRow]") -> str:
    """Return which strategies of those years and which policies were not run."""
    from plimsoll.lab.policies import POLICIES, in_sample_studies

    strategies = [name for study in in_sample_studies() for name in study.strategies]
    run = {row.strategy for row in rows}
    missing = [f"`{name}`" for name in strategies if name not in run]
    done = {row.policy for row in rows}
    missing += [f"*{one.name}*" for one in POLICIES if one.name not in done]
    return ", ".join(missing) or "no strategy of those years and no policy"


def tables(rows: "Sequence[PolicyRow]") -> str:
    """Return the tables: all strategies together, the rules that halt, each strategy."""
    return together(rows) + RULES + halts(rows) + EACH + each(rows)


def together(rows: "Sequence[PolicyRow]") -> str:
    """Return a row a policy: means over its strategies, against the same ones without guards."""
    heads = ["policy", "strategies", "return", "drawdown", "deepest", "worst month", "halted"]
    lines = [_row([*heads, "re-armed", "saved", "cost"]), _row(["---"] * (len(heads) + 3))]
    bare = {row.strategy: row for row in rows if row.policy == OFF}
    for name, of in _by_policy(rows).items():
        gains, falls = ([one.total_return for one in of], [one.drawdown_fraction for one in of])
        cells = [name, str(len(of)), _signed(fmean(gains)), f"{fmean(falls):.1%}"]
        cells += [f"{max(falls):.1%}", _signed(fmean(one.worst_month_fraction for one in of))]
        cells += [f"{fmean(one.days_halted / one.days_of_run for one in of):.0%}"]
        cells += [str(sum(one.rearmed for one in of))]
        same = [bare[one.strategy] for one in of if one.strategy in bare]
        if name == OFF or len(same) != len(of):
            lines.append(_row([*cells, "–", "–"]))
            continue
        saved = fmean(one.drawdown_fraction for one in same) - fmean(falls)
        cost = fmean(one.total_return for one in same) - fmean(gains)
        lines.append(_row([*cells, _points(saved), _points(cost)]))
    return "\n".join(lines) + "\n"


def halts(rows: "Sequence[PolicyRow]") -> str:
    """Return a row a policy: how often each rule has halted an account."""
    total: Counter[str] = Counter()
    for row in rows:
        total.update(row.halts)
    rules = [rule for rule, _ in total.most_common()]
    if not rules:
        return "None.\n"
    lines = [_row(["policy", *(f"`{rule}`" for rule in rules)])]
    lines.append(_row(["---"] * (len(rules) + 1)))
    for name, of in _by_policy(rows).items():
        counts: Counter[str] = Counter()
        for row in of:
            counts.update(row.halts)
        if name != OFF:
            lines.append(_row([name, *(str(counts[rule] or "–") for rule in rules)]))
    return "\n".join(lines) + "\n"


def each(rows: "Sequence[PolicyRow]") -> str:
    """Return a row for every strategy and policy."""
    heads = ["strategy", "policy", "trades", "return", "drawdown", "worst month", "days halted"]
    heads += ["re-armed", "halts", "entries denied"]
    lines = [_row(heads), _row(["---"] * len(heads))]
    names = list(dict.fromkeys(row.strategy for row in rows))
    for row in sorted(rows, key=lambda row: names.index(row.strategy)):
        cells = [f"`{row.strategy}`", row.policy, f"{row.trades:,}", _signed(row.total_return)]
        cells += [f"{row.drawdown_fraction:.1%}", _signed(row.worst_month_fraction)]
        cells += [f"{row.days_halted:.0f}", str(row.rearmed), _counted(row.halts)]
        denied = sum(row.denied.values())
        share = f" of {row.asked:,}: " if denied else ""
        said = f"{denied:,}{share}{_counted(row.denied, most=3) if denied else ''}"
        lines.append(_row([*cells, said if row.asked or denied else "–"]))
    return "\n".join(lines) + "\n"


def _by_policy(rows: "Sequence[PolicyRow]") -> "dict[str, list[PolicyRow]]":
    of: dict[str, list[PolicyRow]] = {}
    for row in rows:
        of.setdefault(row.policy, []).append(row)
    return of


def _counted(counts: Mapping[str, int], *, most: int | None = None) -> str:
    known = Counter(counts).most_common(most)
    return ", ".join(f"{count:,} `{rule}`" for rule, count in known) or "–"


def _points(fraction: float) -> str:
    return f"{_signed(fraction)[:-1]} points"


def _signed(fraction: float) -> str:
    return f"{fraction:.1%}".replace("-", "−")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
