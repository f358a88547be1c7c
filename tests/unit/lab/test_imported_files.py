"""What the files of a strategy import from elsewhere."""

import importlib
import sys

import pytest

from plimsoll.lab.imported_files import imported_files


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    folder = tmp_path / "elsewhere"
    monkeypatch.syspath_prepend(str(folder))
    texts = {
        "imported_pack/__init__.py": "",
        "imported_pack/first.py": "import imported_single\n",
        "imported_pack/other.py": "",
        "imported_single.py": "import json, imported_mine\nfrom plimsoll.core import Side\n",
        "imported_never.py": "",
    }
    for name, text in texts.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    mine = tmp_path / "mine"
    mine.mkdir()
    monkeypatch.syspath_prepend(str(mine))
    (mine / "imported_mine.py").write_text(
        "import pandas\nfrom imported_pack import first\nif False:\n    import imported_never\n",
        encoding="utf-8",
    )
    yield folder, mine / "imported_mine.py"
    for name in [name for name in sys.modules if name.startswith("imported_")]:
        del sys.modules[name]


def test_what_was_loaded_from_elsewhere_is_named_and_what_that_imports(elsewhere) -> None:
    folder, mine = elsewhere
    importlib.import_module("imported_mine")
    assert imported_files([mine]) == {
        "imported_pack": folder / "imported_pack/__init__.py",
        "imported_pack.first": folder / "imported_pack/first.py",
        "imported_single": folder / "imported_single.py",
    }


def test_a_file_that_is_not_python_imports_nothing(tmp_path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("import json, (", encoding="utf-8")
    assert imported_files([broken, tmp_path / "gone.py"]) == {}
