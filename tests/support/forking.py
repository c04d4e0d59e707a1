"""Programs that import once and fork a child for each line of their input, as `warm_runs` asks for."""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from collections.abc import Callable


def _become(job: Callable[[dict[str, object]], None], order: dict[str, object]) -> None:
    """Do a job in a process group of its own; never returns."""
    os.setsid()
    log = os.open(str(order["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.environ.update(order["environment"])  # type: ignore[call-overload]
    try:
        job(order)
    except SystemExit as ending:
        sys.stdout.flush()
        os._exit(ending.code if isinstance(ending.code, int) else 1)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def answer_orders(job: Callable[[dict[str, object]], None]) -> None:
    """Answer orders until the input ends, each by a fork that does the job."""
    # What DuckDB and Arrow's allocator start when they are imported serves nothing that a run opens.
    assert threading.active_count() == 1, "a fork would lose the other threads"
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _become(job, json.loads(line))
        answers.write(json.dumps({"pid": pid}) + "\n")
        _, status = os.waitpid(pid, 0)
        answers.write(json.dumps({"status": os.waitstatus_to_exitcode(status)}) + "\n")
