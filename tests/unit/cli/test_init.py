import json
from pathlib import Path

from plimsoll.lab.user_folder import lay_out
from tests.unit.cli.commands import Run, assert_one_line


def test_init_says_what_became_of_each_file(run: Run, tmp_path: Path) -> None:
    ran = run("init", "--userdir", str(tmp_path / "mine"))
    assert ran.status == 0
    assert f"new  {tmp_path}/mine/strategies/TrendFollow.py" in ran.out
    assert ran.err == ""


def test_init_explains_what_it_kept(run: Run, tmp_path: Path) -> None:
    lay_out(tmp_path)
    (tmp_path / "config/base.json").write_text("{}", encoding="utf-8")
    ran = run("init", "--userdir", str(tmp_path))
    assert ran.status == 0
    assert f"kept  {tmp_path}/config/base.json" in ran.out
    assert "--replace-changed" in ran.out


def test_init_as_json(run: Run, tmp_path: Path) -> None:
    ran = run("init", "--userdir", str(tmp_path), "--json")
    told = json.loads(ran.out)
    assert told["userdir"] == str(tmp_path)
    assert {"name": "config/base.json", "outcome": "new"} in told["files"]


def test_init_with_a_corrupted_record_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".plimsoll-init.json").write_text("{", encoding="utf-8")
    ran = run("init", "--userdir", str(tmp_path))
    assert ran.status == 1
    assert_one_line(ran, ".plimsoll-init.json", "remove it")
