"""A cgroup of one's own, of version 2 or 1, where this machine lets one be made."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
MEMORY_BYTES = 2 << 30
PROCESSORS = 2
PERIOD_US = 100_000


@dataclass(frozen=True)
class Limits:
    """Which limits hold, in words, and the folders that a process is put into."""

    says: str
    folders: tuple[Path, ...]

    def hold(self, pid: int) -> None:
        """Put a process, and what it starts from now on, under the limits."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(pid), encoding="ascii")

    def peak_mb(self) -> float | None:
        """Return the most memory that was in use under the limit, caches of files included."""
        for name in ("memory.peak", "memory.max_usage_in_bytes"):
            for folder in self.folders:
                if (folder / name).is_file():
                    return int((folder / name).read_text(encoding="ascii")) / 1e6
        return None


@contextmanager
def limited(root: Path = ROOT) -> Iterator[Limits]:
    """Yield limits of 2 GiB and two processors, or none with the reason; removed afterwards."""
    name = f"plimsoll-soak-{os.getpid()}"
    made: list[Path] = []
    try:
        yield _made(root, name, made)
    finally:
        for folder in reversed(made):
            with suppress(OSError):  # a process of it still ends: the kernel keeps it
                folder.rmdir()


def _made(root: Path, name: str, made: list[Path]) -> Limits:
    try:
        controllers = root / "cgroup.controllers"
        if controllers.is_file():
            if not {"memory", "cpu"} <= set(controllers.read_text(encoding="ascii").split()):
                return Limits("none: this machine's cgroups have no memory and cpu", ())
            made.append(
                _folder(
                    root / name,
                    {
                        "memory.max": MEMORY_BYTES,
                        "cpu.max": f"{PROCESSORS * PERIOD_US} {PERIOD_US}",
                    },
                )
            )
            return Limits("cgroup 2: 2 GiB, two processors", tuple(made))
        made.append(_folder(root / "memory" / name, {"memory.limit_in_bytes": MEMORY_BYTES}))
    except OSError as error:
        return Limits(f"none: no cgroup can be made here ({error.strerror})", ())
    return Limits("cgroup 1: 2 GiB; processors are measured", tuple(made))


def _folder(folder: Path, values: dict[str, object]) -> Path:
    folder.mkdir()
    for file, value in values.items():
        (folder / file).write_text(str(value), encoding="ascii")
    return folder
