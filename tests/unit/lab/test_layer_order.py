"""Our base layer after a config of the user's own."""

import json
from pathlib import Path
from typing import Any

import pytest

from plimsoll.lab.layer_order import late_base
from plimsoll.lab.user_folder import lay_out


@pytest.fixture
def base(tmp_path: Path) -> Path:
    lay_out(tmp_path)
    return tmp_path / "config/base.json"


def own(tmp_path: Path, **settings: Any) -> Path:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(settings), encoding="utf-8")
    return file


def test_settings_that_differ_are_named_with_the_layers_in_order(
    tmp_path: Path, base: Path
) -> None:
    mine = own(
        tmp_path,
        max_open_trades=9,
        stake_currency="USDT",
        plimsoll={"costs": {"fee_bps": 5}},
        log_config={"version": 2},
    )
    mode = tmp_path / "config/mode-dry-run.json"
    late = late_base([mine, base, mode])
    assert late is not None
    assert late.settings == ("max_open_trades", "plimsoll.costs.fee_bps")
    words = f"{base} comes after {mine}, so its max_open_trades, plimsoll.costs.fee_bps win"
    assert late.fault == words
    layers = f"-c {base} -c {mine} -c {mode}"
    assert late.remedy == f"layer {base} before your config: {layers}"


def test_a_base_that_comes_first_or_overrules_nothing_is_in_order(
    tmp_path: Path, base: Path
) -> None:
    assert late_base([base, own(tmp_path, max_open_trades=9)]) is None
    assert late_base([own(tmp_path, max_open_trades=4, bot_name="mine"), base]) is None
    assert late_base([]) is None


def test_another_file_of_that_name_is_not_ours(tmp_path: Path) -> None:
    other = tmp_path / "base.json"
    other.write_text('{"max_open_trades": 3}', encoding="utf-8")
    assert late_base([own(tmp_path, max_open_trades=9), other]) is None
