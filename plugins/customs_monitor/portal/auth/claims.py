"""What an identity provider says of somebody, and who that makes her here: by a file of rules, never by code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from customs_monitor.contracts.documents import read_yaml
from customs_monitor.portal.auth.roles import Role


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FromClaim(_Strict):
    """The value of a claim."""

    claim: str


class ClaimRule(_Strict):
    """Who somebody is, if her claims are such.

    Attributes:
        when: claims and the value that each must have, or, where a claim is a list, contain.
        role, delegated: as in `User`.
        sender: the Member State, or the claim that names it; none for the Commission.
        collections: ids of feeds; none for all.
    """

    when: dict[str, str] = Field(min_length=1)
    role: Role
    sender: str | FromClaim | None = None
    collections: frozenset[str] | None = None
    delegated: bool = False


class ClaimRules(_Strict):
    """The rules of one provider; the first that fits counts, and who fits none is not let in.

    Attributes:
        display, email, language: the claims that hold these.
        rules: in order.
    """

    display: str = "name"
    email: str = "email"
    language: str = "locale"
    rules: tuple[ClaimRule, ...] = Field(min_length=1)

    @classmethod
    def load(cls, path: Path) -> ClaimRules:
        """Read the rules.

        Raises:
            DocumentError: each problem with file, line and key.
        """
        return read_yaml(path, cls)

    def account(self, claims: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the fields of the account that claims make, None if they fit no rule."""
        for rule in self.rules:
            if all(_has(claims.get(claim), value) for claim, value in rule.when.items()):
                sender = _text(claims, rule.sender.claim) if isinstance(rule.sender, FromClaim) else rule.sender
                language = _text(claims, self.language)
                return {
                    "role": rule.role,
                    "sender": sender,
                    "collections": rule.collections,
                    "delegated": rule.delegated,
                    "display": _text(claims, self.display) or "",
                    "email": _text(claims, self.email),
                    "language": language[:2].lower() if language else None,
                }
        return None


def _has(claim: Any, value: str) -> bool:
    return value in claim if isinstance(claim, list) else claim == value


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    return value[:200] if isinstance(value, str) and value.isprintable() else None
