"""What the key in an address names; 404 with the next step if it is gone."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request

from metalearn.web.jobs import Job
from metalearn.web.server import Server
from metalearn.web.uploads import Upload

__all__ = ["job_of", "upload_of"]


def job_of(server: Server, request: Request) -> Job:
    """Return the job of an address.

    Raises:
        HTTPException: If there is none (404).
    """
    job = server.jobs.get(request.path_params["key"])
    if job is None:
        raise HTTPException(404, "there is no such work (any more): ask again")
    return job


def upload_of(server: Server, request: Request) -> Upload:
    """Return the table of an address.

    Raises:
        HTTPException: If there is none (404).
    """
    upload = server.uploads.get(request.path_params["key"])
    if upload is None:
        raise HTTPException(404, "there is no such table (any more): upload it again")
    return upload
