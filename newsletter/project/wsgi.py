"""The WSGI application."""

from __future__ import annotations

import os
from io import BytesIO
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.wsgi import get_wsgi_application

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.project.settings")
_django: Final = get_wsgi_application()


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer a request, also one whose body came in chunks (RFC 9112, 7.1), as some mail programs' one-click does.

    Django reads no body without a length. Where the server tells its end (``wsgi.input_terminated``), it is given one here.
    """
    if environ.get("wsgi.input_terminated") and "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        body = environ["wsgi.input"].read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    return _django(environ, start_response)
