"""A strategy is more than its file."""

from pathlib import Path

from plimsoll.lab.drilling.strategy_files import files_of


def test_imports_and_parameters_are_part_of_it_and_strangers_are_not(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "shared").mkdir()
    written = {
        "own/mine.py": "import pandas\nfrom shared import lines\nfrom .near import *\n",
        "own/mine.json": "{}",
        "own/near.py": "import mine\n",
        "shared/__init__.py": "",
        "shared/lines.py": "this is no Python",
        "own/other.py": "",
    }
    for name, text in written.items():
        (tmp_path / name).write_text(text)
    files = files_of(tmp_path / "own/mine.py", tmp_path)
    names = [str(file.relative_to(tmp_path)) for file in files]
    assert names[0] == "own/mine.py"
    assert sorted(names) == sorted(set(written) - {"own/other.py"})
