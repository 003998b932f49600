"""Links and Xet tokens that somebody holds whose access ends: they end with it."""

import hashlib

import pytest

FILE = bytes(range(256)) * 200
OID = hashlib.sha256(FILE).hexdigest()
JSON = "application/vnd.git-lfs+json"


@pytest.fixture
def model(hub, person):
    """acme/model, private, with a large file; ada administers it and bob may read it."""
    ada = person("ada")
    hub.user("bob")
    hub.hubd("admin", "org", "create", "acme", "--owner", "ada")
    hub.hubd("admin", "org", "member", "acme", "bob", "--role", "read")
    hub.create("acme/model", ada.user, "private")
    folder = ada.clone("acme/model")
    ada.git("lfs", "track", "*.bin", cwd=folder)
    (folder / "model.bin").write_bytes(FILE)
    ada.commit(folder, "the model")
    ada.hubctl("push", cwd=folder)
    return "acme/model"


def links(hub, user, oid, operation="download"):
    wish = {"operation": operation, "transfers": ["basic"], "objects": [{"oid": oid, "size": len(FILE)}]}
    answer = hub.request(
        "POST", "/acme/model.git/info/lfs/objects/batch", wish, user, {"Accept": JSON, "Content-Type": JSON})
    assert answer.status == 200, answer.body
    return answer.json["objects"][0]["actions"][operation]["href"].removeprefix(hub.url)


def reconstruction(hub, token, name):
    where = token.headers["X-Xet-Cas-Url"].removeprefix(hub.url)
    return hub.get(f"{where}/v2/reconstructions/{name}", headers={
        "Authorization": f"Bearer {token.headers['X-Xet-Access-Token']}"})


@pytest.mark.parametrize("what", ["revoked", "put out", "removed", "deleted"])
def test_a_link_and_a_xet_token_end_with_the_access_of_who_holds_them(hub, person, model, what):
    bob = person("bob")
    down, up = links(hub, bob.user, OID), links(hub, bob.user, "ab" * 32, "upload")
    token = hub.get(f"/api/models/{model}/xet-read-token/main", bob.user)
    name = hub.file(model, "model.bin", user=bob.user, headers={"Range": "bytes=0-0"}).headers["X-Xet-Hash"]
    plan = reconstruction(hub, token, name)
    assert plan.status == 200, plan.body
    piece = [one["url"] for several in plan.json["xorbs"].values() for one in several][0].removeprefix(hub.url)
    first = {"Range": "bytes=0-9"}
    assert hub.get(down).body == FILE
    assert hub.get(piece, headers=first).status == 206
    if what == "revoked":
        hub.hubd("admin", "token", "revoke", "bob", "--all")
    elif what == "put out":
        hub.hubd("admin", "org", "member", "acme", "bob")
    elif what == "removed":
        hub.hubd("admin", "user", "remove", "bob", "--yes")
    else:
        person("ada").hubctl("repo", "delete", model, "--yes")
    status = 403 if what in ("revoked", "removed") else 404
    for answer in (hub.get(down), hub.request("PUT", up, FILE), reconstruction(hub, token, name),
                   hub.get(piece, headers=first)):
        assert answer.status == status and FILE[:10] not in answer.body, answer.body
        assert "this link or token was" in answer.json["error"]


def test_a_link_lives_on_when_nothing_happened_to_who_holds_it(hub, person, model):
    bob = person("bob")
    down = links(hub, bob.user, OID)
    other = hub.token("bob")
    hub.hubd("admin", "org", "member", "acme", "bob", "--role", "write")
    assert other and hub.get(down).body == FILE
