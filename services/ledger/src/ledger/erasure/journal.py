"""Requests that are under way: written before anything is erased, gone when all of it is."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from ledger.domain.erasure import Subject
from ratchet.storage import flush, write_whole


@dataclass(frozen=True)
class ErasureRequest:
    """`query_id` is the one that was named, where it was no person."""

    request_id: str
    requested_by: str
    at: datetime
    retrain: bool
    subject: Subject
    query_id: str | None = None

    @property
    def user_id(self) -> str | None:
        return self.subject.user_id


_REQUESTS = TypeAdapter(ErasureRequest)


class ErasureJournal:
    """A file for each request, in a directory that only they are in."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def unfinished(self) -> list[ErasureRequest]:
        found = []
        for path in sorted(self._directory.glob("*.json")):
            found.append(_REQUESTS.validate_json(path.read_bytes()))
        return found

    def write(self, request: ErasureRequest) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._directory / f"{request.request_id}.json"
        write_whole(path, _REQUESTS.dump_json(request))

    def finish(self, request: ErasureRequest) -> None:
        for suffix in (".json", ".part"):
            (self._directory / f"{request.request_id}{suffix}").unlink(missing_ok=True)
        flush(self._directory)
