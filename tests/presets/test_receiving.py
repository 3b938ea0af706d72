"""One file from a server of this machine that does everything wrong that a server can."""

import dataclasses
import shutil
import socket
import ssl
import urllib.error

import pytest

from keras_maskrcnn.presets import receiving
from tests.presets.conftest import (
    CONTENT,
    HALF,
    begin,
    fails,
    fetch,
    part_of,
    rest,
    slowly,
    stalled,
    status,
    whole,
)


def test_a_cut_connection_is_taken_up_where_it_broke(record, server):
    server.answers = [whole(send=HALF), rest(send=1000), rest()]
    assert fetch(record).read_bytes() == CONTENT
    assert server.ranges() == [None, f"bytes={HALF}-", f"bytes={HALF + 1000}-"]
    assert server.requests[1][1]["If-Range"] == '"one"'


def test_new_bytes_give_new_tries_and_none_end_them(record, server):
    server.answers = [whole(send=1000)] + [rest(send=1000)] * 5 + [rest()]
    assert fetch(record, delays=(0,)).read_bytes() == CONTENT
    shutil.rmtree(part_of(record).parent)
    server.requests.clear()
    server.answers = [whole(send=1000), rest(send=0)]
    fails(record, f"the connection was cut after 1000 of {len(CONTENT)} bytes", delays=(0, 0))
    assert len(server.requests) == 3


def test_an_interrupted_download_goes_on(record, server):
    done = begin(record, server)
    assert HALF <= done < len(CONTENT)
    server.answers = [rest()]
    seen = []
    assert fetch(record, progress=lambda *done: seen.append(done)).read_bytes() == CONTENT
    assert server.ranges() == [f"bytes={done}-"] and seen[0] == (done, len(CONTENT))


def test_a_complete_part_is_not_asked_for(record, server):
    begin(record, server, size=len(CONTENT))
    assert fetch(record).read_bytes() == CONTENT and server.requests == []


def test_a_server_that_ignores_the_range_starts_anew(record, server):
    begin(record, server)
    server.answers = [whole()]
    assert fetch(record).read_bytes() == CONTENT and len(server.requests) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        rest(content_range=f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}"),
        rest(content_range=f"bytes {HALF}-{len(CONTENT)}/{len(CONTENT) + 1}"),
        rest(content_range="bytes */*"),
        rest(etag='"two"'),
        status(416),
    ],
    ids=["start", "total", "nonsense", "etag", "416"],
)
def test_the_rest_of_another_file_is_not_taken(wrong, record, server):
    begin(record, server)
    server.answers = [wrong, whole()]
    assert fetch(record).read_bytes() == CONTENT
    assert [bool(asked) for asked in server.ranges()] == [True, False]


def test_a_part_of_another_address_is_not_gone_on_with(record, server):
    begin(record, server)
    server.answers = [whole()]
    fetch(dataclasses.replace(record, urls=(f"{server.url}/v2/toy.pth",)))
    assert server.ranges() == [None]


def test_a_wrong_half_is_noticed_and_all_is_downloaded_again(record, server):
    done = begin(record, server)
    part_of(record).write_bytes(bytes(done))
    server.answers = [rest(), whole()]
    assert fetch(record).read_bytes() == CONTENT and server.ranges() == [f"bytes={done}-", None]


@pytest.mark.parametrize("left", ["{", "[]", "{}", None])
def test_a_part_without_usable_notes_is_not_gone_on_with(left, record, server):
    begin(record, server)
    notes = part_of(record).with_name("toy.pth.part.json")
    notes.unlink() if left is None else notes.write_text(left)
    server.answers = [whole()]
    assert fetch(record).read_bytes() == CONTENT and server.ranges() == [None]


@pytest.mark.parametrize("code", [404, 403, 401])
def test_what_will_not_help_is_not_tried_again(code, record, server):
    server.answers = [status(code)]
    fails(record, f"{record.urls[0]}: the server answers {code} ")
    assert len(server.requests) == 1


@pytest.mark.parametrize("code", [500, 503, 429])
def test_what_may_help_is_tried_again(code, record, server):
    server.answers = [status(code), status(code), whole()]
    assert fetch(record).read_bytes() == CONTENT
    server.answers, server.requests[:] = [status(code)], []
    shutil.rmtree(part_of(record).parent)
    fails(record, f"the server answers {code} ")
    assert len(server.requests) == 3


def test_the_server_may_ask_for_a_pause(record, server, monkeypatch):
    pauses = []
    monkeypatch.setattr(receiving.time, "sleep", pauses.append)
    server.answers = [status(429, Retry_After="7"), status(503, Retry_After="9999"), whole()]
    fetch(record, delays=(1, 2))
    assert pauses == [7, 60]


def test_a_stalled_server_is_given_up(record, server):
    server.answers = [stalled(1000, 1.5), rest()]
    assert fetch(record, timeout=0.3).read_bytes() == CONTENT
    assert server.ranges() == [None, "bytes=1000-"]
    shutil.rmtree(part_of(record).parent)
    server.requests.clear()
    server.answers = [slowly(whole(), 1.5)]
    fails(record, "the server sent nothing for too long", timeout=0.3, delays=())


def test_nobody_listens(record, server):
    server.http.server_close()
    fails(record, f"{record.urls[0]}: no connection: ", "refused", delays=(0,))


def test_without_a_network_nothing_is_tried_again(record, server, monkeypatch):
    def getaddrinfo(*args, **options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    pauses, resolve = [], socket.getaddrinfo
    monkeypatch.setattr(receiving.time, "sleep", pauses.append)
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    fails(
        record,
        f"{record.urls[0]}: the name of the server has no address (Name or service not known)",
        "\nThis preset comes along and needs no network: efficientnet_lite0_imagenet.",
        delays=(1, 2),
    )
    assert pauses == []

    # A name that is gone in the middle of a download may come back.
    def cut(handler):
        whole(send=HALF)(handler)
        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    def sleep(pause):
        pauses.append(pause)
        if len(pauses) == 2:
            monkeypatch.setattr(socket, "getaddrinfo", resolve)

    monkeypatch.setattr(receiving.time, "sleep", sleep)
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    server.answers = [cut, rest()]
    assert fetch(record, delays=(1, 2)).read_bytes() == CONTENT and pauses == [1, 2]


def test_redirects_are_followed(record, server):
    server.answers = [status(302, Location="/a"), status(307, Location=f"{server.url}/b"), whole()]
    assert fetch(record).read_bytes() == CONTENT
    assert [path for path, _ in server.requests] == ["/v1/toy.pth", "/a", "/b"]


@pytest.mark.parametrize(
    ("location", "message", "requests"),
    [
        ("http://example.org/toy.pth", "http://example.org/toy.pth must begin with https://", 1),
        ("/v1/toy.pth", "the server redirects in a loop or to no usable address (302)", 5),
        ("file:///etc/passwd", "the server redirects in a loop or to no usable address (302)", 1),
    ],
)
def test_redirects_that_are_not_followed(location, message, requests, record, server):
    server.answers = [status(302, Location=location)]
    fails(record, message)
    assert len(server.requests) <= requests


def test_a_long_way_of_redirects(record, server):
    server.answers = [status(302, Location=f"/{step}") for step in range(20)]
    fails(record, "the server redirects in a loop")
    assert len(server.requests) == 1 + receiving.REDIRECTIONS


@pytest.mark.parametrize("url", ["http://example.org/toy.pth", "ftp://localhost/a", "/etc/passwd"])
def test_only_https(url, record):
    fails(dataclasses.replace(record, urls=(url,)), f"{url} must begin with https://")


def test_a_certificate_that_fails_is_said_at_once(record, server, monkeypatch):
    problem = urllib.error.URLError(ssl.SSLCertVerificationError("self-signed certificate"))
    tries = []

    def refuse(*args, **options):
        tries.append(args)
        raise problem

    monkeypatch.setattr(receiving.urllib.request.OpenerDirector, "open", refuse)
    fails(record, "the server's certificate is not trusted", "self-signed")
    assert len(tries) == 1


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (whole(CONTENT * 2), f"the file has {2 * len(CONTENT)} bytes and about {len(CONTENT)} are"),
        (whole(CONTENT[:9]), f"the file has 9 bytes and about {len(CONTENT)} are expected"),
        (whole(CONTENT * 2, Content_Length=None), "the server sends more than the "),
        (whole(CONTENT[:9], Content_Length=None), "the file has 9 bytes and about"),
        (whole(Content_Encoding="gzip"), "the server sends the file gzip-encoded"),
        (whole(Content_Length=10**15), f"the file has {10**15} bytes, more than any checkpoint"),
    ],
    ids=["more", "less", "more unsaid", "less unsaid", "encoded", "endless"],
)
def test_a_file_of_another_size_is_refused(answer, message, record, server):
    server.answers = [answer]
    fails(record, message)
    assert len(server.requests) == 1


def test_a_size_need_not_be_known(record, server):
    record = dataclasses.replace(record, bytes=None)
    server.answers = [whole(Content_Length=None)]
    seen = []
    assert fetch(record, progress=lambda *done: seen.append(done)).read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), None)
