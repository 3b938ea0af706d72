import contextlib
import dataclasses
import hashlib
import http.server
import threading
import time

import pytest

from keras_maskrcnn import presets
from keras_maskrcnn.presets import fetching

CONTENT = bytes(range(256)) * 4096  # 1 MiB
HALF = len(CONTENT) // 2
ETAG = '"one"'


class Server:
    """An HTTP server of this machine that answers each request as the next of `answers` does.

    The last answer is given again for all further requests.
    """

    def __init__(self):
        self.answers, self.requests = [], []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests.append((self.path, dict(self.headers)))
                answer = outer.answers[min(len(outer.requests), len(outer.answers)) - 1]
                with contextlib.suppress(ConnectionError):  # the other side hung up
                    answer(self)
                self.close_connection = True

            def log_message(self, *args):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def ranges(self):
        return [headers.get("Range") for _, headers in self.requests]


def whole(content=CONTENT, etag=ETAG, send=None, **headers):
    """Answers 200 with the file, or with no more than `send` bytes of it."""

    def answer(handler):
        handler.send_response(200)
        for name, value in {"Content_Length": len(content), "ETag": etag, **headers}.items():
            if value is not None:
                handler.send_header(name.replace("_", "-"), str(value))
        handler.end_headers()
        handler.wfile.write(content[:send])

    return answer


def rest(content=CONTENT, etag=ETAG, content_range=None, send=None):
    """Answers 206 with what the Range asks for."""

    def answer(handler):
        start = int(handler.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        handler.send_response(206)
        said = content_range or f"bytes {start}-{len(content) - 1}/{len(content)}"
        handler.send_header("Content-Range", said)
        handler.send_header("Content-Length", str(len(content) - start))
        handler.send_header("ETag", etag)
        handler.end_headers()
        handler.wfile.write(content[start:][:send])

    return answer


def status(code, **headers):
    def answer(handler):
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def slowly(answer, seconds):
    """Waits before it answers."""

    def wait(handler):
        time.sleep(seconds)
        answer(handler)

    return wait


def stalled(send, seconds):
    """Sends so many bytes of the file, then nothing for so long."""

    def answer(handler):
        whole(send=send)(handler)
        handler.wfile.flush()
        time.sleep(seconds)

    return answer


@pytest.fixture
def server():
    one = Server()
    yield one
    one.http.shutdown()
    one.http.server_close()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache; and no variable of the machine that runs the tests."""
    for name in ("MIRROR", "OFFLINE"):
        monkeypatch.delenv(f"KERAS_MASKRCNN_{name}", raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KERAS_MASKRCNN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def record(server, cache):
    """A remote preset whose checkpoint is CONTENT, at the server."""
    return dataclasses.replace(
        presets.remote()["resnet18_imagenet"],
        name="toy",
        urls=(f"{server.url}/v1/toy.pth",),
        file_name="toy.pth",
        bytes=len(CONTENT),
        sha256_prefix=hashlib.sha256(CONTENT).hexdigest()[:8],
    )


def fetch(record, **options):
    return fetching.fetch_checkpoint(record, **{"timeout": 5, "delays": (0, 0), **options})


def fails(record, *messages, **options):
    with pytest.raises(presets.DownloadError) as raised:
        fetch(record, **options)
    for message in messages:
        assert message in str(raised.value)


def begin(record, server, size=HALF):
    """Leaves a part of so many bytes, as an interrupt does."""
    server.answers = [whole()]

    def interrupt(done, total):
        if done >= size:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(record, progress=interrupt)
    server.requests.clear()
    return part_of(record).stat().st_size


def part_of(record):
    return presets.cache.download_folder(record) / "toy.pth.part"
