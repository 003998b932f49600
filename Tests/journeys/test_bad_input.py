"""Names and requests built to do harm are refused, with a sentence, and change nothing."""

import json
import socket
import urllib.parse

import pytest

import checkpoints
from hub import said


@pytest.fixture
def work(hub, person):
    ada = person("ada")
    hub.create("ada/model", ada.user)
    folder = ada.clone("ada/model")
    (folder / "README.md").write_text("hello")
    ada.commit(folder, "First")
    ada.hubctl("push", cwd=folder)
    return folder


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "a b", "a\nb", "a\0b", "-x", "x.git", "x" * 97, "a--b", "á"])
def test_repository_names(hub, name):
    answer = hub.request("POST", "/api/repos/create", {"name": name}, hub.admin)
    assert answer.status == 400 and answer.json["error"]


@pytest.mark.parametrize("name", ["api", "datasets", "xet", "health", "..", "a/b", "a b"])
def test_user_names(hub, name):
    assert hub.hubd("admin", "user", "create", name, check=False).returncode != 0


def test_names_that_differ_only_in_case_clash(hub, person):
    ada = person("ada")
    hub.create("ada/model", ada.user)
    answer = hub.request("POST", "/api/repos/create", {"name": "Model", "organization": "ada"}, ada.user)
    assert answer.status == 409
    assert hub.hubd("admin", "user", "create", "ADA", check=False).returncode != 0


def push_tree(person, hub, work, entries):
    """Pushes a commit whose tree holds `entries` (mode, name, content), built below git's own checks."""
    ada = person("ada")
    lines = []
    for mode, name, content in entries:
        (work / ".git" / "content").write_bytes(content)
        blob = ada.git("hash-object", "-w", ".git/content", cwd=work).stdout.strip()
        lines.append((mode, name, bytes.fromhex(blob)))
    raw = b"".join(f"{mode} ".encode() + name.encode() + b"\0" + blob for mode, name, blob in sorted(
        lines, key=lambda entry: entry[1].encode()))
    (work / ".git" / "tree").write_bytes(raw)
    tree = ada.git("hash-object", "-w", "-t", "tree", "--literally", ".git/tree", cwd=work).stdout.strip()
    parent = ada.git("rev-parse", "HEAD", cwd=work).stdout.strip()
    commit = ada.git("commit-tree", tree, "-p", parent, "-m", "Evil", cwd=work).stdout.strip()
    return ada.git("push", hub.remote("ada/model", ada.user), f"{commit}:refs/heads/main", cwd=work, check=False)


@pytest.mark.parametrize(
    "entries",
    [
        [("100644", ".git", b"gitdir: /")],
        [("100644", ".GIT", b"x")],
        [("100644", "git~1", b"x")],
        [("100644", ".g\u200cit", b"x")],
        [("100644", "..", b"x")],
        [("100644", "..\\b", b"x")],
        [("100644", "a\\.git\\config", b"x")],
        [("100644", "a\\.git", b"x")],
        [("100644", "a\x1b[31m", b"x")],
        [("100644", "a\nb", b"x")],
        [("100644", "weights.bin", b"x"), ("100644", "Weights.bin", b"y")],
        [("100644", "caf\u00e9", b"x"), ("100644", "cafe\u0301", b"y")],
        [("120000", "link", b"../../../etc/passwd")],
        [("120000", "link", b"/etc/passwd")],
    ],
    ids=lambda entries: " ".join(repr(name) for _, name, _ in entries),
)
def test_trees(hub, person, work, entries):
    before = hub.head("ada/model")
    refused = push_tree(person, hub, work, entries)
    assert refused.returncode != 0, "the tree was taken"
    assert hub.head("ada/model") == before


def test_a_tree_pushed_the_same_way_but_harmless_is_taken(hub, person, work):
    assert push_tree(person, hub, work, [("100644", "fine.txt", b"x")]).returncode == 0
    assert hub.file("ada/model", "fine.txt").body == b"x"


@pytest.mark.parametrize(
    "path",
    ["../../../../etc/passwd", "..%2F..%2Fetc%2Fpasswd", "%2e%2e/%2e%2e/etc/passwd", "%00", "a%00b", ".git/config"])
def test_paths(hub, work, path):
    answer = hub.get(f"/ada/model/resolve/main/{path}")
    assert answer.status in (400, 404) and b"root:" not in answer.body


@pytest.mark.parametrize("revision", ["..", "main..", "-x", "refs%2Fheads%2F..", "a%00b", "%0d%0aX-Evil:%201", "x" * 5000])
def test_revisions(hub, work, revision):
    answer = hub.get(f"/api/models/ada/model/revision/{revision}")
    assert 400 <= answer.status < 500
    assert "X-Evil" not in answer.headers and "x-evil" not in answer.headers


@pytest.mark.parametrize("name", ["..", "a..b", "a b", "x.lock", "a~b", "a:b", "-x", "@{", "a\\b"])
def test_branches(hub, person, work, name):
    ada = person("ada")
    answer = hub.request(
        "POST", f"/api/models/ada/model/branch/{urllib.parse.quote(name, safe='')}", {}, ada.user)
    assert answer.status in (400, 404), answer.body
    assert list(hub.get("/api/models/ada/model/refs").json["branches"]).__len__() == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"name": 5}', b"\xff\xfe", b"[" * 100_000])
def test_bodies_that_are_no_request(hub, body):
    answer = hub.request(
        "POST", "/api/repos/create", body, hub.admin, {"Content-Type": "application/json"})
    assert answer.status == 400 and json.loads(answer.body)["error"]


def test_a_body_over_the_limit_is_refused(hub):
    answer = hub.request("POST", "/api/repos/create", b"x" * (2 << 20), hub.admin)
    assert answer.status == 413


def test_lfs_upload_of_other_bytes_than_named_is_refused(hub, person, work):
    ada = person("ada")
    batch = hub.request(
        "POST", "/ada/model.git/info/lfs/objects/batch",
        {"operation": "upload", "objects": [{"oid": "ab" * 32, "size": 5}], "transfers": ["basic"]}, ada.user,
        {"Accept": "application/vnd.git-lfs+json", "Content-Type": "application/vnd.git-lfs+json"})
    assert batch.status == 200
    action = batch.json["objects"][0]["actions"]["upload"]
    path = action["href"].removeprefix(hub.url)
    answer = hub.request("PUT", path, b"hello", ada.user, action.get("header"))
    assert 400 <= answer.status < 500
    again = hub.request(
        "POST", "/ada/model.git/info/lfs/objects/batch",
        {"operation": "download", "objects": [{"oid": "ab" * 32, "size": 5}], "transfers": ["basic"]}, ada.user,
        {"Accept": "application/vnd.git-lfs+json"})
    assert "actions" not in again.json["objects"][0]


@pytest.mark.parametrize("oid", ["AB" * 32, "ab" * 31, "../../x", ""])
def test_lfs_names_that_are_no_digest(hub, person, work, oid):
    answer = hub.request(
        "POST", "/ada/model.git/info/lfs/objects/batch",
        {"operation": "upload", "objects": [{"oid": oid, "size": 5}], "transfers": ["basic"]}, person("ada").user,
        {"Accept": "application/vnd.git-lfs+json"})
    assert answer.status in (400, 422) or "error" in answer.json["objects"][0]


def test_a_xorb_under_a_wrong_name_is_refused(hub, person, work):
    ada = person("ada")
    token = hub.get("/api/models/ada/model/xet-write-token/main", ada.user).json
    path = token["casUrl"].removeprefix(hub.url)
    headers = {"Authorization": f"Bearer {token['accessToken']}"}
    for body in (b"", b"x", bytes(100), b"\0" + b"\xff" * 7 + bytes(64)):
        answer = hub.request("POST", f"{path}/v1/xorbs/default/{'ab' * 32}", body, None, headers)
        assert 400 <= answer.status < 500
    for body in (b"", b"x" * 47, b"\xff" * 300):
        assert 400 <= hub.request("POST", f"{path}/v1/shards", body, None, headers).status < 500
    assert hub.stored_bytes() == 0 or hub.get(f"{path}/v1/reconstructions/{'ab' * 32}", headers=headers).status == 404


def test_half_a_request_does_not_hold_the_hub(hub):
    address = urllib.parse.urlparse(hub.url)
    sockets = []
    for _ in range(50):
        half = socket.create_connection((address.hostname, address.port))
        half.sendall(b"POST /api/repos/create HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
        sockets.append(half)
    assert hub.get("/health").status == 200
    for half in sockets:
        half.close()
    assert hub.get("/health").status == 200


def test_a_push_that_is_no_pack_is_refused(hub, person, work):
    ada = person("ada")
    before = hub.head("ada/model")
    for body in (b"", b"zzzz", b"0000", b"ffff" + b"x" * 100, f"0094{before} {'1' * 40} refs/heads/main\0 report-status\n".encode() + b"0000PACK"):
        hub.request(
            "POST", "/ada/model.git/git-receive-pack", body, ada.user,
            {"Content-Type": "application/x-git-receive-pack-request"})
        assert hub.head("ada/model") == before
    assert hub.get("/health").status == 200


def test_clients_refuse_what_would_escape_the_working_copy(hub, person, work):
    """hubctl itself will not add what the hub would refuse."""
    ada = person("ada")
    (work / "evil.bin").write_bytes(checkpoints.malicious_pickle())
    result = ada.hubctl("validate", work, check=False)
    assert result.returncode != 0 and "evil.bin" in said(result)
