"""The tools of ``make image``; the image itself takes minutes, and root."""

import os
import shutil
from pathlib import Path

import pytest

from tests.image.__main__ import BLOCK, PAGE, main, table
from tests.image.engine import MAKERS, Engine, ImageError, unready
from tests.image.inside import Check


def test_without_its_programs_it_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main([]) == 2
    assert "needs buildah: apt-get install buildah" in capsys.readouterr().err
    program = tmp_path / "buildah"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert "mmdebstrap or debootstrap" in str(unready())


@pytest.mark.skipif(
    shutil.which("buildah") is None or not any(map(shutil.which, MAKERS)) or os.geteuid() != 0,
    reason="needs buildah, mmdebstrap and root: apt-get install buildah mmdebstrap",
)
def test_what_buildah_refuses_is_told_in_its_own_words(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    assert not engine.has("localhost/nothing:1")
    with pytest.raises(ImageError, match="ended with 125"):
        engine.buildah("inspect", "--type", "image", "localhost/nothing:1")


def test_the_table_has_size_time_and_every_check() -> None:
    text = table([Check("runs", "uid=10001", well=True)], size_bytes=1_234_000_000, seconds=61.2)
    assert "| 1234 MB |" in text
    assert "| 61 s |" in text
    assert "| runs | uid=10001 |" in text


def test_the_page_has_a_block_for_the_figures() -> None:
    assert BLOCK.search(PAGE.read_text(encoding="utf-8")) is not None
