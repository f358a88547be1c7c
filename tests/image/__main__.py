"""``make image``: build docker/Dockerfile over a Debian of our own, and run it."""

import argparse
import os
import re
import sys
import time
from pathlib import Path

from tests.conftest import ROOT
from tests.image.engine import BASE, Engine, ImageError, unready
from tests.image.inside import TAG, Check, checks, demo

PAGE = ROOT / "docs/docker.md"
BLOCK = re.compile(r"(<!-- written by make image -->\n).*?(<!-- end of the image -->)", re.DOTALL)
FOLDER = ROOT / "out/image"


def table(found: list[Check], *, size_bytes: int, seconds: float) -> str:
    """Return the page's table of one run."""
    rows = [
        f"| size of its files, base included | {size_bytes / 1e6:.0f} MB |",
        f"| built, with the base at hand | {seconds:.0f} s |",
    ]
    rows += [f"| {one.says} | {one.found} |" for one in found]
    return "\n".join(["| What | Found |", "|---|---|", *rows]) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when the image was built and every check of it holds, else 1; 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="make image", description=__doc__)
    parser.add_argument("--base", default="", help="a base image at hand, in place of our own")
    parser.add_argument("--mirror", default="", help="Debian's mirror")
    parser.add_argument("--archive", type=Path, help="a file for `docker load`")
    parser.add_argument("--skip-demo", action="store_true", help="only the quick checks")
    given = parser.parse_args(arguments)
    if (reason := unready()) is not None:
        sys.stderr.write(f"make image {reason}\n")
        return 2
    try:
        return _made(given)
    except ImageError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _made(given: argparse.Namespace) -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    engine, base = Engine(FOLDER), given.base or BASE
    if base == BASE and not engine.has(BASE):
        print(f"making {BASE} from Debian's mirror: minutes, once", flush=True)
        engine.make_base(mirror=given.mirror)
    began = time.monotonic()
    engine.build(TAG, base=base)
    seconds = time.monotonic() - began
    with engine.container(TAG) as inside:
        found = checks(engine, inside)
        if not given.skip_demo and all(one.well for one in found):
            found.append(demo(inside))
    for one in found:
        print(f"{'ok   ' if one.well else 'FAULT'} {one.says}: {one.found}", flush=True)
    if not all(one.well for one in found):
        return 1
    if given.archive is not None:
        name = TAG.removeprefix("localhost/")
        engine.buildah("push", TAG, f"docker-archive:{os.fspath(given.archive)}:{name}")
    text = table(found, size_bytes=engine.size_bytes(TAG), seconds=seconds)
    print(text)
    if not given.skip_demo:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(BLOCK.sub(lambda m: m[1] + text + m[2], page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
