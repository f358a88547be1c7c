"""buildah as ``make image`` uses it: by chroot, with storage of its own below ``out``."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

MAKERS = ("mmdebstrap", "debootstrap")
"""What makes the base; the first is several times faster, and either will do."""
SUITE = "bookworm"
BASE = f"localhost/plimsoll-base:{SUITE}"
PACKAGES = ("ca-certificates", "python-is-python3", "python3", "python3-pip")
TRUSTED = ("/etc/ssl/certs", "/usr/local/share/ca-certificates")
"""What this machine trusts, the build trusts; nothing of it stays in the image."""
# What an image of a language carries no more than its interpreter: lists, caches, manuals.
SUPERFLUOUS = (
    "var/cache/apt",
    "var/lib/apt/lists",
    "var/log/*.log",
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
    "usr/lib/python3*/EXTERNALLY-MANAGED",
)


class ImageError(Exception):
    """A step of the image failed; the message is its last words."""


def unready() -> str | None:
    """Return why no image can be built here; ``None`` when it can."""
    if shutil.which("buildah") is None:
        return "needs buildah: apt-get install buildah"
    if not any(shutil.which(name) for name in MAKERS):
        return "needs mmdebstrap or debootstrap: apt-get install mmdebstrap"
    if os.geteuid() != 0:
        return "needs root, for debootstrap and chroot"
    return None


@dataclass(frozen=True)
class Engine:
    """buildah with its images, layers and working containers in one folder."""

    folder: Path

    def buildah(self, *words: str, seconds: float = 600.0, quiet: bool = True) -> str:
        """Run buildah and return what it printed; with ``quiet=False`` its output is shown.

        Raises
        ------
        ImageError
            When it fails or takes longer; the message is the end of what it said.
        """
        where = ["--root", str(self.folder / "storage"), "--runroot", str(self.folder / "run")]
        return _said(["buildah", *where, *words], seconds=seconds, quiet=quiet)

    def has(self, name: str) -> bool:
        """Return whether an image is there."""
        return bool(self.buildah("images", "--quiet", "--filter", f"reference={name}").strip())

    def make_base(self, *, mirror: str = "") -> None:
        """Make the base image: a small Debian with Python and pip, from Debian's mirror."""
        with tempfile.TemporaryDirectory(prefix="base-", dir=self.folder) as name:
            root = Path(name) / "root"
            maker = next(name for name in MAKERS if shutil.which(name))
            wanted = ["--variant=minbase", f"--include={','.join(PACKAGES)}"]
            _said([maker, *wanted, SUITE, str(root), *([mirror] if mirror else [])], seconds=1800)
            for pattern in SUPERFLUOUS:
                for path in root.glob(pattern):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            made = self.buildah("from", "scratch").strip()
            self.buildah("add", "--quiet", made, str(root), "/", seconds=1800)
            self.buildah(
                *("commit", "--quiet", "--rm", "--format", "docker", made, BASE), seconds=3600
            )

    def build(self, tag: str, *, base: str) -> None:
        """Build docker/Dockerfile over a base image, with this machine's network."""
        trusted = [f"--volume={path}:{path}:ro" for path in TRUSTED if Path(path).is_dir()]
        self.buildah(
            *("bud", "--isolation", "chroot", "--format", "docker", "--layers", *trusted),
            *("--build-arg", f"PYTHON_IMAGE={base}", "--file", str(ROOT / "docker/Dockerfile")),
            *("--ignorefile", str(ROOT / ".dockerignore"), "--tag", tag, str(ROOT)),
            seconds=3600,
            quiet=False,
        )

    def size_bytes(self, tag: str) -> int:
        """Return what the files of an image take, its base included."""
        container = self.buildah("from", tag).strip()
        try:
            place = self.buildah("mount", container).strip()
            words = _said(["du", "--summarize", "--block-size=1", "--one-file-system", place])
            self.buildah("umount", container)
            return int(words.split()[0])
        finally:
            self.buildah("rm", container)

    def config(self, tag: str) -> dict[str, object]:
        """Return what an image says of itself: user, entry point, health check, stop signal."""
        told = json.loads(self.buildah("inspect", "--type", "image", tag))
        return dict(told["Docker"]["config"])

    @contextmanager
    def container(self, tag: str) -> Iterator["Container"]:
        """Yield a working container of an image; it is removed afterwards."""
        name = self.buildah("from", tag).strip()
        try:
            yield Container(self, name)
        finally:
            self.buildah("rm", name)


@dataclass(frozen=True)
class Container:
    """A working container: the image's files, its user, this machine's network."""

    engine: Engine
    name: str

    def words(self, *command: str) -> list[str]:
        """Return the command line that runs a command inside, as the image's own user."""
        where = ["--root", str(self.engine.folder / "storage")]
        where += ["--runroot", str(self.engine.folder / "run")]
        return ["buildah", *where, "run", "--isolation", "chroot", self.name, "--", *command]

    def run(self, *command: str, seconds: float = 300.0) -> str:
        """Run a command inside to its end; raises `ImageError` when it fails."""
        return _said(self.words(*command), seconds=seconds)

    def status(self, *command: str, seconds: float = 120.0) -> int:
        """Run a command inside and return its exit status."""
        return subprocess.run(self.words(*command), capture_output=True, timeout=seconds).returncode


def _said(line: Sequence[str], *, seconds: float = 600.0, quiet: bool = True) -> str:
    try:
        done = subprocess.run(
            list(line),
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.PIPE if quiet else None,
            text=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise ImageError(f"{line[0]} {line[1]} took more than {seconds:.0f} s") from error
    if done.returncode:
        said = f"{done.stdout or ''}{done.stderr or ''}".strip().splitlines()[-12:]
        end = "\n".join(said) or "see above"
        raise ImageError(f"{' '.join(line[:8])} … ended with {done.returncode}:\n{end}")
    return done.stdout or ""
