"""What a run keeps, how it groups its cells, and what lies over a bot's config."""

import json
from pathlib import Path

from plimsoll.lab.drilling.bot import BotSetup
from plimsoll.lab.drilling.matrix import cells, stage_of
from plimsoll.lab.drilling.row import Cell, Row
from plimsoll.lab.drilling.run import (
    ROWS_FILE,
    MatrixPlan,
    _begin,
    _groups,
    folder_of,
    overlay_of,
    read_rows,
)
from plimsoll.lab.drilling.scenarios import SCENARIOS

DRAWDOWN = SCENARIOS["drawdown"]


def row() -> Row:
    made = Row(cell=Cell("drawdown", "none", "live"), rule="drawdown")
    made.check("exchange flat", ok=True)
    return made


def test_a_line_that_a_kill_cut_is_dropped(tmp_path: Path) -> None:
    line = json.dumps(row().record())
    (tmp_path / ROWS_FILE).write_text(f"{line}\n{line[:40]}")
    assert read_rows(tmp_path) == [row()]


def test_a_group_is_one_scenario_in_one_mode() -> None:
    groups = _groups(cells())
    assert sum(map(len, groups)) == len(cells())
    assert all(len({(one.scenario, one.mode) for one in group}) == 1 for group in groups)
    order = [(stage_of(group[0]), -len(group)) for group in groups]
    assert order == sorted(order)


def test_no_two_groups_share_a_folder_for_both_may_be_under_way() -> None:
    """The second took the first one's venue away, and the whole drill ended."""
    groups = _groups(cells())
    assert len(set(map(folder_of, groups))) == len(groups)
    assert folder_of([Cell("step: trailing, cancel", "kill-9", "live")]).isascii()


def test_the_drills_own_strategy_has_stops_on_the_exchange_where_it_trades_there() -> None:
    live = overlay_of(BotSetup(pairs=DRAWDOWN.pairs, live=True), DRAWDOWN)
    dry = overlay_of(BotSetup(pairs=DRAWDOWN.pairs, live=False), DRAWDOWN)
    assert live["order_types"]["stoploss_on_exchange"]
    assert not dry["order_types"]["stoploss_on_exchange"]
    assert (live["dry_run"], dry["dry_run"]) == (False, True)
    assert live["plimsoll"]["risk"]["drawdown_halt_fraction"] == 0.002


def test_a_users_own_orders_and_stops_are_left_as_they_are(tmp_path: Path) -> None:
    plan = MatrixPlan(
        cells=(), out=tmp_path, strategy="Mine", strategy_path=tmp_path, layers=(tmp_path / "a",)
    )
    setup = plan.setup(DRAWDOWN, "live")
    assert (setup.strategy, setup.strategy_path) == ("Mine", tmp_path)
    over = overlay_of(setup, DRAWDOWN)
    assert not {"order_types", "stoploss", "stake_amount"} & over.keys()
    assert over["plimsoll"]["risk"]["drawdown_halt_fraction"] == 0.002
    trailing = SCENARIOS["step: trailing, cancel"]
    assert overlay_of(setup, trailing)["trailing_stop"]
    own = BotSetup(pairs=trailing.pairs, live=True)  # which declares a stop that follows the price
    assert "trailing_stop" not in overlay_of(own, trailing)


def test_rows_of_other_code_are_not_kept(tmp_path: Path) -> None:
    lines = tmp_path / ROWS_FILE
    _begin(MatrixPlan(cells=(), out=tmp_path, made_with={"code": "a"}))
    lines.write_text(json.dumps(row().record()) + "\n")
    _begin(MatrixPlan(cells=(), out=tmp_path, made_with={"code": "a"}))
    assert len(read_rows(tmp_path)) == 1
    _begin(MatrixPlan(cells=(), out=tmp_path, made_with={"code": "b"}))
    assert read_rows(tmp_path) == []
