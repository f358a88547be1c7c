"""A cgroup of one's own, of version 2 or 1, where this machine lets one be made."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")
MEMORY_BYTES = 2 << 30
PROCESSORS = 2
PERIOD_US = 100_000


@dataclass(frozen=True)
class Limits:
    """Which limits hold, in words, and the folders that a process is put into."""

    says: str
    folders: tuple[Path, ...]
    home: Path | None = None
    """Where this process was before, and goes back to."""

    @contextmanager
    def held(self) -> Iterator[None]:
        """Put this process under the limits for a while: what it starts then stays there.

        A process that is moved later leaves the memory behind that it took before.
        """
        for folder in self.folders:
            _move(folder)
        try:
            yield
        finally:
            if self.home is not None:
                _move(self.home)

    def peak_mb(self) -> float | None:
        """Return the most memory that was in use under the limit, caches of files included."""
        for name in ("memory.peak", "memory.max_usage_in_bytes"):
            for folder in self.folders:
                if (folder / name).is_file():
                    return int((folder / name).read_text(encoding="ascii")) / 1e6
        return None


@contextmanager
def limited(root: Path = ROOT, membership: Path = MEMBERSHIP) -> Iterator[Limits]:
    """Yield limits of 2 GiB and two processors, or none with the reason; removed afterwards."""
    name = f"plimsoll-soak-{os.getpid()}"
    made: list[Path] = []
    try:
        yield _made(root, name, made, membership)
    finally:
        for folder in reversed(made):
            with suppress(OSError):  # a process of it still ends: the kernel keeps it
                folder.rmdir()


def _made(root: Path, name: str, made: list[Path], membership: Path) -> Limits:
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
            return Limits("cgroup 2: 2 GiB, two processors", tuple(made), _home(root, membership))
        memory = root / "memory"
        made.append(_folder(memory / name, {"memory.limit_in_bytes": MEMORY_BYTES}))
        home = _home(memory, membership, "memory")
    except OSError as error:
        return Limits(f"none: no cgroup can be made here ({error.strerror})", ())
    return Limits("cgroup 1: 2 GiB; processors are measured", tuple(made), home)


def _home(root: Path, membership: Path, controller: str = "") -> Path:
    """Return this process's folder; version 2 has lines ``0::/path``, 1 ``4:memory:/path``."""
    for line in membership.read_text(encoding="ascii").splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return root / path.lstrip("/")
    return root


def _move(folder: Path) -> None:
    (folder / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")


def _folder(folder: Path, values: dict[str, object]) -> Path:
    folder.mkdir()
    for file, value in values.items():
        (folder / file).write_text(str(value), encoding="ascii")
    return folder
