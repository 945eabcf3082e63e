"""Records erasures that are in progress, so that a kill cannot leave one half done."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from ledger.domain.erasure import Subject
from ratchet.storage import flush, write_whole


@dataclass(frozen=True)
class ErasureRequest:
    """One erasure; `query_id` is the question that was named, None for a user."""

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
    """A directory with one file for each erasure in progress.

    The file holds everything that was found out about the subject. Once the first entries are
    erased, the streams no longer tell which others belong to it; only the journal does.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def unfinished(self) -> list[ErasureRequest]:
        paths = sorted(self._directory.glob("*.json"))
        return [_REQUESTS.validate_json(path.read_bytes()) for path in paths]

    def write(self, request: ErasureRequest) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._directory / f"{request.request_id}.json"
        write_whole(path, _REQUESTS.dump_json(request))

    def finish(self, request: ErasureRequest) -> None:
        for suffix in (".json", ".part"):
            (self._directory / f"{request.request_id}{suffix}").unlink(missing_ok=True)
        flush(self._directory)
