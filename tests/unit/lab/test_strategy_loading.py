"""A strategy by name or file, loaded for a look; what is wrong with it is one line."""

import shutil
from pathlib import Path

import freqtrade
import pytest

from plimsoll.core import PlimsollError, UsageError
from plimsoll.lab.strategy_loading import load_strategy
from plimsoll.lab.user_folder import lay_out

SAMPLE = Path(freqtrade.__file__).parent / "templates" / "sample_strategy.py"
BODY = """
    timeframe = "5m"
    stoploss = -0.1

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""
PLAIN = "from freqtrade.strategy import IStrategy\n\n\nclass {name}(IStrategy):" + BODY


@pytest.fixture
def userdir(tmp_path: Path) -> Path:
    folder = tmp_path / "user_data"
    lay_out(folder)
    return folder


def layers(userdir: Path) -> list[Path]:
    return [userdir / "config/base.json"]


def write(userdir: Path, name: str, text: str = PLAIN, *, file: str = "") -> Path:
    place = userdir / "strategies" / f"{file or name}.py"
    place.write_text(text.format(name=name), encoding="utf-8")
    return place


def refusal(name: str, userdir: Path) -> str:
    with pytest.raises(UsageError) as refused:
        load_strategy(name, userdir, layers(userdir))
    text = str(refused.value)
    assert "\n" not in text
    return text


def test_a_strategy_is_loaded_by_its_name(userdir: Path) -> None:
    file = write(userdir, "Mine")
    loaded = load_strategy("Mine", userdir, layers(userdir))
    assert type(loaded.strategy).__name__ == "Mine"
    assert loaded.file == file
    assert not loaded.explicit
    assert loaded.strategy.max_open_trades == 4  # of base.json
    assert load_strategy("TrendFollow", userdir, layers(userdir)).explicit


def test_a_strategy_is_loaded_by_its_file_wherever_it_lies(userdir: Path, tmp_path: Path) -> None:
    shutil.copy(SAMPLE, tmp_path / "sample_strategy.py")
    loaded = load_strategy(str(tmp_path / "sample_strategy.py"), userdir, layers(userdir))
    assert type(loaded.strategy).__name__ == "SampleStrategy"
    by_name = load_strategy("SampleStrategy", userdir, layers(userdir), folder=tmp_path)
    assert by_name.file == loaded.file


def test_of_several_in_a_file_the_one_of_its_name_is_meant(userdir: Path) -> None:
    both = PLAIN.format(name="Mine") + "\n\nclass Other(IStrategy):" + BODY
    file = write(userdir, "Mine", both)
    loaded = load_strategy(str(file), userdir, layers(userdir))
    assert type(loaded.strategy).__name__ == "Mine"
    unnamed = write(userdir, "Mine", both, file="several")
    text = refusal(str(unnamed), userdir)
    assert "found Mine, Other" in text
    assert "--strategy-path" in text


def test_a_file_that_freqtrade_passes_over_for_another_is_named(userdir: Path) -> None:
    write(userdir, "Mine")
    copy = write(userdir, "Mine", file="copy")
    text = refusal(str(copy), userdir)
    assert "Freqtrade finds a Mine in" in text
    assert "Mine.py first" in text


def test_a_name_that_no_file_has_lists_those_there_are(userdir: Path) -> None:
    write(userdir, "Mine")
    text = refusal("Nobody", userdir)
    assert "expected a strategy Nobody" in text
    assert "Mine" in text


def test_a_file_that_is_absent_or_holds_no_strategy_is_named(userdir: Path) -> None:
    assert "found none" in refusal("none.py", userdir)
    file = write(userdir, "Empty", "value = 1\n")
    assert f"expected a class derived from IStrategy in {file}" in refusal(str(file), userdir)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import no_such_module\n" + PLAIN, "No module named 'no_such_module'"),
        ("raise ValueError('of its own')\n" + PLAIN, "ValueError: of its own"),
        (PLAIN + "\nundefined_name\n", "name 'undefined_name' is not defined"),
        (PLAIN + "\n    def __init__(self, config):\n        1 / 0\n", "ZeroDivisionError"),
        (PLAIN.replace("populate_exit_trend", "populate_nothing"), "populate_exit_trend"),
    ],
    ids=["import", "raises", "after the class", "in its init", "lacks a method"],
)
def test_an_error_in_the_file_is_one_line(userdir: Path, text: str, said: str) -> None:
    write(userdir, "Mine", text)
    told = refusal("Mine", userdir)
    assert said in told
    assert "Mine.py" in told


@pytest.mark.parametrize("given", ["Mine", "file"])
def test_a_file_that_is_not_python_is_named_with_its_line(userdir: Path, given: str) -> None:
    file = write(userdir, "Mine", "value = 1\nclass Mine(IStrategy:\n")
    told = refusal(str(file) if given == "file" else "Mine", userdir)
    assert "is not Python" in told
    assert "line 2" in told


def test_what_freqtrade_logs_meanwhile_is_not_printed(
    userdir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write(userdir, "Mine", PLAIN + "    use_sell_signal = True\n")
    config = userdir / "config/spot.json"
    config.write_text('{"trading_mode": "spot", "margin_mode": ""}', encoding="utf-8")
    load_strategy("Mine", userdir, [*layers(userdir), config])
    assert "DEPRECATED" not in "".join(capfd.readouterr())


def test_a_config_that_is_not_valid_is_refused_first(userdir: Path) -> None:
    own = userdir / "own.json"
    own.write_text('{"plimsoll": {"guards": "maybe"}}', encoding="utf-8")
    with pytest.raises(PlimsollError, match="guards"):
        load_strategy("TrendFollow", userdir, [*layers(userdir), own])
