"""Stock git and git-lfs at everyday work: what people type, and what must come of it."""

import hashlib
import random
import re

import pytest

import hub as programs
import recorder
from cutting_proxy import CuttingProxy


def write(folder, name, size, seed):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(random.Random(seed).randbytes(size))
    return path


def commit(somebody, folder, message):
    somebody.git("add", ".", cwd=folder)
    somebody.git("commit", "-qm", message, cwd=folder)


def create_empty(hub, repository, user, visibility="public"):
    """A repository without a first commit, for a history that begins elsewhere."""
    owner, name = repository.split("/")
    body = {"name": name, "organization": owner, "visibility": visibility, "empty": True}
    assert hub.request("POST", "/api/repos/create", body, user).status == 200


def tree(folder):
    """The SHA-256 of every file of a working copy."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*")) if path.is_file() and ".git" not in path.relative_to(folder).parts}


def check(somebody, folder):
    somebody.git("fsck", "--full", "--strict", cwd=folder)
    said = programs.said(somebody.git("lfs", "fsck", cwd=folder))
    assert "Git LFS fsck OK" in said, said


@pytest.fixture
def history(hub, person):
    """Two large files in three commits and a branch, pushed by stock git."""
    ada = person("ada")
    hub.create("ada/model", ada.user)
    ada.git("clone", "-q", hub.remote("ada/model", ada.user), "work")
    folder = ada.home / "work"
    ada.git("lfs", "track", "*.bin", cwd=folder)
    for seed in (1, 2):
        write(folder, "one.bin", 200_000 + seed, seed)
        write(folder, "deep/two.bin", 100_000, 10 + seed)
        write(folder, "note.txt", 10, seed)
        commit(ada, folder, f"step {seed}")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=folder)
    ada.git("checkout", "-qb", "side", cwd=folder)
    write(folder, "side.bin", 50_000, 30)
    commit(ada, folder, "on the side")
    ada.git("push", "-q", "origin", "side", cwd=folder)
    return ada, folder


def test_clone_pull_and_push(hub, history, person):
    ada, folder = history
    ben = person("ben")
    ben.git("clone", "-q", hub.remote("ada/model"), "copy")
    copy = ben.home / "copy"
    ada.git("checkout", "-q", "-B", "main", "origin/main", cwd=folder)
    assert tree(copy) == tree(folder)
    check(ben, copy)
    write(folder, "one.bin", 300_000, 5)
    commit(ada, folder, "more")
    ada.git("push", "-q", "origin", "main", cwd=folder)
    ben.git("pull", "-q", cwd=copy)
    assert tree(copy) == tree(folder)
    check(ben, copy)


def test_fetch_all_and_some_and_none(hub, history, person):
    ada, folder = history
    ben = person("ben")
    ben.environment["GIT_LFS_SKIP_SMUDGE"] = "1"
    ben.git("clone", "-q", hub.remote("ada/model"), "copy")
    copy = ben.home / "copy"
    assert (copy / "one.bin").read_text().startswith("version https://git-lfs")
    ben.git("lfs", "pull", "--include", "deep/*", cwd=copy)
    assert (copy / "deep/two.bin").stat().st_size == 100_000
    assert (copy / "one.bin").stat().st_size < 200
    ben.git("lfs", "fetch", "--all", cwd=copy)
    kept = {path.name for path in (copy / ".git/lfs/objects").rglob("*") if path.is_file()}
    assert len(kept) == 5, "of every commit of every branch"
    for name in kept:
        (path,) = (copy / ".git/lfs/objects").rglob(name)
        assert hashlib.sha256(path.read_bytes()).hexdigest() == name
    ben.git("lfs", "checkout", cwd=copy)
    assert (copy / "one.bin").stat().st_size == 200_002
    check(ben, copy)


def test_prune_asks_the_hub_before_it_deletes(hub, history):
    ada, folder = history
    objects = folder / ".git/lfs/objects"
    before = len([path for path in objects.rglob("*") if path.is_file()])
    ada.git("config", "lfs.fetchrecentrefsdays", "0", cwd=folder)
    ada.git("config", "lfs.fetchrecentcommitsdays", "0", cwd=folder)
    ada.git("config", "lfs.pruneoffsetdays", "0", cwd=folder)
    said = ada.git("lfs", "prune", "--verify-remote", "--verbose", cwd=folder).stdout
    after = len([path for path in objects.rglob("*") if path.is_file()])
    assert after < before, said
    ada.git("checkout", "-q", "HEAD~2", cwd=folder)
    assert (folder / "one.bin").stat().st_size == 200_001
    check(ada, folder)


def test_prune_keeps_what_the_hub_does_not_have(hub, history):
    ada, folder = history
    kept = ada.git("lfs", "ls-files", "-l", "HEAD~2", cwd=folder).stdout.split()[0]
    body = {"deletions": {"sha": [kept], "rewriteHistory": False}}
    assert hub.request("POST", "/api/models/ada/model/lfs-files/batch", body, ada.user).status == 200
    for key in ("fetchrecentrefsdays", "fetchrecentcommitsdays", "pruneoffsetdays"):
        ada.git("config", f"lfs.{key}", "0", cwd=folder)
    pruned = ada.git("lfs", "prune", "--verify-remote", cwd=folder, check=False)
    assert pruned.returncode != 0 or list((folder / ".git/lfs/objects").rglob(kept)), programs.said(pruned)
    assert list((folder / ".git/lfs/objects").rglob(kept))


def test_fsck_finds_damage_and_a_fetch_mends_it(hub, history):
    ada, folder = history
    (damaged,) = (folder / ".git/lfs/objects").rglob(hashlib.sha256((folder / "side.bin").read_bytes()).hexdigest())
    damaged.chmod(0o644)
    damaged.write_bytes(b"rot")
    assert ada.git("lfs", "fsck", "--objects", cwd=folder, check=False).returncode != 0
    ada.git("lfs", "fetch", cwd=folder)
    check(ada, folder)


def test_a_plain_history_is_migrated_and_pushed_and_back(hub, person):
    ada = person("ada")
    create_empty(hub, "ada/model", ada.user)
    folder = ada.home / "plain"
    ada.git("init", "-q", folder)
    ada.git("remote", "add", "origin", hub.remote("ada/model", ada.user), cwd=folder)
    for seed in (1, 2):
        write(folder, "big.dat", 150_000 + seed, seed)
        commit(ada, folder, f"step {seed}")
    before = tree(folder)
    ada.git("lfs", "migrate", "import", "--yes", "--everything", "--include=*.dat", cwd=folder)
    ada.git("push", "-q", "origin", "main", cwd=folder)
    ada.git("lfs", "checkout", cwd=folder)
    assert {path: digest for path, digest in tree(folder).items() if path != ".gitattributes"} == before
    listed = hub.get("/api/models/ada/model/lfs-files", ada.user).json
    assert sorted(entry["size"] for entry in listed) == [150_001, 150_002]
    other = person("ben")
    other.git("clone", "-q", hub.remote("ada/model"), "copy")
    check(other, other.home / "copy")
    assert tree(other.home / "copy") == tree(folder)
    ada.git("lfs", "migrate", "export", "--yes", "--everything", "--include=*.dat", cwd=folder)
    create_empty(hub, "ada/again", ada.user)
    ada.git("push", "-q", hub.remote("ada/again", ada.user), "HEAD:main", cwd=folder)
    assert hub.file("ada/again", "big.dat").body == (folder / "big.dat").read_bytes()
    assert hub.get("/api/models/ada/again/lfs-files", ada.user).json == []


def test_content_that_was_never_sent_is_asked_for(hub, history):
    ada, folder = history
    write(folder, "late.bin", 70_000, 40)
    commit(ada, folder, "late")
    refused = ada.git("push", "-q", "--no-verify", "origin", "side", cwd=folder, check=False)
    assert refused.returncode != 0 and "git lfs push --all" in programs.said(refused)
    ada.git("lfs", "push", "--all", "origin", "side", cwd=folder)
    ada.git("push", "-q", "origin", "side", cwd=folder)
    assert hub.file("ada/model", "late.bin", "side").body == (folder / "late.bin").read_bytes()


def test_a_moved_repository_is_found_by_its_old_name(hub, history, person):
    ada, folder = history
    assert hub.request(
        "POST", "/api/repos/move", {"fromRepo": "ada/model", "toRepo": "ada/renamed"}, ada.user).status == 200
    write(folder, "moved.bin", 60_000, 50)
    commit(ada, folder, "after the move")
    ada.git("push", "-q", "origin", "side", cwd=folder)
    assert hub.file("ada/renamed", "moved.bin", "side").body == (folder / "moved.bin").read_bytes()
    ben = person("ben")
    ben.git("clone", "-q", "-b", "side", hub.remote("ada/model"), "copy")
    assert tree(ben.home / "copy") == tree(folder)
    check(ben, ben.home / "copy")


# Who one is

def secret(hub, person):
    ada = person("ada")
    create_empty(hub, "ada/secret", ada.user, "private")
    folder = ada.home / "secret"
    ada.git("init", "-q", folder)
    (folder / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
    write(folder, "one.bin", 90_000, 1)
    commit(ada, folder, "first")
    return ada, folder


def back_and_forth(hub, somebody, folder, url):
    """Pushes to a private repository and clones it, with nothing but what the home folder has."""
    somebody.git("remote", "add", "origin", url, cwd=folder)
    somebody.git("push", "-q", "origin", "main", cwd=folder)
    somebody.git("clone", "-q", url, "copy")
    assert tree(somebody.home / "copy") == tree(folder)
    check(somebody, somebody.home / "copy")


def test_a_token_in_the_url(hub, person):
    ada, folder = secret(hub, person)
    back_and_forth(hub, ada, folder, hub.remote("ada/secret", ada.user))


def test_a_token_in_netrc(hub, person):
    ada, folder = secret(hub, person)
    netrc = ada.home / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login ada password {ada.user.token}\n")
    netrc.chmod(0o600)
    back_and_forth(hub, ada, folder, hub.remote("ada/secret"))


def test_a_token_in_a_credential_store(hub, person):
    ada, folder = secret(hub, person)
    scheme, rest = hub.url.split("://")
    (ada.home / ".git-credentials").write_text(f"{scheme}://ada:{ada.user.token}@{rest}\n")
    ada.git("config", "--global", "credential.helper", "store")
    back_and_forth(hub, ada, folder, hub.remote("ada/secret"))


def test_nobody_and_a_stranger_see_no_private_repository(hub, person, stranger):
    ada, folder = secret(hub, person)
    ada.git("remote", "add", "origin", hub.remote("ada/secret", ada.user), cwd=folder)
    ada.git("push", "-q", "origin", "main", cwd=folder)
    ben = person("ben")
    oid = hashlib.sha256((folder / "one.bin").read_bytes()).hexdigest()
    work = ben.home / "work"
    ben.git("init", "-q", work)

    def fetch(somebody, name, folder):
        somebody.git("config", "remote.origin.url", hub.remote(f"ada/{name}", somebody.user), cwd=folder)
        refused = somebody.git("lfs", "fetch", "origin", cwd=folder, check=False)
        cloned = somebody.git("clone", "-q", hub.remote(f"ada/{name}", somebody.user), "none", check=False)
        assert cloned.returncode != 0 and not (somebody.home / "none").exists()
        return refused.returncode, re.sub(r"ada/\w+", "REPO", programs.said(refused) + programs.said(cloned))

    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 90000\n"
    for somebody, place in ((ben, work), (stranger, stranger.home / "work")):
        if not place.exists():
            somebody.git("init", "-q", place)
        (place / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
        (place / "one.bin").write_text(pointer)
        somebody.git("add", ".", cwd=place)
        somebody.git("commit", "-qm", "a pointer", cwd=place)
        said = fetch(somebody, "secret", place), fetch(somebody, "absent", place)
        assert said[0] == said[1]
        assert said[0][0] != 0


# Connections that break

@pytest.fixture
def proxy(hub):
    proxy = CuttingProxy(int(hub.url.rsplit(":", 1)[1]))
    yield proxy
    proxy.close()


@pytest.fixture
def wire(hub, proxy):
    """What is asked of the hub over a network that may break."""
    with recorder.recording(hub, through=proxy.url) as wire:
        yield wire


def remote(wire, user):
    return f"http://{user.name}:{user.token}@{wire.url.removeprefix('http://')}/ada/secret.git"


def test_a_download_that_was_cut_goes_on_where_it_stopped(hub, person, proxy, wire):
    ada, folder = secret(hub, person)
    path = write(folder, "one.bin", 3_000_000, 2)
    commit(ada, folder, "larger")
    ada.git("push", "-q", hub.remote("ada/secret", ada.user), "main", cwd=folder)
    ada.environment["GIT_LFS_SKIP_SMUDGE"] = "1"
    ada.git("clone", "-q", remote(wire, ada.user), "copy")
    copy = ada.home / "copy"
    proxy.cut_after(1_500_000, once=True)
    wire.take()
    del ada.environment["GIT_LFS_SKIP_SMUDGE"]
    ada.git("lfs", "pull", cwd=copy)
    ranges = [call for call in wire.take() if call.path.startswith("/lfs/objects/") and call.range]
    assert [call.status for call in ranges] == [206], "git-lfs goes on from what it has"
    assert ranges[0].received < 2_000_000
    assert (copy / "one.bin").read_bytes() == path.read_bytes()
    check(ada, copy)


def test_an_upload_that_was_cut_is_sent_again(hub, person, proxy, wire):
    ada, folder = secret(hub, person)
    path = write(folder, "one.bin", 3_000_000, 3)
    commit(ada, folder, "larger")
    proxy.cut_after(1_500_000, "up", once=True)
    ada.git("push", "-q", remote(wire, ada.user), "main", cwd=folder)
    assert hub.file("ada/secret", "one.bin", user=ada.user).body == path.read_bytes()
    assert proxy.limit is None, "nothing was cut"
