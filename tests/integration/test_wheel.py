"""The wheel: what is in it, and that it works where no checkout is near."""

import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

import plimsoll
from plimsoll.lab.processes import child_environment, command
from tests.conftest import ROOT

PINNED = Path(__file__).with_name("wheel_files.txt")
PACKAGE_SUFFIXES = {".py", ".j2", ".typed"}
STYLE = "plimsoll/reporting/report.css"


@dataclass(frozen=True)
class Installed:
    """A folder that the wheel was installed into, and a folder to work in."""

    target: Path
    work: Path

    def run(self, *words: str) -> str:
        """Run one command of this environment on the installed wheel; it must succeed."""
        done = subprocess.run(
            list(words),
            cwd=self.work,
            env=child_environment({"PYTHONPATH": str(self.target)}),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    [built] = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    target = tmp_path_factory.mktemp("site")
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", str(target), str(wheel)],
        check=True,
        capture_output=True,
    )
    return Installed(target, tmp_path_factory.mktemp("work"))


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        found = archive.namelist()
    assert len(found) == len(set(found)), "a file is in the wheel twice"
    return set(found)


def is_of_package(name: str) -> bool:
    return name.startswith("plimsoll/") and not name.startswith("plimsoll/_bundle/")


def test_beside_the_package_the_wheel_holds_exactly_the_pinned_files(wheel: Path) -> None:
    lines = PINNED.read_text(encoding="utf-8").splitlines()
    pinned = {line for line in lines if line and not line.startswith("#")}
    found = {
        name.replace(f"-{plimsoll.__version__}.", "-VERSION.")
        for name in names(wheel)
        if not is_of_package(name)
    }
    assert found == pinned


def test_the_package_in_the_wheel_is_the_package_in_the_tree(wheel: Path) -> None:
    listed = subprocess.run(
        # With the new files that are not committed yet, without what git ignores.
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "src/plimsoll"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [Path(name) for name in listed.stdout.split("\0") if name]
    tree = {file.relative_to("src").as_posix() for file in files if (ROOT / file).is_file()}
    assert {name for name in names(wheel) if is_of_package(name)} == tree


def test_the_package_holds_only_modules_templates_and_the_style_of_reports(wheel: Path) -> None:
    others = [
        name
        for name in names(wheel)
        if is_of_package(name) and Path(name).suffix not in PACKAGE_SUFFIXES
    ]
    assert others == [STYLE]


def test_the_wheel_fits_every_supported_python(wheel: Path) -> None:
    assert wheel.name == f"freqtrade_plimsoll-{plimsoll.__version__}-py3-none-any.whl"


def test_the_installed_package_uses_its_own_bundle(installed: Installed) -> None:
    code = "import plimsoll.bundle as b; print(b.__file__, b.bundle_root())"
    package = installed.target / "plimsoll"
    said = installed.run(sys.executable, "-c", code)
    assert said == f"{package / 'bundle.py'} {package / '_bundle'}\n"


def test_the_same_code_has_the_same_fingerprint_in_a_checkout_and_in_a_wheel(
    installed: Installed,
) -> None:
    code = "from plimsoll.bridge.config.fingerprint import code_fingerprint as f; print(f())"
    checkout = Installed(ROOT / "src", installed.work)
    assert installed.run(sys.executable, "-c", code) == checkout.run(sys.executable, "-c", code)


@pytest.mark.freqtrade
def test_init_from_the_wheel_feeds_the_plain_freqtrade_command(installed: Installed) -> None:
    said = installed.run(str(installed.target / "bin" / "plimsoll"), "init")
    assert "new  user_data/strategies/TrendFollow.py" in said
    base = installed.work / "user_data/config/base.json"
    assert base.read_bytes() == (ROOT / "user_data/config/base.json").read_bytes()
    said = installed.run(command("freqtrade"), "list-strategies", "--no-color", "-c", str(base))
    listed = [line for line in said.splitlines() if "TrendFollow.py" in line]
    assert len(listed) == 1
    assert " OK " in listed[0]
