"""What was filed stays as it was, and whoever changes it is noticed."""

from datetime import timedelta
from pathlib import Path

import pytest

from plimsoll.core import PlimsollError
from plimsoll.gates.kinds import Kind
from plimsoll.gates.register import Filed, Register
from tests.support.evidence import NOW


def file(register: Register, content: bytes, **changed: object) -> Filed:
    given = {"strategy": "Mine", "identity": "run-1", "origin": "run-1.json", "at": NOW, **changed}
    return register.file(Kind.WALK_FORWARD, {"run-1.json": content}, **given)  # type: ignore[arg-type]


def test_what_is_filed_is_copied_and_found_again(tmp_path: Path) -> None:
    filed = file(Register(tmp_path), b"one")
    found = Register(tmp_path).newest(Kind.WALK_FORWARD, "Mine")
    assert found == filed
    assert Register(tmp_path).contents(filed) == [b"one"]
    assert Register(tmp_path).newest(Kind.WALK_FORWARD, "Other") is None


def test_the_same_file_again_is_no_new_entry(tmp_path: Path) -> None:
    register = Register(tmp_path)
    assert file(register, b"one") == file(register, b"one", at=NOW + timedelta(days=1))
    assert len(register.entries()) == 1


def test_the_same_run_with_another_content_was_changed(tmp_path: Path) -> None:
    register = Register(tmp_path)
    file(register, b"one")
    file(register, b"two", identity="run-2")
    with pytest.raises(PlimsollError, match=r"was changed since it was filed at 2026-11-01 12:00"):
        file(register, b"better")


def test_a_ledger_may_grow_and_never_shrink(tmp_path: Path) -> None:
    register = Register(tmp_path)
    file(register, b"1\n", identity="")
    file(register, b"1\n2\n", identity="")
    for content in (b"1\n", b"2\n", b"1\n3\n"):
        with pytest.raises(PlimsollError, match="lost or changed lines"):
            file(register, content, identity="")


def test_a_filed_copy_that_was_edited_counts_for_nothing(tmp_path: Path) -> None:
    register = Register(tmp_path)
    filed = file(register, b"one")
    copy = register.folder / filed.copies[0].file
    copy.write_bytes(b"better")
    with pytest.raises(PlimsollError, match="changed by hand since it was filed"):
        register.contents(filed)
    copy.unlink()
    with pytest.raises(PlimsollError, match="cannot be read"):
        register.contents(filed)
    file(register, b"one")  # the true file is there again
    assert register.contents(filed) == [b"one"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda lines: lines[1:],
        lambda lines: [lines[0], lines[2]],
        lambda lines: [lines[0], lines[1].replace(b"Mine", b"Best"), lines[2]],
        lambda lines: [*lines, b"{}\n"],
        lambda lines: [lines[1], lines[0], lines[2]],
    ],
    ids=["first gone", "one gone", "edited", "one added", "turned round"],
)
def test_a_register_that_was_edited_is_refused_whole(tmp_path: Path, damage: object) -> None:
    register = Register(tmp_path)
    for number in range(3):
        file(register, b"%d" % number, identity=f"run-{number}")
    list_file = register.folder / "register.jsonl"
    lines = list_file.read_bytes().splitlines(keepends=True)
    list_file.write_bytes(b"".join(damage(lines)))  # type: ignore[operator]
    with pytest.raises(PlimsollError, match="found a fault in line"):
        register.entries()
    with pytest.raises(PlimsollError):
        file(register, b"more", identity="more")


def test_verdicts_are_entered_beside_the_files(tmp_path: Path) -> None:
    register = Register(tmp_path)
    file(register, b"one")
    register.enter_verdict(NOW, gate="sandbox", verdict="go")
    assert [entry["kind"] for entry in register.entries()] == ["file", "verdict"]
    assert len(register.filed()) == 1
