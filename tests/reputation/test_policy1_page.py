"""What docs/policy-1.md says is so: its table of weights, its numbers and its program."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

from chain_client.reputation.policy1 import WEIGHTS

PAGE = (Path(__file__).parents[2] / "docs" / "policy-1.md").read_text()


def test_the_program_prints_what_the_page_says():
    code = re.search(r"```python\n(.*?)```", PAGE, re.S)[1]
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(code, "docs/policy-1.md", "exec"), {})
    wanted = re.findall(r"^# (.*)$", code, re.M)
    assert printed.getvalue().splitlines() == wanted


def test_the_weights_are_those_that_count():
    ages, weights = (
        [int(cell) for cell in re.search(rf"^\| {name} \|(.*)\|$", PAGE, re.M)[1].split("|")]
        for name in ("k", re.escape("W[k]"))
    )
    assert [WEIGHTS[age] for age in ages] == weights
