"""Routes that take many items are found before FastAPI matches anything."""

from pathlib import Path

from starlette.routing import Match

from ingest.app import create_app
from ingest.settings import IngestSettings

APP = create_app(IngestSettings(data_dir=Path("no-such-directory")))
POSTED = ("/v1/experiences", "/v1/feedback", "/v1/rank", "/v1/check", "/api/layer2/feedback/")


def first_match(method: str, path: str) -> str:
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
    found = [one for one in APP.router.routes if one.matches(scope)[0] is Match.FULL]
    return type(found[0]).__module__ if found else ""


def test_plain_routes_are_matched_without_fastapi() -> None:
    assert {first_match("POST", path) for path in POSTED} == {"starlette.routing"}


def test_other_methods_of_their_paths_are_left_to_the_other_routes() -> None:
    assert first_match("GET", "/v1/experiences") != "starlette.routing"


def test_plain_routes_are_documented() -> None:
    assert set(POSTED) <= APP.openapi()["paths"].keys()
