"""The portal starts, knows who asks, and shows what is published."""

from __future__ import annotations

from customs_monitor.portal.auth.roles import Role
from support.portal import Portal


def test_it_is_healthy(portal: Portal) -> None:
    assert portal.anybody().get("/health").json() == {"status": "ok"}


def test_somebody_signed_in_begins_with_her_collections(portal: Portal) -> None:
    assert portal.anybody().get("/").headers["location"] == "/site/index.html"
    assert portal.signed_in(Role.sender, "EL").get("/").headers["location"] == "/collections"


def test_nothing_published_is_said(portal: Portal) -> None:
    assert "Nothing is published yet" in portal.anybody().get("/site/index.html").text


def test_what_is_not_there_is_a_page_for_people_and_a_document_for_programs(portal: Portal) -> None:
    page, document = portal.anybody().get("/nothing"), portal.anybody().get("/api/v1/nothing")
    assert page.status_code == document.status_code == 404
    assert "There is nothing here, or nothing that you may see" in page.text
    assert document.headers["content-type"] == "application/problem+json"
