"""`python -m exporter.export.build`: builds an unchecked GGUF file from an adapter's manifest.

Loads neither torch nor a model: its peak memory is that of llama.cpp's quantization.
"""

import shutil
from concurrent.futures import ThreadPoolExecutor
from errno import ENOSPC

from exporter.backends.directories import exclusive, remove
from exporter.backends.gguf.convert import ConversionRefused
from exporter.backends.gguf.lora import NotMergeable
from exporter.domain.export_messages import BuiltFile, ExportRefused
from exporter.domain.parity.quantization import bytes_needed, candidates
from exporter.export.build_inputs import WrongBase, open_build, verify_base
from exporter.export.request import ExportRequest
from exporter.export.stage_clock import StageClock
from ratchet.processes import Report, serve_parent


def build(request: ExportRequest, clock: StageClock) -> BuiltFile | ExportRefused:
    """Merge, convert and quantize to the first format to try."""
    try:
        return _build(request, clock)
    except (WrongBase, NotMergeable) as error:
        return ExportRefused(reason=str(error))
    except ConversionRefused as error:
        return ExportRefused(reason=str(error), remedy=error.remedy)


def _build(request: ExportRequest, clock: StageClock) -> BuiltFile:
    # The base is hashed while its converted file is spliced, as both take seconds. A base that is
    # not converted yet is verified first, because its converted file is cached under that hash.
    with ThreadPoolExecutor(1) as pool:
        with clock.stage("base"):
            steps = open_build(request)
            verified = pool.submit(verify_base, request, steps.base)
            if not steps.base_is_converted:
                verified.result()
        _check_disk_space(request, steps.parameters)
        with clock.stage("convert"):
            f16 = steps.f16()
        try:
            verified.result()
        except WrongBase:
            remove(f16)
            raise
    first, *_ = candidates(request.quantization, steps.parameters)
    with clock.stage("quantize"):
        return BuiltFile(gguf=steps.file(first))


def _check_disk_space(request: ExportRequest, parameters: int) -> None:
    needed = bytes_needed(parameters, request.quantization)
    free = shutil.disk_usage(request.work_dir).free
    if free < needed and not any(request.work_dir.glob("*.gguf")):
        message = f"an export needs {needed} bytes of disk at {request.work_dir}, {free} are free"
        raise OSError(ENOSPC, message)


def work(request: ExportRequest, report: Report) -> None:
    with exclusive(request.work_dir):
        outcome = build(request, StageClock(report))
        if isinstance(outcome, ExportRefused):
            remove(request.work_dir)
        report(outcome)


if __name__ == "__main__":
    serve_parent(ExportRequest, work)
