"""``make kill-sweep``: kill a bot at drawn moments and rewrite docs/kill-sweep.md.

``KILLS=120 SEED=1`` are how many and from which seed, ``ONLY=37`` repeats one round of it.
A sweep that was broken off goes on where it was, unless the code has changed meanwhile.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.lab.processes import end
from tests.conftest import ROOT
from tests.kill_sweep.account import PAIRS, START, SweptAccount
from tests.kill_sweep.exchange import trapped_exchange
from tests.kill_sweep.page import write_page
from tests.kill_sweep.plan import draw
from tests.kill_sweep.rounds import Finding, play

MARKET_SEED = 7


def sweep(numbers: Sequence[int], seed: int, out: Path) -> list[Finding]:
    """Play rounds one after another on one exchange; each finding goes to a file of its own."""
    folder, played = Path(mkdtemp(prefix="kill-sweep-")), []
    try:
        with trapped_exchange(folder, seed=MARKET_SEED, start=START, pairs=PAIRS) as exchange:
            account = SweptAccount(folder, exchange)
            try:
                for number in numbers:
                    finding = play(account, draw(seed, number))
                    played.append(finding)
                    _keep(out, finding, account.log)
            finally:
                account.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return played


def _keep(out: Path, finding: Finding, log: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    if not finding.is_sound:
        shutil.copy(log, out / f"{finding.round:04}.log")
    part = out / f".{finding.round:04}"
    part.write_text(json.dumps(finding.record(), indent=1), encoding="utf-8")
    part.replace(out / f"{finding.round:04}.json")


def findings(out: Path) -> list[dict[str, Any]]:
    """Return what was found so far, by number."""
    return [json.loads(file.read_bytes()) for file in sorted(out.glob("*.json"))]


def main(words: Sequence[str] | None = None) -> int:
    """Return 0 when every round was sound."""
    asked = _asked(words)
    out = ROOT / "out" / "kill-sweep" / f"seed-{asked.seed}-{code_fingerprint()[:12]}"
    if asked.part is not None:
        of, parts = (int(number) for number in asked.part.split("/"))
        todo = [number for number in _missing(out, asked.kills) if number % parts == of]
        sweep(todo, asked.seed, out)
        return 0
    if asked.only:
        [finding] = sweep([asked.only], asked.seed, out)
        print(json.dumps(finding.record(), indent=1))
        return 0 if finding.is_sound else 1
    began = time.monotonic()
    _play_in_parts(asked, out)
    kept = [one for one in findings(out) if one["round"] <= asked.kills]
    evidence = ROOT / "out" / "kill-sweep.json"
    about = {"seed": asked.seed, "kills": asked.kills, "code_fingerprint": code_fingerprint()}
    evidence.write_text(json.dumps({**about, "rounds": kept}, indent=1), encoding="utf-8")
    print(f"{len(kept)} kills in {(time.monotonic() - began) / 60:.1f} minutes: {evidence}")
    if len(kept) == asked.kills:
        write_page(json.loads(evidence.read_text()), ROOT / "docs" / "kill-sweep.md")
        print("written: docs/kill-sweep.md")
    return 0 if all(_is_sound(one) for one in kept) and len(kept) == asked.kills else 1


def _asked(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.kill_sweep")
    parser.add_argument("--kills", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, default=0)
    parser.add_argument("--parts", type=int, default=2)
    parser.add_argument("--part")
    return parser.parse_args(words)


def _missing(out: Path, kills: int) -> list[int]:
    return [number for number in range(1, kills + 1) if not (out / f"{number:04}.json").exists()]


def _play_in_parts(asked: argparse.Namespace, out: Path) -> None:
    if not _missing(out, asked.kills):
        return
    own = [sys.executable, "-m", "tests.kill_sweep", f"--kills={asked.kills}"]
    children = [
        subprocess.Popen([*own, f"--seed={asked.seed}", f"--part={part}/{asked.parts}"], cwd=ROOT)
        for part in range(asked.parts)
    ]
    began, before, told = time.monotonic(), asked.kills - len(_missing(out, asked.kills)), -1
    try:
        while any(child.poll() is None for child in children):
            time.sleep(1)
            done = asked.kills - len(_missing(out, asked.kills))
            if done != told and done > before:
                bad = sum(not _is_sound(one) for one in findings(out))
                left = (time.monotonic() - began) / (done - before) * (asked.kills - done)
                print(f"{done}/{asked.kills}, {bad} unsound, {left / 60:.0f} min left", flush=True)
                told = done
    finally:
        for child in children:
            end(child)


def _is_sound(one: dict[str, Any]) -> bool:
    return Finding(**one).is_sound


if __name__ == "__main__":
    sys.exit(main())
