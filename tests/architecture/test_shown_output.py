"""What the README shows of a command is what that command says."""

import re

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
SAID = re.compile(r'\.say\(\s*"([\w -]+)"')
STEP = re.compile(r"^(?:ok|FAIL) {2,3}(\S+(?: \S+)*?) {2,}", re.MULTILINE)


def block(text: str, begin: str) -> str:
    """Return the block of a page that a line stands in, from that line on."""
    return text[text.index(begin) :].partition("\n```")[0]


def test_the_drill_shown_has_the_steps_of_a_drill() -> None:
    files = (ROOT / "src/plimsoll/lab").glob("drill*.py")
    code = "".join(file.read_text(encoding="utf-8") for file in files)
    shown = STEP.findall(block(README, "$ plimsoll drill EmaCross\n"))
    assert {"held", "flat", "denied", "told", "resume"} <= set(shown)
    assert set(shown) <= set(SAID.findall(code))


def test_the_demo_shown_is_that_of_its_page() -> None:
    page = block((ROOT / "docs/demo.md").read_text(encoding="utf-8"), "$ plimsoll demo\n")
    steps = [line.replace("…/out", "out") for line in page.splitlines() if STEP.match(line)]
    shown = README[README.index("## The demo") :]
    assert [line for line in shown.splitlines() if STEP.match(line)] == steps
