"""What a catalogue says of the files of a format."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FileKind:
    """A kind of file.

    Attributes:
        title: for a reader who has to choose.
        media_type: as IANA registers it.
        file_type: code of the Publications Office's authority table of file types.
        schema: what the content conforms to: the IRI of a standard, or a path in the release; `{stem}` is the table's.
    """

    title: str
    media_type: str
    file_type: str
    schema: str | None = None


#: The table itself; all other files are written from it.
PARQUET = FileKind("Parquet: for large analyses", "application/vnd.apache.parquet", "PARQUET")
