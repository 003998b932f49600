"""Large plain files that come in through other doors than a push: imported folders, mirrors, commits over HTTP."""

import base64
import json
import random
import shutil

import pytest

import hub as programs
from git_server import GitServer

MIB = 1 << 20


@pytest.fixture
def source(tmp_path):
    """Bare repositories to import, or to follow."""
    folder = tmp_path / "bare"
    folder.mkdir()
    return folder


@pytest.fixture
def chunking(tmp_path, source):
    """A hub that keeps large plain files in chunks, imports the folder and may follow it; not started yet."""
    hub = programs.Hub(tmp_path, {
        "HUBD_PLAIN_FILES_OVER_LIMIT": "chunk", "HUBD_MIRROR_ALLOW_PRIVATE": "true",
        "HUBD_LIMITS_PLAIN_FILE_BYTES": str(2 * MIB)})
    yield hub
    hub.close()
    shutil.rmtree(hub.data, ignore_errors=True)


@pytest.fixture
def anybody(tmp_path):
    """Somebody with git and no login."""
    somebody = programs.Person(type("Place", (), {"url": ""})(), tmp_path / "anybody")
    yield somebody
    shutil.rmtree(somebody.home, ignore_errors=True)


def fill(anybody, bare):
    """Makes a bare repository with versions of a file of 9 MiB, all but one packed as deltas."""
    anybody.git("init", "-q", "--bare", "-b", "main", bare)
    work = anybody.home / "work"
    anybody.git("clone", "-q", bare, work)
    content = random.Random(5).randbytes(9 * MIB)
    for offset in (2 * MIB, 4 * MIB, 7 * MIB):
        (work / "noise.plain").write_bytes(content)
        (work / "small").write_text(f"{offset}\n")
        anybody.git("add", ".", cwd=work)
        anybody.git("commit", "-q", "-m", "Version", cwd=work)
        content = content[:offset] + b"more" + content[offset:]
    anybody.git("push", "-q", "origin", "main", cwd=work)
    return work


def versions(anybody, folder):
    """Every object of a clone that git finds nothing wrong with."""
    assert anybody.git("fsck", "--full", "--strict", cwd=folder).stdout == ""
    return sorted(anybody.git("rev-list", "--objects", "--all", cwd=folder).stdout.splitlines())


def test_an_imported_folder_brings_them_in_pieces(chunking, source, anybody):
    work = fill(anybody, source / "model.git")
    anybody.git("repack", "-adq", cwd=source / "model.git")
    size = sum(path.stat().st_size for path in (source / "model.git").rglob("*.pack"))
    assert size < 10 * MIB
    (work / "loose.plain").write_bytes(random.Random(6).randbytes(5 * MIB))
    anybody.git("add", ".", cwd=work)
    anybody.git("commit", "-q", "-m", "Loose", cwd=work)
    anybody.git("push", "-q", "origin", "main", cwd=work)
    chunking.environment["HUBD_IMPORT"] = str(source)
    chunking.start()
    clone = anybody.home / "clone.git"
    anybody.git("clone", "-q", "--mirror", f"{chunking.url}/model.git", clone)
    assert versions(anybody, clone) == versions(anybody, work)


def test_a_mirror_follows_them(chunking, source, anybody):
    work = fill(anybody, source / "model.git")
    upstream = GitServer().start()
    try:
        chunking.start().user("ada")
        mirror = [programs.HUBD, "mirror"]
        data = ["--data", str(chunking.data)]
        programs.run(
            [*mirror, "add", upstream.add(source / "model.git", "model.git"), "ada/copy", "--user", "ada", *data],
            env=chunking.environment)
        programs.run([*mirror, "run", "ada/copy", *data], env=chunking.environment)
        content = (work / "noise.plain").read_bytes()
        (work / "noise.plain").write_bytes(content[:5 * MIB] + b"later" + content[5 * MIB:])
        anybody.git("commit", "-q", "-a", "-m", "Later", cwd=work)
        anybody.git("push", "-q", "origin", "main", cwd=work)
        said = programs.run([*mirror, "run", "ada/copy", *data], env=chunking.environment).stdout
        assert "1 moved" in said
    finally:
        upstream.stop()
    clone = anybody.home / "clone.git"
    anybody.git("clone", "-q", "--mirror", f"{chunking.url}/ada/copy.git", clone)
    assert versions(anybody, clone) == versions(anybody, work)


def test_a_commit_over_http_may_hold_one(chunking, anybody):
    ada = chunking.start().user("ada")
    chunking.create("ada/model", ada)
    content = random.Random(7).randbytes(3 * MIB)
    lines = [
        {"key": "header", "value": {"summary": "A file"}},
        {"key": "file", "value": {
            "path": "noise.plain", "encoding": "base64", "content": base64.b64encode(content).decode()}}]
    answer = chunking.request(
        "POST", "/api/models/ada/model/commit/main", "\n".join(map(json.dumps, lines)).encode(), ada,
        headers={"Content-Type": "application/x-ndjson"})
    assert answer.status == 200, answer.body
    clone = anybody.home / "clone"
    anybody.git("clone", "-q", f"{chunking.url}/ada/model.git", clone)
    assert (clone / "noise.plain").read_bytes() == content
    assert anybody.git("fsck", "--full", "--strict", cwd=clone).stdout == ""
    assert chunking.file("ada/model", "noise.plain").body == content
