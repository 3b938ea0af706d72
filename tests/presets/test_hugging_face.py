"""An `hf://` handle: the real huggingface_hub, and a server of this machine in place of the Hub."""

import http.server
import json
import os
import subprocess
import sys
import threading

import pytest

from keras_maskrcnn import presets

COMMIT = "a" * 40


@pytest.fixture
def hub(tmp_path):
    """The address of a Hub that has one repository, user/repository, with a preset and a film."""
    presets.save(tmp_path / "preset", {"made": "here"}, {}, {"class_names": ["cell"]})
    files = {path.name: path.read_bytes() for path in (tmp_path / "preset").iterdir()}
    files["film.mp4"] = bytes(100)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.do_HEAD()
            self.wfile.write(self.body)

        def do_HEAD(self):
            path, name = self.path.partition("?")[0], self.path.rpartition("/")[2]
            siblings = [{"rfilename": name} for name in files]
            about = {"id": "user/repository", "sha": COMMIT, "siblings": siblings}
            tree = [{"type": "file", "path": n, "size": len(c), "oid": n} for n, c in files.items()]
            self.body, code = b"", 404
            if path.startswith("/api/models/user/repository/tree/"):
                self.body, code = json.dumps(tree).encode(), 200
            elif path.startswith("/api/models/user/repository"):
                self.body, code = json.dumps(about).encode(), 200
            elif path.startswith("/user/repository/resolve/") and name in files:
                self.body, code = files[name], 200
            self.send_response(code)
            self.send_header("Content-Length", str(len(self.body)))
            self.send_header("ETag", f'"{name}"')
            self.send_header("X-Repo-Commit", COMMIT)
            if code == 404:
                self.send_header("X-Error-Code", "RepoNotFound")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def resolve(handle, hub, folder):
    """huggingface_hub reads its variables at import: so in a process of its own."""
    code = (
        "import sys\n"
        "from keras_maskrcnn import presets\n"
        "folder = presets.resolve(sys.argv[1])\n"
        "names = sorted(path.name for path in folder.iterdir())\n"
        "print(presets.load_config(folder)['made'], *names)"
    )
    environment = {**os.environ, "HF_ENDPOINT": hub, "HF_HOME": str(folder), "NO_PROXY": "*"}
    return subprocess.run(
        [sys.executable, "-c", code, handle], capture_output=True, text=True, env=environment
    )


def test_a_repository_is_downloaded_without_what_is_no_preset(hub, tmp_path):
    pytest.importorskip("huggingface_hub")
    run = resolve("hf://user/repository", hub, tmp_path / "home")
    assert run.stdout.split() == ["here", "config.json", "metadata.json", "model.safetensors"], (
        run.stderr
    )
    # Once more, from the cache of huggingface_hub, when the Hub cannot be reached.
    run = resolve("hf://user/repository", "http://127.0.0.1:9", tmp_path / "home")
    assert run.stdout.startswith("here config.json"), run.stderr


def test_a_repository_that_is_not_there(hub, tmp_path):
    pytest.importorskip("huggingface_hub")
    run = resolve("hf://user/nothing", hub, tmp_path / "home")
    assert (
        "'hf://user/nothing' could not be had from the Hugging Face Hub.\n404 Client Error"
        in run.stderr
    )
