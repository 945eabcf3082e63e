"""Every operation of the OpenAPI document answers as the document describes."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from http_load.process import INTAKE, server
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ingest.app import create_app
from ingest.settings import IngestSettings
from ratchet_testing.ledger_world import DAY

from .reading.ledger_and_trainer import write_ledger

DOCUMENT = create_app(IngestSettings(data_dir=Path("no-such-directory"))).openapi()
OPERATIONS = [
    (method.upper(), path)
    for path, operations in DOCUMENT["paths"].items()
    for method in operations
]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def address(valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory = tmp_path_factory.mktemp("intake")
    write_ledger(directory, DAY)
    with server(
        INTAKE,
        valkey_url,
        directory,
        INGEST_FEEDBACK_PER_MINUTE="1000000",
        INGEST_TRAINER_URL="http://127.0.0.1:1",
    ) as intake:
        yield intake.url


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_every_answer_conforms_to_the_openapi_document(
    address: str, method: str, path: str, mode: schemathesis.GenerationMode
):
    operation = schemathesis.openapi.from_dict(DOCUMENT)[path][method]

    @seed(1)
    @settings(
        max_examples=25,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def holds(case: schemathesis.Case) -> None:
        case.call_and_validate(base_url=address, checks=CHECKS)

    holds()


def test_the_openapi_document_is_generated_without_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        document = create_app(IngestSettings(data_dir=Path("no-such-directory"))).openapi()
    posts = {path for path, operations in document["paths"].items() if "post" in operations}
    assert {"/v1/corrections", "/api/layer2/feedback/", "/v1/commands/rollback"} <= posts
    for path in posts:
        operation = document["paths"][path]["post"]
        assert operation["parameters"][0]["name"] == "Idempotency-Key"
        assert operation["security"]
        assert operation["summary"]
