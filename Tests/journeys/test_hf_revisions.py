"""Branches, tags, histories, listings and single files, as the official Python client asks for them."""

import hashlib
import json

import pytest

import official


@pytest.fixture
def hub(tmp_path):
    hub = official.LoggedHub(tmp_path)
    yield hub.start()
    hub.close()


@pytest.fixture(params=["xet", "lfs"])
def ada(request, hub, tmp_path):
    client = official.Client(hub, tmp_path / "ada", hub.user("ada"), xet=request.param == "xet", fresh=True)
    client.run("""
        api.create_repo("ada/m")
        api.create_commit("ada/m", commit_message="First", commit_description="with words <b>", operations=[
            CommitOperationAdd("a.txt", b"a"), CommitOperationAdd("d/b.txt", b"b"), CommitOperationAdd("d/e/c.txt", b"c"),
            CommitOperationAdd("w.bin", bytes(range(256)) * 1000)])
        api.upload_file(repo_id="ada/m", path_in_repo="d/b.txt", path_or_fileobj=b"bb", commit_message="Second")
    """)
    return client


def test_branches(hub, ada):
    result = ada.run("""
        first = api.list_repo_commits("ada/m")[-1].commit_id
        api.create_branch("ada/m", branch="feat/x")
        api.create_branch("ada/m", branch="old", revision=first)
        api.create_branch("ada/m", branch="short", revision=first[:8])
        api.create_branch("ada/m", branch="feat/x", exist_ok=True)
        api.create_tag("ada/m", tag="both")
        api.create_branch("ada/m", branch="both")
        result = {
            "refs": {ref.name: ref.target_commit for ref in api.list_repo_refs("ada/m").branches}, "first": first,
            "twice": refused(HfHubHTTPError, lambda: api.create_branch("ada/m", branch="feat/x")),
            "main": refused(HfHubHTTPError, lambda: api.delete_branch("ada/m", branch="main")),
            "missing": refused(HfHubHTTPError, lambda: api.delete_branch("ada/m", branch="nope")),
            "tag": None, "from": refused(RevisionNotFoundError, lambda: api.create_branch("ada/m", branch="z", revision="nope")),
            "name": refused(HfHubHTTPError, lambda: api.create_branch("ada/m", branch="a b")),
        }
        api.create_tag("ada/m", tag="only-tag")
        result["tag"] = refused(HfHubHTTPError, lambda: api.delete_branch("ada/m", branch="only-tag"))
        api.delete_branch("ada/m", branch="feat/x")
        result["left"] = [ref.name for ref in api.list_repo_refs("ada/m").branches]
    """)
    assert result["refs"]["old"] == result["refs"]["short"] == result["first"]
    assert result["refs"]["feat/x"] == result["refs"]["both"] == hub.head("ada/m")
    assert result["twice"]["status"] == 409 and "Reference refs/heads/feat/x already exists" in result["twice"]["text"]
    assert "Cannot delete refs/heads/main" in result["main"]["text"]
    assert "Invalid rev id" in result["missing"]["text"] and "Invalid rev id" in result["tag"]["text"]
    assert result["name"]["status"] == 400
    assert result["left"] == ["both", "main", "old", "short"]


def test_tags(hub, ada, person):
    result = ada.run("""
        commits = [commit.commit_id for commit in api.list_repo_commits("ada/m")]
        api.create_tag("ada/m", tag="plain")
        api.create_tag("ada/m", tag="v1/b", tag_message="A message", revision=commits[1][:7])
        api.create_tag("ada/m", tag="plain", exist_ok=True)
        result = {
            "commits": commits, "tags": {tag.name: tag.target_commit for tag in api.list_repo_refs("ada/m").tags},
            "sha": api.model_info("ada/m", revision="v1/b").sha,
            "twice": refused(HfHubHTTPError, lambda: api.create_tag("ada/m", tag="plain")),
            "space": refused(HfHubHTTPError, lambda: api.create_tag("ada/m", tag="invalid tag")),
            "missing": refused(RevisionNotFoundError, lambda: api.create_tag("ada/m", tag="invalid tag", revision="foobar")),
            "unknown": refused(RevisionNotFoundError, lambda: api.delete_tag("ada/m", tag="nope")),
            "branch": refused(HfHubHTTPError, lambda: api.delete_tag("ada/m", tag="main")),
        }
        api.delete_tag("ada/m", tag="plain")
        result["left"] = [tag.name for tag in api.list_repo_refs("ada/m").tags]
    """)
    assert result["tags"] == {"plain": result["commits"][0], "v1/b": result["commits"][1]}
    assert result["sha"] == result["commits"][1]
    assert result["twice"]["status"] == 409 and "already exists" in result["twice"]["text"]
    assert result["space"]["status"] == 400
    assert result["left"] == ["v1/b"]
    # Stock git sees an annotated tag, sound and with its message.
    bert = person("bert")
    bert.git("clone", hub.remote("ada/m", bert.user), "copy")
    folder = bert.home / "copy"
    assert bert.git("cat-file", "-t", "v1/b", cwd=folder).stdout.strip() == "tag"
    assert "A message" in bert.git("tag", "-n", "-l", "v1/b", cwd=folder).stdout
    bert.git("fsck", "--strict", cwd=folder)


def test_histories(hub, ada):
    result = ada.run("""
        commits = api.list_repo_commits("ada/m", formatted=True)
        result = [[c.title, c.message, c.authors, c.formatted_title, c.formatted_message, c.created_at.isoformat()] for c in commits]
    """)
    assert [commit[:3] for commit in result] == [
        ["Second", "", ["ada"]], ["First", "with words <b>", ["ada"]], ["initial commit", "", ["ada"]]]
    assert result[1][3:5] == ["First", "with words &lt;b&gt;"]
    for number in range(3):
        page = hub.get(f"/api/models/ada/m/commits/main?limit=1&p={number}&expand%5B%5D=formatted")
        assert page.json[0]["title"] == result[number][0] and "formatted" in page.json[0]
        assert ("Link" in page.headers) == (number < 2)
    assert hub.get("/api/models/ada/m/commits/nope").headers["X-Error-Code"] == "RevisionNotFound"


def test_super_squash(hub, ada):
    before = hub.file("ada/m", "w.bin").body
    result = ada.run("""
        api.create_branch("ada/m", branch="keep")
        files = api.list_repo_files("ada/m")
        api.super_squash_history("ada/m", commit_message="All at once")
        api.super_squash_history("ada/m", branch="keep")
        result = [files == api.list_repo_files("ada/m"), [c.title for c in api.list_repo_commits("ada/m")],
            len(api.list_repo_commits("ada/m", revision="keep")),
            refused(RevisionNotFoundError, lambda: api.super_squash_history("ada/m", branch="nope"))["status"]]
        api.upload_file(repo_id="ada/m", path_in_repo="after.txt", path_or_fileobj=b"after")
    """)
    assert result == [True, ["All at once"], 1, 404]
    assert hub.file("ada/m", "w.bin").body == before


def test_trees(hub, ada):
    result = ada.run("""
        def show(entry):
            last = entry.last_commit and [entry.last_commit.oid, entry.last_commit.title, entry.last_commit.date.isoformat()]
            size = getattr(entry, "size", None)
            return [type(entry).__name__, entry.path, size, last and last[1], getattr(entry, "lfs", None) is not None,
                getattr(entry, "xet_hash", None) is not None, getattr(entry, "security", None) and entry.security.safe]
        result = {
            "flat": [show(e) for e in api.list_repo_tree("ada/m")],
            "deep": [show(e) for e in api.list_repo_tree("ada/m", recursive=True)],
            "below": [show(e) for e in api.list_repo_tree("ada/m", path_in_repo="d", expand=True)],
            "expanded": {e.path: show(e)[3] for e in api.list_repo_tree("ada/m", recursive=True, expand=True)},
            "missing": refused(EntryNotFoundError, lambda: list(api.list_repo_tree("ada/m", path_in_repo="nope/x")))["status"],
            "revision": refused(RevisionNotFoundError, lambda: list(api.list_repo_tree("ada/m", revision="nope")))["status"],
            "paths": [show(e) for e in api.get_paths_info("ada/m", ["w.bin", "d", "nope", "d/b.txt"])],
            "expanded paths": [show(e) for e in api.get_paths_info("ada/m", "d/e/c.txt", expand=True)],
            "none": api.get_paths_info("ada/m", ["nope"]),
        }
    """)
    assert [entry[1] for entry in result["flat"]] == [".gitattributes", "a.txt", "d", "w.bin"]
    assert [entry[:3] for entry in result["deep"]] == [
        ["RepoFile", ".gitattributes", result["deep"][0][2]], ["RepoFile", "a.txt", 1], ["RepoFolder", "d", None],
        ["RepoFile", "d/b.txt", 2], ["RepoFolder", "d/e", None], ["RepoFile", "d/e/c.txt", 1],
        ["RepoFile", "w.bin", 256_000]]
    assert result["deep"][-1][4:6] == [True, True]
    assert [entry[1] for entry in result["below"]] == ["d/b.txt", "d/e"]
    assert result["expanded"] == {
        ".gitattributes": "initial commit", "a.txt": "First", "d": "Second", "d/b.txt": "Second", "d/e": "First",
        "d/e/c.txt": "First", "w.bin": "First"}
    assert (result["missing"], result["revision"], result["none"]) == (404, 404, [])
    assert [entry[1] for entry in result["paths"]] == ["w.bin", "d", "d/b.txt"]
    assert result["expanded paths"][0][3] == "First"
    hub.report("ada/m")
    entries = hub.get("/api/models/ada/m/tree/main?expand=true").json
    assert {entry["path"]: entry["securityFileStatus"]["status"] for entry in entries if entry["type"] == "file"} == {
        ".gitattributes": "safe", "a.txt": "safe", "w.bin": "safe"}


def test_a_long_listing_comes_in_pages(hub, ada):
    if ada.xet:
        pytest.skip("plain files know nothing of Xet")
    lines = [{"key": "header", "value": {"summary": "Many"}}] + [
        {"key": "file", "value": {"path": f"many/{n:04}.txt", "content": "", "encoding": "utf-8"}} for n in range(1205)]
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    assert hub.request("POST", "/api/models/ada/m/commit/main", body, ada.user).status == 200
    result = ada.run("""
        result = [len(list(api.list_repo_tree("ada/m", path_in_repo="many"))), len(api.list_repo_files("ada/m")),
            len({e.path for e in api.list_repo_tree("ada/m", path_in_repo="many", expand=True)})]
    """)
    assert result == [1205, 1210, 1205]
    page = hub.get("/api/models/ada/m/tree/main/many?recursive=false&expand=true")
    assert len(page.json) == 100 and hub.head("ada/m") in page.headers["Link"]
    form = "&".join(f"paths=many%2F{n:04}.txt" for n in range(500)).encode()
    answer = hub.request("POST", "/api/models/ada/m/paths-info/main", form, None,
                         {"Content-Type": "application/x-www-form-urlencoded"})
    assert len(answer.json) == 500


def test_the_headers_of_files(hub, ada):
    head = hub.head("ada/m")
    weights = bytes(range(256)) * 1000
    digest = hashlib.sha256(weights).hexdigest()
    large = hub.request("HEAD", "/ada/m/resolve/main/w.bin")
    assert large.status == 200 and large.body == b""
    assert large.headers["X-Repo-Commit"] == head
    assert large.headers["ETag"] == large.headers["X-Linked-ETag"] == f'"{digest}"'
    assert large.headers["X-Linked-Size"] == large.headers["Content-Length"] == "256000"
    route = f"{hub.url}/api/models/ada/m/xet-read-token/{head}"
    assert large.headers["X-Xet-Refresh-Route"] == route and large.headers["Link"] == f'<{route}>; rel="xet-auth"'
    assert len(large.headers["X-Xet-Hash"]) == 64
    assert 'filename="w.bin"' in large.headers["Content-Disposition"]
    whole = hub.file("ada/m", "w.bin")
    assert whole.body == weights and "Content-Encoding" not in whole.headers
    ignored = {"Date", "X-Request-Id"}
    assert {k: v for k, v in whole.headers.items() if k not in ignored} == {
        k: v for k, v in large.headers.items() if k not in ignored}
    part = hub.file("ada/m", "w.bin", headers={"Range": "bytes=10-19"})
    assert (part.status, part.body, part.headers["Content-Range"]) == (206, weights[10:20], "bytes 10-19/256000")
    assert hub.file("ada/m", "w.bin", headers={"Range": "bytes=256000-"}).status == 416
    same = hub.file("ada/m", "w.bin", headers={"If-None-Match": f'"x", W/"{digest}"'})
    assert same.status == 304 and same.body == b"" and same.headers["X-Repo-Commit"] == head

    small = hub.file("ada/m", "a.txt")
    blob = hashlib.sha1(b"blob 1\0a").hexdigest()
    assert small.headers["ETag"] == f'"{blob}"' and "X-Linked-ETag" not in small.headers
    assert "X-Xet-Hash" not in small.headers

    for path, code in (("nope.txt", "EntryNotFound"), ("d", "EntryNotFound")):
        absent = hub.file("ada/m", path)
        assert (absent.status, absent.headers["X-Error-Code"], absent.headers["X-Repo-Commit"]) == (404, code, head)
    assert hub.file("ada/m", "a.txt", "nope").headers["X-Error-Code"] == "RevisionNotFound"
    pointer = hub.get("/ada/m/raw/main/w.bin")
    assert pointer.body.startswith(b"version https://git-lfs") and digest.encode() in pointer.body
    assert hub.get("/ada/m/raw/main/a.txt").body == b"a"


def test_downloads_take_the_path_they_should(hub, ada):
    hub.requests()
    result = ada.run("""
        path = pathlib.Path(hf_hub_download("ada/m", "w.bin"))
        result = [path.stat().st_size, pathlib.Path(hf_hub_download("ada/m", "d/b.txt")).read_text(),
            refused(EntryNotFoundError, lambda: hf_hub_download("ada/m", "nope.bin"))["kind"],
            refused(RevisionNotFoundError, lambda: hf_hub_download("ada/m", "a.txt", revision="zz"))["kind"],
            refused(RepositoryNotFoundError, lambda: hf_hub_download("ada/none", "a.txt"))["kind"]]
    """)
    assert result == [256_000, "bb", "RemoteEntryNotFoundError", "RevisionNotFoundError", "RepositoryNotFoundError"]
    requests = hub.requests()
    assert any("/reconstructions/" in line for line in requests) == ada.xet
    assert any(line == "GET /ada/m/resolve/main/w.bin 200" for line in requests) == (not ada.xet)
    assert "HEAD /ada/m/resolve/main/w.bin 200" in requests
