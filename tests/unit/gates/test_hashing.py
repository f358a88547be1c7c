"""A record carries the hash of all that it says."""

from pathlib import Path

from plimsoll.gates.hashing import bytes_hash, digest, file_hash, seal_fault, with_seal


def test_the_order_of_keys_is_nothing() -> None:
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1})
    assert digest({"a": 1}) != digest({"a": 1.5})


def test_a_sealed_record_is_whole_until_one_value_changes() -> None:
    record = with_seal({"value": 0.1})
    assert seal_fault(record) is None
    assert "changed by hand" in str(seal_fault({**record, "value": 0.2}))
    assert "changed by hand" in str(seal_fault({**record, "more": True}))
    assert with_seal(record) == record


def test_a_record_without_a_seal_is_not_whole() -> None:
    assert seal_fault({"value": 1}) == "it has no seal"
    assert seal_fault({"sha256": 7}) == "it has no seal"


def test_a_file_has_the_hash_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    assert file_hash(tmp_path / "file") == bytes_hash(b"content")
