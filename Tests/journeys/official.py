"""The official clients: huggingface_hub in this process, or with `hf` and hf_xet in others that see only a hub."""

import contextlib
import json
import os
import pathlib
import re
import socketserver
import subprocess
import sys
import textwrap
import threading

import hub as programs

LIMIT = 240  # seconds one process may take
COMMAND = str(pathlib.Path(sys.executable).with_name("hf"))
# What the client does beside its work: it counts its users and looks for newer versions of itself.
QUIET = {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_XET_TELEMETRY_ENABLED": "0", "HF_HUB_DISABLE_UPDATE_CHECK": "1"}

PRELUDE = """
import io, json, os, pathlib, sys
import huggingface_hub
from huggingface_hub import (
    CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, HfApi, hf_hub_download, snapshot_download)
from huggingface_hub.errors import *
api = HfApi()
result = None
def refused(kind, call):
    try:
        call()
    except kind as error:
        response = getattr(error, "response", None)
        status, body = (None, "") if response is None else (response.status_code, response.text)
        return {"kind": type(error).__name__, "text": str(error), "status": status, "body": body}
    raise AssertionError(f"{kind} was expected")
globals().update(json.loads(sys.argv[2]))
"""

POSTLUDE = """
pathlib.Path(sys.argv[1]).write_text(json.dumps(result))
"""


def of_the_runner(name):
    """Whether a variable is a setting of whoever runs the tests that would tell a client where to go or what to do."""
    return (
        name.startswith(("HF_", "HUGGING", "HUB_URL", "HUB_TOKEN", "XDG_", "TRANSFORMERS_"))
        or name in ("DISABLE_TELEMETRY", "DO_NOT_TRACK") or name.lower().endswith("_proxy"))


def api(hub, user=None):
    """The client in this process, with a token or anonymous."""
    from huggingface_hub import HfApi  # after conftest.py has tidied what it reads at import

    return HfApi(endpoint=hub.url, token=user.token if user else False)


class Client:
    """Somebody with huggingface_hub, by default with a token, hf_xet and one cache for all that is run.

    `xet` tells whether hf_xet is used, `fresh` gives each process a home and a cache of its own, and with `quiet` off
    the client does on the side what it does by itself; `environment` comes on top.
    """

    def __init__(self, hub, folder, user=None, xet=True, fresh=False, quiet=True, **environment):
        self.hub, self.user, self.xet, self.fresh = hub, user, xet, fresh
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.runs = 0
        self.settings = {
            "HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TOKENIZERS_PARALLELISM": "false",
            "OMP_NUM_THREADS": "2", "PYTHONUNBUFFERED": "1",
        } | (QUIET if quiet else {}) | ({"HF_TOKEN": user.token} if user else {}) | (
            {} if xet else {"HF_HUB_DISABLE_XET": "1"}) | environment

    def run(self, script, **values):
        """Runs a script that sees `api` and the values, paths as text; returns what it left in `result`."""
        home = self.home()
        answer = home / f"answer-{self.runs}.json"
        program = PRELUDE + textwrap.dedent(script) + POSTLUDE
        self.finish("the script", [sys.executable, "-c", program, answer, json.dumps(values, default=str)], home)
        return json.loads(answer.read_text())

    def hf(self, *arguments, check=True):
        """The `hf` command line, without a terminal."""
        return self.finish(f"hf {arguments}", [COMMAND, *arguments], self.home(), check)

    def start(self, *arguments):
        """`hf` running beside the test."""
        return subprocess.Popen(
            [COMMAND, *map(str, arguments)], env=self.environment(self.home()), cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def finish(self, what, command, home, check=True):
        result = subprocess.run(
            list(map(str, command)), env=self.environment(home), cwd=self.folder, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=LIMIT)
        assert not check or result.returncode == 0, (
            f"{what} failed\n{result.stdout}{result.stderr}\nthe hub: {self.hub.said()[-3000:]}")
        return result

    def home(self):
        """The home folder of the next process."""
        self.runs += 1
        home = self.folder / f"home-{self.runs}" if self.fresh else self.folder
        home.mkdir(exist_ok=True)
        return home

    def environment(self, home):
        kept = {name: value for name, value in os.environ.items() if not of_the_runner(name)}
        return kept | {"HOME": str(home), "HF_HOME": str(home / "hf")} | self.settings


class LoggedHub(programs.Hub):
    """A hub that writes down every request."""

    def __init__(self, folder):
        super().__init__(folder, {"HUBD_LOG_LEVEL": "debug"})
        self.mark = 0

    def requests(self):
        """What was asked since the last call: "METHOD /path STATUS" each."""
        text = self.log.read_text()
        lines = text[self.mark:].splitlines()
        self.mark = len(text)
        found = []
        for line in lines:
            if "Answered" in line:
                part = dict(re.findall(r"\b(method|path|status)=(\S+)", line))
                if len(part) == 3:
                    found.append(f"{part['method']} {part['path']} {part['status']}")
        return found


@contextlib.contextmanager
def nowhere_else():
    """Settings that send all that is not for this machine to a proxy; yields them and what it refused."""
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
