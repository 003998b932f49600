"""Parent and fork in one working copy, and forks brought up to date on the hub."""

import os
import re

import pytest

from hub import said


@pytest.fixture
def parent(hub, person):
    """A repository with a history of fifty commits, and where it is worked on."""
    ada = person("ada")
    hub.create("ada/model", ada.user)
    folder = ada.home / "work"
    ada.git("clone", "-q", hub.remote("ada/model", ada.user), folder)
    for place in range(50):
        commit(ada, folder, f"folder/{place}.txt")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=folder)
    return folder


def commit(somebody, folder, name, content=None):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content or os.urandom(500).hex())
    somebody.git("add", ".", cwd=folder)
    somebody.git("commit", "-q", "-m", name, cwd=folder)
    return somebody.git("rev-parse", "HEAD", cwd=folder).stdout.strip()


def fork(hub, somebody):
    answer = hub.request("POST", "/api/models/ada/model/fork", {}, somebody.user)
    assert answer.status == 200, answer.body
    folder = somebody.home / "fork"
    somebody.git("clone", "-q", hub.remote(f"{somebody.user.name}/model", somebody.user), folder)
    return folder


def objects(somebody, folder, *command):
    """How many objects a fetch received, by what git says it unpacks."""
    somebody.environment["GIT_TRACE_PACKET"] = str(somebody.home / "packets")
    (somebody.home / "packets").unlink(missing_ok=True)
    result = somebody.git("-c", "fetch.unpackLimit=1", *command, "--progress", cwd=folder)
    del somebody.environment["GIT_TRACE_PACKET"]
    packets = (somebody.home / "packets").read_text()
    found = re.search(r"Total (\d+)|Receiving objects: 100% \(\d+/(\d+)\)|Indexing objects: 100% \(\d+/(\d+)\)", said(result))
    return (int(next(filter(None, found.groups()))) if found else 0), len(re.findall(r"fetch(?:-pack)?> have ", packets))


@pytest.mark.parametrize("version", ["0", "2"])
def test_fetching_the_fork_after_the_parent_receives_the_forks_objects_alone(hub, person, parent, version):
    bert = person("bert")
    folder = fork(hub, bert)
    for place in range(3):
        commit(bert, folder, f"mine-{place}.txt")
    bert.git("push", "-q", "origin", "HEAD:mine", cwd=folder)
    ada = person("ada")
    ada.git("clone", "-q", hub.remote("ada/model", ada.user), "both")
    both = ada.home / "both"
    ada.git("remote", "add", "bert", hub.remote("bert/model"), cwd=both)
    received, haves = objects(ada, both, "-c", f"protocol.version={version}", "fetch", "bert")
    assert received == 9  # three commits, three trees, three files
    assert 0 < haves <= 64
    assert ada.git("rev-parse", "bert/mine", cwd=both).stdout == bert.git("rev-parse", "HEAD", cwd=folder).stdout
    ada.git("fsck", "--full", "--strict", cwd=both)
    assert objects(ada, both, "-c", f"protocol.version={version}", "fetch", "bert")[0] == 0


def test_sync_moves_a_fork_forward_and_stores_nothing(hub, person, parent):
    ada, bert = person("ada"), person("bert")
    folder = fork(hub, bert)
    head = commit(ada, parent, "new.txt")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=parent)
    before = hub.stored_bytes()
    assert "Moved forward" in bert.hubctl("sync", "bert/model").stdout
    assert hub.head("bert/model") == head and hub.stored_bytes() == before
    assert "up to date" in bert.hubctl("sync", cwd=folder).stdout  # in a working copy, without a name
    assert bert.git("pull", "-q", cwd=folder).returncode == 0


def test_sync_brings_a_branch_that_the_fork_does_not_have(hub, person, parent):
    ada, bert = person("ada"), person("bert")
    fork(hub, bert)
    head = commit(ada, parent, "side.txt")
    ada.git("push", "-q", "origin", "HEAD:side", cwd=parent)
    plan = bert.json("sync", "bert/model", "--branch", "side", "--dry-run")
    assert plan["outcome"] == "would-merge" and hub.head("bert/model", branch="side") is None
    assert "Moved forward" in bert.hubctl("sync", "bert/model", "--branch", "side").stdout
    assert hub.head("bert/model", branch="side") == head
    missing = bert.hubctl("sync", "bert/model", "--branch", "nowhere", check=False)
    assert missing.returncode != 0 and "nowhere" in said(missing)


def test_a_fork_that_went_its_own_way_is_merged_or_told_how(hub, person, parent):
    ada, bert = person("ada"), person("bert")
    folder = fork(hub, bert)
    mine = commit(bert, folder, "mine.txt")
    bert.git("push", "-q", "origin", "HEAD:main", cwd=folder)
    theirs = commit(ada, parent, "theirs.txt")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=parent)
    only = bert.hubctl("sync", "--ff-only", cwd=folder, check=False)
    assert only.returncode == 1 and "hubctl sync" in said(only) and "1 commit" in said(only), said(only)
    assert hub.head("bert/model") == mine
    assert "Merged" in bert.hubctl("sync", cwd=folder).stdout
    bert.git("pull", "-q", cwd=folder)
    assert bert.git("log", "-1", "--format=%P", cwd=folder).stdout.split() == [mine, theirs]
    # What both changed differently is a conflict, and the answer says how to go on.
    commit(bert, folder, "theirs.txt", "one way")
    bert.git("push", "-q", "origin", "HEAD:main", cwd=folder)
    commit(ada, parent, "theirs.txt", "another way")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=parent)
    conflict = bert.hubctl("sync", cwd=folder, check=False)
    assert conflict.returncode == 1 and "hubctl merge main --from ada/model" in said(conflict)


def test_statistics_tell_what_a_repository_comes_to(hub, person, parent):
    ada, bert = person("ada"), person("bert")
    ada.git("tag", "-a", "v1", "-m", "one", cwd=parent)
    ada.git("push", "-q", "origin", "v1", "HEAD:side", cwd=parent)
    ada.git("lfs", "track", "*.bin", cwd=parent)
    (parent / "big.bin").write_bytes(os.urandom(300_000))
    commit(ada, parent, "with.txt")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=parent)
    alone = hub.get("/api/models/ada/model/stats").json["largeFiles"]
    assert alone["storedAlone"] >= 300_000 and alone["storedShared"] == 0
    fork(hub, bert)
    stats = hub.get("/api/models/ada/model/stats").json
    counted = ada.git("rev-list", "--all", "--objects", "--no-object-names", cwd=parent).stdout.split()
    kinds = [ada.git("cat-file", "-t", name, cwd=parent).stdout.strip() for name in counted[:60]]
    objects = stats["objects"]
    assert sum(objects[kind]["count"] for kind in ("commits", "trees", "blobs", "tags")) == len(set(counted))
    assert objects["commits"]["count"] == int(ada.git("rev-list", "--all", "--count", cwd=parent).stdout)
    assert objects["tags"]["count"] == 1 and "commit" in kinds and objects["isWhole"]
    assert stats["longestHistory"] == objects["commits"]["count"]
    assert (stats["refs"]["branches"], stats["refs"]["tags"], stats["forks"]) == (2, 1, 1)
    assert stats["largeFiles"] == {"count": 1, "bytes": 300_000, "storedAlone": 0, "storedShared": alone["storedAlone"]}
    assert stats["largestFiles"][0] == {"path": "big.bin", "size": 300_000, "isLarge": True}
    assert stats["lastPush"]["ref"] == "refs/heads/main" and stats["lastPush"]["via"] == "git"
    said_by_hubctl = ada.hubctl("repo", "stats", cwd=parent).stdout
    assert "longest history" in said_by_hubctl and "big.bin" in said_by_hubctl
    assert ada.json("repo", "stats", "ada/model")["refs"] == stats["refs"]
    hub.request("PUT", "/api/models/ada/model/settings", {"visibility": "private"}, ada.user)
    assert hub.get("/api/models/ada/model/stats", bert.user).status == 404
