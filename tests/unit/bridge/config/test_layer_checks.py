"""What no reader of a config complains of, and is refused all the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.config.layer_checks import layer_faults, require_sound_layers, sound_settings
from plimsoll.bridge.config.layers import read_layers
from plimsoll.core import PlimsollError, UsageError
from tests.conftest import ROOT


def refusal(*files: Path) -> str:
    with pytest.raises(UsageError) as caught:
        require_sound_layers(files)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def layer(folder: Path, content: dict[str, Any]) -> Path:
    file = folder / "mine.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def test_the_shipped_layers_are_sound() -> None:
    require_sound_layers(sorted((ROOT / "user_data/config").glob("[!c]*.json")))


def test_a_key_that_one_object_has_twice_is_named_with_file_and_lines(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(
        '{"plimsoll": {\n"risk": {"max_leverage": 1},\n"risk": {"cooldown_seconds": 0}}}'
    )
    said = refusal(file)
    assert f"found plimsoll.risk twice in {file}, in lines 2 and 3" in said


def test_every_fault_of_every_layer_is_named_at_once(tmp_path: Path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    first.write_text('{"max_daily_loss_usd": 20, "risk": {}}')
    second.write_text('{"fee": 1,\n "fee": 2, "plimsoll": {"risk": {"max_leverag": 1}}}')
    said = refusal(first, second)
    assert "found max_daily_loss_usd at the top of" in said
    assert 'move it into "plimsoll": {"risk": {…}}; expected plimsoll.risk, found risk' in said
    assert said.endswith(
        f"found fee twice in {second}, in lines 1 and 2; only the last would count: remove one"
    )
    with pytest.raises(PlimsollError, match=r"fee twice.*max_daily_loss_usd.*max_leverag"):
        sound_settings(read_layers([first, second]))


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({"risk": {"max_leverage": 1}}, "plimsoll.risk"),
        ({"costs": {"fee_bps": 1}}, "plimsoll.costs"),
        ({"max_daily_loss_usd": 20}, "plimsoll.risk.max_daily_loss_usd"),
        ({"spread_bps": 1}, "plimsoll.costs.spread_bps"),
    ],
)
def test_what_is_ours_at_the_top_is_told_where_it_belongs(
    tmp_path: Path, content: dict[str, Any], place: str
) -> None:
    file = layer(tmp_path, content)
    assert f"expected {place}, found {next(iter(content))} at the top of {file}" in refusal(file)


def test_keys_of_freqtrade_and_of_others_are_left_alone(tmp_path: Path) -> None:
    require_sound_layers([layer(tmp_path, {"pairs": [], "fee": 0.1, "my_own": 1, "plimsoll": {}})])


@pytest.mark.parametrize(
    ("variable", "advice"),
    [
        (
            "FREQTRADE__PLIMSOLL__RISK__MAX_DAILY_LOSS_USDT",
            "did you mean FREQTRADE__PLIMSOLL__RISK__MAX_DAILY_LOSS_USD?",
        ),
        ("FREQTRADE__PLIMSOLL__HALTS", "did you mean FREQTRADE__PLIMSOLL__HALT?"),
        ("FREQTRADE__PLIMSOLL__COSTS__QUITE_ANOTHER", "found FREQTRADE__PLIMSOLL__COSTS__QUITE"),
        ("FREQTRADE__RISK__MAX_LEVERAGE", "the environment (FREQTRADE__RISK__MAX_LEVERAGE)"),
    ],
)
def test_a_variable_of_no_key_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, advice: str
) -> None:
    monkeypatch.setenv(variable, "1")
    said = refusal()
    assert variable in said
    assert advice in said


def test_a_variable_of_a_key_of_before_is_told_what_to_write_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FREQTRADE__PLIMSOLL__GUARD_BACKTESTS", "false")
    (fault,) = layer_faults([])
    assert 'plimsoll.guards is "enforce"' in fault


def test_variables_of_known_keys_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LIVE_OPT_IN", "RISK__MAX_DAILY_LOSS_USD", "COSTS__FEE_BPS", "HALT"):
        monkeypatch.setenv(f"FREQTRADE__PLIMSOLL__{name}", "1")
    monkeypatch.setenv("FREQTRADE__EXCHANGE__NAME", "binance")
    require_sound_layers([])


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert "none.json" in refusal(tmp_path / "none.json")
