"""The state machine of deliveries, and what counts, under any order of what people and processes do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from customs_monitor.collection.ledger import Event, ResentEvent, SentEvent, WithdrawnEvent
from customs_monitor.collection.records import JudgementRecord, Receipt, Verdict
from customs_monitor.collection.versions import NoTransition, State, transition, versions

PLACE = {"feed": "crc_statistics", "period": "2026-Q3", "sender": "DE"}
START = datetime(2026, 10, 1, tzinfo=UTC)
COUNTING = ("accepted", "accepted_with_warnings")
#: What is allowed, as `collection.life` draws it: from a state, by these steps, to another.
EDGES = {
    ("received", "refused"),
    ("received", "accepted"),
    ("received", "accepted_with_warnings"),
    ("received", "superseded"),
    ("accepted", "superseded"),
    ("accepted", "withdrawn"),
    ("accepted_with_warnings", "superseded"),
    ("accepted_with_warnings", "withdrawn"),
    ("superseded", "accepted"),
    ("superseded", "accepted_with_warnings"),
    ("superseded", "withdrawn"),
    ("withdrawn", "accepted"),
    ("withdrawn", "accepted_with_warnings"),
}


def receipt(number: int) -> Receipt:
    return Receipt(
        **PLACE,
        delivery_id=f"d{number}",
        file="a.csv",
        sha256="0" * 64,
        size=1,
        received_at=START + timedelta(minutes=number),
        sequence=number,
        layout="template_csv",
        fits=True,
        origin="portal/x/a.csv",
    )


def judgement(delivery_id: str, verdict: Verdict) -> JudgementRecord:
    return JudgementRecord(
        **PLACE,
        delivery_id=delivery_id,
        contract_version="1.0.0",
        verdict=verdict,
        rows_read=1,
        rows_accepted=0 if verdict == "refused" else 1,
        rows_refused=0,
        rows_skipped=0,
        issues=(),
        accepted_sha256=None if verdict == "refused" else "0" * 64,
    )


class Life(RuleBasedStateMachine):
    """People send, send again and withdraw; the platform judges, whenever it comes to it."""

    @initialize()
    def begin(self) -> None:
        self.receipts: list[Receipt] = []
        self.judgements: dict[str, JudgementRecord] = {}
        self.events: list[Event] = []
        self.before: dict[str, State] = {}
        #: The model: what is current, by hand.
        self.current: str | None = None

    def _event(self, kind: type, delivery_id: str, **more: object) -> None:
        number = len(self.events) + 1
        self.events.append(kind(**PLACE, number=number, at=START, user="anna", delivery_id=delivery_id, **more))

    def _states(self) -> dict[str, State]:
        found = versions(self.receipts, self.judgements, self.events, replace=True)
        return {item.receipt.delivery_id: item.state for item in found}

    @rule(of_inbox=st.booleans())
    def send(self, of_inbox: bool) -> None:
        self.receipts.append(receipt(len(self.receipts) + 1))
        if not of_inbox:
            self._event(SentEvent, self.receipts[-1].delivery_id, upload_id=f"{len(self.events)}")

    @precondition(lambda self: len(self.judgements) < len(self.receipts))
    @rule(verdict=st.sampled_from(["accepted", "accepted_with_warnings", "refused"]))
    def judge(self, verdict: Verdict) -> None:
        """In the order of arrival, as `judge_waiting` does."""
        waiting = next(item for item in self.receipts if item.delivery_id not in self.judgements)
        self.judgements[waiting.delivery_id] = judgement(waiting.delivery_id, verdict)

    @precondition(lambda self: self.receipts)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        again = data.draw(st.sampled_from(self.receipts)).delivery_id
        self._event(ResentEvent, again, upload_id=f"{len(self.events)}", after_sequence=len(self.receipts))

    @precondition(lambda self: any(state in COUNTING for state in self._states().values()))
    @rule()
    def withdraw(self) -> None:
        (current,) = (name for name, state in self._states().items() if state in COUNTING)
        self._event(WithdrawnEvent, current)
        assert self._states()[current] == "withdrawn"
        assert not any(state in COUNTING for state in self._states().values()), "an earlier version came back"

    @invariant()
    def at_most_one_counts(self) -> None:
        found = versions(self.receipts, self.judgements, self.events, replace=True)
        assert [item.current for item in found] == [item.state in COUNTING for item in found]
        counting = [item for item in found if item.current]
        assert len(counting) <= 1
        accepted = [item for item in found if item.state not in ("received", "refused")]
        if counting:
            assert counting[0] is accepted[-1]
        elif accepted:
            assert accepted[-1].state == "withdrawn"

    @invariant()
    def only_known_changes_happen(self) -> None:
        now = self._states()
        for name, state in now.items():
            was = self.before.get(name, "received")
            assert was == state or (was, state) in EDGES, f"{name} went from {was} to {state}"
        self.before = now

    @invariant()
    def the_order_of_records_does_not_matter(self) -> None:
        found = versions(self.receipts, self.judgements, self.events, replace=True)
        assert versions(self.receipts[::-1], self.judgements, self.events, replace=True) == found


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestLife = Life.TestCase


def test_every_edge_is_a_path_of_transitions() -> None:
    paths = {
        "refused": ("check", "refuse"),
        "accepted": ("check", "accept"),
        "accepted_with_warnings": ("check", "accept_with_warnings"),
        "superseded": ("check", "accept", "supersede"),
    }
    single = {"superseded": "supersede", "withdrawn": "withdraw", "accepted": "accept"}
    for start, end in EDGES:
        state: State = start
        for change in paths[end] if start == "received" else (single.get(end, "accept_with_warnings"),):
            state = transition(state, change)
        assert state == end


@pytest.mark.parametrize(
    ("state", "change"),
    [
        ("received", "accept"),
        ("refused", "withdraw"),
        ("refused", "accept"),
        ("withdrawn", "supersede"),
        ("checking", "withdraw"),
        ("accepted", "refuse"),
    ],
)
def test_no_other_change_is_one(state: State, change: str) -> None:
    with pytest.raises(NoTransition, match=state):
        transition(state, change)  # type: ignore[arg-type]


def test_parts_count_together_until_they_are_withdrawn() -> None:
    received = [receipt(number) for number in (1, 2, 3)]
    verdicts = {item.delivery_id: judgement(item.delivery_id, "accepted") for item in received}
    gone = WithdrawnEvent(**PLACE, number=1, at=START, user="anna", delivery_id="d2")
    found = versions(received, verdicts, [gone], replace=False)
    assert [(item.receipt.delivery_id, item.current) for item in found] == [("d1", True), ("d2", False), ("d3", True)]


def test_two_that_arrived_at_once_have_the_order_of_the_ledger() -> None:
    """Stores on S3 have no locks: both took the same sequence number."""
    late, early = receipt(1), receipt(2).model_copy(update={"sequence": 1})
    verdicts = {item.delivery_id: judgement(item.delivery_id, "accepted") for item in (late, early)}
    ledger = [
        SentEvent(**PLACE, number=number, at=START, user="anna", delivery_id=name, upload_id=name)
        for number, name in ((1, "d2"), (2, "d1"))
    ]
    found = versions([late, early], verdicts, ledger, replace=True)
    assert [(item.receipt.delivery_id, item.state) for item in found] == [("d2", "superseded"), ("d1", "accepted")]
