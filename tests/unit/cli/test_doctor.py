import json
from pathlib import Path

from tests.conftest import ROOT
from tests.unit.cli.commands import Run


def test_doctor_ends_with_one_when_the_worst_is_a_warning(run: Run, tmp_path: Path) -> None:
    ran = run("doctor", "--userdir", str(tmp_path))
    assert ran.status == 1
    assert "warning config" in ran.out
    assert "-> name it with -c FILE" in ran.out
    assert "fault" not in ran.out


def test_doctor_ends_with_two_when_there_is_a_fault(run: Run, tmp_path: Path) -> None:
    ran = run("doctor", "--userdir", str(tmp_path), "-c", str(tmp_path / "none.json"))
    assert ran.status == 2
    assert "fault   config" in ran.out
    assert "Traceback" not in ran.out + ran.err


def test_doctor_as_json(run: Run, tmp_path: Path) -> None:
    ran = run("doctor", "--userdir", str(tmp_path), "--json")
    told = json.loads(ran.out)
    assert (ran.status, told["worst"]) == (1, "warning")
    assert {"level", "subject", "found", "remedy"} == set(told["findings"][0])


def test_the_page_shows_every_plugin_and_strategy_that_doctor_finds() -> None:
    text = (ROOT / "docs/profiles.md").read_text(encoding="utf-8")
    shown = text[text.index("$ plimsoll doctor") :].split("```")[0]
    for folder in ("plugins/protections", "plugins/pairlists", "user_data/strategies"):
        [line] = [line for line in shown.splitlines() if f" {folder.split('/')[1]} " in line]
        names = line.split(maxsplit=2)[2].split(" from ")[0].split(", ")
        there = {file.stem for file in (ROOT / folder).glob("[!_]*.py")}
        assert set(names) == there
