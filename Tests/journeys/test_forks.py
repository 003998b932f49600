"""Forks: cheap, apart, and kept up with their upstream."""

import hashlib
import time

import pytest

import checkpoints


@pytest.fixture
def upstream(hub, person):
    return checkpoints.push_base(hub, person)


def push_weights(somebody, folder, model, message):
    checkpoints.copy_weights(model, folder)
    commit = somebody.commit(folder, message)
    somebody.hubctl("push", cwd=folder)
    return commit


def test_a_fork_is_made_in_moments_and_stores_nothing(hub, person, upstream):
    bert = person("bert")
    before = hub.stored_bytes()
    begin = time.monotonic()
    answer = hub.request("POST", "/api/models/ada/model/fork", {"name": "mine"}, bert.user)
    seconds = time.monotonic() - begin
    assert answer.status == 200 and seconds < 1, (answer.body, seconds)
    assert hub.stored_bytes() == before
    assert hub.head("bert/mine") == hub.head("ada/model")
    assert hub.get("/api/models/bert/mine").json["forkedFrom"] == "ada/model"


def test_the_report_of_a_fork_is_there_at_once(hub, person, upstream):
    bert = person("bert")
    report = hub.report("ada/model")
    bert.hubctl("fork", "ada/model")
    again = hub.get("/api/models/bert/model/report/main").json
    assert (again["state"], again["verdict"]) == ("done", report["verdict"])


def test_what_a_fork_pushes_stays_in_the_fork(hub, person, upstream):
    bert = person("bert")
    bert.hubctl("fork", "ada/model")
    folder = bert.clone("bert/model")
    before = hub.head("ada/model")
    commit = push_weights(bert, folder, checkpoints.FINE_TUNE_A, "Fine-tune A")
    assert hub.head("bert/model") == commit
    assert hub.head("ada/model") == before
    assert hub.get(f"/api/models/ada/model/commits/{commit}").status == 404
    assert hub.file("ada/model", checkpoints.WEIGHTS, commit).status == 404


def test_nothing_of_a_private_fork_is_readable_through_its_parent(hub, person, upstream):
    bert, eve = person("bert"), person("eve")
    hub.request("POST", "/api/models/ada/model/fork", {"name": "mine", "visibility": "private"}, bert.user)
    folder = bert.clone("bert/mine")
    commit = push_weights(bert, folder, checkpoints.FINE_TUNE_A, "A secret")
    weights = (checkpoints.FINE_TUNE_A / checkpoints.WEIGHTS).read_bytes()
    digest, size = hashlib.sha256(weights).hexdigest(), len(weights)
    tree = bert.git("rev-parse", "HEAD^{tree}", cwd=folder).stdout.strip()
    blob = bert.git("rev-parse", f"HEAD:{checkpoints.WEIGHTS}", cwd=folder).stdout.strip()

    for user in (None, eve.user, person("ada").user):
        assert hub.get("/api/models/bert/mine", user).status in (401, 404)
        for revision in (commit, commit[:10], tree, blob):
            for path in (f"/api/models/ada/model/revision/{revision}", f"/api/models/ada/model/tree/{revision}",
                         f"/ada/model/resolve/{revision}/{checkpoints.WEIGHTS}",
                         f"/api/models/ada/model/report/{revision}", f"/api/models/ada/model/compare/main..{revision}"):
                assert hub.get(path, user).status == 404, path
        batch = hub.request(
            "POST", "/ada/model.git/info/lfs/objects/batch",
            {"operation": "download", "objects": [{"oid": digest, "size": size}], "transfers": ["basic"]}, user,
            {"Accept": "application/vnd.git-lfs+json"})
        if batch.status == 200:
            entry = batch.json["objects"][0]
            assert "actions" not in entry and entry["error"]["code"] == 404
        else:
            assert batch.status in (401, 404)
    # git: a commit that is not advertised cannot be fetched by its name.
    eve.git("init", "thief")
    stolen = eve.git("fetch", hub.remote("ada/model", eve.user), commit, cwd=eve.home / "thief", check=False)
    assert stolen.returncode != 0


def test_naming_someone_elses_content_does_not_give_it(hub, person, upstream):
    """A pointer to content one has not uploaded is refused, though the hub has the bytes."""
    bert, eve = person("bert"), person("eve")
    hub.create("bert/secret", bert.user, "private")
    folder = bert.clone("bert/secret")
    checkpoints.copy_model(checkpoints.FINE_TUNE_B, folder)
    bert.commit(folder, "A secret")
    bert.hubctl("push", cwd=folder)

    hub.create("eve/theft", eve.user)
    eve.git("clone", hub.remote("eve/theft", eve.user), "theft")
    theft = eve.home / "theft"
    weights = (checkpoints.FINE_TUNE_B / checkpoints.WEIGHTS).read_bytes()
    (theft / checkpoints.WEIGHTS).write_text(
        "version https://git-lfs.github.com/spec/v1\n"
        f"oid sha256:{hashlib.sha256(weights).hexdigest()}\nsize {len(weights)}\n")
    eve.git("-c", "filter.lfs.clean=cat", "-c", "filter.lfs.process=", "-c", "filter.lfs.required=false",
            "add", ".", cwd=theft)
    eve.git("-c", "filter.lfs.clean=cat", "-c", "filter.lfs.process=", "-c",
            "filter.lfs.required=false", "commit", "-m", "Mine now", cwd=theft)
    refused = eve.git("-c", "core.hooksPath=/dev/null", "push", "origin", "HEAD:main", cwd=theft, check=False)
    assert refused.returncode != 0
    assert hub.file("eve/theft", checkpoints.WEIGHTS, user=eve.user).status == 404


def test_a_fork_of_a_private_repository_is_private(hub, person):
    ada = person("ada")
    hub.create("ada/secret", ada.user, "private")
    answer = hub.request("POST", "/api/models/ada/secret/fork", {"name": "open", "visibility": "public"}, ada.user)
    assert answer.status == 400
    assert hub.request("POST", "/api/models/ada/secret/fork", {"name": "copy"}, ada.user).status == 200
    assert hub.get("/api/models/ada/copy").status in (401, 404)


def test_who_may_only_read_a_private_repository_cannot_open_a_fork_of_it(hub, person):
    ada, bert = person("ada"), person("bert")
    hub.hubd("admin", "org", "create", "acme", "--owner", "ada")
    hub.hubd("admin", "org", "member", "acme", "bert", "--role", "read")
    hub.create("acme/secret", ada.user, "private")
    bert.hubctl("fork", "acme/secret")

    def settings(body):
        return hub.request("PUT", "/api/models/bert/secret/settings", body, bert.user)

    for body in ({"visibility": "public"}, {"private": False}, {"visibility": "public", "gated": "manual"}):
        answer = settings(body)
        assert answer.status == 403, answer.body
        assert answer.json["error"] == (
            "bert/secret is a fork of acme/secret, which is private; "
            "only somebody who administers that may make its fork more open")
    refused = bert.hubctl("repo", "visibility", "bert/secret", "public", check=False)
    assert refused.returncode != 0 and "is a fork of acme/secret, which is private" in refused.stderr
    for wish in ({"repository": "bert/other", "visibility": "public"}, {"repository": "bert/another"}):
        answer = hub.request("POST", "/api/models/bert/secret/duplicate", wish, bert.user)
        assert answer.status == (400 if "visibility" in wish else 200), answer.body
    moved = {"fromRepo": "bert/another", "toRepo": "bert/renamed", "type": "model"}
    assert hub.request("POST", "/api/repos/move", moved, bert.user).status == 200
    ada.hubctl("repo", "delete", "acme/secret", "--yes")
    for name in ("bert/secret", "bert/renamed"):
        answer = hub.request("PUT", f"/api/models/{name}/settings", {"visibility": "public"}, bert.user)
        assert answer.status == 403 and "a repository that was private" in answer.json["error"], answer.body
        assert hub.get(f"/api/models/{name}").status in (401, 404)
    assert hub.request(
        "PUT", "/api/models/bert/secret/settings", {"visibility": "public"}, hub.admin).status == 200


def test_sync_brings_a_fork_up_to_its_upstream(hub, person, upstream):
    ada, bert = person("ada"), person("bert")
    bert.hubctl("fork", "ada/model")
    folder = bert.clone("bert/model")
    commit = push_weights(ada, upstream, checkpoints.FINE_TUNE_A, "Fine-tune A")
    bert.hubctl("sync", cwd=folder)
    assert hub.head("bert/model") == commit
    bert.hubctl("pull", cwd=folder)
    assert (folder / checkpoints.WEIGHTS).read_bytes() == (upstream / checkpoints.WEIGHTS).read_bytes()
    assert bert.hubctl("sync", cwd=folder).returncode == 0


def test_sync_merges_when_the_fork_has_work_of_its_own(hub, person, upstream):
    ada, bert = person("ada"), person("bert")
    bert.hubctl("fork", "ada/model")
    folder = bert.clone("bert/model")
    (folder / "notes.txt").write_text("mine")
    bert.commit(folder, "Notes")
    bert.hubctl("push", cwd=folder)
    push_weights(ada, upstream, checkpoints.FINE_TUNE_A, "Fine-tune A")
    bert.hubctl("sync", cwd=folder)
    bert.hubctl("pull", cwd=folder)
    parents = bert.git("log", "-1", "--format=%P", cwd=folder).stdout.split()
    assert len(parents) == 2
    assert (folder / "notes.txt").read_text() == "mine"
    assert (folder / checkpoints.WEIGHTS).read_bytes() == (upstream / checkpoints.WEIGHTS).read_bytes()


def test_deleting_the_upstream_leaves_the_fork(hub, person, upstream):
    ada, bert = person("ada"), person("bert")
    bert.hubctl("fork", "ada/model")
    ada.hubctl("repo", "delete", "ada/model", "--yes")
    copy = bert.clone("bert/model")
    assert (copy / checkpoints.WEIGHTS).read_bytes() == (checkpoints.BASE / checkpoints.WEIGHTS).read_bytes()
