"""Uploads by the official Python client, by Xet and by git-lfs."""

import base64
import hashlib
import json
import os
import random

import pytest

import official

WEIGHTS = random.Random(7).randbytes(700_000)


@pytest.fixture
def hub(tmp_path):
    hub = official.LoggedHub(tmp_path)
    yield hub.start()
    hub.close()


@pytest.fixture(params=["xet", "lfs"])
def ada(request, hub, tmp_path):
    client = official.Client(hub, tmp_path / "ada", hub.user("ada"), xet=request.param == "xet", fresh=True)
    client.run('api.create_repo("ada/m")')
    hub.requests()
    return client


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (folder / "README.md").write_text("---\nlicense: mit\nlanguage: no\n---\n# A model\n")
    (folder / "config.json").write_text('{"a": 1}')
    (folder / "model.safetensors").write_bytes(safetensors(WEIGHTS))
    (folder / "sub" / "empty.bin").write_bytes(b"")
    (folder / "sub" / "notes.txt").write_text("é\n")
    return folder


def safetensors(data):
    data = data[:len(data) // 4 * 4]
    header = json.dumps({"w": {"dtype": "U8", "shape": [len(data)], "data_offsets": [0, len(data)]}}).encode()
    return len(header).to_bytes(8, "little") + header + data


def counted(requests, method, part):
    return [line for line in requests if line.startswith(method + " ") and part in line]


def assert_path_taken(hub, ada, large):
    """Large files went by Xet or by git-lfs, whichever the client was to use."""
    requests = hub.requests()
    assert bool(counted(requests, "POST", "/v1/shards") or counted(requests, "POST", "/v2/shards")) == (ada.xet and large)
    assert bool(counted(requests, "PUT", "/lfs/")) == (not ada.xet and large)
    return requests


def test_a_folder_goes_up_and_comes_back_and_goes_up_again_for_nothing(hub, ada, folder):
    made = ada.run("""
        info = api.upload_folder(repo_id="ada/m", folder_path=folder, commit_message="First", commit_description="Text")
        result = [info.oid, info.commit_url]
    """, folder=folder)
    requests = assert_path_taken(hub, ada, large=True)
    assert made[1] == f"{hub.url}/ada/m/commit/{made[0]}"
    assert hub.head("ada/m") == made[0]
    assert len(counted(requests, "POST", "/commit/main")) == 1

    got = ada.run("result = snapshot_download('ada/m')")
    assert got.endswith(made[0])
    for path in ("README.md", "config.json", "model.safetensors", "sub/empty.bin", "sub/notes.txt"):
        assert (folder / path).read_bytes() == open(os.path.join(got, path), "rb").read()
    requests = hub.requests()
    assert bool(counted(requests, "GET", "/reconstructions/")) == ada.xet

    again = ada.run("""
        info = api.upload_folder(repo_id="ada/m", folder_path=folder)
        result = info.oid
    """, folder=folder)
    assert again == made[0]
    assert not counted(hub.requests(), "POST", "/commit/")


def test_preupload_tells_text_from_weights(hub, ada):
    result = ada.run("""
        adds = [
            CommitOperationAdd("a.safetensors", b"x" * 100), CommitOperationAdd("notes.txt", b"x" * 9_000_000),
            CommitOperationAdd("long.txt", b"x" * 11_000_000), CommitOperationAdd("image.dat", b"\\x89PNG\\0\\1" * 20),
            CommitOperationAdd("skip.log", b"x"), CommitOperationAdd("empty.bin", b"")]
        from huggingface_hub._commit_api import _fetch_upload_modes
        _fetch_upload_modes(adds, "model", "ada/m", api._build_hf_headers(), "main", gitignore_content="*.log\\n")
        result = {add.path_in_repo: [add._upload_mode, add._should_ignore] for add in adds}
    """)
    assert result == {
        "a.safetensors": ["lfs", False], "notes.txt": ["regular", False], "long.txt": ["lfs", False],
        "image.dat": ["lfs", False], "skip.log": ["regular", True], "empty.bin": ["regular", False]}


def test_git_attributes_decide_what_is_large(hub, ada):
    ada.run("""
        api.upload_file(repo_id="ada/m", path_in_repo=".gitattributes", path_or_fileobj=b"*.png filter=lfs diff=lfs merge=lfs -text\\n")
        api.upload_file(repo_id="ada/m", path_in_repo="image.png", path_or_fileobj=b"image data")
        api.upload_file(repo_id="ada/m", path_in_repo="plain.bin", path_or_fileobj=b"text after all")
        api.upload_file(repo_id="ada/m", path_in_repo=".gitignore", path_or_fileobj=b"*.tmp\\n/build/\\n")
        api.create_commit("ada/m", commit_message="two", operations=[
            CommitOperationAdd("x.tmp", b"1"), CommitOperationAdd("build/a.txt", b"1"), CommitOperationAdd("y.txt", b"1")])
    """)
    entries = {entry["path"]: entry for entry in hub.get("/api/models/ada/m/tree/main?recursive=true").json}
    assert "lfs" in entries["image.png"] and "lfs" not in entries["plain.bin"]
    assert "y.txt" in entries and "x.tmp" not in entries and "build" not in entries
    assert hub.file("ada/m", "image.png").body == b"image data"


def test_add_delete_and_copy_in_one_commit(hub, ada):
    result = ada.run("""
        weights = bytes(range(256)) * 3000
        api.create_commit("ada/m", commit_message="one", operations=[
            CommitOperationAdd("old.txt", b"old"), CommitOperationAdd("folder/a.txt", b"a"),
            CommitOperationAdd("folder/b.bin", weights), CommitOperationAdd("keep.txt", b"keep")])
        info = api.create_commit("ada/m", commit_message="two", operations=[
            CommitOperationDelete("old.txt"), CommitOperationAdd("new/deep/file.txt", io.BytesIO(b"new")),
            CommitOperationCopy("folder/b.bin", "copies/c.bin"), CommitOperationCopy("keep.txt", "copies/keep.txt")])
        api.delete_folder("folder/", repo_id="ada/m")
        missing = refused(EntryNotFoundError, lambda: api.delete_file("nothing.txt", repo_id="ada/m"))
        result = [api.list_repo_files("ada/m"), missing]
    """)
    assert result[0] == [".gitattributes", "copies/c.bin", "copies/keep.txt", "keep.txt", "new/deep/file.txt"]
    assert "A file with this name doesn't exist" in result[1]["text"] and result[1]["status"] == 404
    assert hub.file("ada/m", "copies/c.bin").body == bytes(range(256)) * 3000


def test_a_stale_parent_is_412_with_the_new_head_and_a_lost_answer_is_given_again(hub, ada):
    result = ada.run("""
        parent = api.model_info("ada/m").sha
        operations = lambda: [CommitOperationAdd("a.txt", b"a")]
        first = api.create_commit("ada/m", operations(), commit_message="one", parent_commit=parent)
        again = api.create_commit("ada/m", [CommitOperationAdd("b.txt", b"b")], commit_message="two", parent_commit=first.oid[:9])
        from huggingface_hub._commit_api import _send_commit
        def send(message, body, parent):
            operation = CommitOperationAdd("a.txt", body)
            operation._upload_mode = "regular"
            operation._should_ignore = False
            return _send_commit(operations=[operation], files_to_copy={}, commit_message=message, commit_description="",
                repo_type="model", repo_id="ada/m", headers=api._build_hf_headers(), revision="main", parent_commit=parent)
        retried = send("one", b"a", parent)
        stale = refused(HfHubHTTPError, lambda: send("other", b"z", parent))
        result = [first.oid, again.oid, retried.oid, stale]
    """)
    first, second, retried, stale = result
    assert retried == first
    assert stale["status"] == 412
    assert "The branch was updated since you opened this page. Please refresh and try again." in stale["text"]
    assert json.loads(stale["body"])["head"] == second
    assert hub.head("ada/m") == second


def test_paths_that_lead_astray(hub, ada):
    result = ada.run(r"""
        api.upload_file(repo_id="ada/m", path_in_repo="folder/..\\..\\..\\file", path_or_fileobj=b"content")
        astray = refused(HfHubHTTPError, lambda: api.upload_file(
            repo_id="ada/m", path_in_repo="..\\ddd", path_or_fileobj=b"content"))
        awful = "subfolder/to?/awful?filename%you:should,never.give"
        api.upload_file(repo_id="ada/m", path_in_repo=awful, path_or_fileobj=b"awful")
        result = [astray["status"], pathlib.Path(hf_hub_download("ada/m", awful)).read_text(),
            refused(ValueError, lambda: hf_hub_download("ada/m", "folder/..\\..\\..\\file"))["kind"],
            hf_hub_download("ada/m", awful, local_dir="here")]
    """)
    # The client that sent the path does not take it back; others may.
    assert result[:3] == [422, "awful", "ValueError"]
    assert hub.file("ada/m", "folder/..%5C..%5C..%5Cfile").body == b"content"
    assert result[3].endswith("subfolder/to?/awful?filename%you:should,never.give")


def test_the_metadata_of_a_card_is_checked(hub, ada):
    result = ada.run("""
        import warnings
        from huggingface_hub import ModelCard
        card = ModelCard("---\\nlicense: mit\\n---\\n# Hi\\n")
        card.validate()
        card.data.license = "asdf"
        text = refused(ValueError, card.validate)["text"]
        bad = lambda: api.upload_file(repo_id="ada/m", path_in_repo="README.md", path_or_fileobj=b"---\\nlicense: [\\n---\\n")
        commit = refused(ValueError, bad)["text"]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            api.upload_file(repo_id="ada/m", path_in_repo="README.md", path_or_fileobj=b"# Nothing\\n")
        result = [text, commit, [str(warning.message) for warning in caught]]
    """)
    assert '- Error: "license" must be one of' in result[0]
    assert "Invalid metadata in README.md" in result[1]
    assert any("empty or missing yaml metadata" in text for text in result[2])
    line = {"key": "file", "value": {"path": "README.md", "encoding": "base64", "content": base64.b64encode(
        b"---\nlicense: asdf\n---\n").decode()}}
    answer = commit_lines(hub, ada.user, [{"key": "header", "value": {"summary": "x", "description": ""}}, line])
    assert answer.status == 400 and "license" in answer.json["error"]


def commit_lines(hub, user, lines, repository="ada/m", revision="main"):
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    return hub.request("POST", f"/api/models/{repository}/commit/{revision}", body, user,
                       {"Content-Type": "application/x-ndjson"})


HEADER = {"key": "header", "value": {"summary": "x", "description": ""}}


def large(path, digest, **more):
    return {"key": "lfsFile", "value": {"path": path, "algo": "sha256", "oid": digest, **more}}


def test_a_hash_is_no_permission(hub, ada):
    ada.run('api.create_repo("ada/secret", private=True)')
    secret = WEIGHTS[:5000]
    ada.run("api.upload_file(repo_id='ada/secret', path_in_repo='w.bin', path_or_fileobj=bytes.fromhex(secret))",
            secret=secret.hex())
    bert = hub.user("bert")
    hub.create("bert/m", bert)
    answers = []
    for digest in (hashlib.sha256(secret).hexdigest(), "ab" * 32):
        answer = commit_lines(hub, bert, [HEADER, large("w.bin", digest, size=5000)], "bert/m")
        answers.append((answer.status, answer.json["error"].replace(digest, "")))
    assert answers[0] == answers[1] and answers[0][0] == 400
    # Who may read it names it by its hash alone.
    answer = commit_lines(hub, ada.user, [HEADER, large("w.bin", hashlib.sha256(secret).hexdigest())])
    assert answer.status == 200
    assert hub.file("ada/m", "w.bin").body == secret


def test_a_commit_of_145_megabytes_passes_in_little_memory(hub, ada):
    if ada.xet:
        pytest.skip("plain files know nothing of Xet")
    before = memory(hub)
    ada.run("""
        api.create_commit("ada/m", commit_message="huge", operations=[
            CommitOperationAdd(f"file-{n}.text", f"start {n}".encode() + b"a" * (9 << 20)) for n in range(12)])
    """)
    assert hub.file("ada/m", "file-11.text").body == b"start 11" + b"a" * (9 << 20)
    assert memory(hub) - before < 250 << 20


def memory(hub):
    """The most memory hubd has had, in bytes."""
    for line in open(f"/proc/{hub.process.pid}/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) << 10


@pytest.mark.parametrize("lines, status", [
    ([], 400), ([{"key": "header", "value": {}}], 400), ([HEADER, {"key": "copyFile", "value": {}}], 400),
    ([HEADER, {"key": "file", "value": {"path": "a"}}], 400),
    ([HEADER, {"key": "file", "value": {"path": "a", "content": "%%%"}}], 400),
    ([HEADER, {"key": "file", "value": {"path": "../a", "content": ""}}], 400),
    ([HEADER, {"key": "file", "value": {"path": ".git/config", "content": ""}}], 400),
    ([HEADER, {"key": "file", "value": {"path": "a//b", "content": ""}}], 400),
    ([HEADER, large("a", "xyz")], 400), ([HEADER, {"key": "deletedFile", "value": {"path": "nope"}}], 404),
    (["not an object"], 400),
])
def test_a_commit_that_cannot_be_is_refused_with_a_sentence(hub, tmp_path, lines, status):
    user = hub.user("ada")
    hub.create("ada/m", user)
    answer = commit_lines(hub, user, lines)
    assert answer.status == status and len(answer.json["error"]) > 10
    assert hub.request("POST", "/api/models/ada/m/commit/main", b'{"key": "hea', user).status == 400
    assert commit_lines(hub, user, [HEADER], revision="nowhere").status == 404
    assert commit_lines(hub, None, [HEADER]).status == 401


def test_a_commit_can_be_a_pull_request(hub, ada, tmp_path):
    head = hub.head("ada/m")
    bert = official.Client(hub, tmp_path / "bert", hub.user("bert"), xet=ada.xet, fresh=True)
    result = bert.run("""
        info = api.create_commit("ada/m", commit_message="Better", commit_description="Because", create_pr=True,
            operations=[CommitOperationAdd("proposal.txt", b"proposal"), CommitOperationDelete(".gitattributes")])
        again = api.upload_file(repo_id="ada/m", path_in_repo="more.txt", path_or_fileobj=b"more", revision=info.pr_revision)
        result = {
            "oid": info.oid, "url": info.pr_url, "revision": info.pr_revision, "num": info.pr_num, "commit": info.commit_url,
            "more": again.oid, "files": api.list_repo_files("ada/m", revision=info.pr_revision),
            "refs": [[ref.name, ref.ref, ref.target_commit] for ref in api.list_repo_refs("ada/m", include_pull_requests=True).pull_requests],
            "pull": [d.title + " " + d.status for d in api.get_repo_discussions("ada/m")],
            "branch": refused(RevisionNotFoundError, lambda: api.create_commit("ada/m", operations=[
                CommitOperationAdd("a", b"a")], commit_message="x", create_pr=True, revision="nope"))["status"],
            "sha": refused(RevisionNotFoundError, lambda: api.create_commit("ada/m", operations=[
                CommitOperationAdd("a", b"a")], commit_message="x", create_pr=True, revision=api.model_info("ada/m").sha))["status"],
            "main": refused(HfHubHTTPError, lambda: api.upload_file(
                repo_id="ada/m", path_in_repo="x.txt", path_or_fileobj=b"x"))["status"],
        }
        api.super_squash_history("ada/m", branch=info.pr_revision)
        result["squashed"] = len(api.list_repo_commits("ada/m", revision=info.pr_revision))
    """)
    assert hub.head("ada/m") == head
    assert result["url"] == f"{hub.url}/ada/m/discussions/1" and result["num"] == 1 and result["revision"] == "refs/pr/1"
    assert result["commit"] == f"{hub.url}/ada/m/commit/{result['oid']}"
    assert result["files"] == ["more.txt", "proposal.txt"]
    assert result["refs"] == [["pr/1", "refs/pr/1", result["more"]]]
    assert result["pull"] == ["Better open"]
    assert (result["branch"], result["sha"], result["main"]) == (404, 404, 403)
    assert result["squashed"] == 1


def test_a_folder_can_be_a_pull_request(hub, ada, folder):
    result = ada.run("""
        info = api.upload_folder(repo_id="ada/m", folder_path=folder, create_pr=True)
        result = [info.pr_revision, snapshot_download("ada/m", revision=info.pr_revision)]
    """, folder=folder)
    assert_path_taken(hub, ada, large=True)
    assert result[0] == "refs/pr/1"
    assert open(os.path.join(result[1], "model.safetensors"), "rb").read() == (folder / "model.safetensors").read_bytes()
    assert hub.file("ada/m", "model.safetensors").status == 404
