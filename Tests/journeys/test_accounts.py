"""Who may see and do what: private repositories, scopes of tokens, roles, anonymous callers."""

from hub import said

import checkpoints


def test_a_private_repository_does_not_exist_for_others(hub, person, stranger):
    ada, eve = person("ada"), person("eve")
    hub.create("ada/secret", ada.user, "private")
    for user in (None, eve.user):
        for path in ("/api/models/ada/secret", "/api/models/ada/secret/refs", "/ada/secret/resolve/main/README.md",
                     "/api/models/ada/secret/report/main"):
            absent = hub.get(path.replace("secret", "absent"), user)
            hidden = hub.get(path, user)
            assert hidden.status == absent.status and hidden.status in (401, 404), path
            assert hidden.body == absent.body.replace(b"absent", b"secret"), path
    assert hub.get("/api/models/ada/secret", ada.user).status == 200
    assert [item["id"] for item in hub.get("/api/models", ada.user).json] == ["ada/secret"]
    assert hub.get("/api/models", eve.user).json == []
    assert hub.get("/api/models").json == []


def test_git_sees_no_private_repository_either(hub, person, stranger):
    ada, eve = person("ada"), person("eve")
    hub.create("ada/secret", ada.user, "private")
    ada.git("ls-remote", hub.remote("ada/secret", ada.user))
    assert stranger.git("ls-remote", hub.remote("ada/secret"), check=False).returncode != 0
    assert eve.git("ls-remote", hub.remote("ada/secret", eve.user), check=False).returncode != 0


def test_visibility_can_be_changed(hub, person):
    ada = person("ada")
    ada.hubctl("repo", "create", "ada/model", "--private")
    assert hub.get("/api/models/ada/model").status in (401, 404)
    ada.hubctl("repo", "visibility", "ada/model", "public")
    assert hub.get("/api/models/ada/model").status == 200
    ada.hubctl("repo", "visibility", "ada/model", "private")
    assert hub.get("/api/models/ada/model").status in (401, 404)


def test_anyone_may_read_what_is_public_and_only_that(hub, person, stranger):
    ada = person("ada")
    hub.create("ada/model", ada.user)
    folder = ada.clone("ada/model")
    checkpoints.copy_model(checkpoints.BASE, folder)
    ada.commit(folder, "The base")
    ada.hubctl("push", cwd=folder)

    copy = stranger.clone("ada/model")
    assert (copy / checkpoints.WEIGHTS).read_bytes() == (checkpoints.BASE / checkpoints.WEIGHTS).read_bytes()
    (copy / "note.txt").write_text("hello")
    stranger.commit(copy, "A note")
    refused = stranger.hubctl("push", cwd=copy, check=False)
    assert refused.returncode != 0
    assert hub.head("ada/model") != stranger.git("rev-parse", "HEAD", cwd=copy).stdout.strip()


def test_a_token_to_read_cannot_push(hub, person):
    ada = person("ada")
    hub.create("ada/model", ada.user)
    folder = ada.clone("ada/model")
    (folder / "note.txt").write_text("hello")
    ada.commit(folder, "A note")
    before = hub.head("ada/model")
    ada.environment["HUB_TOKEN"] = hub.token("ada", "read")
    refused = ada.hubctl("push", cwd=folder, check=False)
    assert refused.returncode != 0 and "read" in said(refused)

    reader = type(ada.user)("ada", ada.environment["HUB_TOKEN"])
    by_git = ada.git("push", hub.remote("ada/model", reader), "HEAD:main", cwd=folder, check=False)
    assert by_git.returncode != 0
    assert hub.head("ada/model") == before
    assert hub.request("DELETE", "/api/repos/delete", {"name": "model", "organization": "ada"}, reader).status == 403


def test_an_unknown_token_is_not_the_same_as_none(hub, person):
    ada = person("ada")
    hub.create("ada/model", ada.user)
    wrong = type(ada.user)("ada", "hub_wrong")
    assert hub.get("/api/models/ada/model").status == 200
    assert hub.get("/api/models/ada/model", wrong).status == 401
    assert hub.get("/api/whoami-v2").status == 401


def test_roles_in_an_organisation_decide(hub, person):
    ada, bert, carl = person("ada"), person("bert"), person("carl")
    hub.hubd("admin", "org", "create", "acme", "--owner", "ada")
    hub.hubd("admin", "org", "member", "acme", "bert", "--role", "read")
    hub.create("acme/model", ada.user, "private")
    assert hub.get("/api/models/acme/model", bert.user).status == 200
    assert hub.get("/api/models/acme/model", carl.user).status == 404
    assert hub.request(
        "POST", "/api/repos/create", {"name": "other", "organization": "acme"}, bert.user).status == 403
    folder = bert.clone("acme/model")
    (folder / "note.txt").write_text("hello")
    bert.commit(folder, "A note")
    assert bert.hubctl("push", cwd=folder, check=False).returncode != 0
    hub.hubd("admin", "org", "member", "acme", "bert", "--role", "write")
    bert.hubctl("push", cwd=folder)


def test_login_and_whoami(hub, person):
    ada = person("ada")
    token = ada.environment.pop("HUB_TOKEN")
    del ada.environment["HUB_URL"]
    ada.hubctl("login", hub.url, "--token", token)
    assert "ada" in ada.hubctl("whoami").stdout
    kept = [path for path in ada.home.rglob("*") if path.is_file() and token in path.read_text(errors="replace")]
    assert kept and all(path.stat().st_mode & 0o077 == 0 for path in kept), "the token is for its owner's eyes"
    assert ada.hubctl("login", hub.url, "--token", "hub_wrong", check=False).returncode != 0
