"""Repositories that were moved, for stock git with the old name in its configuration."""

import subprocess

import pytest

from hub import said


@pytest.fixture
def moved(hub, person):
    """A public repository with one commit, cloned by its owner before it was moved."""
    return move(hub, person, "public")


def move(hub, person, visibility):
    ada = person("ada")
    hub.create("ada/old", ada.user, visibility)
    ada.git("clone", "-q", hub.remote("ada/old", ada.user), "copy")
    copy = ada.home / "copy"
    commit(ada, copy, "first.txt")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=copy)
    answer = hub.request("POST", "/api/repos/move", {"fromRepo": "ada/old", "toRepo": "ada/new"}, ada.user)
    assert answer.status == 200, answer.body
    return copy


def commit(somebody, folder, name):
    (folder / name).write_text(name)
    somebody.git("add", ".", cwd=folder)
    somebody.git("commit", "-q", "-m", name, cwd=folder)
    return somebody.git("rev-parse", "HEAD", cwd=folder).stdout.strip()


def test_clone_and_fetch_follow_to_the_new_name_and_say_so(hub, person, stranger, moved):
    cloned = stranger.git("clone", hub.remote("ada/old"), "clone")
    assert f"warning: redirecting to {hub.url}/ada/new.git/" in said(cloned)
    ada = person("ada")
    ada.git("clone", "-q", hub.remote("ada/new", ada.user), "other")
    head = commit(ada, ada.home / "other", "second.txt")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=ada.home / "other")
    fetched = stranger.git("fetch", cwd=stranger.home / "clone")
    assert "warning: redirecting to" in said(fetched)
    assert stranger.git("rev-parse", "origin/main", cwd=stranger.home / "clone").stdout.strip() == head
    stranger.git("fsck", "--full", "--strict", cwd=stranger.home / "clone")
    for version in "0", "1", "2":
        listed = stranger.git("-c", f"protocol.version={version}", "ls-remote", hub.remote("ada/old"), "main")
        assert head in listed.stdout
    # Without .git, as people type it, the old name leads on as well.
    assert head in stranger.git("ls-remote", f"{hub.url}/ada/old").stdout


def test_a_push_to_the_old_name_arrives_under_the_new_one(hub, person, moved):
    ada = person("ada")
    for setting in "initial", "true":
        head = commit(ada, moved, f"{setting}.txt")
        pushed = ada.git("-c", f"http.followRedirects={setting}", "push", "origin", "HEAD:main", cwd=moved)
        assert "warning: redirecting to" in said(pushed)
        assert hub.head("ada/new", ada.user) == head
    commit(ada, moved, "never.txt")
    stays = ada.git("-c", "http.followRedirects=false", "push", "origin", "HEAD:main", cwd=moved, check=False)
    assert stays.returncode != 0 and hub.head("ada/new", ada.user) == head


def test_large_files_follow_too(hub, person, moved):
    ada = person("ada")
    ada.git("lfs", "track", "*.bin", cwd=moved)
    (moved / "weights.bin").write_bytes(bytes(range(256)) * 500)
    commit(ada, moved, "attributes.txt")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=moved)
    ada.git("clone", "-q", hub.remote("ada/old", ada.user), "again")
    assert (ada.home / "again" / "weights.bin").read_bytes() == bytes(range(256)) * 500


def test_a_private_repository_that_moved_looks_like_none(hub, person, stranger):
    move(hub, person, "private")
    eve = person("eve")
    for repository in "ada/old", "ada/never":
        answers = [hub.get(f"/{repository}.git/info/refs?service={service}", user)
                   for service in ("git-upload-pack", "git-receive-pack") for user in (None, eve.user)]
        assert [answer.status for answer in answers] == [401, 404, 401, 404]
        assert not any("Location" in answer.headers for answer in answers)
        told = {answer.json["error"].replace(repository, "X") for answer in answers}
        assert len(told) == 1, told
        refused = eve.git("clone", hub.remote(repository, eve.user), check=False)
        assert refused.returncode != 0 and "not found" in said(refused)


def test_a_moved_repository_of_a_bare_name_leads_on(hub, person, stranger):
    admin = hub.admin
    hub.hubd("admin", "org", "create", "library", "--owner", "admin")
    hub.create("library/gpt", admin)
    ada = person("ada")
    ada.git("clone", "-q", hub.remote("library/gpt", admin), "gpt")
    head = commit(ada, ada.home / "gpt", "a.txt")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=ada.home / "gpt")
    assert head in stranger.git("ls-remote", f"{hub.url}/gpt.git").stdout
    hub.request("POST", "/api/repos/move", {"fromRepo": "library/gpt", "toRepo": "library/gpt-one"}, admin)
    led = stranger.git("ls-remote", f"{hub.url}/gpt.git")
    assert head in led.stdout and "warning: redirecting to" in said(led)
    assert stranger.git("clone", "-q", f"{hub.url}/gpt", "bare").returncode == 0
