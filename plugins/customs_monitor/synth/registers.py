"""The registers of Commission departments: small ones, of which every delivery is the whole register."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from random import Random

from customs_monitor.synth.magnitudes import NEVER_HIT, RECOGNITION, SIZES
from customs_monitor.synth.world import Row, World, end_of

_STATUSES = ("NOT_STARTED", "ONGOING", "COMPLETED")
_BEGINNING = date(2014, 1, 1)


def _entries(world: World, feed: str, period: str, number: int) -> Iterator[tuple[int, Random, date]]:
    """Yield number, chance and first day of the entries that a register has at the end of a period.

    An entry is drawn alike for every period, so that a register changes only by what begins, advances or ends.
    """
    last = end_of(period)
    for entry in range(1, number + 1):
        chance = world.random(feed, entry)
        begun = _BEGINNING + timedelta(days=chance.randrange(4700))
        if begun <= last:
            yield entry, chance, begun


def _progress(chance: Random, begun: date, period: str) -> dict[str, str | None]:
    """Return status and day of completion of a piece of work at the end of a period."""
    wait, work = chance.randrange(400), chance.randrange(200, 1500)
    finished = begun + timedelta(days=wait + work)
    if finished <= end_of(period):
        return {"status": "COMPLETED", "completed_date": finished.isoformat()}
    started = begun + timedelta(days=wait) <= end_of(period)
    return {"status": "ONGOING" if started else "NOT_STARTED", "completed_date": None}


def _some(chance: Random, codes: Sequence[str], most: int) -> list[str]:
    return sorted(chance.sample(codes, chance.randint(1, min(most, len(codes)))))


def it_projects(world: World, period: str) -> Iterator[Row]:
    """Projects on IT systems."""
    for entry, chance, begun in _entries(world, "it_projects", period, 45):
        yield {
            "reference_period": period,
            "project_id": f"ITP-{entry:03d}",
            "project_title": f"Work package {entry} of the IT plan",
            "system_code": chance.choice(world.codes("system", period)),
            "work_type": chance.choice(world.codes("work_type", period)),
            "purpose": chance.choice(world.codes("purpose", period)),
            **_progress(chance, begun, period),
        }


def it_systems(world: World, period: str) -> Iterator[Row]:
    """State of implementation of the IT systems, CRMS2 among them."""
    systems = world.codes("system", period)
    for system in systems:
        for aspect_number, aspect in enumerate(world.codes("aspect", period)):
            for actor in ("COM", "MS", "TRADE") if system == "ICS2" else ("COM", "MS"):
                chance = world.random("it_systems", system, actor)
                done = date(2015 + chance.randrange(9), 6, 30) + timedelta(days=400 * aspect_number)
                # A trans-European system is never finished for who has to keep it running.
                permanent = aspect == "OPERATION" and chance.random() < 0.2
                last = end_of(period)
                is_done, is_begun = done <= last, done - timedelta(days=500) <= last
                status = "PERMANENT" if permanent else _STATUSES[2 if is_done else int(is_begun)]
                yield {
                    "reference_period": period,
                    "system_code": system,
                    "work_type": "NEW" if system in ("ICS2", "REX", "CDS", "AES") else "UPDATED",
                    "aspect": aspect,
                    "actor": actor,
                    "release": "_Z",
                    "status": status,
                    "status_basis": "PRINTED",
                    "completed_date": f"{done:%Y-%m}" if status == "COMPLETED" else None,
                    "planned_date": f"{max(done.year, last.year + 1)}" if status in _STATUSES[:2] else None,
                    "milestone": None,
                    "source": "made up",
                }


def legislation(world: World, period: str) -> Iterator[Row]:
    """Acts of the Union, and national ones from implementation reports."""
    for entry, chance, begun in _entries(world, "legislation", period, 60):
        national = chance.random() < 0.5
        members = world.codes("eu_member_state", period)
        areas = _some(chance, members, 4) if national else ["EU27_2020"]
        kinds = [code for code in world.codes("act_type", period) if code != "NATIONAL_ACT"]
        applies = begun + timedelta(days=chance.randrange(900))
        decided = chance.random() < 0.9
        kind = "NATIONAL_ACT" if national else chance.choice(kinds)
        for area in areas:
            yield {
                "reference_period": period,
                "act_id": f"ACT-{entry:03d}",
                "act_area": area,
                "act_title": f"Act {entry} on supply-chain data",
                "act_type": kind,
                "application_date": applies.isoformat() if decided else None,
            }


def fora_tools(world: World, period: str) -> Iterator[Row]:
    """Fora and tools for sharing information."""
    for entry, chance, begun in _entries(world, "fora_tools", period, 24):
        age = (end_of(period) - begun).days // 700
        states = ("PLANNED", "ESTABLISHED", "FUNCTIONING", "FUNCTIONING", "CLOSED")
        yield {
            "reference_period": period,
            "forum_tool_id": f"FT-{entry:02d}",
            "forum_tool_name": f"Forum or tool {entry}",
            "forum_tool_kind": chance.choice(world.codes("forum_tool_kind", period)),
            "forum_tool_status": states[min(age, 3 + chance.randrange(2))],
            "allows_traceability": chance.random() < 0.3,
        }


def methodology_projects(world: World, period: str) -> Iterator[Row]:
    """Projects on methodologies; one may be about several types of risk."""
    for entry, chance, begun in _entries(world, "methodology_projects", period, 20):
        state = _progress(chance, begun, period)
        for risk in _some(chance, world.codes("risk_type", period), 3):
            yield {
                "reference_period": period,
                "project_id": f"MP-{entry:02d}",
                "risk_type": risk,
                "project_title": f"Methodology {entry}",
                **state,
            }


def policy_tools(world: World, period: str) -> Iterator[Row]:
    """Tools for main policy areas; one may be for several."""
    for entry, chance, begun in _entries(world, "policy_tools", period, 30):
        state = _progress(chance, begun, period)
        work = chance.choice(world.codes("work_type", period))
        for area in _some(chance, world.codes("policy_area", period), 2):
            yield {
                "reference_period": period,
                "tool_id": f"PT-{entry:02d}",
                "policy_area": area,
                "tool_title": f"Tool {entry}",
                "work_type": work,
                **state,
            }


def border_analyses(world: World, period: str) -> Iterator[Row]:
    """Analyses of weaknesses; one may be about several types of border."""
    for entry, chance, begun in _entries(world, "border_analyses", period, 18):
        state = _progress(chance, begun, period)
        for border in _some(chance, world.codes("border_type", period), 2):
            yield {
                "reference_period": period,
                "analysis_id": f"BA-{entry:02d}",
                "border_type": border,
                "analysis_title": f"Analysis {entry}",
                **state,
            }


def common_risk_criteria(world: World, period: str) -> Iterator[Row]:
    """Criteria with their validity; the last one of the list begins in the year after the last of the range."""
    for code in world.codes("crc_code", period):
        chance = world.random("common_risk_criteria", code)
        begun = date(2014 + chance.randrange(12), chance.choice((1, 7)), 1)
        ended = chance.random() < 0.15
        if code == NEVER_HIT:
            begun, ended = date(int(period) + 1, 1, 1), False
        yield {
            "reference_period": period,
            "defined_crc_code": code,
            "crc_policy_area": chance.choice(world.codes("crc_policy_area", period)),
            "valid_from": begun.isoformat(),
            "valid_to": (begun + timedelta(days=900)).isoformat() if ended else None,
        }


def programme_actions(world: World, period: str) -> Iterator[Row]:
    """Participation in collaborative actions of the Customs programme."""
    members = world.codes("eu_member_state", period)
    chance = world.random("programme_actions", period)
    for number in range(1, 25):
        kind = chance.choice(world.codes("action_kind", period))
        for member in sorted(chance.sample(members, chance.randint(3, 14))):
            yield {
                "reference_period": period,
                "action_code": f"CUST-{period}-{number:02d}",
                "member_state": member,
                "action_title": f"Action {number} of {period}",
                "action_kind": kind,
            }


def priority_control_areas(world: World, period: str) -> Iterator[Row]:
    """Priority control areas."""
    for entry, chance, begun in _entries(world, "priority_control_areas", period, 22):
        yield {
            "reference_period": period,
            "pca_id": f"PCA-{entry:02d}",
            "pca_title": f"Priority control area {entry}",
            "risk_type": chance.choice(world.codes("risk_type", period)),
            "active_from": begun.isoformat(),
            "active_to": (begun + timedelta(days=chance.randrange(60, 400))).isoformat(),
            "participants_count": chance.randint(5, 27),
        }


def mutual_recognition_agreements(world: World, period: str) -> Iterator[Row]:
    """Agreements with third countries; one that is not in force yet is under negotiation."""
    for country, state in RECOGNITION.items():
        in_force = state[0].isdigit() and state <= end_of(period).isoformat()
        status = "IN_FORCE" if in_force else "NEGOTIATION" if state[0].isdigit() else state
        yield {
            "reference_period": period,
            "agreement_id": f"MRA-{country}",
            "agreement_title": f"Mutual recognition with {country}",
            "counterpart_area": country,
            "agreement_status": status,
            "in_force_since": state if in_force else None,
        }


def cooperation_models(world: World, period: str) -> Iterator[Row]:
    """Models of cooperation; one may be with several third countries."""
    for entry, chance, begun in _entries(world, "cooperation_models", period, 16):
        kind = chance.choice(world.codes("model_kind", period))
        ready = begun + timedelta(days=chance.randrange(700))
        for country in _some(chance, sorted(RECOGNITION), 3):
            yield {
                "reference_period": period,
                "model_id": f"CM-{entry:02d}",
                "counterpart_area": country,
                "model_title": f"Cooperation model {entry}",
                "model_kind": kind,
                "developed_date": ready.isoformat() if chance.random() < 0.9 else None,
            }


def ics2_registrations(world: World, period: str) -> Iterator[Row]:
    """Operators registered for ICS2; each release opens in a later year."""
    opens = {"R1": 2021, "R2": 2023, "R3": 2024}
    # Post and express came first, then the others of air transport, then every other mode.
    enters = {"POSTAL": "R1", "EXPRESS": "R1", "AIR": "R2", "FORWARDER": "R2"}
    for member in world.codes("eu_member_state", period):
        for role in world.codes("operator_role", period):
            chance = world.random("ics2_registrations", member, role)
            for release in world.codes("release", period):
                quarters = (int(period[:4]) - opens[release]) * 4 + int(period[-1])
                rate = chance.uniform(0, 0.6) * SIZES[member] / 10
                if quarters > 0 and rate > 0.05 and release >= enters.get(role, "R3"):
                    yield {
                        "reference_period": period,
                        "member_state": member,
                        "operator_role": role,
                        "ics2_release": release,
                        "registered_operators": int(rate * quarters),
                    }


def ens_third_country_aeo(world: World, period: str) -> Iterator[Row]:
    """Entry summary declarations of operators under a mutual recognition agreement in force."""
    chance = world.random("ens_third_country_aeo", period)
    for country, state in RECOGNITION.items():
        if not state[0].isdigit() or state > end_of(period).isoformat():
            continue
        for mode in ("1", "2", "3", "4", "8"):
            if chance.random() < 0.7:
                yield {
                    "reference_period": period,
                    "counterpart_area": country,
                    "transport_mode": mode,
                    "ens_count": chance.randint(0, 60_000 if country in ("CN", "US", "JP") else 6_000),
                }


def toolbox_views(world: World, period: str) -> Iterator[Row]:
    """Views of officials by department; in one department nobody has an opinion."""
    chance = world.random("toolbox_views", period)
    departments = world.codes("department", period)
    silent = chance.choice(departments)
    for department in departments:
        for official in range(1, chance.randint(3, 12)):
            score = None if department == silent or chance.random() < 0.08 else chance.choice((1, 2, 3, 3, 3, 4, 4))
            yield {
                "cycle": period,
                "department": department,
                "respondent_id": f"{department}-{official:02d}",
                "answer_score": score,
                "no_reply": True if score is None else None,
            }


def eu_agreements(world: World, period: str) -> Iterator[Row]:
    """Agreements of the Commission with other authorities; one may be about several areas."""
    for entry, chance, begun in _entries(world, "eu_agreements", period, 14):
        for area in _some(chance, world.codes("authority_area", period), 2):
            yield {
                "cycle": period,
                "agreement_id": f"EUA-{entry:02d}",
                "authority_area": area,
                "agreement_title": f"Agreement {entry}",
                "signed_date": (begun + timedelta(days=60)).isoformat(),
            }


#: The registers by how often they are delivered.
ANNUAL: dict[str, Callable[[World, str], Iterator[Row]]] = {
    maker.__name__: maker
    for maker in (
        it_projects, it_systems, legislation, fora_tools, methodology_projects, policy_tools, border_analyses,
        common_risk_criteria, programme_actions, priority_control_areas, mutual_recognition_agreements,
        cooperation_models,
    )
}  # fmt: skip
QUARTERLY: dict[str, Callable[[World, str], Iterator[Row]]] = {
    maker.__name__: maker for maker in (ics2_registrations, ens_third_country_aeo)
}
CYCLICAL: dict[str, Callable[[World, str], Iterator[Row]]] = {
    maker.__name__: maker for maker in (toolbox_views, eu_agreements)
}
