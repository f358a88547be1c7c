"""Everything that a bot imports is there before it is forked."""

import subprocess
import sys

CHECK = """
import sys
from plimsoll.lab.drilling.preload import NAMES
missing = [name for name in NAMES if name not in sys.modules]
print(missing, "plimsoll.bridge.guarding.supervisor" in sys.modules)
"""


def test_every_name_is_a_module_that_was_imported() -> None:
    """In a process of its own: this one would be the freqtrade command from then on."""
    done = subprocess.run([sys.executable, "-c", CHECK], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "[] True"), done.stderr
