"""YAML documents read strictly: duplicate keys refused, errors that name file, line and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)
_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class DocumentError(ValueError):
    """One or more things are wrong in a document; each has its file, line and key.

    Attributes:
        problems: one line per problem, `file:line: key: what is wrong`.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def _duplicates(node: yaml.Node, path: str, name: str) -> list[str]:
    problems: list[str] = []
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                problems.append(f"{name}:{line}: {path}{key.value}: is given twice, first in line {seen[key.value]}")
            seen.setdefault(key.value, line)
            problems += _duplicates(value, f"{path}{key.value}.", name)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            problems += _duplicates(value, f"{path}{index}.", name)
    return problems


def _line_of(node: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    """Return the line of the deepest node on the way of `location` that exists; it is 1 in an empty document."""
    line = node.start_mark.line + 1 if node is not None else 1
    for step in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(step)), None)
            if found is None:
                # A union names its branch in the location; the branch is no key of the document.
                continue
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line


def read_yaml(path: Path, model: type[Model]) -> Model:
    """Read one YAML document into a strict model.

    Args:
        path: the file, UTF-8.
        model: a pydantic model that forbids unknown keys.

    Raises:
        DocumentError: if the file is no YAML, has a key twice, or does not fit the model; all problems at once.
    """
    name = "/".join(path.parts[-3:])
    text = path.read_text(encoding="utf-8")
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        problems = _duplicates(node, "", name) if node is not None else [f"{name}:1: the document is empty"]
        data = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DocumentError([f"{name}:{line}: no valid YAML: {error.problem}"]) from error
    finally:
        loader.dispose()
    if problems:
        raise DocumentError(problems)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise DocumentError(
            [
                f"{name}:{_line_of(node, item['loc'])}: {'.'.join(str(step) for step in item['loc'])}: {item['msg']}"
                for item in error.errors()
            ]
        ) from error
