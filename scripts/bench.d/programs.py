"""The programs under test and their peers: where they are, how they are started, who talks to them."""

import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.request

from measuring import Failed, Server, run

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = pathlib.Path(os.environ.get("HUB_PROGRAMS", HERE.parents[1] / ".build" / "release"))
HUBD, HUBCTL, HUB_BENCH = (PROGRAMS / name for name in ("hubd", "hubctl", "hub-bench"))
GGUF = pathlib.Path(os.environ.get("HUB_BENCH_GGUF", "smollm2-135m.gguf"))


def fixture(kind, path, size, *indices):
    """Writes a file of fixtures.py, and leaves it in the page cache."""
    run([sys.executable, HERE / "fixtures.py", kind, path, size, *indices])


def wait_for_url(process, output, log):
    """What the server says it is at, once it listens."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Failed(f"{process.args[0]} ended at its start:\n{log.read_text()}")
        if found := re.search(r"at (http://\S+)", output.read_text()):
            return found.group(1)
        time.sleep(0.02)
    raise Failed(f"{process.args[0]} was not ready after 30 seconds")


def serve(command, folder, name):
    output, log = folder / f"{name}.out", folder / f"{name}.log"
    with open(output, "wb") as out, open(log, "wb") as errors:
        process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.DEVNULL, stdout=out, stderr=errors)
    server = Server(process)
    try:
        server.url = wait_for_url(process, output, log)
    except BaseException:
        server.stop()
        raise
    return server


class Hub:
    """A hubd with a data folder of its own and one user."""

    def __init__(self, folder):
        self.data = folder / "data"
        self.server = serve([HUBD, "serve", "--data", self.data, "--listen", "127.0.0.1:0"], folder, "hubd")
        self.url = self.server.url
        self.admin("user", "create", "ada")
        self.token = self.admin("token", "create", "ada").strip().splitlines()[-1]

    def stop(self):
        self.server.stop()

    def admin(self, *arguments):
        return run([HUBD, "admin", *arguments, "--data", self.data])[1]

    def post(self, path, body):
        return self.ask(urllib.request.Request(
            self.url + path, data=json.dumps(body).encode(), method="POST",
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}))

    def get(self, path):
        return self.ask(urllib.request.Request(
            self.url + path, headers={"Authorization": f"Bearer {self.token}"}))

    def ask(self, request):
        with urllib.request.urlopen(request, timeout=600) as answer:
            return json.loads(answer.read())

    def create(self, name, empty=False):
        self.post(
            "/api/repos/create", {"name": name, "organization": "ada", "visibility": "public", "empty": empty})

    def wait_for_report(self, repository, revision="main"):
        """Waits until a revision is validated; returns the report."""
        while True:
            report = self.get(f"/api/models/{repository}/report/{revision}?wait=60")
            if report["state"] == "done":
                return report

    def git_url(self, repository):
        return f"{self.url.replace('://', f'://ada:{self.token}@')}/{repository}.git"

    @property
    def environment(self):
        return {"HUB_URL": self.url, "HUB_TOKEN": self.token}


class Peer:
    """The small git-lfs server beside the hub; see lfs_peer.py."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "lfs").mkdir()
        self.server = serve([sys.executable, HERE / "lfs_peer.py", folder / "lfs"], folder, "lfs")

    def stop(self):
        self.server.stop()

    def create(self, name):
        repository = self.folder / "lfs" / f"{name}.git"
        run(["git", "init", "--quiet", "--bare", "--initial-branch=main", repository])
        run(["git", "-C", repository, "config", "http.receivepack", "true"])
        return f"{self.server.url}/{name}.git"


def person(folder, **variables):
    """The environment of somebody with a home folder of their own; nothing of the caller's git leaks in."""
    folder.mkdir()
    (folder / ".gitconfig").write_text(
        "[user]\n\tname = ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n[lfs]\n\tlocksverify = false\n")
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "HUB_", "XDG_"))
    } | {"HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", **variables}
    run(["git", "lfs", "install", "--skip-repo"], env=environment, cwd=folder)
    return environment
