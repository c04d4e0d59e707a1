"""What the pool asks of its processes, and what they answer: messages of one packet, JSON."""

from __future__ import annotations

import socket
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from customs_monitor.checking.results import Network

#: Longest message; a packet of the kernel's default buffers holds more.
MESSAGE_BYTES = 64 * 1024
#: In the folder of a job: what it gave, or why it gave nothing.
RESULT = "result.json"
FAILURE = "failure.json"
#: In the folder of a job: what its processes wrote to standard error.
COMPLAINTS = "complaints.txt"

#: Why a check was stopped: the code of `rules.yml`.
Stop = Literal["CHECK_NEEDS_MEMORY", "CHECK_NEEDS_TIME", "CHECK_NEEDS_SPACE", "CHECK_BROKE_OFF"]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Job(_Message):
    """One job of a child.

    Attributes:
        number: of the attempt; unique in a pool.
        kind: judge a file, or open an archive.
        folder: of this attempt, empty; the child works and leaves its files there.
        stop: why the check was stopped before; the file is refused for that, without a look into it.
    """

    number: int
    kind: Literal["check", "unpack"]
    folder: Path
    file: Path
    feed: str = ""
    file_name: str | None = None
    sender: str | None = None
    period: str | None = None
    previous: Path | None = None
    received_at: datetime | None = None
    stop: Stop | None = None


class Order(_Message):
    """From the pool to the zygote: start a job, or stop one by its number."""

    start: Job | None = None
    stop: int | None = None


class Ready(_Message):
    """From the zygote, once: it can take jobs."""

    network: Network


class Started(_Message):
    """From the zygote: the job has a child, which leads a process group."""

    started: int
    process: int


class Ended(_Message):
    """From the zygote: the child of a job has ended, with all its processes.

    Attributes:
        status: as of `os.waitstatus_to_exitcode`: negative for a signal.
        stop: the limit that the zygote saw broken, for which it ended the job.
    """

    ended: int
    status: int
    stop: Stop | None = None
    cpu_seconds: float
    wall_seconds: float
    peak_memory: int


class Failure(_Message):
    """In `FAILURE`: why a child gave up.

    Attributes:
        stop: the limit it ran into; `CHECK_BROKE_OFF` for an error nobody foresaw; None where the platform is at
            fault (a contract, a full disk).
        text: for the platform's log, never for a sender.
    """

    stop: Stop | None = None
    text: str


class Answer(_Message):
    """Any message from the zygote."""

    answer: Ready | Started | Ended


def send(channel: socket.socket, message: Order | Answer) -> None:
    """Send a message.

    Raises:
        OSError: if nobody is there any more.
        ValueError: if it is too long: a name of a file is.
    """
    packet = message.model_dump_json(exclude_none=True).encode()
    if len(packet) > MESSAGE_BYTES:
        raise ValueError(f"the message has {len(packet):,} bytes; at most {MESSAGE_BYTES:,} are sent")
    channel.send(packet)


def receive(channel: socket.socket) -> bytes:
    """Return the next message; no byte where nobody is there any more."""
    try:
        return channel.recv(MESSAGE_BYTES)
    except ConnectionError:
        return b""
