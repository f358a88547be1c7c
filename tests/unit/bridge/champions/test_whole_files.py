from hashlib import sha256
from pathlib import Path

from plimsoll.bridge.champions.whole_files import (
    remove_folder,
    sha256_of,
    sync_files,
    sync_folder,
    write_durably,
)


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    for content in (b"one", b"another"):
        write_durably(file, content)
        assert file.read_bytes() == content
    assert list(tmp_path.iterdir()) == [file]


def test_a_hash_is_that_of_the_whole_file(tmp_path: Path) -> None:
    content = b"x" * 3_000_000
    (tmp_path / "model").write_bytes(content)
    assert sha256_of(tmp_path / "model") == sha256(content).hexdigest()


def test_a_folder_is_removed_with_what_is_read_only(tmp_path: Path) -> None:
    folder = tmp_path / "v0001"
    folder.mkdir()
    (folder / "model").write_text("trees")
    (folder / "model").chmod(0o400)
    sync_files([folder / "model"])
    sync_folder(folder)
    remove_folder(folder)
    remove_folder(folder)
    assert not folder.exists()
