"""Where the shipped files are found, from copies of the package in other places."""

import subprocess
import sys
from pathlib import Path

import pytest

from plimsoll.bundle import bundle_root, plugin_folder, user_data_folder
from plimsoll.lab.processes import child_environment
from tests.conftest import ROOT

CODE = (
    "from plimsoll.bundle import bundle_root\n"
    "from plimsoll.core.errors import PlimsollError\n"
    "try:\n    print(bundle_root())\n"
    "except PlimsollError as error:\n    print('refused:', error)\n"
)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A folder with the modules that find the bundle, as an installation has them."""
    for name in ("__init__.py", "bundle.py", "core"):
        file = tmp_path / "user_data" / "lib" / "plimsoll" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.symlink_to(ROOT / "src" / "plimsoll" / name)
    # A link would be resolved to the checkout: this one must be a file.
    bundle = tmp_path / "user_data/lib/plimsoll/bundle.py"
    bundle.unlink()
    bundle.write_bytes((ROOT / "src/plimsoll/bundle.py").read_bytes())
    return tmp_path / "user_data" / "lib"


def found_by(target: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env=child_environment({"PYTHONPATH": str(target)}),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_a_checkout_is_its_own_bundle() -> None:
    assert bundle_root() == ROOT


@pytest.mark.parametrize("kind", ["strategies", "config", "freqaimodels", "hyperopts"])
def test_every_shipped_user_folder_exists(kind: str) -> None:
    assert user_data_folder(kind).is_dir()


@pytest.mark.parametrize("kind", ["protections", "pairlists"])
def test_every_shipped_plugin_folder_exists(kind: str) -> None:
    assert plugin_folder(kind).is_dir()


def test_an_installed_package_finds_its_own_copy(target: Path) -> None:
    bundle = target / "plimsoll" / "_bundle"
    (bundle / "plugins" / "protections").mkdir(parents=True)
    assert found_by(target) == str(bundle)


def test_the_users_own_plugins_above_an_installation_are_not_taken_for_the_bundle(
    target: Path,
) -> None:
    bundle = target / "plimsoll" / "_bundle"
    (bundle / "plugins" / "protections").mkdir(parents=True)
    (target.parent / "plugins" / "protections").mkdir(parents=True)
    assert found_by(target) == str(bundle)


def test_a_broken_installation_says_where_it_looked_and_what_to_do(target: Path) -> None:
    said = found_by(target)
    assert said.startswith("refused: expected plugins/protections under")
    assert str(target / "plimsoll" / "_bundle") in said
    assert said.endswith("install freqtrade-plimsoll again")
