"""One file over HTTPS: resumed where it was cut, tried again when that can help, never too large.

Nothing here knows what the file is; who calls checks its contents.
"""

import contextlib
import http.client
import json
import re
import socket
import ssl
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from keras_maskrcnn import __version__
from keras_maskrcnn.presets import cache
from keras_maskrcnn.writing import write_json

SIZE_TOLERANCE = 0.01  # published sizes are rounded
LARGEST = 4 * 2**30  # bytes, where nobody says how many
LONGEST_PAUSE = 60.0  # seconds that a server may ask for
REDIRECTIONS = 5
_CHUNK = 2**18
_LOCALHOST = ("localhost", "127.0.0.1", "::1")
_WORTH_ANOTHER_TRY = (408, 425, 429)  # besides those from 500 on
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class Refused(Exception):
    """This address does not give the file, and trying again will not help."""


class Interrupted(Exception):
    """The download broke off; another try may bring the rest.

    Args:
        message: str.
        pause: float, seconds that the server asked to be left alone.
    """

    def __init__(self, message, pause=0.0):
        super().__init__(message)
        self.pause = pause


class Unresolved(Interrupted):
    """The name of the server has no address: most often there is no network."""


def receive(url, part, size, progress, timeout, delays) -> None:
    """Download a file, going on where an earlier download of the same address stopped.

    What the server said of the file is kept beside it, in `part` + ".json", so that the rest is
    only taken if the file has not changed.

    Args:
        url: str, https; http for localhost alone.
        part: Path of the file to write. It stays when the download fails.
        size: int, the bytes to expect, right to 1 %; or None.
        progress: function of bytes done and bytes in total (None if the server does not say).
        timeout: float, seconds without a byte after which a connection counts as broken.
        delays: tuple of float, seconds to wait before each new try. Bytes that no try had brought
            before give the whole tuple again.

    Raises:
        Refused: if the address does not give the file, or not this file.
        Interrupted: if the last try was cut as well, or the first found no address of the server's
            name.
    """
    check_scheme(url)
    began = furthest = _done(part)
    left = list(delays)
    while True:
        try:
            _attempt(url, part, size, progress, timeout)
            return
        except Interrupted as error:
            if _done(part) > furthest:
                left, furthest = list(delays), _done(part)
            no_network = isinstance(error, Unresolved) and furthest == began
            if no_network or not left:
                raise
            time.sleep(max(left.pop(0), error.pause))


def check_scheme(url) -> None:
    """Raise `Refused` unless `url` (str) is https, or http of this machine."""
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in _LOCALHOST
    if parts.scheme != "https" and not local:
        raise Refused(f"{url} must begin with https://")


def forget(part) -> None:
    """Delete the Path `part` and what was kept of its address."""
    part.unlink(missing_ok=True)
    _notes(part).unlink(missing_ok=True)


def _attempt(url, part, size, progress, timeout):
    notes = _read_notes(url, part)
    done = _done(part) if notes else 0
    if done and done == notes["total"]:
        progress(done, done)
        return
    headers = {"User-Agent": f"keras3-maskrcnn/{__version__}", "Accept-Encoding": "identity"}
    if done:
        headers["Range"] = f"bytes={done}-"
        if notes["etag"]:
            headers["If-Range"] = notes["etag"]
    with _answer(urllib.request.Request(url, headers=headers), part, timeout) as response:
        if response.status == http.HTTPStatus.PARTIAL_CONTENT:
            _check_continues(response, part, done, notes)
            total = notes["total"]
        else:
            done, total = 0, _length(response)
            _check_size(total, size)
            part.unlink(missing_ok=True)
            _write_notes(url, part, response, total)
        cache.check_space((total or size or 0) * 2 - done)
        with part.open("ab") as file:
            done = _copy(response, file, done, total, size, progress)
    if total is not None and done < total:
        raise Interrupted(f"the connection was cut after {done} of {total} bytes")
    if total is None:
        _check_size(done, size)


def _copy(response, file, done, total, size, progress):
    most = total or (int(size * (1 + SIZE_TOLERANCE)) if size else LARGEST)
    progress(done, total)
    while True:
        with _broken_connections():
            chunk = response.read1(_CHUNK)
        if not chunk:
            return done
        done += len(chunk)
        if done > most:
            raise Refused(f"the server sends more than the {most} bytes expected")
        file.write(chunk)
        progress(done, total)


def _check_continues(response, part, done, notes):
    """Whether an answer 206 is the rest of the file that `part` begins; else all starts anew."""
    fields = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    etag = _strong(response.headers.get("ETag"))
    if done and fields and etag == notes["etag"]:
        start, end, total = map(int, fields.groups())
        if (start, end, total) == (done, notes["total"] - 1, notes["total"]):
            return
    forget(part)
    said = response.headers.get("Content-Range")
    raise Interrupted(f"the server went on with something else (Content-Range: {said})")


def _check_size(found, expected):
    if found is not None and found > LARGEST:
        raise Refused(f"the file has {found} bytes, more than any checkpoint")
    if None not in (found, expected) and abs(found - expected) > expected * SIZE_TOLERANCE:
        raise Refused(f"the file has {found} bytes and about {expected} are expected")


def _length(response):
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused(f"the server sends the file {response.headers['Content-Encoding']}-encoded")
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


class _Redirects(urllib.request.HTTPRedirectHandler):
    max_redirections = REDIRECTIONS

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        check_scheme(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _answer(request, part, timeout):
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
        _Redirects,
    ):
        opener.add_handler(handler())
    try:
        with _broken_connections():
            return opener.open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        error.close()
        said = f"the server answers {error.code} {error.reason}"
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            forget(part)
            raise Interrupted(said) from error
        if error.code >= 500 or error.code in _WORTH_ANOTHER_TRY:
            raise Interrupted(said, _asked_pause(error.headers)) from error
        if 300 <= error.code < 400:
            said = f"the server redirects in a loop or to no usable address ({error.code})"
        raise Refused(said) from error


def _asked_pause(headers):
    seconds = headers.get("Retry-After", "")
    return min(float(seconds), LONGEST_PAUSE) if seconds.isdecimal() else 0.0


@contextlib.contextmanager
def _broken_connections():
    """Turn a failing network into `Interrupted`, and a failing certificate into `Refused`."""
    try:
        yield
    except urllib.error.HTTPError:
        raise
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise Refused(f"the server's certificate is not trusted: {reason}") from error
        if isinstance(reason, TimeoutError):
            raise Interrupted("the server sent nothing for too long") from error
        if isinstance(reason, socket.gaierror):
            said = f"the name of the server has no address ({reason.strerror})"
            raise Unresolved(f"{said}: no network?") from error
        raise Interrupted(f"no connection: {reason or type(reason).__name__}") from error


def _done(part):
    return part.stat().st_size if part.is_file() else 0


def _notes(part):
    return part.with_name(part.name + ".json")


def _read_notes(url, part):
    """Return what was noted of the file that `part` begins; None if that cannot be gone on with."""
    try:
        notes = json.loads(_notes(part).read_text(encoding="utf-8"))
        total, etag = notes["total"], notes["etag"]
        usable = notes["url"] == url and type(total) is int and 0 < _done(part) <= total
        return {"total": total, "etag": etag} if usable and isinstance(etag, str | None) else None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def _write_notes(url, part, response, total):
    notes = {"url": url, "etag": _strong(response.headers.get("ETag")), "total": total}
    write_json(_notes(part), notes)


def _strong(etag):
    """Return an ETag that stands for the bytes, else None: one that begins with W/ does not."""
    return None if etag is None or etag.startswith("W/") else etag
