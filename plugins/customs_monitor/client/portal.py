"""A client of the portal's interface for machines: send a file, go on where a connection broke, wait for the verdict.

It needs httpx alone, so that a sender can take this one file into a program of its own.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import httpx

#: Bytes of a request; what a broken connection can cost.
PART = 8 << 20
_ATTEMPTS = 6
#: States in which nothing more happens by itself.
_RESTING = ("checked", "sent", "discarded")


class PortalError(RuntimeError):
    """The portal said no.

    Attributes:
        status: the HTTP status; 0 where there was no answer.
        code: the kind of problem.
    """

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code = status, code


class PortalClient:
    """A connection to a portal; use it as a context manager.

    Args:
        url: the portal's address, like `https://portal.example.eu`.
        token: of the account page.
        pause: waits between tries, in seconds.
        transport: for tests.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        pause: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}", "User-Agent": "customs-monitor-client"}
        self._http = httpx.Client(
            base_url=f"{url.rstrip('/')}/api/v1", headers=headers, timeout=60, transport=transport
        )
        self._pause = pause

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._http.close()

    def collections(self) -> list[dict[str, Any]]:
        """Return the sender's collections and how it stands in them."""
        found: list[dict[str, Any]] = self._call("GET", "/collections").json()
        return found

    def upload(
        self,
        file: Path,
        collection: str,
        *,
        period: str | None = None,
        intent: Literal["check", "send"] = "check",
        again: str = "",
        progress: Callable[[int, int], None] = lambda done, size: None,
    ) -> dict[str, Any]:
        """Upload a file; called again after a crash, it goes on with the same upload.

        Args:
            file: the file.
            collection: the collection it is for.
            period: its period; the file says it by default.
            intent: `send` makes it a delivery once it is judged.
            again: any text makes it another upload than that of the same file before.
            progress: is told the bytes sent and the size.

        Returns:
            The upload, being checked or further.

        Raises:
            PortalError: if the portal says no, or does not answer.
        """
        size, sha256 = file.stat().st_size, _sha256(file)
        opened = self._call(
            "POST",
            "/uploads",
            json={
                "collection": collection,
                "file": file.name,
                "period": period,
                "size": size,
                "sha256": sha256,
                "intent": intent,
            },
            headers={"Idempotency-Key": f"{intent}-{collection}-{period or ''}-{sha256}-{again}"},
        ).json()
        if opened["state"] == "receiving":
            self._send_bytes(file, size, f"/uploads/{opened['upload_id']}", progress)
        return self.get(opened["upload_id"])

    def get(self, upload_id: str) -> dict[str, Any]:
        """Return an upload."""
        found: dict[str, Any] = self._call("GET", f"/uploads/{upload_id}").json()
        return found

    def wait(self, upload_id: str, seconds: float = 600) -> dict[str, Any]:
        """Wait until an upload is judged, and where it is to be sent until it is.

        Raises:
            PortalError: if that takes longer.
        """
        until, pause = time.monotonic() + seconds, 0.2
        while True:
            upload = self.get(upload_id)
            to_be_sent = upload["intent"] == "send" and not upload["members"]
            if upload["state"] in _RESTING and not (to_be_sent and upload["state"] == "checked"):
                return upload
            if time.monotonic() > until:
                raise PortalError(
                    0, "still-checking", f"upload {upload_id} is still {upload['state']}: ask again later"
                )
            self._pause(pause)
            pause = min(pause * 1.5, 5.0)

    def send(self, upload_id: str) -> dict[str, Any]:
        """Confirm that a checked upload is sent."""
        found: dict[str, Any] = self._call("POST", f"/uploads/{upload_id}/send").json()
        return found

    def issues(self, upload_id: str) -> Iterator[dict[str, Any]]:
        """Yield every issue of an upload, in the order of the file."""
        number, pages = 1, 1
        while number <= pages:
            params = {"page": number, "rows": 1000}
            page = self._call("GET", f"/uploads/{upload_id}/issues", params=params).json()
            yield from page["issues"]
            number, pages = number + 1, page["pages"]

    def report(self, upload_id: str, name: str) -> bytes:
        """Return a file of the report, like `report.ess.json`."""
        return self._call("GET", f"/uploads/{upload_id}/reports/{name}").content

    def _send_bytes(self, file: Path, size: int, path: str, progress: Callable[[int, int], None]) -> None:
        broken = 0
        with file.open("rb") as stream:
            offset = self._offset(path)
            while True:
                stream.seek(offset)
                piece = stream.read(PART)
                last = offset + len(piece) >= size
                headers = {
                    "Content-Type": "application/offset+octet-stream",
                    "Upload-Offset": str(offset),
                    "Upload-Complete": "?1" if last else "?0",
                }
                try:
                    self._call("PATCH", path, content=piece, headers=headers, attempts=1)
                except PortalError as error:
                    broken += 1
                    if (error.status and error.code != "wrong-offset") or broken >= _ATTEMPTS:
                        raise
                    self._pause(2.0**broken / 4)
                    offset = self._offset(path)
                    continue
                broken, offset = 0, offset + len(piece)
                progress(offset, size)
                if last:
                    return

    def _offset(self, path: str) -> int:
        return int(self._call("HEAD", path).headers["Upload-Offset"])

    def _call(self, method: str, path: str, *, attempts: int = _ATTEMPTS, **request: Any) -> httpx.Response:
        for number in range(1, attempts + 1):
            wait = 2.0**number / 4
            try:
                answer = self._http.request(method, path, **request)
            except httpx.HTTPError as error:
                problem = PortalError(0, "no-answer", f"the portal does not answer: {type(error).__name__}")
            else:
                if answer.is_success:
                    return answer
                problem = _problem(answer)
                if answer.status_code not in (429, 502, 503, 504):
                    raise problem
                said = answer.headers.get("Retry-After", "")
                wait = min(float(said), 60.0) if said.isdecimal() else wait
            if number < attempts:
                self._pause(wait)
        raise problem


def _problem(answer: httpx.Response) -> PortalError:
    try:
        document = answer.json()
        return PortalError(answer.status_code, str(document["code"]), str(document["detail"]))
    except (ValueError, KeyError, TypeError):
        return PortalError(answer.status_code, "unknown", f"the portal answered {answer.status_code}")


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
