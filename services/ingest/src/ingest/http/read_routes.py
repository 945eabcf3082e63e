"""Read API over the ledger: paginated lists and detail views."""

from collections.abc import Callable
from typing import Annotated, Generic, Literal, TypeVar

from fastapi import APIRouter, HTTPException, Query, Response
from pydantic import BaseModel, Field, TypeAdapter

from ingest.http.problems import responses
from ledger.reading import (
    AsyncLedger,
    ExampleState,
    ExampleView,
    ExperienceView,
    ExplainedExperience,
    LedgerReader,
    ModelDetails,
    ModelView,
    RunDetails,
    RunView,
    plain,
)
from ratchet_text import known_as

T = TypeVar("T")
Limit = Annotated[int, Query(ge=1, le=1000, description="Number of items, the newest first")]
After = Annotated[
    str | None, Query(min_length=1, max_length=500, description="`next` of the page before")
]
Kind = Literal["pair", "label", "demonstration"]
Aspect = Literal["voice", "widget"]


class Page(BaseModel, Generic[T]):
    """The newest first; `next` is the `after` of the next page, null on the last one."""

    items: list[T]
    next: str | None = Field(default=None)


class Listing(BaseModel, Generic[T]):
    """The newest first."""

    items: list[T]


_EXPERIENCES = TypeAdapter(Page[ExperienceView])
_EXPERIENCE = TypeAdapter(ExplainedExperience)
_EXAMPLES = TypeAdapter(Page[ExampleView])
_RUNS = TypeAdapter(Listing[RunView])
_RUN = TypeAdapter(RunDetails)
_MODELS = TypeAdapter(Listing[ModelView])
_MODEL = TypeAdapter(ModelDetails)
_SERVING = TypeAdapter(ModelView)
_UNKNOWN = "unknown id; see the list of this kind for all ids"


def create_read_router(ledger: AsyncLedger) -> APIRouter:
    router = APIRouter(prefix="/v1", responses=responses(401, 403, 422, 503))

    async def answer(
        form: TypeAdapter[T], query: Callable[[LedgerReader], T | None], unknown: str = _UNKNOWN
    ) -> Response:
        """The result of `query` as JSON, serialized in the ledger's thread; 404 for None."""

        def write(reader: LedgerReader) -> bytes | None:
            result = query(reader)
            return None if result is None else form.dump_json(result)

        content = await ledger.read(write)
        if content is None:
            raise HTTPException(404, unknown)
        return Response(content, media_type="application/json")

    @router.get("/experiences", response_model=Page[ExperienceView])
    async def list_experiences(limit: Limit = 100, after: After = None) -> Response:
        """Experiences, with the latest feedback and reward of each."""

        def page(reader: LedgerReader) -> Page[ExperienceView]:
            rows = reader.history(limit, after and plain(after))
            return Page(items=rows, next=rows[-1].query_id if len(rows) == limit else None)

        return await answer(_EXPERIENCES, page)

    @router.get(
        "/experiences/{query_id:path}", response_model=ExplainedExperience, responses=responses(404)
    )
    async def show_experience(query_id: str) -> Response:
        """One experience: its events, the reward explained, its examples and their models."""

        def one(reader: LedgerReader) -> ExplainedExperience | None:
            story = reader.experience(plain(query_id))
            return ExplainedExperience.of(story) if story else None

        return await answer(_EXPERIENCE, one)

    @router.get("/examples", response_model=Page[ExampleView])
    async def list_examples(
        limit: Limit = 100,
        after: After = None,
        kind: Kind | None = None,
        aspect: Aspect | None = None,
        state: ExampleState | None = None,
    ) -> Response:
        """Training examples, with their experiences and the runs that used them."""

        def page(reader: LedgerReader) -> Page[ExampleView]:
            rows = reader.examples(limit, after and plain(after), kind, aspect, state)
            return Page(items=rows, next=rows[-1].example_id if len(rows) == limit else None)

        return await answer(_EXAMPLES, page)

    @router.get("/runs", response_model=Listing[RunView])
    async def list_runs(limit: Limit = 100) -> Response:
        """Training runs, open and finished."""
        return await answer(_RUNS, lambda reader: Listing(items=reader.runs(limit)))

    @router.get("/runs/{run_id:path}", response_model=RunDetails, responses=responses(404))
    async def show_run(run_id: str) -> Response:
        """One run: its events, its examples and the models it produced."""
        return await answer(_RUN, lambda reader: reader.run(plain(known_as(run_id, False))))

    @router.get("/model", response_model=ModelView, responses=responses(404))
    async def show_model_in_service() -> Response:
        """The active version, with who activated it and why."""
        none = "no model is in service; see /v1/models for the registered versions"
        return await answer(_SERVING, lambda reader: reader.active_model(), none)

    @router.get("/models", response_model=Listing[ModelView])
    async def list_models(limit: Limit = 100) -> Response:
        """Model versions, with who activated and replaced them, and why."""
        return await answer(_MODELS, lambda reader: Listing(items=reader.models(limit)))

    @router.get("/models/{version:path}", response_model=ModelDetails, responses=responses(404))
    async def show_model(version: str) -> Response:
        """One version: its run, and every example and experience it learned from."""
        return await answer(_MODEL, lambda reader: reader.model(plain(version)))

    return router
