"""What can be said of strategies by their text alone."""

import shutil
from pathlib import Path

import freqtrade
import pytest
from freqtrade.resolvers import StrategyResolver

from plimsoll.bridge.freqtrade.strategy_files import StrategyClass, strategy_files
from tests.conftest import ROOT

SHIPPED = ROOT / "user_data/strategies"
TEMPLATE = (
    "from freqtrade.strategy import IStrategy\n\n\nclass {name}(IStrategy):\n    timeframe = '5m'\n"
)


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def named(folder: Path, *, recursive: bool = False) -> list[str]:
    return [one.name for one in strategy_files([folder], recursive=recursive).strategies]


def the(folder: Path, name: str = "Mine") -> StrategyClass:
    [one] = [one for one in strategy_files([folder]).strategies if one.name == name]
    return one


def test_it_finds_what_freqtrade_finds(tmp_path: Path) -> None:
    for file in SHIPPED.glob("*.py"):
        shutil.copy(file, tmp_path)
    package = Path(freqtrade.__file__).parent / "templates"
    for name in ("sample_strategy", "FreqaiExampleStrategy"):
        shutil.copy(package / f"{name}.py", tmp_path)
    found = StrategyResolver._search_all_objects(tmp_path, enum_failed=True)
    assert sorted(named(tmp_path)) == sorted(entry["name"] for entry in found)


def test_the_file_is_not_run(tmp_path: Path) -> None:
    write(tmp_path, "Mine.py", 'raise SystemExit("run")\n' + TEMPLATE.format(name="Mine"))
    assert named(tmp_path) == ["Mine"]


@pytest.mark.parametrize(
    "text",
    [
        "from freqtrade.strategy import IStrategy as Base\nclass Mine(Base): pass\n",
        "import freqtrade.strategy as fs\nclass Mine(fs.IStrategy): pass\n",
        "import freqtrade.strategy\nclass Mine(freqtrade.strategy.IStrategy): pass\n",
        "from freqtrade.strategy import *\nclass Mine(Mixin, IStrategy): pass\n",
        "from plimsoll.strategies import PortfolioStrategy\nclass Mine(PortfolioStrategy): pass\n",
    ],
    ids=["alias", "module alias", "dotted", "star", "our base"],
)
def test_a_strategy_is_known_however_it_names_its_base(tmp_path: Path, text: str) -> None:
    write(tmp_path, "Mine.py", text)
    assert named(tmp_path) == ["Mine"]


def test_other_classes_of_a_strategys_file_are_none(tmp_path: Path) -> None:
    text = "class Mode(Enum): pass\n\n\nclass Mixin: pass\n\n\n" + TEMPLATE.format(name="Mine")
    write(tmp_path, "Mine.py", text)
    assert named(tmp_path) == ["Mine"]


def test_a_base_in_another_file_is_followed(tmp_path: Path) -> None:
    write(tmp_path, "Base.py", TEMPLATE.format(name="Base"))
    write(tmp_path, "Mine.py", "from Base import Base\n\n\nclass Mine(Base):\n    pass\n")
    assert named(tmp_path) == ["Base", "Mine"]


def test_subfolders_are_searched_when_freqtrade_would(tmp_path: Path) -> None:
    write(tmp_path, "deep/Mine.py", TEMPLATE.format(name="Mine"))
    write(tmp_path, "__pycache__/Other.py", TEMPLATE.format(name="Other"))
    assert named(tmp_path) == []
    assert named(tmp_path, recursive=True) == ["Mine"]


@pytest.mark.parametrize("content", [b"class Mine(\n", b"\xff\xfe\x00", b"a = '\x00'"])
def test_a_file_that_is_not_python_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "Mine.py").write_bytes(content)
    [(file, _)] = strategy_files([tmp_path]).broken
    assert file == tmp_path / "Mine.py"


def test_our_base_and_our_decorator_are_explicit(tmp_path: Path) -> None:
    write(tmp_path, "Plain.py", TEMPLATE.format(name="Plain"))
    write(
        tmp_path,
        "Marked.py",
        "from plimsoll.strategies import guarded\n"
        + TEMPLATE.format(name="Marked").replace("class", "@guarded\nclass"),
    )
    write(tmp_path, "Heir.py", "from Marked import Marked\n\n\nclass Heir(Marked):\n    pass\n")
    write(
        tmp_path,
        "Other.py",
        "from elsewhere import guarded\n"
        + TEMPLATE.format(name="Other").replace("class", "@guarded\nclass"),
    )
    told = {one.name: one.explicit for one in strategy_files([tmp_path]).strategies}
    assert told == {"Plain": False, "Marked": True, "Heir": True, "Other": False}
    assert all(one.explicit for one in strategy_files([SHIPPED]).strategies)


def test_a_getattribute_is_seen_in_a_base_as_well(tmp_path: Path) -> None:
    method = "\n    def __getattribute__(self, name):\n        return None\n"
    write(tmp_path, "Base.py", TEMPLATE.format(name="Base") + method)
    write(tmp_path, "Mine.py", "from Base import Base\n\n\nclass Mine(Base):\n    pass\n")
    write(tmp_path, "Plain.py", TEMPLATE.format(name="Plain"))
    assert the(tmp_path).reads_itself
    assert not the(tmp_path, "Plain").reads_itself


def test_of_two_with_one_name_the_first_folder_counts(tmp_path: Path) -> None:
    for folder in ("first", "second"):
        write(tmp_path, f"{folder}/Mine.py", TEMPLATE.format(name="Mine"))
    [one] = strategy_files([tmp_path / "first", tmp_path / "second"]).strategies
    assert one.file == tmp_path / "first/Mine.py"


def test_classes_that_name_each_other_as_bases_end_the_search(tmp_path: Path) -> None:
    write(tmp_path, "Mine.py", "class A(B): pass\n\n\nclass B(A): pass\n")
    assert named(tmp_path) == []
