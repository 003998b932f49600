"""The programs under test and the stock clients, as a test sees them: started, asked, stopped by their own pid."""

import dataclasses
import json
import os
import pathlib
import re
import signal
import ssl
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(os.environ.get("HUB_PROGRAMS", ROOT / ".build" / "release"))
HUBD = str(PROGRAMS / "hubd")
HUBCTL = str(PROGRAMS / "hubctl")
LIMIT = 120  # seconds one command may take


@dataclasses.dataclass
class User:
    name: str
    token: str


@dataclasses.dataclass
class Answer:
    """What an HTTP request was answered with."""

    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


def trust(authority):
    """From now on requests of this process believe an authority's certificates, and only those; None for the usual."""
    handlers = [] if authority is None else [
        urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(authority)))]
    urllib.request.install_opener(urllib.request.build_opener(*handlers))


class Hub:
    """A hubd with a data folder of its own."""

    def __init__(self, folder, environment=None):
        self.data = pathlib.Path(folder) / "data"
        self.log = pathlib.Path(folder) / "hubd.log"
        self.output = pathlib.Path(folder) / "hubd.out"
        self.environment = {**os.environ, **(environment or {})}
        self.process = None
        self.url = None
        self.listen = "127.0.0.1:0"

    def start(self):
        """Starts hubd on a free port, or after a stop on the port it had, and waits until it answers."""
        host, port = self.listen.rsplit(":", 1)
        if self.url:
            port = self.url.rsplit(":", 1)[1]
        begin = self.output.stat().st_size if self.output.exists() else 0
        with open(self.output, "ab") as output, open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [HUBD, "serve", "--data", str(self.data), "--listen", f"{host}:{port}"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=log, env=self.environment)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"hubd ended at start:\n{self.said()}"
            text = self.output.read_bytes()[begin:].decode()
            if found := re.search(r"at (https?://\S+)", text):
                self.url = found.group(1)
                if self.get("/health").status == 200:
                    return self
            time.sleep(0.02)
        raise AssertionError(f"hubd was not ready in 20 s:\n{self.said()}")

    def said(self):
        return self.output.read_text() + self.log.read_text()

    def stop(self):
        """Asks hubd to stop, as a service manager does; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def kill(self):
        """Ends hubd with no chance to tidy up."""
        self.process.kill()
        self.process.wait(timeout=30)

    def close(self):
        if self.process and self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()

    def hubd(self, *arguments, check=True):
        return run([HUBD, *arguments, "--data", str(self.data)], check=check)

    def user(self, name, scope="write", days=None):
        """A user with a token; the user is created on first sight."""
        self.hubd("admin", "user", "create", name, check=False)
        return User(name, self.token(name, scope, days))

    def token(self, name, scope="write", days=None):
        days = ["--days", str(days)] if days else []
        return self.hubd("admin", "token", "create", name, "--scope", scope, *days).stdout.strip().splitlines()[-1]

    @property
    def admin(self):
        return User("admin", (self.data / "admin-token").read_text().strip())

    def request(self, method, path, body=None, user=None, headers=None):
        """One HTTP request; any status is an answer."""
        data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers or {})
        if isinstance(body, (dict, list)):
            request.add_header("Content-Type", "application/json")
        if user:
            request.add_header("Authorization", f"Bearer {user.token}")
        try:
            with urllib.request.urlopen(request, timeout=LIMIT) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, dict(error.headers), error.read())

    def get(self, path, user=None, headers=None):
        return self.request("GET", path, user=user, headers=headers)

    def create(self, repository, user, visibility="public"):
        owner, name = repository.split("/")
        answer = self.request(
            "POST", "/api/repos/create", {"name": name, "organization": owner, "visibility": visibility}, user)
        assert answer.status == 200, answer.body
        return repository

    def head(self, repository, user=None, branch="main"):
        """The commit a branch stands at, or None."""
        answer = self.get(f"/api/models/{repository}/refs", user)
        assert answer.status == 200, answer.body
        return {ref["name"]: ref["targetCommit"] for ref in answer.json["branches"]}.get(branch)

    def report(self, repository, revision="main", user=None, wait=60):
        """The finished report of a revision."""
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            answer = self.get(f"/api/models/{repository}/report/{revision}?wait={wait}", user)
            assert answer.status == 200, answer.body
            if answer.json["state"] == "done":
                return answer.json
        raise AssertionError(f"the report of {repository} at {revision} did not come")

    def file(self, repository, path, revision="main", user=None, headers=None):
        return self.get(f"/{repository}/resolve/{revision}/{path}", user, headers)

    def remote(self, repository, user=None):
        """The URL stock git uses, credentials included."""
        scheme, rest = self.url.split("://")
        return f"{scheme}://{user.name}:{user.token}@{rest}/{repository}.git" if user else f"{self.url}/{repository}.git"

    def stored_bytes(self):
        """Bytes of all blobs on disk."""
        return sum(path.stat().st_size for path in (self.data / "blobs").rglob("*") if path.is_file())


class Person:
    """Someone at a terminal: a home folder, stock git and hubctl, and perhaps a login."""

    def __init__(self, hub, folder, user=None):
        self.hub = hub
        self.user = user
        self.home = pathlib.Path(folder)
        self.home.mkdir(parents=True, exist_ok=True)
        name = user.name if user else "nobody"
        self.environment = {
            key: value for key, value in os.environ.items()
            if not key.startswith(("GIT_", "HUB_", "XDG_", "LD_PRELOAD"))
        } | {
            "HOME": str(self.home), "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8",
            "HUB_URL": hub.url,
        }
        if user:
            self.environment["HUB_TOKEN"] = user.token
        (self.home / ".gitconfig").write_text(
            f"[user]\n\tname = {name}\n\temail = {name}@example.org\n[init]\n\tdefaultBranch = main\n"
            "[advice]\n\tdetachedHead = false\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n")
        run(["git", "lfs", "install", "--skip-repo"], env=self.environment, cwd=self.home)

    def git(self, *arguments, cwd=None, check=True):
        return run(["git", *arguments], env=self.environment, cwd=cwd or self.home, check=check)

    def hubctl(self, *arguments, cwd=None, check=True):
        return run([HUBCTL, *map(str, arguments)], env=self.environment, cwd=cwd or self.home, check=check)

    def json(self, *arguments, cwd=None, check=True):
        """What a command answers to scripts."""
        result = self.hubctl(*arguments, "--json", cwd=cwd, check=check)
        return json.loads(result.stdout)

    def clone(self, repository, folder=None):
        folder = self.home / (folder or repository.split("/")[1])
        self.hubctl("clone", repository, folder)
        return folder

    def commit(self, folder, message):
        self.hubctl("add", ".", cwd=folder)
        self.hubctl("commit", "-m", message, cwd=folder)
        return self.git("rev-parse", "HEAD", cwd=folder).stdout.strip()

    def start(self, *arguments, cwd=None):
        """hubctl running beside the test."""
        return subprocess.Popen(
            [HUBCTL, *map(str, arguments)], env=self.environment, cwd=cwd or self.home, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run(command, check=True, **options):
    """Runs a command to its end; `check` makes a failure one of the test, with all it said."""
    result = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT, **options)
    assert not check or result.returncode == 0, (
        f"{' '.join(command)} exited with {result.returncode}\n{result.stdout}{result.stderr}")
    return result


def said(result):
    """Everything a command wrote, for a look at its sentences."""
    return result.stdout + result.stderr
