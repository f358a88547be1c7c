"""Write what ``plimsoll audit`` prints into its page: ``python -m tests.support.audit_page``."""

import json
import os
import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from plimsoll.lab.processes import command
from tests.conftest import ROOT
from tests.support.audit import BLOCK, SCENES, AuditedAccount, audited_account, shown

PAGE = ROOT / "docs" / "audit.md"
AS_JSON = "json"
"""The block that shows the record of `JSON_SCENE`."""
JSON_SCENE = "wrong_size"
RANDOM = re.compile(r"(plimsoll-|x-)[0-9a-f]{22}")
"""What ccxt makes up for each order."""


def audited(account: AuditedAccount, *words: str) -> str:
    """Return what the command prints about an account."""
    done = subprocess.run(
        [command("plimsoll"), "audit", *words, *account.arguments],
        env={**os.environ, **account.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return shown(done.stdout, account)


def outputs() -> dict[str, str]:
    """Return the contents of every block of the page, by its name."""
    said = {}
    for name, (act, _) in SCENES.items():
        with TemporaryDirectory() as folder, audited_account(Path(folder)) as account:
            act(account)
            said[name] = f"$ plimsoll audit\n{audited(account)}"
            if name == JSON_SCENE:
                record = json.loads(RANDOM.sub(r"\1…", audited(account, "--json")))
                said[AS_JSON] = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    return said


def main() -> None:
    """Rewrite the blocks of the page."""
    said = outputs()
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(
        BLOCK.sub(lambda block: block[1] + said[block[2]] + block[4], page), encoding="utf-8"
    )
    print(f"written: {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
