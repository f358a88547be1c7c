from pathlib import Path

from plimsoll.journal.files import lines, lines_backwards


def test_lines_backwards_are_the_lines_reversed_across_chunks(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    for sizes in ([], [0], [1], [65535], [65536], [65537], [200_000], [10, 70_000, 0, 65_530, 5]):
        content = b"".join(bytes([97 + n]) * size + b"\n" for n, size in enumerate(sizes))
        for torn in (b"", b"torn", b"t" * 70_000):
            file.write_bytes(content + torn)
            assert list(lines_backwards(file)) == list(lines(file))[::-1]
            assert len(list(lines(file))) == len(sizes)
