"""No program text spells a key of the store: keys come from `storage/layout.yml`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from customs_storage.layout import Layout

FOLDERS = tuple({Layout.load().prefix(name) for name in Layout.load().names})


def spelled_keys(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of every string that begins like a key, but for docstrings."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and text.startswith(FOLDERS) and id(node) not in docstrings:
            yield node.lineno, text


def test_nobody_spells_a_key(root: Path) -> None:
    folders = [root / name for name in ("plugins", "dags", "storage/customs_storage")]
    files = [path for folder in folders for path in folder.rglob("*.py")]
    assert len(files) > 10, "the folders have moved: correct this test"

    spelled = [
        f"{path.relative_to(root)}:{line}: {text!r}: use customs_storage.layout"
        for path in files
        for line, text in spelled_keys(path.read_text("utf-8"))
    ]
    assert spelled == []


@pytest.mark.parametrize(
    "source",
    ['key = "landing/f"', 'key = f"accepted/{feed}/x"', 'store.get("published/latest.json")', '"outcomes/" + run_id'],
)
def test_a_spelled_key_is_found(source: str) -> None:
    assert list(spelled_keys(source))


def test_a_docstring_may_name_a_key() -> None:
    assert not list(spelled_keys('"""published/latest.json: the pointer."""\ndef f():\n    "landing/ too"'))
