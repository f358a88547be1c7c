"""The page of policies: means against the same strategies without guards, and each of them."""

from plimsoll.cli.policies_page import each, halts, left_out, page, together
from plimsoll.lab.policies import POLICIES, PolicyFindings, in_sample_studies
from plimsoll.lab.policy_rows import PolicyRow


def row(policy: str, strategy: str, gain: float, fall: float, **others) -> PolicyRow:
    made = {
        "trades": 1200,
        "worst_month_fraction": -0.05,
        "days_halted": 0.0,
        "days_of_run": 730.0,
        "rearmed": 0,
        "asked": 2000,
        "code_fingerprint": "abc",
        **others,
    }
    return PolicyRow(
        policy=policy, strategy=strategy, total_return=gain, drawdown_fraction=fall, **made
    )


ROWS = (
    row("guards off", "Carry", 0.40, 0.20, asked=0),
    row("guards off", "Loser", -0.60, 0.60, asked=0),
    row("never", "Carry", -0.10, 0.12, days_halted=600.0, halts={"drawdown": 1}),
    row("never", "Loser", -0.10, 0.13, days_halted=700.0, halts={"break_even": 1}),
    row(
        "30 days",
        "Loser",
        -0.20,
        0.22,
        days_halted=365.0,
        rearmed=3,
        halts={"drawdown": 2, "break_even": 1},
        denied={"correlation": 50, "cooldown": 7, "spread": 2, "leverage": 1},
    ),
)


def test_a_policy_stands_against_the_same_strategies_without_guards() -> None:
    lines = together(ROWS).splitlines()
    assert lines[2] == "| guards off | 2 | −10.0% | 40.0% | 60.0% | −5.0% | 0% | 0 | – | – |"
    assert lines[3].startswith("| never | 2 | −10.0% | 12.5% | 13.0% | −5.0% | 89% | 0 |")
    assert lines[3].endswith("| 27.5 points | 0.0 points |")
    assert lines[4].endswith("| 50% | 3 | 38.0 points | −40.0 points |"), "of Loser alone"


def test_halts_are_counted_by_rule_the_most_frequent_first() -> None:
    head, _, never, thirty = halts(ROWS).splitlines()
    assert head == "| policy | `drawdown` | `break_even` |"
    assert never == "| never | 1 | 1 |"
    assert thirty == "| 30 days | 2 | 1 |"
    assert halts(ROWS[:2]) == "None.\n"


def test_the_rows_of_one_strategy_stand_together_with_their_denials() -> None:
    lines = each(ROWS).splitlines()[2:]
    assert [line.split(" | ")[0] for line in lines] == ["| `Carry`"] * 2 + ["| `Loser`"] * 3
    assert lines[0].endswith("| 0 | 0 | – | – |")
    assert lines[-1].endswith(
        "| 365 | 3 | 2 `drawdown`, 1 `break_even` | 60 of 2,000: 50 `correlation`, 7 `cooldown`, "
        "2 `spread` |"
    )


def test_what_was_not_run_is_named() -> None:
    said = left_out([row("never", "TrendFollow", 0.0, 0.0)])
    assert said.startswith("`TrendPortfolio`, `FundingCarry`, `Ensemble`, `MomentumCross`")
    assert "*guards off*, *7 days*" in said
    assert "TrendFollow" not in said
    everything = [row(policy.name, "TrendFollow", 0.0, 0.0) for policy in POLICIES]
    for study in in_sample_studies():
        everything += [row("never", name, 0.0, 0.0) for name in study.strategies]
    assert left_out(everything) == "no strategy of those years and no policy"


def test_the_page_says_how_it_was_made() -> None:
    text = page(PolicyFindings(ROWS, 600.0, "2026.9"))
    assert "10 minutes" in text
    assert "fingerprint `abc`, Freqtrade 2026.9" in text
    assert "{" not in text.replace('{"after_days"', "")
