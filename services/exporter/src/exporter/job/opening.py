"""Base and adapter as they were trained, side by side."""

from functools import partial
from pathlib import Path

from exporter.backends.files import link_or_copy
from exporter.backends.lora import NotMergeable
from exporter.backends.work_dir import once
from exporter.domain.job import NotExported
from exporter.job.clock import StageClock
from exporter.job.workshop import Workshop
from exporter.request import ExportRequest
from ratchet.artifacts import ArtifactStore
from ratchet.base_models import materialise, weights_sha256


def opened(request: ExportRequest, clock: StageClock) -> Workshop | NotExported:
    """Base and adapter as they were trained, or why they cannot be put together.

    Raises `BaseModelMissing`, `ArtifactMissing`, `ArtifactCorrupt` and `OSError`.
    """
    manifest = request.manifest
    with clock.stage("base"):
        base = materialise(manifest.base_model, request.cache_dir)
        if weights_sha256(base) != manifest.base_sha256:
            said = f"{manifest.base_model} is not the base it was trained on: its weights differ"
            return NotExported(reason=f"wrong base: {said}")
        adapter = once(request.work_dir / "adapter", partial(_collect, request))
        try:
            return Workshop(request, base, adapter)
        except NotMergeable as error:
            return NotExported(reason=str(error))


def _collect(request: ExportRequest, target: Path) -> None:
    store = ArtifactStore(request.artifacts_dir)
    target.mkdir()
    for name, reference in request.manifest.files.items():
        link_or_copy(store.verified(reference), target / Path(name).name)
