"""Refs that are neither branches nor tags: mirroring pushes, notes, and what is the hub's own."""

import pytest

from hub import said


@pytest.fixture
def work(hub, person):
    """Ada's working copy of ada/model, with two branches, a tag and what it knows of another remote."""
    ada = person("ada")
    ada.git("init", "-q", "--bare", "elsewhere.git")
    ada.git("clone", "-q", "elsewhere.git", "work")
    folder = ada.home / "work"
    for number in range(3):
        commit(ada, folder, f"file{number}")
    ada.git("tag", "-a", "-m", "first", "v1", cwd=folder)
    ada.git("branch", "side", "HEAD~1", cwd=folder)
    ada.git("push", "-q", "origin", "--all", cwd=folder)
    ada.git("remote", "set-head", "origin", "main", cwd=folder)
    hub.request("POST", "/api/repos/create", {"name": "model", "empty": True}, ada.user)
    ada.git("config", "remote.hub.url", hub.remote("ada/model", ada.user), cwd=folder)
    return folder


def commit(somebody, folder, name):
    (folder / name).write_text(name * 20)
    somebody.git("add", ".", cwd=folder)
    somebody.git("commit", "-q", "-m", name, cwd=folder)


def own(somebody, folder):
    listed = somebody.git("for-each-ref", "--format=%(refname) %(objectname)", cwd=folder).stdout
    return dict(line.split() for line in listed.splitlines())


def listed(somebody, url):
    lines = somebody.git("ls-remote", url).stdout.splitlines()
    found = {name: commit for commit, name in (line.split("\t") for line in lines)}
    return {name: commit for name, commit in found.items() if name != "HEAD" and not name.endswith("^{}")}


def test_a_mirroring_push_brings_every_ref_and_takes_away_what_is_gone(hub, person, work):
    ada = person("ada")
    url = hub.remote("ada/model", ada.user)
    ada.git("push", "--mirror", "hub", cwd=work)
    assert listed(ada, url) == own(ada, work)
    assert "refs/remotes/origin/HEAD" in own(ada, work)
    again = ada.git("push", "--mirror", "hub", cwd=work)
    assert "Everything up-to-date" in said(again)

    ada.git("clone", "-q", "--mirror", url, "copy.git")
    ada.git("fsck", "--full", "--strict", cwd=ada.home / "copy.git")
    assert own(ada, ada.home / "copy.git") == own(ada, work)

    ada.git("update-ref", "-d", "refs/remotes/origin/side", cwd=work)
    ada.git("branch", "-q", "-D", "side", cwd=work)
    commit(ada, work, "later")
    ada.git("push", "--mirror", "hub", cwd=work)
    assert listed(ada, url) == own(ada, work)

    # Who clones as usual sees branches and tags, and so does who asks the hub's API.
    ada.git("clone", "-q", url, "usual")
    assert set(own(ada, ada.home / "usual")) == {
        "refs/heads/main", "refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/tags/v1"}
    told = hub.get("/api/models/ada/model/refs", ada.user).json
    assert [ref["name"] for ref in told["branches"]] == ["main"] and [ref["name"] for ref in told["tags"]] == ["v1"]


def test_notes_travel(hub, person, work):
    ada = person("ada")
    ada.git("push", "-q", "hub", "main", cwd=work)
    ada.git("notes", "add", "-m", "trained on a Tuesday", cwd=work)
    ada.git("push", "-q", "hub", "refs/notes/*", cwd=work)
    ada.git("clone", "-q", hub.remote("ada/model"), "other")
    other = ada.home / "other"
    ada.git("fetch", "-q", "origin", "refs/notes/*:refs/notes/*", cwd=other)
    assert ada.git("notes", "show", "HEAD", cwd=other).stdout == "trained on a Tuesday\n"
    ada.git("fsck", "--full", "--strict", cwd=other)
    ada.git("notes", "append", "-m", "and on a Wednesday", cwd=work)
    ada.git("push", "-q", "hub", "refs/notes/commits", cwd=work)
    ada.git("fetch", "-q", "origin", "refs/notes/*:refs/notes/*", cwd=other)
    assert "and on a Wednesday" in ada.git("notes", "show", "HEAD", cwd=other).stdout


def test_a_shallow_clone_pushes_a_ref_of_any_kind(hub, person, work):
    ada = person("ada")
    url = hub.remote("ada/model", ada.user)
    ada.git("push", "-q", "hub", "main", cwd=work)
    ada.git("clone", "-q", "--depth=1", url, "shallow")
    commit(ada, ada.home / "shallow", "on-top")
    ada.git("push", "-q", url, "+main:refs/remotes/top/main", cwd=ada.home / "shallow")
    ada.git("fetch", "-q", "hub", "refs/remotes/top/main", cwd=work)
    titles = ada.git("log", "--format=%s", "FETCH_HEAD", cwd=work).stdout.split()
    assert titles == ["on-top", "file2", "file1", "file0"]


@pytest.mark.parametrize("name", ["refs/convert/parquet", "refs/PR/1", "refs/Heads/main", "refs/stash"])
def test_what_is_the_hubs_own_or_looks_like_it_is_refused(hub, person, work, name):
    ada = person("ada")
    refused = ada.git("push", "hub", f"main:{name}", "main", cwd=work, check=False)
    assert refused.returncode != 0 and f"{name} is not a ref for clients" in said(refused)
    assert set(listed(ada, hub.remote("ada/model", ada.user))) == {"refs/heads/main"}


def test_the_api_lists_what_git_shows_and_the_official_client_reads_the_list(hub, person, hf, work):
    ada = person("ada")
    ada.git("notes", "add", "-m", "a note", cwd=work)
    ada.git("push", "-q", "hub", "main", "v1", "refs/notes/*:refs/notes/*", "HEAD~1:refs/deep/er/one", cwd=work)
    note = own(ada, work)["refs/notes/commits"]
    told = hub.get("/api/models/ada/model/refs").json
    assert {"name": "notes/commits", "ref": "refs/notes/commits", "targetCommit": note} in told["others"]
    assert [ref["ref"] for ref in told["others"]] == ["refs/deep/er/one", "refs/notes/commits"]
    everything = {ref["ref"] for kind in ("branches", "tags", "converts", "others") for ref in told[kind]}
    assert everything == set(listed(ada, hub.remote("ada/model", ada.user)))
    refs = hf("ada").list_repo_refs("ada/model", include_pull_requests=True)
    assert [ref.name for ref in refs.branches] == ["main"] and [ref.name for ref in refs.tags] == ["v1"]
    assert (refs.converts, refs.pull_requests) == ([], [])
