"""The sign-up form on somebody else's site: the script that sends it from where it stands, and what that script asks for.

A site whose pages may do so is named in [sign_up] embed_origins. Without script, or from another site, the form leads to our own
page, filled in, for one more press. Nothing here sets or reads a cookie, and no answer says anything about an address.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache, wraps
from http import HTTPStatus
from pathlib import Path
from typing import Final

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import condition, require_POST, require_safe

from newsletter.subscribers.installation import choices, config
from newsletter.subscribers.signing_up import Outcome, take_sign_up
from newsletter.subscribers.web.form_stamps import make_stamp
from newsletter.subscribers.web.networks import network_hash
from newsletter.subscribers.web.page_design import Words
from newsletter.subscribers.web.pressing import LONGEST_FORM
from newsletter.subscribers.web.sign_up_form import TypedForm, read_sign_up
from newsletter.subscribers.web.sign_up_pages import words_of

SCRIPT: Final = Path(__file__).with_name("embed.js")

AN_HOUR: Final = "public, max-age=3600"

View = Callable[[HttpRequest], HttpResponse]


def for_embed_origins(view: View) -> View:
    """Let the pages of the sites that are named read an answer, without credentials; others get none (Fetch, CORS)."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        origin = request.headers.get("Origin", "")
        allowed = origin in config().sign_up.embed_origins
        response = view(request) if allowed else HttpResponse(status=HTTPStatus.FORBIDDEN)
        if allowed:
            response.headers["Access-Control-Allow-Origin"] = origin
        patch_vary_headers(response, ["Origin"])
        return response

    return answer


@cache
def _script() -> tuple[bytes, str]:
    """Give the script and its entity tag."""
    content = SCRIPT.read_bytes()
    return content, f'"{hashlib.sha256(content).hexdigest()[:16]}"'


def _tag(request: HttpRequest) -> str:
    del request
    return _script()[1]


@require_safe
@condition(etag_func=_tag)
def embed_script(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """Give the script; browsers keep it for an hour."""
    headers = {"Cache-Control": AN_HOUR, "Cross-Origin-Resource-Policy": "cross-origin"}
    return HttpResponse(_script()[0], content_type="text/javascript; charset=utf-8", headers=headers)


@require_safe
@for_embed_origins
def stamp(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """Give the stamp of a form that somebody begins to fill in."""
    return JsonResponse({"stamp": make_stamp(choices().current_wording, now=timezone.now())})


@csrf_exempt
@require_POST
@for_embed_origins
def embedded(request: HttpRequest) -> HttpResponse:
    """Take a form as the page does, and answer with the sentences that the page would show."""
    words, now = words_of(request), timezone.now()
    if not config().sign_up.open:
        return JsonResponse({"sentences": [words.say("sign_up", "closed_heading"), words.say("sign_up", "closed")]})
    fields = _read_fields(request)
    if fields is None:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    typed = read_sign_up(fields, languages=choices().languages, page_language=words.language)
    outcome = take_sign_up(typed, pressed=True, network=network_hash(request), now=now)
    answer: dict[str, object] = {"sentences": _sentences(words, typed, outcome)}
    if outcome is not Outcome.TAKEN:
        answer["stamp"] = make_stamp(choices().current_wording, now=now, again=True)
        answer["problems"] = {name: words.say("sign_up", problem) for name, problem in typed.problems.items()}
    return JsonResponse(answer)


def _sentences(words: Words, typed: TypedForm, outcome: Outcome) -> list[str]:
    if outcome is Outcome.PROBLEMS:
        return [words.say("sign_up", "look")]
    if outcome is Outcome.AGAIN:
        return [words.say("sign_up", "once_more")]
    return [
        f"{words.say('sign_up', 'sent')} {typed.address}",
        words.say("sign_up", "sent_next"),
        words.say("sign_up", "sent_wait_embedded"),
    ]


def _read_fields(request: HttpRequest) -> QueryDict | None:
    if request.content_type != "application/x-www-form-urlencoded" or len(request.body) > LONGEST_FORM:
        return None
    try:
        return QueryDict(request.body, encoding="utf-8")
    except SuspiciousOperation:
        return None
