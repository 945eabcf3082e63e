"""`python -m exporter.export.build`: builds unchecked GGUF files from an adapter's manifest.

Loads neither torch nor a model: its peak memory is llama.cpp's own while it quantizes.
"""

import shutil
from concurrent.futures import ThreadPoolExecutor
from errno import ENOSPC

from exporter.backends.gguf.lora import NotMergeable
from exporter.backends.work_dir import held, remove
from exporter.domain.disk_space import bytes_needed
from exporter.domain.export_messages import Built, NotExported
from exporter.domain.parity.quantization import candidates
from exporter.export.build_inputs import WrongBase, opened, verify
from exporter.export.request import ExportRequest
from exporter.export.stage_clock import StageClock
from ratchet.processes import Report, serve_parent


def build(request: ExportRequest, clock: StageClock) -> Built | NotExported:
    """Merge, convert and quantize to the first format that may do."""
    try:
        return _built(request, clock)
    except (WrongBase, NotMergeable) as error:
        return NotExported(reason=str(error))


def _built(request: ExportRequest, clock: StageClock) -> Built:
    """The base is hashed while weights are put into its converted file, or before it is made."""
    with ThreadPoolExecutor(1) as beside:
        with clock.stage("base"):
            workshop = opened(request)
            verified = beside.submit(verify, request, workshop.base)
            if not workshop.base_is_converted:
                verified.result()
        _check_room(request, workshop.parameters)
        with clock.stage("convert"):
            f16 = workshop.f16()
        try:
            verified.result()
        except WrongBase:
            remove(f16)
            raise
    first, *_ = candidates(request.quantization, workshop.parameters)
    with clock.stage("quantize"):
        return Built(gguf=workshop.file(first))


def _check_room(request: ExportRequest, parameters: int) -> None:
    needed = bytes_needed(parameters, request.quantization)
    free = shutil.disk_usage(request.work_dir).free
    if free < needed and not any(request.work_dir.glob("*.gguf")):
        message = f"an export needs {needed} bytes of disk at {request.work_dir}, {free} are free"
        raise OSError(ENOSPC, message)


def work(request: ExportRequest, report: Report) -> None:
    with held(request.work_dir):
        outcome = build(request, StageClock(report))
        if isinstance(outcome, NotExported):
            remove(request.work_dir)
        report(outcome)


if __name__ == "__main__":
    serve_parent(ExportRequest, work)
