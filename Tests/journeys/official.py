"""The official Python clients in a process of their own, with caches of their own, and nowhere to go but the hub."""

import contextlib
import json
import os
import pathlib
import socketserver
import subprocess
import sys
import textwrap
import threading

LIMIT = 240  # seconds one script may take


class Client:
    """Somebody's Python with huggingface_hub, pointed at a hub; each client starts with an empty cache."""

    def __init__(self, hub, folder, user=None, xet=True, **environment):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HUB_", "XDG_"))
        } | {
            "HOME": str(self.folder), "HF_HOME": str(self.folder / "hf"), "HF_ENDPOINT": hub.url,
            "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "2",
        } | environment
        if user:
            self.environment["HF_TOKEN"] = user.token
        if not xet:
            self.environment["HF_HUB_DISABLE_XET"] = "1"

    def run(self, script, check=True, **values):
        """Runs a script that sees `values`, and may call give(…) to hand over what the test wants to know."""
        program = (
            "import json, sys\nvalues = json.loads(sys.argv[1])\nglobals().update(values)\n"
            "def give(value): print('GIVEN ' + json.dumps(value))\n" + textwrap.dedent(script))
        result = subprocess.run(
            [sys.executable, "-c", program, json.dumps(values, default=str)], env=self.environment, cwd=self.folder,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT)
        if check:
            assert result.returncode == 0, f"the script failed\n{result.stdout}{result.stderr}"
        given = [line.removeprefix("GIVEN ") for line in result.stdout.splitlines() if line.startswith("GIVEN ")]
        return json.loads(given[-1]) if given else result

    def hf(self, *arguments, check=True):
        """The `hf` command line."""
        result = subprocess.run(
            [str(pathlib.Path(sys.executable).with_name("hf")), *map(str, arguments)], env=self.environment,
            cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT)
        assert not check or result.returncode == 0, f"hf {arguments} failed\n{result.stdout}{result.stderr}"
        return result


@contextlib.contextmanager
def nowhere_else():
    """Settings that send all that is not for this machine to a proxy that refuses it; yields them and what was refused."""
    refused = []

    class Refusal(socketserver.StreamRequestHandler):
        def handle(self):
            refused.append(self.rfile.readline().decode(errors="replace").strip())
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refusal) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        proxy = f"http://127.0.0.1:{server.server_address[1]}"
        names = ["http_proxy", "https_proxy", "all_proxy"]
        settings = {name: proxy for name in names} | {name.upper(): proxy for name in names}
        settings |= {"no_proxy": "127.0.0.1,localhost", "NO_PROXY": "127.0.0.1,localhost"}
        try:
            yield settings, refused
        finally:
            server.shutdown()
