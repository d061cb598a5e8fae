"""Against real servers of all kinds, whose names lead to this machine."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from newsletter.checking.link_answers import Hop, LinkAnswer, LinkKind, Trouble, judge_link
from newsletter.settings import LinkSettings
from newsletter.sources.links import looking
from newsletter.sources.links.looking import ask_links
from tests.integration.sources.link_world import NAMES, World, certificate_for, page, raw_server

HTML = "text/html; charset=utf-8"


@pytest.fixture
def world() -> Iterator[World]:
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        server.expect_request("/guide").respond_with_data(page("A guide"), content_type=HTML)
        yield World(server)


def redirect(world: World, path: str, to: str, status: int = 301) -> None:
    world.server.expect_request(path).respond_with_data("", status=status, headers={"Location": to})


def kind_of(answer: LinkAnswer) -> LinkKind:
    return judge_link(answer).kind


def test_a_page_that_is_there_is_fine_and_its_words_are_read(world: World) -> None:
    answer = world.ask_one("/guide")
    assert (answer.status, answer.title, answer.heading) == (200, "A guide", "A heading")
    assert kind_of(answer) is LinkKind.FINE
    assert world.asked() == ["HEAD /guide", "GET /guide"]


def test_what_is_no_page_is_not_fetched(world: World) -> None:
    world.server.expect_request("/leaflet.pdf").respond_with_data(b"%PDF-1.7", content_type="application/pdf")
    assert kind_of(world.ask_one("/leaflet.pdf")) is LinkKind.FINE
    assert world.asked() == ["HEAD /leaflet.pdf"]


def test_we_say_honestly_who_asks(world: World) -> None:
    world.ask_one("/guide")
    assert {request.headers["User-Agent"] for request, _ in world.server.log} == {"mets-matters-newsletter (link check)"}


@pytest.mark.parametrize("status", [400, 403, 404, 405, 501])
def test_a_site_that_refuses_head_is_asked_as_a_browser_asks(world: World, status: int) -> None:
    world.server.expect_request("/shy", method="HEAD").respond_with_data("", status=status)
    world.server.expect_request("/shy", method="GET").respond_with_data(page("Here"), content_type=HTML)
    assert kind_of(world.ask_one("/shy")) is LinkKind.FINE
    assert world.asked() == ["HEAD /shy", "GET /shy"]


def test_a_site_that_has_no_head_is_asked_without_for_its_other_links(world: World) -> None:
    for path in ("/one", "/two", "/three"):
        world.server.expect_request(path, method="HEAD").respond_with_data("", status=405)
        world.server.expect_request(path, method="GET").respond_with_data(page("Here"), content_type=HTML)
    world.ask("/one", "/two", "/three")
    assert sum(asked.startswith("HEAD") for asked in world.asked()) <= 2


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_gone_is_broken_once_get_has_said_so(world: World, status: int) -> None:
    world.server.expect_request("/old").respond_with_data(page("Gone"), status=status, content_type=HTML)
    answer = world.ask_one("/old")
    assert (kind_of(answer), answer.status) == (LinkKind.DEAD, status)
    assert world.asked() == ["HEAD /old", "GET /old"]


@pytest.mark.parametrize("status", [401, 403, 429, 451, 503, 500, 502, 999, 406, 418])
def test_a_site_that_turns_us_away_or_has_a_fault_is_not_called_broken(world: World, status: int) -> None:
    world.server.expect_request("/wall").respond_with_data(
        page("No"), status=status, content_type=HTML, headers={"Retry-After": "0"}
    )
    assert kind_of(world.ask_one("/wall")) is LinkKind.COULD_NOT_CHECK


def test_a_challenge_with_a_good_status_is_not_called_fine(world: World) -> None:
    world.server.expect_request("/wall").respond_with_data(page("Just a moment..."), content_type=HTML)
    world.server.expect_request("/cf").respond_with_data(page("x"), content_type=HTML, headers={"cf-mitigated": "challenge"})
    assert [kind_of(answer) for answer in world.ask("/wall", "/cf")] == [LinkKind.COULD_NOT_CHECK] * 2


def test_a_fault_of_a_moment_is_asked_once_more(world: World) -> None:
    world.server.expect_ordered_request("/weak", method="HEAD").respond_with_data("", status=503)
    world.server.expect_ordered_request("/weak", method="GET").respond_with_data(page("Here"), content_type=HTML)
    assert kind_of(world.ask_one("/weak")) is LinkKind.FINE


def test_who_asks_for_a_short_patience_is_given_it(world: World) -> None:
    world.server.expect_ordered_request("/busy").respond_with_data("", status=429, headers={"Retry-After": "1"})
    world.server.expect_ordered_request("/busy").respond_with_data(page("Here"), content_type=HTML)
    begun = time.monotonic()
    assert kind_of(world.ask_one("/busy")) is LinkKind.FINE
    assert time.monotonic() - begun >= 1


@pytest.mark.parametrize("patience", ["3600", "Wed, 21 Oct 2099 07:28:00 GMT"])
def test_who_asks_for_a_long_patience_is_left_alone_with_all_links(world: World, patience: str) -> None:
    for number in range(8):
        world.server.expect_request(f"/{number}").respond_with_data("", status=429, headers={"Retry-After": patience})
    answers = world.ask(*(f"/{number}" for number in range(8)))
    assert {kind_of(answer) for answer in answers} == {LinkKind.COULD_NOT_CHECK}
    assert len(world.server.log) <= 3


def test_every_redirect_is_told_and_a_permanent_one_names_the_new_address(world: World) -> None:
    redirect(world, "/a", "/b")
    redirect(world, "/b", world.url("/guide", host="www.guide.test"), status=308)
    answer = world.ask_one("/a")
    new = world.url("/guide", host="www.guide.test")
    assert answer.hops == (Hop(301, world.url("/b")), Hop(308, new))
    assert (kind_of(answer), answer.moved_to) == (LinkKind.MOVED, new)


def test_a_temporary_redirect_is_fine_as_it_is(world: World) -> None:
    redirect(world, "/today", "/guide", status=302)
    answer = world.ask_one("/today")
    assert (kind_of(answer), answer.led_to, answer.moved_to) == (LinkKind.FINE, world.url("/guide"), "")


def test_a_page_that_moved_for_good_and_is_gone_is_broken(world: World) -> None:
    redirect(world, "/a", "/nowhere")
    world.server.expect_request("/nowhere").respond_with_data("", status=404)
    assert kind_of(world.ask_one("/a")) is LinkKind.DEAD


def test_redirects_in_a_ring_end_without_a_verdict(world: World) -> None:
    redirect(world, "/a", "/b", status=302)
    redirect(world, "/b", "/a", status=302)
    answer = world.ask_one("/a")
    assert (answer.trouble, kind_of(answer)) == (Trouble.RING, LinkKind.COULD_NOT_CHECK)
    assert world.asked() == ["HEAD /a", "HEAD /b", "GET /a", "GET /b"]


def test_redirects_without_an_end_end(world: World) -> None:
    def further(request: Request) -> Response:
        return Response(status=302, headers={"Location": f"/far?step={int(request.args.get('step', 0)) + 1}"})

    world.server.expect_request("/far").respond_with_handler(further)
    answer = world.ask_one("/far")
    assert answer.trouble is Trouble.RING
    assert len(world.server.log) <= 22


def test_a_site_that_wants_a_cookie_gets_its_own_back_and_no_other_does(world: World) -> None:
    def wall(request: Request) -> Response:
        if request.cookies.get("seen") == "yes":
            return Response(page("Inside"), content_type=HTML)
        return Response(status=302, headers={"Location": request.path, "Set-Cookie": "seen=yes; Path=/"})

    world.server.expect_request("/wall").respond_with_handler(wall)
    answers = world.ask("/wall", world.url("/guide", host="other.test"))
    assert [answer.title for answer in answers] == ["Inside", "A guide"]
    assert not any("Cookie" in request.headers for request, _ in world.server.log if request.path == "/guide")


@pytest.mark.parametrize("target", ["ftp://example.org/", "javascript:alert(1)", "file:///etc/hostname", "http://[broken/"])
def test_a_redirect_to_what_is_no_page_could_not_be_checked(world: World, target: str) -> None:
    redirect(world, "/a", target, status=302)
    assert kind_of(world.ask_one("/a")) in {LinkKind.COULD_NOT_CHECK, LinkKind.DEAD}


@pytest.mark.parametrize(
    "title",
    [
        "Page Not Found | Example Foundation",
        "404",
        "Error 404 - Example",
        "Página no encontrada | Ejemplo",
        "No se encontró la página",
    ],
)
def test_a_page_that_says_that_it_is_none_is_suspected(world: World, title: str) -> None:
    world.server.expect_request("/soft").respond_with_data(page(title), content_type=HTML)
    verdict = judge_link(world.ask_one("/soft"))
    assert verdict.kind is LinkKind.MISSING
    assert title in verdict.sentence


def test_a_page_led_to_the_front_page_is_suspected(world: World) -> None:
    redirect(world, "/programs/guide", "/")
    world.server.expect_request("/").respond_with_data(page("Example Foundation"), content_type=HTML)
    verdict = judge_link(world.ask_one("/programs/guide"))
    assert verdict.kind is LinkKind.MISSING
    assert "front page" in verdict.sentence


def test_words_are_read_in_the_page_s_own_letters_packed_or_not(world: World) -> None:
    latin = page("Guía").encode("latin-1")
    world.server.expect_request("/latin").respond_with_data(latin, content_type="text/html; charset=ISO-8859-1")
    packed = gzip.compress(page("Packed").encode())
    world.server.expect_request("/packed").respond_with_data(packed, content_type=HTML, headers={"Content-Encoding": "gzip"})
    for name in ("klingon", "idna", "undefined", "base64"):
        world.server.expect_request(f"/{name}").respond_with_data(page("Odd"), content_type=f"text/html; charset={name}")
    odd = ("/klingon", "/idna", "/undefined", "/base64")
    assert [answer.title for answer in world.ask("/latin", "/packed", *odd)] == ["Guía", "Packed", *["Odd"] * 4]


def test_of_a_huge_page_only_the_beginning_is_read(world: World) -> None:
    sent = 0

    def huge(_: Request) -> Response:
        def body() -> Iterator[bytes]:
            nonlocal sent
            yield page("Huge").encode()
            for _ in range(2_000):
                sent += 100_000
                yield b"x" * 100_000

        return Response(body(), content_type=HTML)

    world.server.expect_request("/huge").respond_with_handler(huge)
    answer = world.ask_one("/huge")
    assert (answer.title, kind_of(answer)) == ("Huge", LinkKind.FINE)
    assert sent < 50_000_000


def test_a_bomb_is_not_unpacked(world: World) -> None:
    bomb = gzip.compress(b"<title>Small</title>" + b"x" * 50_000_000)
    world.server.expect_request("/bomb").respond_with_data(bomb, content_type=HTML, headers={"Content-Encoding": "gzip"})
    assert world.ask_one("/bomb").title == "Small"


def test_of_a_server_that_says_nothing_few_links_are_asked_and_the_others_not(world: World) -> None:
    world.settings = LinkSettings(timeout_seconds=0.6, private_hosts=NAMES)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        addresses = [f"http://slow.test:{silent.getsockname()[1]}/{number}" for number in range(20)]
        answers = world.ask(*addresses)
        visitors = count_visitors(silent)
    assert {answer.trouble for answer in answers} == {Trouble.TIMED_OUT}
    assert answers[0].detail == "slow.test did not answer within 1 seconds"
    assert {kind_of(answer) for answer in answers} == {LinkKind.COULD_NOT_CHECK}
    assert 0 < visitors <= 6


def count_visitors(listener: socket.socket) -> int:
    """Say how many have connected whom nobody has let in."""
    listener.settimeout(0)
    for number in range(1_000):
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return number
    raise AssertionError("a thousand visitors")


def test_a_page_that_drips_is_fine_when_its_head_was(world: World) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9000\r\n\r\n<title>Slow</title>"
    with raw_server(head, *[b"x"] * 100, pause=0.05) as url:
        answer = world.ask_one(url)
    assert (answer.status, kind_of(answer)) == (200, LinkKind.FINE)


@pytest.mark.parametrize("nonsense", [b"", b"220 smtp.example.org\r\n"])
def test_what_is_no_web_server_could_not_be_checked(world: World, nonsense: bytes) -> None:
    with raw_server(nonsense) as url:
        answer = world.ask_one(url)
    assert (answer.trouble, kind_of(answer)) == (Trouble.NO_WEB_ANSWER, LinkKind.COULD_NOT_CHECK)


def test_a_site_whose_name_nobody_knows_is_broken_and_looked_up_once(world: World) -> None:
    answers = world.ask(
        "http://nowhere.test/a", "http://nowhere.test/b", "http://nowhere.test/c", "http://nowhere.test/d", "/guide"
    )
    assert [kind_of(answer) for answer in answers] == [LinkKind.DEAD] * 4 + [LinkKind.FINE]
    assert "there is no site of the name nowhere.test" in judge_link(answers[0]).sentence
    assert world.looked_up.count("nowhere.test") <= 2


def test_a_refused_connection_is_broken_when_it_is_refused_twice(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    answer = world.ask_one(f"http://other.test:{port}/")
    assert (answer.trouble, kind_of(answer)) == (Trouble.REFUSED, LinkKind.DEAD)


def test_a_private_network_is_not_asked_not_even_by_a_redirect(world: World) -> None:
    world.settings = LinkSettings(timeout_seconds=3, private_hosts=("guide.test",))
    redirect(world, "/in", world.url("/guide", host="127.0.0.1"), status=302)
    answers = world.ask("/in", world.url("/guide", host="other.test"))
    assert [answer.trouble for answer in answers] == [Trouble.PRIVATE] * 2
    assert {path for path in world.asked() if "guide" in path} == set()


@pytest.mark.parametrize("address", ["http://", "http://[broken/", "https://guide.test:99999/", "http://a b/"])
def test_what_is_no_address_is_broken_and_does_not_stop_the_others(world: World, address: str) -> None:
    broken, fine = world.ask(address, "/guide")
    assert kind_of(broken) is LinkKind.DEAD
    assert kind_of(fine) is LinkKind.FINE


@pytest.mark.parametrize("host", ["xn--ls8h.la", "xn--a"])
def test_a_name_that_browsers_know_and_we_cannot_ask_could_not_be_checked(world: World, host: str) -> None:
    redirect(world, "/in", f"https://{host}/", status=302)
    answers = world.ask(f"https://{host}/", "/in", "/guide")
    assert [kind_of(answer) for answer in answers] == [LinkKind.COULD_NOT_CHECK, LinkKind.COULD_NOT_CHECK, LinkKind.FINE]


def test_what_a_redirect_said_of_patience_keeps_nobody_waiting_for_the_next_site(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    headers = {"Location": f"http://127.0.0.1:{port}/", "Retry-After": "9"}
    world.server.expect_request("/in").respond_with_data("", status=302, headers=headers)
    begun = time.monotonic()
    assert world.ask_one("/in").trouble is Trouble.REFUSED
    assert time.monotonic() - begun < 8


def test_a_whole_look_can_be_ended(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        address = f"http://slow.test:{silent.getsockname()[1]}/"
        settings = LinkSettings(timeout_seconds=30, private_hosts=NAMES)
        answers = ask_links([address], settings, resolve=world.resolve, stopping=lambda: time.monotonic() - begun > 0.3)
    assert answers[address].trouble is Trouble.NOT_ASKED
    assert time.monotonic() - begun < 5


def test_a_look_has_an_end_of_its_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "LONGEST_LOOK", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert world.ask_one(f"http://slow.test:{silent.getsockname()[1]}/").trouble is Trouble.NOT_ASKED


def test_a_caller_in_an_event_loop_may_ask_too(world: World) -> None:
    async def caller() -> LinkAnswer:
        return world.ask_one("/guide")

    assert asyncio.run(caller()).status == 200


def test_of_one_host_two_links_are_asked_at_once_and_others_do_not_wait_for_it(world: World) -> None:
    inside, most, quick_was_asked = 0, 0, threading.Event()

    def slow(_: Request) -> Response:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        assert quick_was_asked.wait(20)
        time.sleep(0.2)
        inside -= 1
        return Response(status=200, content_type="text/plain")

    def quick(_: Request) -> Response:
        quick_was_asked.set()
        return Response(status=200, content_type="text/plain")

    world.settings = LinkSettings(timeout_seconds=60, private_hosts=NAMES, at_once=3)
    for number in range(6):
        world.server.expect_request(f"/slow{number}").respond_with_handler(slow)
    world.server.expect_request("/quick").respond_with_handler(quick)
    slows = [world.url(f"/slow{number}", host="slow.test") for number in range(6)]
    answers = world.ask(*slows, world.url("/quick", host="other.test"))
    assert {kind_of(answer) for answer in answers} == {LinkKind.FINE}
    assert most == 2


def test_nothing_is_asked_where_there_is_nothing_to_ask() -> None:
    assert ask_links([], LinkSettings()) == {}


@pytest.mark.parametrize(
    ("names", "days", "by", "said"),
    [
        (("guide.test",), -1, "us", "has expired"),
        (("other.test",), 1, "us", "made out to another name"),
        (("guide.test",), 1, "nobody", "self-signed"),
    ],
)
def test_a_certificate_that_does_not_hold_is_said_in_words(
    tmp_path: Path, names: tuple[str, ...], days: int, by: str, said: str
) -> None:
    serving, trusting = certificate_for(tmp_path, *names, days=days)
    with HTTPServer(host="127.0.0.1", ssl_context=serving) as server:
        answer = World(server, trusting if by == "us" else None).ask_one("/")
    verdict = judge_link(answer)
    assert (answer.trouble, verdict.kind) == (Trouble.CERTIFICATE, LinkKind.UNSAFE)
    assert said in verdict.sentence


def test_a_good_certificate_is_fine_and_a_way_back_to_http_is_not(tmp_path: Path, world: World) -> None:
    serving, trusting = certificate_for(tmp_path, "guide.test")
    with HTTPServer(host="127.0.0.1", ssl_context=serving) as server:
        server.expect_request("/good").respond_with_data(page("Good"), content_type=HTML)
        server.expect_request("/back").respond_with_data("", status=302, headers={"Location": world.url("/guide")})
        good, back = World(server, trusting).ask("/good", "/back")
    assert kind_of(good) is LinkKind.FINE
    assert kind_of(back) is LinkKind.UNSAFE
    assert "not encrypted" in judge_link(back).sentence
