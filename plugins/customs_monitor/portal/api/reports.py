"""What was found in an upload or a delivery: issues by page, the report as files, questions about the content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse, Response

from customs_monitor.collection.life import DeliveryLife
from customs_monitor.collection.records import Place
from customs_monitor.collection.upload_check import verdict_of
from customs_monitor.collection.uploads import Upload
from customs_monitor.portal.api.asking import SenderDep
from customs_monitor.portal.api.documents import IssueDocument, IssuesDocument, QuestionDocument
from customs_monitor.portal.api.uploads import OwnUpload
from customs_monitor.portal.auth.roles import Action
from customs_monitor.portal.content_questions import questions_of
from customs_monitor.portal.dependencies import Services, ServicesDep, UserDep
from customs_monitor.portal.places import accepted_rows_of, delivery_of, place_of, reports_of
from customs_monitor.portal.problem import not_found
from customs_monitor.portal.report_files import issues_of, local_file
from customs_monitor.validation.issue_page import IssueFilter

router = APIRouter(tags=["reports"])

ReportName = Literal["report.json", "report.ess.json", "report.html", "annotated.csv", "annotated.xlsx"]


def _filter(
    rule: Annotated[str, Query(max_length=120)] = "",
    severity: Literal["", "error", "warning", "information"] = "",
    column: Annotated[str, Query(max_length=200)] = "",
    text: Annotated[str, Query(max_length=200, description="Words of value, message or cure, in any case.")] = "",
) -> IssueFilter:
    return IssueFilter(rule, severity, column, text)


Filter = Annotated[IssueFilter, Depends(_filter)]
PageNumber = Annotated[int, Query(ge=1, le=10**8)]
PageRows = Annotated[int, Query(ge=1, le=10_000)]


def delivery_to(action: Action) -> Callable[..., DeliveryLife]:
    """Return the dependency that gives the delivery of a path to a machine that may do something to it."""

    def delivery(
        services: ServicesDep, user: UserDep, sender: SenderDep, collection: str, period: str, delivery_id: str
    ) -> DeliveryLife:
        return delivery_of(services, place_of(services, user, action, collection, period, sender), delivery_id)

    return delivery


OwnDelivery = Annotated[DeliveryLife, Depends(delivery_to(Action.see))]
DELIVERY = "/deliveries/{collection}/{period}/{delivery_id}"


@router.get("/uploads/{upload_id}/issues")
def upload_issues(
    services: ServicesDep, upload: OwnUpload, wanted: Filter, page: PageNumber = 1, rows: PageRows = 1000
) -> IssuesDocument:
    """Return a page of the issues of an upload."""
    return _issues(services, _reports(services, upload), wanted, page, rows)


@router.get("/uploads/{upload_id}/reports/{name}")
def upload_report(services: ServicesDep, upload: OwnUpload, name: ReportName) -> Response:
    """Return a file of the report: JSON, the ESS validation-report structure, HTML, or the annotated copy."""
    return _file(services, _reports(services, upload), name)


@router.get("/uploads/{upload_id}/questions")
def upload_questions(services: ServicesDep, upload: OwnUpload) -> list[QuestionDocument]:
    """Return what the figures would be asked about beside earlier periods, other senders and other collections."""
    verdict = verdict_of(services.store, services.layout, upload)
    if verdict is None:
        raise not_found()
    with TemporaryDirectory(dir=services.scratch) as folder:
        rows = accepted_rows_of(services, upload, verdict, Path(folder))
        if rows is None:
            return []
        return _questions(services, Place(verdict.feed, verdict.period, verdict.sender), rows)


@router.get(f"{DELIVERY}/issues")
def delivery_issues(
    services: ServicesDep, life: OwnDelivery, wanted: Filter, page: PageNumber = 1, rows: PageRows = 1000
) -> IssuesDocument:
    """Return a page of the issues of a delivery."""
    return _issues(services, life.reports, wanted, page, rows)


@router.get(f"{DELIVERY}/reports/{{name}}")
def delivery_report(services: ServicesDep, life: OwnDelivery, name: ReportName) -> Response:
    """Return a file of the report of a delivery."""
    return _file(services, life.reports, name)


@router.get(f"{DELIVERY}/questions")
def delivery_questions(services: ServicesDep, life: OwnDelivery) -> list[QuestionDocument]:
    """Return what the figures in force are asked about; nothing for a version that does not count."""
    if not life.current:
        return []
    return _questions(services, life.place)


def _reports(services: Services, upload: Upload) -> dict[str, str]:
    verdict = verdict_of(services.store, services.layout, upload)
    return reports_of(services, upload, verdict) if verdict is not None else {}


def _questions(services: Services, place: Place, rows: Path | None = None) -> list[QuestionDocument]:
    return [
        QuestionDocument(code=item.code, **{key: value for key, value in asdict(item).items() if key != "compared"})
        for item in questions_of(services, place, rows)
    ]


def _issues(services: Services, reports: dict[str, str], wanted: IssueFilter, page: int, rows: int) -> IssuesDocument:
    if (issues := issues_of(services, reports)) is None:
        return IssuesDocument(total=0, page=1, pages=1, issues=())
    found = issues.page(wanted, page, rows)
    return IssuesDocument(
        total=found.total,
        page=found.number,
        pages=found.pages,
        issues=tuple(
            IssueDocument(
                code=item.code,
                rule=item.rule,
                severity=item.severity,
                level=item.level,
                line=item.line,
                column=item.column,
                value=item.value,
                message=item.message,
                cure=item.cure,
            )
            for item in found.issues
        ),
    )


def _file(services: Services, reports: dict[str, str], name: str) -> Response:
    if name not in reports:
        raise not_found()
    return FileResponse(local_file(services, reports[name]), filename=name)
