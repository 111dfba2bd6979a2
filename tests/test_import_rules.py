"""The architecture as a test: who may import what (docs/explanation/design.md)."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "migrate"
STAGES = {
    "read",
    "helmfile",
    "render",
    "graph",
    "plan",
    "wizard",
    "emit",
    "expand",
    "verify",
    "diff",
    "lint",
    "commit",
    "report",
    "trace",
}
JOINERS = {"pipeline", "rerender", "proof", "cli", "__main__"}
# The one door of each outside thing.
OWNERS = {
    "helm_python": {"doors/helm.py", "doors/helm_worker.py", "doors/registry.py"},
    "gotpl": {
        "doors/template.py",
        "doors/template_budget.py",
        "doors/template_functions.py",
        "doors/template_marks.py",
        "doors/appset_template.py",
    },
    "git": {"doors/git.py"},
    "hcl2": {"doors/hcl.py"},
    "lark": {"doors/hcl.py"},
    "ruamel": {"doors/yaml.py"},
    "_ruamel_yaml": {"doors/yaml.py"},
    "questionary": {"wizard/terminal.py"},
    "prompt_toolkit": {"wizard/terminal.py"},
    "rich": {"console.py"},
    "click": {"cli/"},
    "networkx": {"graph/"},
    "distributed": {"doors/cluster.py"},
    "detect_secrets": {"doors/secret_shapes.py"},
    "orjson": {"doors/fast_json.py"},
}
# Print, exit, clock, randomness, the environment and the working directory stay outside the stages.
FORBIDDEN_MODULES = {"time", "random", "secrets", "subprocess", "tempfile", "shutil", "datetime", "socket"}
FORBIDDEN_CALLS = {"print", "exit", "quit", "input", "open", "breakpoint"}
FORBIDDEN_ATTRIBUTES = {("os", "environ"), ("os", "getenv"), ("os", "chdir"), ("sys", "exit"), ("sys", "stdout")}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imports_of(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno}: imports are absolute"
            found.append(node.module or "")
    return found


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_imports_only_what_its_place_allows(path: Path) -> None:
    name = name_of(path)
    own = name.split("/")[0].removesuffix(".py")
    for module in imports_of(path):
        top, *rest = module.split(".")
        if top != "migrate":
            for owner, places in OWNERS.items():
                if top == owner:
                    assert any(name == p or (p.endswith("/") and name.startswith(p)) for p in places), (
                        f"{name} imports {module}; its door is {sorted(places)}"
                    )
            if own == "model":
                assert top in sys.stdlib_module_names, f"{name}: model imports the standard library alone, not {top}"
            continue
        target = rest[0] if rest else ""
        if own == "model":
            assert target == "model", f"{name}: model imports no {module}"
        elif own == "doors":
            assert target in {"model", "errors", "doors"}, f"{name}: a door imports no {module}"
        elif own in STAGES:
            assert target in {"model", "errors", "doors", own}, f"{name}: a stage imports no {module}"
        else:
            assert own in JOINERS | {"errors", "console", "__init__"}, f"{name} has no place in the design"


@pytest.mark.parametrize(
    "path",
    [p for p in modules() if name_of(p).split("/")[0] in STAGES | {"model", "proof", "pipeline.py"}],
    ids=name_of,
)
def test_a_stage_has_no_clock_no_chance_no_environment_and_no_disk_of_its_own(path: Path) -> None:
    name = name_of(path)
    forbidden = FORBIDDEN_MODULES
    assert not forbidden & {module.split(".")[0] for module in imports_of(path)}, f"{name} imports one of {forbidden}"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in FORBIDDEN_CALLS, f"{name}:{node.lineno}: {node.func.id}()"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            place = (node.value.id, node.attr)
            assert place not in FORBIDDEN_ATTRIBUTES, f"{name}:{node.lineno}: {'.'.join(place)}"


def test_every_module_says_its_place() -> None:
    silent = [name_of(p) for p in modules() if not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))]
    assert silent == []


def test_stages_are_all_there() -> None:
    folders = {p.parent.name for p in PACKAGE.glob("*/__init__.py")}
    assert folders == STAGES | {"model", "doors", "cli", "proof"}
