import json
import shutil
from pathlib import Path

import freqtrade
import pytest

from plimsoll.lab.user_folder import lay_out
from tests.unit.cli.commands import Run, assert_one_line

SAMPLE = Path(freqtrade.__file__).parent / "templates" / "sample_strategy.py"


@pytest.fixture
def userdir(tmp_path: Path) -> Path:
    folder = tmp_path / "user_data"
    lay_out(folder)
    shutil.copy(SAMPLE, folder / "strategies")
    return folder


def test_guard_explains_freqtrades_sample_in_a_page(run: Run, userdir: Path) -> None:
    ran = run("guard", "SampleStrategy", "--userdir", str(userdir))
    assert ran.status == 0
    lines = ran.out.splitlines()
    assert lines[0].startswith("SampleStrategy (")
    assert lines[0].endswith("is guarded: plimsoll.guards is enforce")
    assert any(line.startswith("  should_exit ") for line in lines)
    assert "its populate_entry_trend" in ran.out
    assert "These limits would cut or deny nearly every entry:" in ran.out
    assert len(lines) < 50


def test_the_next_commands_name_whole_layers_and_the_folder(run: Run, userdir: Path) -> None:
    ran = run("guard", str(userdir / "strategies/sample_strategy.py"), "--userdir", str(userdir))
    download, observe, compare = (line.strip() for line in ran.out.splitlines()[-3:])
    layers = "".join(
        f" -c {userdir}/config/{name}"
        for name in ("base.json", "venue-binance.json", "mode-backtest.json")
    )
    words = f" --userdir {userdir}{layers} --strategy SampleStrategy"
    assert download == f"freqtrade download-data --userdir {userdir}{layers} -t 5m --days 60"
    assert observe.startswith(f"FREQTRADE__PLIMSOLL__GUARDS=observe freqtrade backtesting{words}")
    assert compare.startswith(f"plimsoll backtest-compare{words}")
    assert "--strategy-path" not in ran.out


def test_with_candles_on_disk_no_download_is_proposed(run: Run, userdir: Path) -> None:
    folder = userdir / "data/binance/futures"
    folder.mkdir(parents=True)
    (folder / "BTC_USDT_USDT-5m-futures.feather").write_bytes(b"")
    assert "download-data" not in run("guard", "SampleStrategy", "--userdir", str(userdir)).out


def test_a_strategy_elsewhere_is_named_with_its_folder(
    run: Run, userdir: Path, tmp_path: Path
) -> None:
    shutil.move(userdir / "strategies/sample_strategy.py", tmp_path)
    words = ("--userdir", str(userdir), "--strategy-path", str(tmp_path))
    assert f"--strategy-path {tmp_path}" in run("guard", "SampleStrategy", *words).out


def test_guard_as_json(run: Run, userdir: Path) -> None:
    told = json.loads(run("guard", "SampleStrategy", "--userdir", str(userdir), "--json").out)
    assert told["strategy"] == "SampleStrategy"
    assert told["why_not"] is None
    row = next(one for one in told["callbacks"] if one["name"] == "should_exit")
    assert row["hook"] == "should_exit"
    assert row["does"]
    assert len(told["cuts"]) == 1
    assert len(told["next"]) == 3


def test_a_strategy_without_guards_ends_with_one_and_says_so_first(run: Run, userdir: Path) -> None:
    own = userdir / "own.json"
    own.write_text('{"plimsoll": {"guards": "off"}}', encoding="utf-8")
    layers = ("-c", str(userdir / "config/base.json"), "-c", str(own))
    ran = run("guard", "SampleStrategy", "--userdir", str(userdir), *layers)
    assert ran.status == 1
    assert "is NOT GUARDED: plimsoll.guards is off" in ran.out.splitlines()[0]


def test_a_config_of_ones_own_without_our_handler_is_told_how_to_layer_ours(
    run: Run, userdir: Path
) -> None:
    own, base = userdir / "config.json", userdir / "config/base.json"
    own.write_text('{"dry_run": true}', encoding="utf-8")
    layers = f"-c {base} -c {own}"
    ran = run("guard", "SampleStrategy", "--userdir", str(userdir))
    assert ran.status == 1
    verdict = "is NOT GUARDED: no layer names our log handler"
    expected = f"{verdict}; layer {base} before your config: {layers}"
    assert ran.out.splitlines()[0].endswith(expected)
    for command in ran.out.splitlines()[-3:]:
        assert f" --userdir {userdir} {layers} -" in command
    again = run("guard", "SampleStrategy", "--userdir", str(userdir), *layers.split())
    assert again.status == 0


def test_guards_that_only_observe_are_said_first(run: Run, userdir: Path) -> None:
    own = userdir / "own.json"
    own.write_text('{"plimsoll": {"guards": "observe"}}', encoding="utf-8")
    layers = ("-c", str(userdir / "config/base.json"), "-c", str(own))
    ran = run("guard", "SampleStrategy", "--userdir", str(userdir), *layers)
    assert ran.status == 0
    assert "is OBSERVED ONLY" in ran.out.splitlines()[0]


def test_a_strategy_that_cannot_be_loaded_is_one_line(run: Run, userdir: Path) -> None:
    (userdir / "strategies/Mine.py").write_text("class Mine(IStrategy:\n", encoding="utf-8")
    ran = run("guard", "Mine", "--userdir", str(userdir))
    assert ran.status == 2
    assert_one_line(ran, "Mine.py is not Python")


def test_a_config_that_is_refused_ends_with_two(run: Run, userdir: Path) -> None:
    own = userdir / "own.json"
    own.write_text('{"plimsoll": {"risk": {"drawdown_halt_fraction": -1}}}', encoding="utf-8")
    layers = ("-c", str(userdir / "config/base.json"), "-c", str(own))
    ran = run("guard", "SampleStrategy", "--userdir", str(userdir), *layers)
    assert ran.status == 2
    assert_one_line(ran, "drawdown_halt_fraction")


def test_a_base_after_ones_own_config_is_warned_of(run: Run, userdir: Path) -> None:
    own, base = userdir / "own.json", userdir / "config/base.json"
    own.write_text('{"max_open_trades": 9}', encoding="utf-8")
    words = ("guard", "SampleStrategy", "--userdir", str(userdir), "-c", str(own), "-c", str(base))
    ran = run(*words)
    assert ran.status == 0
    warning = ran.out.splitlines()[1]
    assert warning.startswith(f"{base} comes after {own}, so its max_open_trades wins; layer ")
    assert warning.endswith(f": -c {base} -c {own}")
    assert json.loads(run(*words, "--json").out)["warning"] == warning
