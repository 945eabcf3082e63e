"""Settings of the archive: its location and what the streams retain."""

from pydantic import Field

from ledger.domain.archive.retention import StreamRetention
from ratchet.settings import CommonSettings


class ArchiveSettings(CommonSettings):
    """`archive_url` is empty for `<data_dir>/archive`; `RATCHET_RETENTION` is a JSON object."""

    archive_url: str = ""
    archive_period_s: float = Field(default=60.0, gt=0)
    retention: StreamRetention = StreamRetention()

    @property
    def archive_place(self) -> str:
        return self.archive_url or str(self.data_dir.resolve() / "archive")
