"""A later layer that loosens what an earlier one had set, with both layers named."""

import json
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.config.layer_order import ENVIRONMENT, LoosenedLimit, loosened_limits
from plimsoll.bridge.config.layers import read_layers
from tests.conftest import ROOT

SHIPPED = ROOT / "user_data/config"


def layer(folder: Path, name: str, risk: dict[str, Any], **others: Any) -> Path:
    file = folder / f"{name}.json"
    file.write_text(json.dumps({"plimsoll": {"risk": risk}, **others}), encoding="utf-8")
    return file


def of(*files: Path) -> list[LoosenedLimit]:
    return loosened_limits(read_layers(files)["config_files"])


def test_the_live_mode_before_the_careful_profile_is_the_wrong_order() -> None:
    files = [SHIPPED / name for name in ("base.json", "mode-live.json", "risk-careful.json")]
    assert of(*files) == [
        LoosenedLimit("max_daily_loss_fraction", 0.02, "mode-live.json", 0.03, "risk-careful.json"),
        LoosenedLimit("max_daily_loss_usd", 20, "mode-live.json", None, "risk-careful.json"),
    ]


def test_the_order_of_the_docs_loosens_nothing() -> None:
    names = ("base.json", "venue-binance.json", "risk-careful.json", "mode-live.json")
    assert of(*(SHIPPED / name for name in names)) == []


def test_a_later_layer_that_is_strict_again_ends_it(tmp_path: Path) -> None:
    first = layer(tmp_path, "first", {"max_leverage": 1})
    second = layer(tmp_path, "second", {"max_leverage": 3})
    third = layer(tmp_path, "third", {"max_leverage": 1})
    assert [(one.strict_source, one.source) for one in of(first, second)] == [
        ("first.json", "second.json")
    ]
    assert of(first, second, third) == []
    assert of(second, first) == []


def test_what_a_file_includes_counts_before_it_and_after_those_before(tmp_path: Path) -> None:
    layer(tmp_path, "inner", {"max_leverage": 2})
    first = layer(tmp_path, "first", {"max_leverage": 1})
    outer = layer(tmp_path, "outer", {"max_orders": 5}, add_config_files=["inner.json"])
    assert read_layers([first, outer])["plimsoll"]["risk"]["max_leverage"] == 2
    assert of(first, outer) == [LoosenedLimit("max_leverage", 1, "first.json", 2, "inner.json")]
    assert of(outer, first) == []


def test_the_environment_is_the_last_layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREQTRADE__PLIMSOLL__RISK__MAX_LEVERAGE", "4")
    file = layer(tmp_path, "first", {"max_leverage": 1})
    assert of(file) == [LoosenedLimit("max_leverage", 1, "first.json", 4, ENVIRONMENT)]


@pytest.mark.parametrize("wrong", [{"max_leverage": "much"}, {"typo": 1}, "no object"])
def test_values_that_are_refused_elsewhere_are_no_fault_here(tmp_path: Path, wrong: Any) -> None:
    assert of(layer(tmp_path, "a", {"max_leverage": 1}), layer(tmp_path, "b", wrong)) == []
