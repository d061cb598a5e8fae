"""`newsletter serve` and the links of a mail, with curl's eyes."""

from __future__ import annotations

import json
import re
from email.message import Message

import httpx
import pytest

from tests.acceptance.conftest import Site, links_of, newsletters

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def _mail(site: Site, number: int = 0) -> Message:
    messages = sorted(newsletters(site), key=lambda message: str(message["To"]))
    return messages[number]


def _unsubscribe_url(message: Message) -> str:
    return str(message["List-Unsubscribe"]).strip("<>")


def _text(message: Message) -> str:
    part = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def _own_links(site: Site, message: Message) -> set[str]:
    return {link.rstrip(".,)") for link in links_of(_text(message)) if link.startswith(site.url("/"))} | {
        _unsubscribe_url(message)
    }


def _list(site: Site) -> object:
    return json.loads(site.run("subscribers", "stats", "--on", "2026-12-01", "--format", "json"))


def _active(site: Site) -> int:
    return sum(json.loads(site.run("subscribers", "stats", "--on", "2026-12-01", "--format", "json"))["by_language"].values())


def test_looking_at_any_link_of_a_mail_changes_nothing(served: Site) -> None:
    before = _list(served)
    for number in range(3):
        for link in _own_links(served, _mail(served, number)):
            for method in ("GET", "HEAD", "OPTIONS"):
                answer = httpx.request(method, link, follow_redirects=True)
                assert answer.status_code in {200, 405}, (method, link)
                assert "set-cookie" not in answer.headers
                assert answer.headers["referrer-policy"] == "no-referrer"
    assert _list(served) == before


def test_one_click_unsubscribes_at_once_and_only_with_its_one_field(served: Site) -> None:
    url = _unsubscribe_url(_mail(served))
    before = _active(served)
    others: list[dict[str, object]] = [
        {},
        {"data": {"List-Unsubscribe": "one-click"}},
        {"data": {**ONE_CLICK, "extra": "1"}},
        {"data": {"List-Unsubscribe": ["One-Click", "One-Click"]}},
        {"json": ONE_CLICK},
        {"content": "List-Unsubscribe=One-Click", "headers": {"content-type": "text/plain"}},
        {"files": {"List-Unsubscribe": (None, "One-Click"), "extra": (None, "1")}},
    ]
    for body in others:
        assert httpx.post(url, **body).status_code == 400, body  # type: ignore[arg-type]
    assert _active(served) == before
    answer = httpx.post(url, data=ONE_CLICK)
    assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    assert _active(served) == before - 1
    assert httpx.post(url, data=ONE_CLICK).status_code == 200
    assert _active(served) == before - 1


def test_one_click_may_come_in_chunks(served: Site) -> None:
    url, before = _unsubscribe_url(_mail(served, 2)), _active(served)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for chunks in ([b"List-Unsubscribe=One-Click", b"&extra=1"], [b"List-Unsubscribe=One-Click" + b"\n" * 2_000], []):
        assert httpx.post(url, content=iter(chunks), headers=headers).status_code == 400
    assert _active(served) == before
    assert httpx.post(url, content=iter([b"List-Unsub", b"scribe=One-Click"]), headers=headers).status_code == 200
    assert _active(served) == before - 1


def test_one_click_takes_a_multipart_form(served: Site) -> None:
    before = _active(served)
    answer = httpx.post(_unsubscribe_url(_mail(served, 1)), files={"List-Unsubscribe": (None, "One-Click")})
    assert answer.status_code == 200
    assert _active(served) == before - 1


@pytest.mark.parametrize("path", ["/u/", "/m/", "/unsubscribe/"])
def test_a_tampered_link_gets_one_kind_page_and_404(served: Site, path: str) -> None:
    token = _unsubscribe_url(_mail(served)).rpartition("/")[2]
    pages = set()
    for wrong in (f"{token[:-1]}{'A' if token[-1] != 'A' else 'B'}", token[:-1], "x" * 34, f"{token}A"):
        method = "POST" if path == "/unsubscribe/" else "GET"
        answer = httpx.request(method, served.url(f"{path}{wrong}"), headers={"accept-language": "es"})
        assert answer.status_code == 404
        pages.add(re.sub(r'nonce="[^"]*"', "", answer.text).replace(wrong, ""))
    assert len(pages) == 1
    assert '<html lang="es"' in pages.pop()


def test_the_archive_shows_the_issue_and_no_reader(served: Site) -> None:
    page = httpx.get(served.url("/issues/2026-12/en/"))
    assert page.status_code == 200
    assert "<main" in page.text
    assert "@@MM" not in page.text
    assert "/m/" not in page.text
    for asset in re.findall(r'src="([^"]+)"', page.text):
        assert httpx.get(asset).headers["content-type"].startswith("image/")
    assert httpx.get(served.url("/issues/2031-01/en/")).status_code == 404


def test_a_request_that_cannot_be_read_leaves_no_token_in_the_log(sent_site: Site) -> None:
    url = _unsubscribe_url(_mail(sent_site))
    log = sent_site.folder / "web.log"
    with log.open("wb") as handle:
        process = sent_site.start("web", log=handle)
        try:
            sent_site.wait_for_pages()
            answer = httpx.post(url, headers={"content-type": "multipart/form-data; boundary*=no-such-charset'en'x"})
        finally:
            process.terminate()
            process.wait(30)
    assert answer.status_code == 500
    assert "Error handling request" in log.read_text()
    assert url.rpartition("/")[2] not in log.read_text()
