"""Same input, same bits: nothing hangs on the order of a set, which changes from one process to the next (torture 14)."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "laep").rglob("*.py"))
ORDER_FREE = {"any", "all", "sorted", "set", "frozenset", "min", "max", "sum", "len"}
STEPS = ("generators", "homes", "stock", "demand", "links", "chain", "sites", "blocks", "pathways")
"""Steps that join, match and list things, and take little time."""
AGAIN = """
import sys
from laep import answers, pipeline, plan, steps
from laep.assumptions import Assumptions
from laep.schema import conform
from laep.store import fingerprint

found = plan.open_folder(sys.argv[1])
for step in steps.STEPS:
    if step.name in sys.argv[2:]:
        inputs = pipeline.Inputs(
            area=found.area, store=found.store, assumptions=Assumptions(found.area.overrides),
            answers=answers.read(found.area.answers), reads=step.layers, steps=steps.STEPS,
        )
        for layer, frame in step.run(inputs).items():
            print(layer, fingerprint(conform(frame, layer)))
"""


def is_set(node):
    called = isinstance(node, ast.Call) and ast.unparse(node.func) in ("set", "frozenset")
    return called or isinstance(node, ast.Set | ast.SetComp)


def walked(node):
    """What an expression or loop goes through one by one, where what it makes keeps the order."""
    if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.DictComp):
        return [each.iter for each in node.generators]
    if isinstance(node, ast.For):
        return [node.iter]
    keeps = isinstance(node, ast.Call) and ast.unparse(node.func).endswith((".join", "list", "tuple"))
    return node.args if keeps else []


def loose(path):
    """Where a module makes something in the order of a set."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        free = isinstance(above.get(node), ast.Call) and ast.unparse(above[node].func) in ORDER_FREE
        if not free and any(map(is_set, walked(node))):
            yield f"{path.relative_to(ROOT)}:{node.lineno}"


def test_no_order_is_that_of_a_set():
    assert [place for path in MODULES for place in loose(path)] == []


@pytest.mark.slow
@pytest.mark.xdist_group("village")
def test_another_process_with_another_hash_seed_makes_the_same_layers(sample_plan):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", AGAIN, str(sample_plan.folder), *STEPS],
        capture_output=True, text=True, encoding="utf-8", check=False, cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    again = dict(line.split() for line in done.stdout.splitlines())
    held = {name: state.fingerprint for name, state in sample_plan.store.layers().items()}
    assert len(again) >= len(STEPS)
    assert {name: mark for name, mark in again.items() if held[name] != mark} == {}
