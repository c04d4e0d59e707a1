"""A workbook on disk without the moment of its making: the same workbook gives the same bytes."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime
from io import BytesIO
from pathlib import Path

from openpyxl import Workbook

#: The earliest time a ZIP archive can hold.
_NO_TIME = datetime(1980, 1, 1)  # noqa: DTZ001

#: openpyxl notes the moment of saving, whatever the workbook says.
_SAVED_AT = re.compile(rb"<dcterms:modified.*?</dcterms:modified>")


def save_workbook(book: Workbook, target: Path) -> None:
    """Write a workbook.

    Raises:
        OSError: if the file cannot be written.
    """
    book.properties.created = _NO_TIME
    packed = BytesIO()
    book.save(packed)
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, date_time=_NO_TIME.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _SAVED_AT.sub(b"", content)
            new.writestr(entry, content)
