"""huggingface_hub without Xet: git-lfs transfers as its Python client does them, and the files of all revisions."""

import hashlib
import random

import pytest

import hub as programs
import official
import recorder

UPLOAD = """
    from huggingface_hub.lfs import lfs_upload, post_lfs_batch_info
    from huggingface_hub.utils import build_hf_headers
    operations = {}
    for path in paths:
        operation = CommitOperationAdd(path_in_repo="x", path_or_fileobj=path)
        operations[operation.upload_info.sha256.hex()] = operation
    actions, errors, transfer = post_lfs_batch_info(
        [operation.upload_info for operation in operations.values()], token=None, repo_type="model",
        repo_id=repository, revision="main")
    assert not errors, errors
    for action in actions:
        lfs_upload(operations[action["oid"]], action, headers=build_hf_headers())
    result = {"transfer": transfer, "sent": [action["oid"] for action in actions if "actions" in action]}
"""


@pytest.fixture
def small_parts(tmp_path):
    """A hub that takes files in parts of a million bytes."""
    hub = programs.Hub(tmp_path, {"HUBD_LIMITS_LFS_PART_BYTES": "1000000"})
    yield hub.start()
    hub.close()


def write(folder, name, size, seed):
    path = folder / name
    path.write_bytes(random.Random(seed).randbytes(size))
    return path


def oid(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_goes_whole_without_a_token_and_not_a_second_time(hub, tmp_path):
    ada = hub.user("ada")
    hub.create("ada/model", ada)
    paths = [write(tmp_path, f"{number}.bin", 300_000 + number, number) for number in range(3)]
    with recorder.recording(hub) as wire:
        client = official.Client(wire, tmp_path / "client", ada, xet=False)
        said = client.run(UPLOAD, repository="ada/model", paths=paths)
        assert said["transfer"] == "basic"
        assert sorted(said["sent"]) == sorted(map(oid, paths))
        calls = wire.take()
        puts = [call for call in calls if call.method == "PUT"]
        assert sorted(call.sent for call in puts) == [300_000, 300_001, 300_002]
        assert not any(call.has_token for call in puts)
        assert [call.status for call in calls if "/lfs/verify/" in call.path] == [200] * 3
        assert not any("/xet" in call.path for call in calls)
        assert client.run(UPLOAD, repository="ada/model", paths=paths)["sent"] == []
        assert not [call for call in wire.take() if call.method == "PUT"]


def test_a_body_of_another_length_is_refused_before_it_is_read(hub, tmp_path):
    ada = hub.user("ada")
    hub.create("ada/model", ada)
    path = write(tmp_path, "small.bin", 1000, 1)
    body = {"operation": "upload", "objects": [{"oid": oid(path), "size": 1000}]}
    batch = hub.request("POST", "/ada/model.git/info/lfs/objects/batch", body, ada).json
    url = batch["objects"][0]["actions"]["upload"]["href"].removeprefix(hub.url)
    for data in (path.read_bytes()[:-1], path.read_bytes() + b"x", b""):
        answer = hub.request("PUT", url, data)
        assert answer.status == 400 and "are announced" in answer.json["error"]
    assert hub.request("PUT", url, path.read_bytes()[::-1]).status == 400
    assert hub.request("PUT", url, path.read_bytes()).status == 200


def test_a_large_file_goes_in_parts(small_parts, tmp_path):
    hub = small_parts
    ada = hub.user("ada")
    hub.create("ada/model", ada)
    path = write(tmp_path, "large.bin", 3_500_000, 1)
    with recorder.recording(hub) as wire:
        client = official.Client(wire, tmp_path / "client", ada, xet=False)
        assert client.run(UPLOAD, repository="ada/model", paths=[path])["transfer"] == "multipart"
        calls = wire.take()
        parts = [call for call in calls if "/lfs/parts/" in call.path]
        assert [call.sent for call in parts] == [1_000_000, 1_000_000, 1_000_000, 500_000]
        assert [call.status for call in calls if "/lfs/complete/" in call.path] == [200]
        assert not any(call.has_token for call in parts)
        assert client.run(UPLOAD, repository="ada/model", paths=[path])["sent"] == []
    # What was sent in parts is stored once, but for the chunks at their ends.
    assert hub.stored_bytes() < 3_500_000 * 1.3


def test_parts_outlive_the_process_that_took_them(small_parts, tmp_path):
    hub = small_parts
    ada = hub.user("ada")
    hub.create("ada/model", ada)
    path = write(tmp_path, "large.bin", 2_500_000, 2)
    data = path.read_bytes()
    body = {"operation": "upload", "transfers": ["multipart"], "objects": [{"oid": oid(path), "size": len(data)}]}
    action = hub.request("POST", "/ada/model.git/info/lfs/objects/batch", body, ada).json["objects"][0]["actions"]
    header = action["upload"]["header"]

    def send(number):
        url = header[f"{number:05}"].removeprefix(hub.url)
        answer = hub.request("PUT", url, data[(number - 1) * 1_000_000:number * 1_000_000])
        assert answer.status == 200, answer.body
        return {"partNumber": number, "etag": answer.headers["ETag"]}

    sent = [send(3), send(1)]
    complete = action["upload"]["href"].removeprefix(hub.url)
    early = hub.request("POST", complete, {"oid": oid(path), "parts": sent})
    assert early.status == 400 and "there is no part 2" in early.json["error"]
    hub.kill()
    hub.start()
    sent.append(send(2))
    assert hub.request("POST", complete, {"oid": oid(path), "parts": sent}).status == 200
    verify = action["verify"]["href"].removeprefix(hub.url)
    assert hub.request("POST", verify, {"oid": oid(path), "size": len(data)}).status == 200


@pytest.fixture
def history(hub, person, tmp_path):
    """Two large files over three commits and a tag, pushed with git-lfs."""
    ada = person("ada")
    hub.create("ada/model", ada.user)
    folder = ada.home / "work"
    ada.git("clone", "-q", hub.remote("ada/model", ada.user), folder)
    ada.git("lfs", "track", "*.bin", cwd=folder)
    for step, (name, seed) in enumerate([("one.bin", 1), ("deep/two.bin", 2), ("deep/note.txt", 3)]):
        (folder / name).parent.mkdir(exist_ok=True)
        write(folder, name, 100_000 if name.endswith("bin") else 10, seed)
        ada.git("add", ".", cwd=folder)
        ada.git("commit", "-qm", f"step {step}", cwd=folder)
    ada.git("tag", "-a", "v1", "-m", "first", cwd=folder)
    ada.git("push", "-q", "origin", "HEAD:main", "v1", cwd=folder)
    return ada, folder


def test_the_official_library_commits_what_it_sent_in_parts(small_parts, tmp_path):
    hub = small_parts
    ada = hub.user("ada")
    hub.create("ada/model", ada)
    path = write(tmp_path, "large.bin", 2_500_000, 3)
    with recorder.recording(hub) as wire:
        official.Client(wire, tmp_path / "client", ada, xet=False).run("""
            api.upload_file(path_or_fileobj=path, path_in_repo="large.bin", repo_id="ada/model")
        """, path=path)
        assert len([call for call in wire.take() if "/lfs/parts/" in call.path]) == 3
    assert hub.file("ada/model", "large.bin").body == path.read_bytes()


LIST = """
    result = [[file.filename, file.size, file.oid, file.ref] for file in api.list_lfs_files("ada/model")]
"""

DELETE = """
    files = [file for file in api.list_lfs_files("ada/model") if file.filename == name]
    api.permanently_delete_lfs_files("ada/model", files, rewrite_history=rewrite)
    result = len(files)
"""


def test_a_file_deleted_for_good_is_in_no_history(hub, history, tmp_path):
    ada, folder = history
    client = official.Client(hub, tmp_path / "client", ada.user, xet=False)
    assert sorted(client.run(LIST)) == [
        ["deep/two.bin", 100_000, oid(folder / "deep/two.bin"), "refs/heads/main"],
        ["one.bin", 100_000, oid(folder / "one.bin"), "refs/heads/main"]]
    before = hub.head("ada/model")
    assert client.run(DELETE, name="deep/two.bin", rewrite=True) == 1
    assert hub.head("ada/model") != before
    assert [file[0] for file in client.run(LIST)] == ["one.bin"]
    copy = ada.home / "copy"
    ada.git("clone", "-q", hub.remote("ada/model", ada.user), copy)
    ada.git("fsck", "--full", "--strict", cwd=copy)
    assert (copy / "one.bin").read_bytes() == (folder / "one.bin").read_bytes()
    assert not (copy / "deep" / "two.bin").exists()
    names = ada.git("log", "--all", "--name-only", "--format=%s", cwd=copy).stdout
    assert "two.bin" not in names and "step 2" in names and "deep/note.txt" in names
    assert ada.git("rev-parse", "v1^{commit}", cwd=copy).stdout == ada.git("rev-parse", "HEAD", cwd=copy).stdout
    assert ada.git("cat-file", "tag", "v1", cwd=copy).stdout.endswith("first\n")


def test_a_file_deleted_without_rewriting_leads_to_nothing(hub, history, tmp_path):
    ada, folder = history
    client = official.Client(hub, tmp_path / "client", ada.user, xet=False)
    before = hub.head("ada/model")
    assert client.run(DELETE, name="one.bin", rewrite=False) == 1
    assert hub.head("ada/model") == before
    gone = hub.file("ada/model", "one.bin")
    assert gone.status == 404 and gone.headers["X-Error-Code"] == "EntryNotFound"
    assert "was deleted from ada/model for good" in gone.json["error"]
    assert hub.file("ada/model", "deep/two.bin").body == (folder / "deep/two.bin").read_bytes()


def test_only_an_administrator_deletes(hub, history):
    bert = hub.user("bert")
    body = {"deletions": {"sha": ["0" * 64], "rewriteHistory": True}}
    assert hub.request("POST", "/api/models/ada/model/lfs-files/batch", body, bert).status == 403
    assert hub.request("POST", "/api/models/ada/model/lfs-files/batch", body).status == 401
    assert hub.get("/api/models/ada/model/lfs-files", bert).status == 403


def test_a_file_is_copied_to_another_repository_without_its_bytes(hub, history, person):
    ada, folder = history
    bert = person("bert")
    hub.create("bert/copy", bert.user)
    entry = next(
        entry for entry in hub.get("/api/models/ada/model/tree/main").json if entry["path"] == "one.bin")
    files = [{"xetHash": entry["xetHash"], "sha256": entry["lfs"]["oid"], "filename": "one.bin"}]
    absent = {"xetHash": "0" * 64, "sha256": "0" * 64, "filename": "none.bin"}
    target = {"type": "model", "name": "bert/copy"}
    answer = hub.request(
        "POST", "/api/models/ada/model/lfs-files/duplicate", {"target": target, "files": files + [absent]}, bert.user)
    assert answer.json == {"failed": [{"sha256": "0" * 64, "error": "ada/model has no such file"}]}
    body = {"operation": "upload", "objects": [{"oid": files[0]["sha256"], "size": 100_000}]}
    batch = hub.request("POST", "/bert/copy.git/info/lfs/objects/batch", body, bert.user)
    assert "actions" not in batch.json["objects"][0]
    assert hub.request(
        "POST", "/api/models/ada/model/lfs-files/duplicate",
        {"target": {"type": "model", "name": "ada/model"}, "files": files}, bert.user).status == 403


def test_the_official_library_copies_between_repositories_without_the_bytes(hub, history, person, tmp_path):
    ada, folder = history
    bert = person("bert")
    hub.create("bert/copy", bert.user)
    with recorder.recording(hub) as wire:
        official.Client(wire, tmp_path / "client", bert.user).run("""
            api.create_commit(
                "bert/copy", commit_message="copy", operations=[
                    CommitOperationCopy("deep/two.bin", "here.bin", src_repo_id="ada/model", src_repo_type="model")])
        """)
        calls = wire.take()
        assert [call.status for call in calls if call.path.endswith("/lfs-files/duplicate")] == [200]
        assert sum(call.sent for call in calls) < 5000
    assert hub.file("bert/copy", "here.bin").body == (folder / "deep/two.bin").read_bytes()
