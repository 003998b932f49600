"""Mirrors: repositories that follow a git remote or another hub, by stock git's own server and git-lfs' API."""

import os
import re
import subprocess
import time

import pytest

import hub as programs
from hub import said
from git_server import LFSServer, pointer


@pytest.fixture
def hub(tmp_path):
    hub = programs.Hub(tmp_path, {"HUBD_MIRROR_ALLOW_PRIVATE": "true", "HUBD_MIRROR_PATIENCE_SECONDS": "5"})
    yield hub.start()
    hub.close()


@pytest.fixture
def upstream(tmp_path):
    upstream = LFSServer().start()
    yield upstream
    upstream.stop()


class Work:
    """A bare repository of the upstream, and somebody who works on it."""

    def __init__(self, upstream, folder, name="tiny"):
        self.bare = folder.parent / f"{folder.name}.git"
        self.folder = folder
        self.environment = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(folder.parent)}
        self.git("init", "-q", "--bare", "-b", "main", self.bare, cwd=folder.parent)
        self.url = upstream.add(self.bare, f"{name}.git")
        self.git("init", "-q", "-b", "main", folder, cwd=folder.parent)
        for name, value in (("user.name", "up"), ("user.email", "up@example.org")):
            self.git("config", name, value)
        self.git("remote", "add", "origin", self.bare)

    def git(self, *arguments, cwd=None):
        result = subprocess.run(
            ["git", *map(str, arguments)], cwd=cwd or self.folder, env=self.environment, capture_output=True, text=True,
            timeout=60, check=False)
        assert result.returncode == 0, said(result)
        return result.stdout

    def commit(self, path, text, message="more"):
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)
        self.git("add", ".")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def push(self, *arguments):
        self.git("push", "-q", *arguments, "origin", *([] if arguments else ["--all"]))

    def refs(self):
        return refs(self.git("for-each-ref", "--format=%(objectname) %(refname)", cwd=self.bare))


def refs(text):
    return {name: commit for commit, name in (line.split() for line in text.splitlines())}


@pytest.fixture
def work(upstream, tmp_path):
    work = Work(upstream, tmp_path / "work")
    for place in range(20):
        work.commit(f"folder/{place}.txt", os.urandom(2000).hex(), f"commit {place}")
    work.git("tag", "-a", "v1", "-m", "one")
    work.git("branch", "side")
    work.push("--all")
    work.push("--tags")
    return work


def add(hub, work, *arguments, repository="ada/copy", check=True):
    hub.user("ada")
    return mirror(hub, "add", work.url, repository, "--user", "ada", *arguments, check=check)


def mirror(hub, *arguments, check=True):
    return programs.run(
        [programs.HUBD, "mirror", *map(str, arguments), "--data", str(hub.data)], check=check, env=hub.environment)


def of_the_hub(hub, person, repository="ada/copy"):
    answer = person("ada").git("ls-remote", hub.remote(repository, person("ada").user)).stdout
    return {name: commit for name, commit in refs(answer).items() if name != "HEAD" and not name.endswith("^{}")}


def test_a_mirror_has_what_its_upstream_has_and_then_only_what_is_new(hub, person, upstream, work):
    add(hub, work)
    first = mirror(hub, "run", "ada/copy").stdout
    assert "3 new" in first and "objects" in first
    assert of_the_hub(hub, person) == work.refs()
    clone = person("ada").home / "clone"
    person("ada").git("clone", "-q", "--mirror", hub.remote("ada/copy"), clone)
    person("ada").git("fsck", "--full", "--strict", cwd=clone)

    all_at_once = upstream.pack_bytes
    assert "Up to date" in mirror(hub, "run", "ada/copy").stdout
    assert upstream.pack_bytes == all_at_once
    work.commit("folder/1.txt", "changed\n")
    work.push("--all")
    second = mirror(hub, "run", "ada/copy").stdout
    objects = int(re.search(r"(\d+) objects", second).group(1))
    assert objects == 4 and "1 moved" in second
    assert upstream.pack_bytes - all_at_once < all_at_once / 4
    assert of_the_hub(hub, person) == work.refs()


def test_a_mirror_follows_what_is_deleted_forced_and_renamed(hub, person, work):
    add(hub, work)
    mirror(hub, "run", "ada/copy")
    work.git("checkout", "-q", "side")
    work.git("reset", "-q", "--hard", "HEAD~5")
    work.commit("other.txt", "another way\n")
    work.git("checkout", "-q", "-b", "trunk", "main")
    work.git("reset", "-q", "--hard", "HEAD~3")
    work.git("branch", "-D", "main")
    work.git("symbolic-ref", "HEAD", "refs/heads/trunk", cwd=work.bare)
    work.git("update-ref", "-d", "refs/remotes/origin/main")
    work.git("update-ref", "-d", "refs/remotes/origin/side")
    work.push("--force", "--mirror")
    work.git("update-ref", "-d", "refs/tags/v1", cwd=work.bare)
    said_of_it = mirror(hub, "run", "ada/copy").stdout
    assert "gone" in said_of_it and "moved" in said_of_it
    assert of_the_hub(hub, person) == work.refs()
    head = person("ada").git("ls-remote", "--symref", hub.remote("ada/copy"), "HEAD").stdout
    assert "ref: refs/heads/trunk" in head


def test_nobody_pushes_to_a_mirror_but_its_pull_requests_stay_open(hub, person, work):
    add(hub, work)
    mirror(hub, "run", "ada/copy")
    ada = person("ada")
    clone = ada.home / "copy"
    ada.git("clone", "-q", hub.remote("ada/copy", ada.user), clone)
    (clone / "mine.txt").write_text("mine")
    ada.git("add", ".", cwd=clone)
    ada.git("commit", "-m", "Mine", cwd=clone)
    for refspec in ("HEAD:main", "HEAD:refs/heads/new", "HEAD:refs/tags/mine", ":side"):
        refused = ada.git("push", "origin", refspec, cwd=clone, check=False)
        assert refused.returncode != 0 and "mirror of" in said(refused), said(refused)
    commit = hub.request(
        "POST", "/api/models/ada/copy/branch/other", {}, ada.user)
    assert commit.status == 403 and "mirror" in commit.json["error"]
    line = '{"key":"header","value":{"summary":"x"}}\n{"key":"file","value":{"path":"a","content":"YQ==","encoding":"base64"}}\n'
    proposal = hub.request(
        "POST", "/api/models/ada/copy/commit/main?create_pr=1", line.encode(), ada.user,
        {"Content-Type": "application/x-ndjson"})
    assert proposal.status == 200, proposal.body
    work.commit("more.txt", "more")
    work.push("--all")
    mirror(hub, "run", "ada/copy")
    assert of_the_hub(hub, person).keys() > work.refs().keys()  # refs/pr/1 is not pruned
    mirror(hub, "remove", "ada/copy")
    assert ada.git("push", "origin", "HEAD:refs/heads/new", cwd=clone).returncode == 0


def test_large_files_come_along_and_wrong_bytes_do_not(hub, person, upstream, work):
    weights = os.urandom(3_000_000)
    work.commit(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    work.commit("weights.bin", upstream.store(weights))
    work.push("--all")
    add(hub, work)
    assert "1 large files with 3000000 bytes" in mirror(hub, "run", "ada/copy").stdout
    assert hub.file("ada/copy", "weights.bin").body == weights

    before = of_the_hub(hub, person)
    for wrong, sentence in ((b"x" * 1000, "SHA-256"), (b"x" * 999, "999 bytes"), (b"x" * 1001, "more than the 1000"),
                            (None, "does not have its file")):
        digest = "ab" * 31 + f"{len(wrong or b''):02x}"[-2:]
        upstream.content = {} if wrong is None else {digest: wrong}
        work.commit("weights.bin", pointer(digest, 1000))
        work.push("--force", "--all")
        failed = mirror(hub, "run", "ada/copy", check=False)
        assert failed.returncode == 1 and sentence in said(failed), said(failed)
        assert of_the_hub(hub, person) == before
        work.git("reset", "-q", "--hard", "HEAD~1")


def test_a_dead_upstream_is_told_and_left_alone_for_longer_each_time(hub, person, upstream, work):
    add(hub, work, "--every", "1h")
    mirror(hub, "run", "ada/copy")
    upstream.stop()
    failed = mirror(hub, "run", "ada/copy", check=False)
    assert failed.returncode == 1 and "cannot reach" in said(failed)
    mirror(hub, "run", "ada/copy", check=False)
    state = hub.get("/api/models/ada/copy/mirror", person("ada").user).json
    assert state["failures"] == 2 and "cannot reach" in state["message"]
    assert state["upstream"] == work.url and state["lastSuccess"] <= state["lastRun"] < state["nextRun"]
    assert "message" not in hub.get("/api/models/ada/copy/mirror").json
    shown = person("ada").hubctl("repo", "show", "ada/copy").stdout
    assert f"mirror of {work.url}" in shown and "failed 2 times" in shown
    assert "cannot reach" in mirror(hub, "list").stdout
    upstream.start()
    assert "Up to date" in mirror(hub, "run", "ada/copy").stdout
    assert hub.get("/api/models/ada/copy/mirror").json["failures"] == 0


def test_a_mirror_runs_by_itself_and_after_a_restart(hub, person, work):
    add(hub, work, "--every", "5s")

    def arrives():
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if hub.get("/api/models/ada/copy").status == 200 and of_the_hub(hub, person) == work.refs():
                return True
            time.sleep(0.3)
        return False

    assert arrives()
    hub.kill()
    work.commit("after.txt", "after")
    work.push("--all")
    hub.start()
    assert arrives()


def test_a_token_is_shown_to_the_upstream_and_to_nobody_else(hub, person, tmp_path):
    upstream = LFSServer(token="sesame-4711").start()
    try:
        work = Work(upstream, tmp_path / "locked-work")
        work.commit("weights.bin", upstream.store(b"w" * 5000))
        work.push("--all")
        add(hub, work, repository="ada/open")
        refused = mirror(hub, "run", "ada/open", check=False)
        assert refused.returncode == 1 and "token" in said(refused)
        (tmp_path / "token").write_text("sesame-4711\n")
        add(hub, work, "--token-file", tmp_path / "token", repository="ada/copy")
        assert "1 large files" in mirror(hub, "run", "ada/copy").stdout
        told = said(mirror(hub, "list")) + hub.get("/api/models/ada/copy/mirror", person("ada").user).body.decode()
        assert "sesame" not in told + hub.said()
    finally:
        upstream.stop()


def test_a_hub_mirrors_another_hub(hub, person, tmp_path):
    other = programs.Hub(tmp_path / "other")
    (tmp_path / "other").mkdir()
    try:
        other.start()
        eve = programs.Person(other, tmp_path / "home" / "eve-there", other.user("eve"))
        other.create("eve/model", eve.user)
        folder = eve.clone("eve/model")
        weights = os.urandom(400_000)
        (folder / "data.bin").write_bytes(weights)
        eve.commit(folder, "Weights")
        eve.hubctl("push", cwd=folder)
        other.request("POST", "/api/repos/move", {"fromRepo": "eve/model", "toRepo": "eve/moved"}, eve.user)
        hub.user("ada")
        mirror(hub, "add", f"{other.url}/eve/model", "ada/copy")
        assert "large files" in mirror(hub, "run", "ada/copy").stdout  # the old name leads on
        assert hub.file("ada/copy", "data.bin").body == weights
        assert hub.head("ada/copy") == other.head("eve/moved")
    finally:
        other.close()


def test_what_may_not_be_mirrored_is_refused_when_it_is_added(hub, person, work, tmp_path):
    person("ada")
    for url, sentence in (("ftp://example.org/x", "http or https"), ("http://u:p@example.org/x.git", "--token-file"),
                          ("http://169.254.169.254/x", "does not send to")):
        refused = mirror(hub, "add", url, "ada/copy", check=False)
        assert refused.returncode != 0 and sentence in said(refused), said(refused)
    hub.environment.pop("HUBD_MIRROR_ALLOW_PRIVATE")
    refused = mirror(hub, "add", work.url, "ada/copy", check=False)
    assert refused.returncode != 0 and "mirror.allow-private" in said(refused)
    hub.environment["HUBD_MIRROR_ALLOW_PRIVATE"] = "true"
    ada = person("ada")
    hub.create("ada/full", ada.user)
    folder = ada.clone("ada/full")
    (folder / "a.txt").write_text("a")
    ada.commit(folder, "A")
    ada.hubctl("push", cwd=folder)
    refused = add(hub, work, repository="ada/full", check=False)
    assert refused.returncode != 0 and "--replace" in said(refused)
    assert mirror(hub, "add", work.url, "ada/copy", "--user", "nobody", check=False).returncode != 0
    assert hub.get("/api/models/ada/full/mirror").status == 404


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_a_lost_connection_left_unanswered_is_asked_once_more(hub, person, upstream, work, method):
    """A new connection is reset before its answer, and one that has served already."""
    work.commit("weights.bin", upstream.store(b"w" * 5000))
    work.push("--all")
    add(hub, work)
    for losses in range(3):
        upstream.unanswered = [method] * (2 if losses == 2 else 1)
        work.commit("more.txt", f"{losses}")
        work.push("--all")
        run = mirror(hub, "run", "ada/copy", check=False)
        assert (run.returncode == 0) == (losses < 2), said(run)
        assert not upstream.unanswered
        assert (of_the_hub(hub, person) == work.refs()) == (losses < 2)
    mirror(hub, "run", "ada/copy")
    assert of_the_hub(hub, person) == work.refs()


def test_a_push_of_a_branch_and_of_a_pull_request_is_judged_ref_by_ref(hub, person, work):
    add(hub, work)
    mirror(hub, "run", "ada/copy")
    ada = person("ada")
    ada.git("clone", "-q", hub.remote("ada/copy", ada.user), "copy")
    clone = ada.home / "copy"
    (clone / "mine.txt").write_text("mine")
    ada.git("add", ".", cwd=clone)
    ada.git("commit", "-q", "-m", "Mine", cwd=clone)
    for atomic in ([], ["--atomic"]):
        pushed = ada.git(
            "push", *atomic, "--porcelain", "origin", "HEAD:refs/heads/mine", "HEAD:refs/pr/1", cwd=clone, check=False)
        sentences = {line.split("\t")[1].split(":")[1]: line for line in pushed.stdout.splitlines() if line[0] == "!"}
        if not atomic:
            assert "mirror of" in sentences["refs/heads/mine"], said(pushed)
            assert "pull request" in sentences["refs/pr/1"], said(pushed)
        assert pushed.returncode != 0 and len(sentences) == 2
    assert of_the_hub(hub, person) == work.refs()
