"""What is wrong with a query string, in the words of the field."""

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from ingest.domain.access import COMPATIBILITY
from ingest.http.middleware.problems import refused


async def name_the_field(request: Request, error: RequestValidationError) -> Response:
    """422 with every problem; 400 on the old routes."""
    problems = [
        {"index": 0, "field": str(found["loc"][-1]), "message": found["msg"]}
        for found in error.errors()
    ]
    first = f"{problems[0]['field']}: {problems[0]['message']}"
    status = 400 if request.url.path.startswith(COMPATIBILITY) else 422
    return refused(request.scope, status, first, problems)
