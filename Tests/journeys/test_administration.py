"""`hubd admin` on a running hub: people and tokens come and go at once."""

import hashlib
import time

import hub as programs
from hub import said

import checkpoints


def tokens(hub, name):
    """The rows of `hubd admin token list`: number, scope, name, since, until."""
    return [line.split("\t") for line in hub.hubd("admin", "token", "list", name).stdout.splitlines() if "\t" in line]


def test_tokens_are_listed_and_revoked_while_the_hub_runs(hub, person):
    ada = person("ada")
    hub.hubd("admin", "token", "create", "ada", "--scope", "read", "--name", "CI", "--days", "3")
    rows = tokens(hub, "ada")
    assert [row[1:3] for row in rows] == [["write", "command line"], ["read", "CI"]]
    assert rows[0][4] == "no end" and rows[1][4].startswith("until 2")
    assert ada.user.token not in said(hub.hubd("admin", "token", "list", "ada"))

    assert hub.get("/api/whoami-v2", ada.user).status == 200
    hub.hubd("admin", "token", "revoke", "ada", rows[0][0])
    assert hub.get("/api/whoami-v2", ada.user).status == 401
    refused = ada.hubctl("whoami", check=False)
    assert refused.returncode == 2 and "the access token is unknown" in refused.stderr
    assert [row[2] for row in tokens(hub, "ada")] == ["CI"]

    hub.hubd("admin", "token", "revoke", "ada", "--all")
    assert hub.hubd("admin", "token", "list", "ada").stdout == "ada has no tokens.\n"


def test_what_cannot_be_revoked_or_removed_is_said_in_words(hub, person):
    person("ada")
    for arguments, code, words in (
            (["token", "revoke", "ada", "999"], 1, "ada has no token 999"),
            (["token", "revoke", "nobody", "1"], 1, "there is no user 'nobody'"),
            (["token", "revoke", "ada"], 64, "Name the token by its number"),
            (["token", "list", "nobody"], 1, "there is no user 'nobody'"),
            (["user", "remove", "nobody", "--yes"], 1, "there is no user 'nobody'"),
            (["user", "remove", "ada"], 1, "this removes the user ada for good; repeat it with --yes"),
            (["user", "remove", "admin", "--yes"], 1, "'admin' is the last administrator of the hub")):
        result = hub.hubd("admin", *arguments, check=False)
        assert result.returncode == code and words in result.stderr, said(result)


def test_a_user_is_removed_once_nothing_belongs_to_them(hub, person):
    ada = person("ada")
    hub.create("ada/model", ada.user)
    refused = hub.hubd("admin", "user", "remove", "ada", "--yes", check=False)
    assert refused.returncode == 1 and "'ada' still owns ada/model; delete what belongs to them first" in refused.stderr
    assert hub.get("/api/whoami-v2", ada.user).status == 200
    ada.hubctl("repo", "delete", "ada/model", "--yes")
    assert hub.hubd("admin", "user", "list").stdout == "ada\nadmin\tadministrator\n"
    hub.hubd("admin", "user", "remove", "ada", "--yes")
    assert hub.get("/api/whoami-v2", ada.user).status == 401
    assert hub.hubd("admin", "user", "list").stdout == "admin\tadministrator\n"


def test_an_upload_is_kept_for_its_uploader_as_long_as_configured(tmp_path):
    hub = programs.Hub(tmp_path, {"HUBD_LIMITS_LEASE_SECONDS": "2"})
    hub.start()
    try:
        ada = programs.Person(hub, tmp_path / "ada", hub.user("ada"))
        ada.hubctl("repo", "create", "ada/model")
        folder = ada.clone("ada/model")
        checkpoints.copy_model(checkpoints.BASE, folder)
        ada.commit(folder, "The base")
        content = (folder / checkpoints.WEIGHTS).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        batch = hub.request(
            "POST", "/ada/model.git/info/lfs/objects/batch",
            {"operation": "upload", "objects": [{"oid": digest, "size": len(content)}], "transfers": ["basic"]},
            ada.user, {"Accept": "application/vnd.git-lfs+json", "Content-Type": "application/vnd.git-lfs+json"})
        upload = batch.json["objects"][0]["actions"]["upload"]
        sent = hub.request("PUT", upload["href"].removeprefix(hub.url), content, None, upload.get("header"))
        assert sent.status == 200
        time.sleep(3.1)
        # Only the history is pushed: what it names came too long ago.
        late = ada.git(
            "-c", "core.hooksPath=/dev/null", "push", hub.remote("ada/model", ada.user), "main", cwd=folder,
            check=False)
        assert late.returncode != 0 and hub.head("ada/model") is None, said(late)
        ada.hubctl("push", cwd=folder)
        assert hub.file("ada/model", checkpoints.WEIGHTS).body == content
    finally:
        hub.close()
