"""The style sheets of a release: of the component library the rules that the pages use, else a plain style of ours."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import tinycss2
from tinycss2.ast import AtRule, Declaration, LiteralToken, Node, ParseError, QualifiedRule

from customs_monitor.release.site import frontend

log = logging.getLogger(__name__)

_HERE = Path(__file__).parent
#: The templates of the site, whose `base.html.j2` and `parts.html.j2` other pages in its look rest on.
TEMPLATES = _HERE / "templates"
_FONT = "InterVariable.woff2"
_CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
_ECL_CLASS = re.compile(r"\becl-[a-z0-9_-]+")
_VARIABLE = re.compile(r"--[\w-]+")
_NESTED = {"media", "supports", "container", "layer"}
#: The library's font face names a server of the Commission first, and no page of ours asks any server for anything.
_FONT_FACE = (
    "@font-face{font-display:swap;font-family:Inter;font-style:normal;font-weight:100 900;"
    f'src:url({_FONT}) format("woff2")}}'
)


def write_styles(assets: Path, *further: Path) -> bool:
    """Write `base.css`, `base-print.css` and `site.css` into a folder, with the font they name.

    Args:
        assets: the folder, made if need be.
        *further: folders of templates that the styles are for besides those of the site.

    Returns:
        Whether they are those of the component library; a plain style stands in where it is not installed.
    """
    assets.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_HERE / "assets" / "site.css", assets / "site.css")
    package = frontend.styles()
    if package is None:
        log.warning("the component library is not installed: the site has a plain style (make install gets it)")
        shutil.copyfile(_HERE / "assets" / "plain.css", assets / "base.css")
        (assets / "base-print.css").write_text("", encoding="utf-8")
        return False
    used = frozenset(name for folder in (TEMPLATES, *further) for name in _used_classes(folder))
    for source, target in (("ecl-ec.css", "base.css"), ("ecl-ec-print.css", "base-print.css")):
        (assets / target).write_text(_reduced(package / "dist" / "styles" / source, used), encoding="utf-8")
    shutil.copyfile(package / "dist" / "fonts" / _FONT, assets / _FONT)
    return True


def _used_classes(templates: Path) -> Iterator[str]:
    for path in sorted(templates.glob("*.j2")):
        yield from _ECL_CLASS.findall(path.read_text(encoding="utf-8"))


@cache
def _reduced(path: Path, used: frozenset[str]) -> str:
    return reduced(path.read_text(encoding="utf-8"), used)


def reduced(css: str, used: Iterable[str]) -> str:
    """Return the rules of a style sheet that apply to pages with these classes, and the variables those rules need.

    Args:
        css: the style sheet.
        used: all classes of the pages; a rule on any other class, on key frames or on fonts is left out, but for the
            one font face of the pages.
    """
    licence = re.match(r'(?:@charset "UTF-8";\s*)?(/\*!.*?\*/)', css, re.DOTALL)
    rules = list(_kept(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True), frozenset(used)))
    text = "\n".join(_without_unneeded_variables(rules))
    return f"{licence.group(1) if licence else ''}\n{_FONT_FACE}\n{text}\n"


def _kept(nodes: Iterable[Node], used: frozenset[str]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, QualifiedRule):
            selectors = [selector for selector in _selectors(node) if set(_CLASS.findall(selector)) <= used]
            if selectors:
                yield f"{','.join(selectors)}{{{tinycss2.serialize(node.content).strip()}}}"
        elif isinstance(node, AtRule) and node.lower_at_keyword in _NESTED and node.content is not None:
            inner = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
            if kept := "\n".join(_kept(inner, used)):
                yield f"@{node.at_keyword} {tinycss2.serialize(node.prelude).strip()}{{{kept}}}"


def _selectors(rule: QualifiedRule) -> Iterator[str]:
    """Yield the selectors of a rule; a comma within brackets is none between selectors."""
    part: list[Node] = []
    for token in rule.prelude:
        if isinstance(token, LiteralToken) and token.value == ",":
            yield tinycss2.serialize(part).strip()
            part = []
        else:
            part.append(token)
    yield tinycss2.serialize(part).strip()


def _without_unneeded_variables(rules: list[str]) -> Iterator[str]:
    """Yield the rules; of those that set nothing but variables, the settings somebody reads."""
    setting = [rule for rule in rules if re.match(r"[^{}]*\{\s*--", rule)]
    read: set[str] = set()
    for rule in rules:
        if rule not in setting:
            read |= set(_VARIABLE.findall(rule))
    # What our own style sheet reads is needed, too.
    read |= set(_VARIABLE.findall((_HERE / "assets" / "site.css").read_text(encoding="utf-8")))
    settings = {rule: list(_declarations(rule)) for rule in setting}
    before = -1
    while len(read) != before:
        before = len(read)
        for found in settings.values():
            for name, text in found:
                if name in read or not name.startswith("--"):
                    read |= set(_VARIABLE.findall(text))
    for rule in rules:
        if rule not in settings:
            yield rule
        elif needed := [text for name, text in settings[rule] if name in read or not name.startswith("--")]:
            yield f"{rule.partition('{')[0]}{{{';'.join(needed)}}}"


def _declarations(rule: str) -> Iterator[tuple[str, str]]:
    body = rule.partition("{")[2].rpartition("}")[0]
    for item in tinycss2.parse_blocks_contents(body, skip_comments=True, skip_whitespace=True):
        if isinstance(item, Declaration):
            yield item.name, item.serialize()
        elif isinstance(item, ParseError):
            raise ValueError(f"{rule[:80]}: {item.message}")
