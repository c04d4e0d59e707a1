"""The verdict on one delivery: every issue of every row, and the rows that are accepted."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from customs_monitor.contracts import Contract, Layout, Registry
from customs_monitor.intake import IntakeError, RawTable, open_table
from customs_monitor.validation.codes import Codes
from customs_monitor.validation.comparison import compare_with_previous
from customs_monitor.validation.corrections import Correction, apply_corrections, load_corrections
from customs_monitor.validation.dropped_rows import without_rows
from customs_monitor.validation.findings import Issue, RuleText
from customs_monitor.validation.groups import find_failed_groups, group_rules, shown_of_rows
from customs_monitor.validation.header import Header, elsewhere, read_header
from customs_monitor.validation.issue_list import IssueCount, IssueList
from customs_monitor.validation.judgement import Delivery, Judgement, Verdict
from customs_monitor.validation.key_hashes import Positions
from customs_monitor.validation.mapping import map_columns
from customs_monitor.validation.one_pass import LINE_NUMBER, compile_pass
from customs_monitor.validation.pass_run import RECORDS, PassResult, run_pass
from customs_monitor.validation.quoting import literal
from customs_monitor.validation.reader_issues import reader_issue
from customs_monitor.validation.record_source import RecordSource
from customs_monitor.validation.references import ContractSqlError, columns_read
from customs_monitor.validation.repeats import NumberedRule, find_repeats
from customs_monitor.validation.row_rules import Addressee, row_rules
from customs_monitor.validation.session import open_session

__all__ = ["Delivery", "Judgement", "Verdict", "judge", "judge_table", "refuse_unread"]


def judge(
    source: Path,
    delivery: Delivery,
    contract: Contract,
    layout: Layout,
    registry: Registry,
    scratch: Path,
    previous: Path | None = None,
) -> Judgement:
    """Judge a delivery by its contract.

    Args:
        source: the file as received.
        delivery: who sent it, for what.
        contract: the contract of its feed.
        layout: the layout of the contract it has.
        registry: concepts, codelists, rules.
        scratch: a folder for working files and for the result.
        previous: accepted rows of the previous delivery of the same feed, period and sender.

    Raises:
        DocumentError: if the corrections of the feed are wrong.
        ContractSqlError: if an SQL expression of the contract is wrong. What a sender can write never raises.
    """
    try:
        table = open_table(source, layout.format)
    except IntakeError as error:
        return _unreadable(error, delivery, registry, scratch)
    return judge_table(table, delivery, contract, layout, registry, scratch, previous)


def judge_table(
    table: RawTable,
    delivery: Delivery,
    contract: Contract,
    layout: Layout,
    registry: Registry,
    scratch: Path,
    previous: Path | None = None,
) -> Judgement:
    """Judge a delivery that has been opened; see `judge`."""
    scratch.mkdir(parents=True, exist_ok=True)
    layout = layout.for_file(delivery.file_name)
    with tempfile.TemporaryDirectory(dir=scratch, prefix="judge-") as working:
        connection = open_session(Path(working))
        try:
            return _Judging(connection, table, delivery, contract, layout, registry, scratch, Path(working)).run(
                previous
            )
        finally:
            connection.close()


def _unreadable(error: IntakeError, delivery: Delivery, registry: Registry, scratch: Path) -> Judgement:
    if hint := elsewhere(delivery.looks_like):
        error = IntakeError(error.code, error.message, hint, error.line, error.column)
    return refuse_unread([reader_issue(error, "file", registry)], scratch)


def refuse_unread(found: Iterable[Issue], scratch: Path) -> Judgement:
    """Refuse a delivery of which nothing was read.

    Args:
        found: why.
        scratch: a folder for working files and for the result.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch, prefix="judge-") as working:
        connection = open_session(Path(working))
        try:
            issues = IssueList(connection)
            issues.add(found)
            path = scratch / "issues.parquet"
            return Judgement("refused", 0, 0, 0, 0, issues.write(path), path, None, False)
        finally:
            connection.close()


class _Judging:
    """The steps of one judgement."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: RawTable,
        delivery: Delivery,
        contract: Contract,
        layout: Layout,
        registry: Registry,
        scratch: Path,
        working: Path,
    ) -> None:
        self._connection = connection
        self._table = table
        self._delivery = delivery
        self._contract = contract
        self._layout = layout
        self._registry = registry
        self._scratch = scratch
        self._working = working
        self._schema = registry.arrow_schema(contract.id)
        self._issues = IssueList(connection, record_has_rows=layout.unpivot is not None)
        self._refused: Positions = np.empty(0, np.int64)
        self._repeated: Positions = np.empty(0, np.int64)

    def run(self, previous: Path | None) -> Judgement:
        """Judge, and write what is left."""
        header = read_header(
            self._connection,
            self._table.columns,
            self._contract,
            self._layout,
            self._registry,
            self._delivery.looks_like,
        )
        if not header.is_complete:
            # No row of such a file is kept; they are read for their other errors, with a hole where a column lacks.
            self._schema = pa.schema([field.with_nullable(True) for field in self._schema])
        self._issues.add(header.issues)
        source = RecordSource(self._table.columns, self._table.batches())
        result = self._pass(source, header)
        self._reader_issues(source)
        key = self._contract.schema_.key or tuple(self._schema.names)
        if not header.unfillable.intersection(key):
            self._find_repeats(result)
        if source.failure is None:
            # A group that may go on where the file breaks off cannot be judged.
            self._judge_groups(result, header)
        dropped = np.union1d(self._refused, self._repeated)
        rows_accepted = result.rows_accepted - len(dropped)
        accepted = without_rows(result.accepted, dropped, self._working / "remaining.parquet", self._schema)

        records_left_out = len(self._table.problems)
        skipped = self._records_without_rows(source.records, result)
        is_whole = header.is_complete and source.failure is None
        if source.failure is None and not result.rows + records_left_out and (is_whole or not source.records):
            self._issues.add([Issue.of(RuleText.of_catalogue(self._registry, "NO_ROWS", "delivery"))])
        if is_whole and rows_accepted > 0:
            self._few_rows(rows_accepted)
            if previous is not None:
                self._issues.add(
                    compare_with_previous(self._connection, accepted, previous, self._contract, self._registry)
                )
        path = self._scratch / "issues.parquet"
        counts = self._issues.write(path)
        verdict = self._verdict(counts, is_whole, rows_accepted)
        rows_skipped = skipped + len(np.setdiff1d(self._repeated, self._refused))
        rows_read = result.rows + records_left_out + skipped
        if verdict == "refused":
            return Judgement(
                verdict, rows_read, 0, rows_read - rows_skipped, rows_skipped, counts, path, None, is_whole
            )
        kept = self._scratch / "accepted.parquet"
        accepted.replace(kept)
        return Judgement(
            verdict,
            rows_read,
            rows_accepted,
            rows_read - rows_accepted - rows_skipped,
            rows_skipped,
            counts,
            path,
            kept,
            is_whole,
        )

    def _pass(self, source: RecordSource, header: Header) -> PassResult:
        codes = Codes(self._connection, self._registry)
        mapped = map_columns(RECORDS, self._contract, self._layout, header, self._registry, codes)
        corrections = tuple(
            correction
            for correction in load_corrections(self._registry.project, self._contract)
            if correction.applies_to(self._layout, self._delivery.file_name, self._delivery.sha256)
        )
        addressee = Addressee(self._delivery.sender, self._delivery.period, self._delivery.received_at)
        rules = row_rules(self._contract, self._layout, self._registry, codes, mapped, corrections, addressee)
        numbers = [self._issues.number(rule.text) for rule in rules]
        corrected = apply_corrections(mapped.sql, corrections)
        changed = {name for correction in corrections for name in correction.set}
        as_received = {name: column for name, column in mapped.as_received.items() if name not in changed}
        numbered = dict(zip(numbers, rules, strict=True))
        shown = shown_of_rows(group_rules(self._contract, self._layout), mapped)
        compiled = compile_pass(
            corrected, self._contract, self._layout, self._registry, codes, numbered, shown, as_received
        )
        try:
            result = run_pass(
                self._connection,
                source,
                compiled,
                self._delivery.delivery_id,
                self._schema,
                self._working,
                shown,
                max(1, len(header.unpivoted)),
            )
        except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException) as error:
            raise ContractSqlError(f"feeds/{self._contract.id}.yml: layout {self._layout.id}: {error}") from error
        self._issues.add_sql(f"SELECT * FROM read_parquet({literal(result.issues.as_posix())})")
        if header.is_complete and source.failure is None and result.rows:
            self._issues.add(self._obsolete(corrections, result, numbers))
        return result

    def _obsolete(self, corrections: tuple[Correction, ...], result: PassResult, numbers: list[int]) -> Iterator[Issue]:
        """Report corrections that matched nothing; theirs are the last rules of the pass, in their order."""
        theirs = iter(numbers[len(numbers) - sum(len(correction.set) for correction in corrections) :])
        for correction in corrections:
            if result.broken.isdisjoint(islice(theirs, len(correction.set))):
                text = RuleText.of_catalogue(self._registry, "CORRECTION_OBSOLETE", "delivery")
                yield Issue.of(text, value=correction.id)

    def _reader_issues(self, source: RecordSource) -> None:
        self._issues.add(reader_issue(problem, "record", self._registry) for problem in self._table.problems)
        if isinstance(source.failure, IntakeError):
            self._issues.add([reader_issue(source.failure, "file", self._registry)])
        elif source.failure is not None:
            raise source.failure

    def _find_repeats(self, result: PassResult) -> None:
        key = ", ".join(self._contract.schema_.key)
        texts = (
            RuleText.of_catalogue(self._registry, "DUPLICATE_ROW", "key"),
            RuleText.of_catalogue(self._registry, "DUPLICATE_KEY", "key", key),
        )
        of_row, of_key = (NumberedRule(text, self._issues.number(text)) for text in texts)
        repeats = find_repeats(self._connection, result, self._contract, of_row, of_key)
        if repeats.sql is not None:
            self._issues.add_sql(repeats.sql)
            self._refused, self._repeated = repeats.refused, repeats.repeated

    def _judge_groups(self, result: PassResult, header: Header) -> None:
        refused = [self._refused]
        for rule in group_rules(self._contract, self._layout):
            if header.unfillable.intersection([*rule.groupBy, *columns_read(self._connection, rule.check, rule.id)]):
                continue
            number = self._issues.number(RuleText.of_contract(rule))
            failed = find_failed_groups(
                self._connection, result, self._contract, rule, number, self._refused, self._repeated
            )
            if failed is not None:
                self._issues.add_sql(failed.sql)
                refused.append(failed.refused)
        self._refused = np.unique(np.concatenate(refused))

    def _records_without_rows(self, records: int, result: PassResult) -> int:
        """Count the records that gave no row."""
        if self._layout.unpivot is None:
            return records - result.rows
        files = ", ".join(literal(path.as_posix()) for path in (result.accepted, result.refused))
        row = self._connection.execute(
            f"SELECT count(DISTINCT {LINE_NUMBER}) FROM read_parquet([{files}], union_by_name = true)"
        ).fetchone()
        return records - (row[0] if row else 0)

    def _few_rows(self, rows_accepted: int) -> None:
        if rows_accepted < self._contract.expectRows:
            text = RuleText.of_catalogue(self._registry, "FEW_ROWS", "delivery", str(self._contract.expectRows))
            self._issues.add([Issue.of(text, value=str(rows_accepted))])

    def _verdict(self, counts: tuple[IssueCount, ...], is_whole: bool, rows_accepted: int) -> Verdict:
        severities = {count.severity for count in counts}
        if not is_whole or not rows_accepted:
            return "refused"
        if "error" in severities and self._contract.onError == "refuse_delivery":
            return "refused"
        return "accepted_with_warnings" if severities & {"error", "warning"} else "accepted"
