"""The page of results: the table of all accounts, and how they were made."""

import re
from dataclasses import replace
from pathlib import Path

from plimsoll.cli.results_page import commands as commands_of
from plimsoll.cli.results_page import page, table
from plimsoll.cli.results_target import Trials
from plimsoll.lab.study import ALL, BALANCE_USD, RULE, STUDIES
from plimsoll.lab.study_holes import Holes
from plimsoll.lab.study_rows import Findings, Halt
from tests.unit.cli.study_accounts import GOOD, HELD, INDEX, POOR, findings, row_of
from tests.unit.performance.frames import trade, trades_frame, utc


def test_table_has_costs_funding_and_every_year_of_an_account() -> None:
    paid = trades_frame(
        trade(INDEX[1], INDEX[2], 100.0, 110.0, amount=10.0, fee=0.001, funding_usd=-50.0)
    )
    row = row_of("Ensemble", a_day=0.001, noise=0.004, trades=paid)
    row = replace(row, halt=Halt("drawdown", utc("2023-05-01"), "fell"), guarding="on")
    titles, _, line = (text.strip("| ").split(" | ") for text in table([row]).splitlines())
    cells = dict(zip(titles, line, strict=True))
    assert cells["span"] == "2022-01 to 2025-06"
    assert cells["guards"] == "on, halted 2023-05"
    assert (cells["trades"], cells["costs"], cells["funding"]) == ("1", "2", "50 paid")
    assert cells["2025-H1"] == f"{row.years[2025]:.1%}".replace("-", "−")
    assert list(cells)[-4:] == ["2022", "2023", "2024", "2025-H1"]


def test_funding_that_came_in_is_called_received() -> None:
    got = trades_frame(trade(INDEX[1], INDEX[2], 100.0, 100.0, funding_usd=50.0))
    assert "| 50 received |" in table([row_of("Ensemble", a_day=0.0, noise=0.001, trades=got)])


def test_page_holds_no_figure_of_an_earlier_run() -> None:
    text = page(
        findings(GOOD, HELD),
        picture="a.png",
        guards_picture="b.png",
        trials=None,
        balance=100_000,
    )
    assert "  - six pairs: `Ensemble` on BTC, 2022-01-01 to 2025-06-30\n" in text
    read = text.partition("## How to read them")[2]
    assert re.findall(r"\d+\.\d+|\b(?:19|20)\d\d\b", read) == []


def test_page_holds_protocol_halts_and_the_picture(tmp_path) -> None:
    halted = replace(POOR, guarding="on", halt=Halt("break_even", utc("2023-05-01"), "100 lost"))
    findings = Findings((GOOD, halted, HELD), {"fee": 4.0, "spread": 2.0}, "abc123", "2026.9")
    text = page(
        findings,
        picture="images/a.png",
        guards_picture="images/b.png",
        trials=Trials(512, 29),
        balance=100_000,
    )
    assert "](images/a.png)" in text
    assert "fee 4 bps + spread 2 bps" in text
    assert "`abc123`, Freqtrade 2026.9" in text
    assert "512 simulations" in text
    assert "29 of them" in text
    assert "- `Ensemble`, guards on: on 2023-05-01 by `break_even`: 100 lost." in text
    assert "--strategy-list Ensemble \\\n    --pairs BTC/USDT:USDT\n" in text


def test_commands_of_the_page_are_those_of_the_studies_and_name_files_that_are_there(root) -> None:
    told = commands_of(STUDIES, BALANCE_USD)
    assert f"```bash\n{told}\n```" in (root / "docs/results.md").read_text(encoding="utf-8")
    written = {"user_data/config/venue-sim.json"}  # by the first command
    named = set(re.findall(r"user_data/config/[\w-]+\.json", told))
    assert written < named
    assert all((root / file).is_file() for file in named - written)
    assert "--dry-run-wallet 100000" in told
    assert told.index("venue serve") < told.index("--timeframes 4h") < told.index("backtesting")


def test_nothing_is_never_minus_nothing() -> None:
    flat = replace(GOOD, years={2022: -1e-9}, performance=replace(GOOD.performance, sharpe=-1e-9))
    assert "−0.0" not in table([flat])


def test_pair_that_was_not_traded_is_named_and_not_counted() -> None:
    study = replace(GOOD.study, pairs=("BTC/USDT:USDT", "ETH/USDT:USDT"))
    row = replace(GOOD, study=study, left_out=("ETH/USDT:USDT",))
    text = page(
        findings(row), picture="a.png", guards_picture="b.png", trials=None, balance=100_000
    )
    assert "**Not traded: ETH/USDT:USDT.**" in text
    assert "| 2022-01 to 2025-06 | 1 |" in text
    assert "Not traded" not in page(
        findings(GOOD), picture="a.png", guards_picture="b.png", trials=None, balance=100_000
    )


def test_page_of_a_choice_names_its_call_its_layer_and_the_folder_of_others() -> None:
    study = replace(GOOD.study, folder=Path("/home/me/mine"))
    text = page(
        findings(replace(GOOD, study=study)),
        picture="a.png",
        guards_picture="b.png",
        trials=None,
        balance=100_000,
        call="plimsoll results --datadir DATA --timeframe 1h",
        layers=("/home/me/risk.json",),
        shipped=False,
    )
    assert "```bash\nplimsoll results --datadir DATA --timeframe 1h\n```" in text
    assert "`/home/me/risk.json` on top of the shipped profile" in text
    assert "    -c /home/me/risk.json -c user_data/config/mode-backtest.json" in text
    assert "--strategy-path /home/me/mine --strategy-list Ensemble" in text
    assert "target" not in text.partition("## Promised")[0]
    assert "*On* is\n  the shipped profile." in page(
        findings(GOOD),
        picture="a.png",
        guards_picture="b.png",
        trials=None,
        balance=100_000,
        layers=(),
    )


def test_what_the_data_lack_is_said_pair_by_pair() -> None:
    span = utc("2022-01-01"), utc("2025-07-01")
    holes = Holes("SOL/USDT:USDT", "1h", *span, 635, 30_648, 648.0, 75)
    unpaid = replace(holes, pair="ADA/USDT:USDT", candles=0, replaced_marks=0)

    def text(*found: Holes) -> str:
        made = replace(findings(GOOD), holes=found)
        return page(made, picture="a.png", guards_picture="b.png", trials=None, balance=100_000)

    assert (
        "  SOL/USDT:USDT lacks 635 of 30,648 1h candles, 648 h in which no funding is charged, the "
        "marks of 75 fundings;\n"
        "  ADA/USDT:USDT lacks 648 h in which no funding is charged."
    ) in text(holes, unpaid)
    assert "missing none\n  is: there are none in candles, funding and marks" in text()


def test_universe_by_rule_stands_on_the_page_and_in_its_commands() -> None:
    study = replace(GOOD.study, universe=RULE)
    pair = GOOD.study.pairs[0]
    row = replace(GOOD, study=study, members={"2022-01": (pair,)}, left_out=("LATE/USDT:USDT",))
    text = page(
        findings(row), picture="a.png", guards_picture="b.png", trials=None, balance=100_000
    )
    assert "| `Ensemble` | 2022-01 | 1 | BTC |" in text
    assert "**Not traded: LATE/USDT:USDT**, without candles in the span." in text
    assert "QualityPairList`" not in text
    made = commands_of([study], BALANCE_USD)
    layer = '{"pairlists": [{"method": "StaticPairList"}], "plimsoll": {"universe": "rule"}}'
    assert f"echo '{layer}' > universe.json" in made
    assert "-c user_data/config/mode-backtest.json -c universe.json \\\n" in made
    everything = [replace(study, universe=ALL) for study in STUDIES]
    assert "universe" not in commands_of(everything, BALANCE_USD)
