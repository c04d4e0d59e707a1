"""Keys from the templates of `storage/layout.yml`, and back.

Making and reading are exact opposites: `parse(kind, key(kind, **fields)) == fields` for all fields that `key` accepts,
and `parse` accepts no other spelling of a key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from customs_storage.errors import InvalidKey, StoreError
from customs_storage.keys import check_key
from customs_storage.segments import decode_name, encode_name

_FIELD = re.compile(r"\{(\w+)\}")
_CODE = r"[A-Za-z0-9_][A-Za-z0-9_.:+-]*"
_NAME = r"[^/]+"
_PATH = r"[^/]+(?:/[^/]+)*"
_PATTERNS = {"code": _CODE, "name": _NAME, "path": _PATH}


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Field(_Model):
    kind: Literal["code", "name", "path"]
    means: str
    example: str


class _Key(_Model):
    key: str
    means: str
    reserved: list[str] = []


class _Document(_Model):
    version: Literal[1]
    fields: dict[str, _Field]
    keys: dict[str, _Key]


class LayoutError(InvalidKey):
    """A value fits no key, or a key fits no template."""


@dataclass(frozen=True)
class _Template:
    """One template, split into texts and fields: texts[0] fields[0] texts[1] ... texts[-1]."""

    texts: tuple[str, ...]
    fields: tuple[str, ...]
    reserved: tuple[str, ...]
    pattern: re.Pattern[str]


class Layout:
    """The templates, by name; see `storage/layout.yml` for what each is."""

    def __init__(self, document: _Document) -> None:
        self._kinds = {name: field.kind for name, field in document.fields.items()}
        self._templates = {name: self._compiled(name, key) for name, key in document.keys.items()}

    @classmethod
    def load(cls, path: Path | None = None) -> Layout:
        """Read a layout.

        Args:
            path: the file; None takes `layout.yml` beside this package.

        Raises:
            StoreError: if it cannot be read or is no layout.
        """
        return cls._read(path or Path(__file__).resolve().parents[1] / "layout.yml")

    @classmethod
    @cache
    def _read(cls, path: Path) -> Layout:
        try:
            return cls(_Document.model_validate(YAML(typ="safe", pure=True).load(path.read_text("utf-8"))))
        except (OSError, UnicodeError, YAMLError, ValidationError) as error:
            raise StoreError(f"{path} is no layout of a store: {error}") from error

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the templates."""
        return tuple(self._templates)

    def fields(self, template: str) -> tuple[str, ...]:
        """Return the fields of a template, in the order of the key."""
        return self._template(template).fields

    def key(self, template: str, **values: str) -> str:
        """Return the key of an object.

        Args:
            template: the template's name, as `landing`.
            **values: a value for each of its fields.

        Raises:
            LayoutError: if there is no such template, a field is missing or unknown, or a value does not fit.
        """
        known = self._template(template)
        self._check_fields(template, known, values)
        if missing := [field for field in known.fields if field not in values]:
            raise LayoutError(f"a key of {template} needs {', '.join(missing)}: give every field")
        key = known.texts[0]
        for field, text in zip(known.fields, known.texts[1:], strict=True):
            key += self._written(template, field, values[field], known.reserved) + text
        try:
            return check_key(key)
        except InvalidKey as error:
            raise LayoutError(f"{template}: {error}") from error

    def prefix(self, template: str, **values: str) -> str:
        """Return the folder, ending in `/`, below which all keys with these values lie.

        Args:
            template: the template's name.
            **values: values for its first fields, none left out in between.

        Raises:
            LayoutError: as `key`, and if a field before a given one is missing.
        """
        known = self._template(template)
        self._check_fields(template, known, values)
        head = known.fields[: len(values)]
        if skipped := [field for field in head if field not in values]:
            raise LayoutError(f"a prefix of {template} needs {', '.join(skipped)} before {', '.join(values)}")
        prefix = known.texts[0]
        for field, text in zip(head, known.texts[1:], strict=False):
            prefix += self._written(template, field, values[field], known.reserved) + text
        return prefix[: prefix.rfind("/") + 1]

    def parse(self, template: str, key: str) -> dict[str, str]:
        """Return the values that make a key.

        Raises:
            LayoutError: if the key is not one of this template.
        """
        known = self._template(template)
        match = known.pattern.fullmatch(key)
        if match:
            try:
                values = {field: self._value(field, text) for field, text in match.groupdict().items()}
                if self.key(template, **values) == key:
                    return values
            except (LayoutError, UnicodeEncodeError):
                pass  # a value that no key is made of: the same answer as for a key of another template
        raise LayoutError(f"{key!r} is no key of {template}: {self._shape(known)}")

    def _compiled(self, name: str, key: _Key) -> _Template:
        texts = tuple(_FIELD.split(key.key)[::2])
        fields = tuple(_FIELD.findall(key.key))
        if unknown := sorted(set(fields) - set(self._kinds)):
            raise StoreError(f"layout: the key of {name} has the undeclared field {', '.join(unknown)}: declare it")
        if len(set(fields)) < len(fields):
            raise StoreError(f"layout: the key of {name} has a field twice: give each its own name")
        pattern = re.escape(texts[0])
        for field, text in zip(fields, texts[1:], strict=True):
            pattern += f"(?P<{field}>{_PATTERNS[self._kinds[field]]})" + re.escape(text)
        return _Template(texts, fields, tuple(key.reserved), re.compile(pattern))

    def _template(self, name: str) -> _Template:
        try:
            return self._templates[name]
        except KeyError:
            raise LayoutError(f"the layout has no key {name!r}: take one of {', '.join(self._templates)}") from None

    @staticmethod
    def _check_fields(template: str, known: _Template, values: dict[str, str]) -> None:
        if unknown := sorted(set(values) - set(known.fields)):
            raise LayoutError(
                f"a key of {template} has no {', '.join(unknown)}: its fields are {', '.join(known.fields)}"
            )

    def _written(self, template: str, field: str, value: str, reserved: tuple[str, ...]) -> str:
        kind = self._kinds[field]
        if kind == "name":
            try:
                return encode_name(value, reserved)
            except ValueError as error:
                raise LayoutError(f"{template}: {field} {value!r} {error}") from None
        segments = value.split("/") if kind == "path" else [value]
        safe = all(re.fullmatch(_CODE, segment) and ".." not in segment for segment in segments)
        if not safe or value in reserved:
            raise LayoutError(
                f"{template}: {field} {value!r} cannot stand in a key: use letters, digits and _ . : + -"
                + (f", and not {', '.join(reserved)}" if reserved else "")
            )
        return value

    def _value(self, field: str, text: str) -> str:
        return decode_name(text) if self._kinds[field] == "name" else text

    @staticmethod
    def _shape(known: _Template) -> str:
        holes = [f"{{{field}}}" for field in known.fields] + [""]
        return "".join(text + hole for text, hole in zip(known.texts, holes, strict=True))
