"""Syncs of forks when something else happens: the parent moves, hides or goes, others push, roles do not reach."""

import concurrent.futures
import os

import pytest

from hub import said
from test_git_forks import commit, fork


@pytest.fixture
def parent(hub, person):
    """A repository with a large file, and where it is worked on."""
    ada = person("ada")
    hub.create("ada/model", ada.user)
    folder = ada.home / "work"
    ada.git("clone", "-q", hub.remote("ada/model", ada.user), folder)
    ada.git("lfs", "track", "*.bin", cwd=folder)
    (folder / "weights.bin").write_bytes(os.urandom(200_000))
    commit(ada, folder, "first.txt")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=folder)
    return folder


def go_on(ada, parent, name="next.txt", branch="main"):
    """A commit with new weights on a branch of the parent."""
    (parent / "weights.bin").write_bytes(os.urandom(200_000))
    head = commit(ada, parent, name)
    ada.git("push", "-q", "origin", f"HEAD:{branch}", cwd=parent)
    return head


def test_a_parent_that_hides_gives_a_fork_nothing_more(hub, person, parent):
    ada, bert = person("ada"), person("bert")
    folder = fork(hub, bert)
    before = hub.head("bert/model")
    assert hub.request("PUT", "/api/models/ada/model/settings", {"visibility": "private"}, ada.user).status == 200
    secret = go_on(ada, parent)
    for arguments in ([], ["--dry-run"], ["--ff-only"], ["--branch", "main"]):
        refused = bert.hubctl("sync", "bert/model", *arguments, check=False)
        assert refused.returncode != 0 and "upstream is gone" in said(refused), said(refused)
    # Neither through the fork, nor by the name of the parent, nor by that of its file.
    assert hub.head("bert/model") == before
    bert.git("remote", "add", "ada", hub.remote("ada/model", bert.user), cwd=folder)
    assert bert.git("fetch", "ada", cwd=folder, check=False).returncode != 0
    assert bert.git("fetch", "origin", secret, cwd=folder, check=False).returncode != 0
    order = {"source": secret, "sourceRepository": "ada/model"}
    assert hub.request("POST", "/api/models/bert/model/merge", order, bert.user).status == 404
    pointer = ada.git("show", f"{secret}:weights.bin", cwd=parent).stdout
    (folder / "pointer").write_text(pointer)
    blob = bert.git("hash-object", "-w", "--no-filters", "pointer", cwd=folder).stdout.strip()
    bert.git("update-index", "--cacheinfo", f"100644,{blob},weights.bin", cwd=folder)
    bert.git("commit", "-q", "-m", "A pointer", cwd=folder)
    pushed = bert.git("push", "--no-verify", "origin", "HEAD:main", cwd=folder, check=False)
    assert pushed.returncode != 0 and "not on the hub" in said(pushed), said(pushed)


def test_a_private_parent_syncs_a_fork_that_hides_too_and_no_open_one(hub, person, parent):
    ada, bert = person("ada"), person("bert")
    hub.hubd("admin", "org", "create", "acme", "--owner", "ada")
    hub.hubd("admin", "org", "member", "acme", "bert", "--role", "read")
    wish = {"name": "secret", "organization": "acme", "visibility": "private", "empty": True}
    assert hub.request("POST", "/api/repos/create", wish, ada.user).status == 200
    ada.git("push", "-q", hub.remote("acme/secret", ada.user), "HEAD:main", cwd=parent)
    answer = hub.request("POST", "/api/models/acme/secret/fork", {"name": "copy"}, bert.user)
    assert answer.status == 200, answer.body
    (parent / "weights.bin").write_bytes(os.urandom(200_000))
    head = commit(ada, parent, "next.txt")
    ada.git("push", "-q", hub.remote("acme/secret", ada.user), "HEAD:main", cwd=parent)
    assert "Moved forward" in bert.hubctl("sync", "bert/copy").stdout
    assert hub.head("bert/copy", bert.user) == head
    assert hub.get("/api/models/bert/copy").status in (401, 404)
    opened = {"visibility": "public"}
    assert hub.request("PUT", "/api/models/bert/copy/settings", opened, bert.user).status == 403
    # Once somebody who administers both has opened it, it takes nothing more from what is hidden, unless who asks may
    # write there.
    assert hub.request("PUT", "/api/models/bert/copy/settings", opened, hub.admin).status == 200
    commit(ada, parent, "more.txt")
    ada.git("push", "-q", hub.remote("acme/secret", ada.user), "HEAD:main", cwd=parent)
    refused = bert.hubctl("sync", "bert/copy", check=False)
    assert refused.returncode != 0 and "needs 'write'" in said(refused), said(refused)
    assert hub.head("bert/copy") == head


def test_a_parent_that_moved_is_found_and_one_that_is_gone_is_told(hub, person, parent):
    ada, bert = person("ada"), person("bert")
    fork(hub, bert)
    move = {"fromRepo": "ada/model", "toRepo": "ada/renamed"}
    assert hub.request("POST", "/api/repos/move", move, ada.user).status == 200
    # Somebody else at the old name is not the parent.
    hub.create("ada/model", ada.user)
    head = go_on(ada, parent, branch="elsewhere") and commit(ada, parent, "renamed.txt")
    ada.git("push", "-q", hub.remote("ada/renamed", ada.user), "HEAD:main", cwd=parent)
    assert "Moved forward" in bert.hubctl("sync", "bert/model").stdout
    assert hub.head("bert/model") == head
    ada.hubctl("repo", "delete", "ada/renamed", "--yes")
    refused = bert.hubctl("sync", "bert/model", check=False)
    assert refused.returncode != 0 and "upstream is gone" in said(refused)
    assert hub.head("bert/model") == head


def test_who_may_not_write_the_default_branch_does_not_sync_it(hub, person, parent):
    ada, bert, cleo = person("ada"), person("bert"), person("cleo")
    hub.hubd("admin", "org", "create", "acme", "--owner", "bert")
    hub.hubd("admin", "org", "member", "acme", "cleo", "--role", "contribute")
    answer = hub.request("POST", "/api/models/ada/model/fork", {"organization": "acme"}, bert.user)
    assert answer.status == 200, answer.body
    before = hub.head("acme/model")
    head = go_on(ada, parent)
    ada.git("push", "-q", "origin", "HEAD:side", cwd=parent)
    refused = cleo.hubctl("sync", "acme/model", check=False)
    assert refused.returncode != 0 and "'write'" in said(refused), said(refused)
    assert hub.head("acme/model") == before
    assert "Moved forward" in cleo.hubctl("sync", "acme/model", "--branch", "side").stdout
    assert hub.head("acme/model", branch="side") == head
    assert ada.hubctl("sync", "acme/model", check=False).returncode != 0


def test_syncs_and_a_push_at_once_lose_nothing(hub, person, parent):
    ada, bert = person("ada"), person("bert")
    folder = fork(hub, bert)
    for turn in range(3):
        theirs = go_on(ada, parent, f"theirs-{turn}.txt")
        mine = commit(bert, folder, f"mine-{turn}.txt")

        def sync(*arguments):
            return bert.hubctl("sync", "bert/model", *arguments, check=False)

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            push = pool.submit(bert.git, "push", "-q", "origin", "HEAD:main", cwd=folder, check=False)
            syncs = [pool.submit(sync), pool.submit(sync), pool.submit(sync, "--ff-only")]
        answers = [one.result() for one in [push, *syncs]]
        for answer in answers:
            told = said(answer)
            assert answer.returncode == 0 or any(
                words in told for words in ("has moved", "fetch first", "gone two ways", "non-fast-forward")), told
        assert any(answer.returncode == 0 for answer in answers)
        # What was acknowledged is there, and what came too late can be done again.
        bert.git("fetch", "-q", cwd=folder)
        if push.result().returncode == 0:
            bert.git("merge-base", "--is-ancestor", mine, "origin/main", cwd=folder)
        if any(one.result().returncode == 0 for one in syncs):
            bert.git("merge-base", "--is-ancestor", theirs, "origin/main", cwd=folder)
        bert.git("pull", "-q", "--no-rebase", "--no-edit", "origin", "main", cwd=folder)
        bert.git("push", "-q", "origin", "HEAD:main", cwd=folder)
        assert bert.hubctl("sync", "bert/model").returncode == 0
        bert.git("pull", "-q", "--no-rebase", "--no-edit", "origin", "main", cwd=folder)
        bert.git("merge-base", "--is-ancestor", theirs, "HEAD", cwd=folder)
    bert.git("fsck", "--full", "--strict", cwd=folder)


def test_a_conflict_is_told_with_the_branch_that_is_the_default(hub, person):
    ada, bert = person("ada"), person("bert")
    answer = hub.request("POST", "/api/repos/create", {"name": "model", "organization": "ada", "empty": True}, ada.user)
    assert answer.status == 200, answer.body
    ada.git("init", "-q", "-b", "trunk", "work")
    work = ada.home / "work"
    commit(ada, work, "one.txt", "one")
    ada.git("push", "-q", hub.remote("ada/model", ada.user), "HEAD:trunk", cwd=work)
    folder = fork(hub, bert)
    commit(ada, work, "one.txt", "two")
    ada.git("push", "-q", hub.remote("ada/model", ada.user), "HEAD:trunk", cwd=work)
    commit(bert, folder, "one.txt", "three")
    bert.git("push", "-q", "origin", "HEAD:trunk", cwd=folder)
    conflict = bert.hubctl("sync", cwd=folder, check=False)
    assert conflict.returncode == 1 and "hubctl merge trunk --from ada/model" in said(conflict), said(conflict)
    only = bert.hubctl("sync", "--ff-only", cwd=folder, check=False)
    assert only.returncode == 1 and "hubctl merge trunk --from ada/model" in said(only), said(only)
