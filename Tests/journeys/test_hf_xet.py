"""hf_xet against the hub: what is sent, what need not be, and that the bytes are the same whichever way they came."""

import hashlib
import json
import pathlib
import random
import struct
import sys

import pytest

import official
import recorder
from hub import run

CLIENT = pathlib.Path(__file__).with_name("xet_client.py")
CAS = {"query": "/v1/chunks/", "grant": "/v1/xorb-grants/", "xorb": "/v1/xorbs/", "shard": "/v2/shards"}
NEW = ["GET query 404", "POST grant 404", "POST xorb 200", "POST shard 200"]


@pytest.fixture
def wire(hub):
    with recorder.recording(hub) as wire:
        yield wire


class Xet(official.Client):
    """Somebody's hf_xet with a cache of its own."""

    def __init__(self, wire, folder, user, repository, **environment):
        super().__init__(wire, folder, **environment)
        self.user, self.repository = user, repository

    def ask(self, what, *arguments, check=True):
        command = [sys.executable, CLIENT, what, self.hub.url, self.user.token, self.repository, *arguments]
        result = self.finish(f"{what} {arguments}", command, self.home(), check)
        return json.loads(result.stdout) if check else result

    def up(self, data, name="file"):
        path = self.folder / name
        path.write_bytes(data)
        return self.ask("up", path)

    def down(self, hash_, size):
        target = self.folder / "down"
        self.ask("down", hash_, size, target)
        return target.read_bytes()


def data(size, seed):
    return random.Random(seed).randbytes(size)


def publish(hub, repository, user, name, data):
    """Commits content that has been uploaded."""
    file = {"path": name, "algo": "sha256", "oid": hashlib.sha256(data).hexdigest(), "size": len(data)}
    lines = [{"key": "header", "value": {"summary": name}}, {"key": "lfsFile", "value": file}]
    answer = hub.request(
        "POST", f"/api/models/{repository}/commit/main", "\n".join(map(json.dumps, lines)).encode(), user,
        {"Content-Type": "application/x-ndjson"})
    assert answer.status == 200, answer.body


def test_an_edited_file_costs_what_was_edited(hub, wire, tmp_path):
    ada = hub.user("ada")
    hub.create("ada/model", ada)
    first = data(6_000_000, 1)
    sent = Xet(wire, tmp_path / "one", ada, "ada/model").up(first)
    assert wire.steps(**CAS) == NEW
    assert sent["files"][0]["sha256"] == hashlib.sha256(first).hexdigest()
    assert sent["metrics"]["total_bytes_uploaded"] > len(first)

    edited = first[:3_000_000] + b"edited" + first[3_000_000:]
    other = Xet(wire, tmp_path / "two", ada, "ada/model")
    sent = other.up(edited)
    assert wire.steps(**CAS) == ["GET query 200", *NEW[1:]]
    assert sent["metrics"]["deduped_bytes_by_global_dedup"] > 5_600_000
    assert sent["metrics"]["total_bytes_uploaded"] < 300_000
    assert other.down(sent["files"][0]["hash"], len(edited)) == edited
    calls = wire.take()
    assert [call.path.split("/")[3:5] for call in calls if "reconstructions" in call.path] == [["v2", "reconstructions"]]
    assert all(not call.has_token for call in calls if "xorb-data" in call.path)


def test_what_a_client_remembers_is_true_until_the_hub_says_otherwise(hub, wire, tmp_path):
    ada = hub.user("ada")
    hub.create("ada/model", ada)
    file = data(1_000_000, 2)
    xet = Xet(wire, tmp_path / "one", ada, "ada/model")
    xet.up(file)
    assert wire.steps(**CAS) == NEW
    xet.up(file)
    assert wire.steps(**CAS) == ["POST shard 200"]

    assert hub.request("DELETE", "/api/repos/delete", {"name": "model"}, ada).status == 200
    hub.create("ada/model", ada)
    sent = xet.up(file)
    assert wire.steps(**CAS) == NEW
    assert xet.down(sent["files"][0]["hash"], len(file)) == file


def test_another_users_private_file_is_sent_as_if_nobody_had_it(hub, wire, tmp_path):
    ada, bert = hub.user("ada"), hub.user("bert")
    hub.create("ada/secret", ada, "private")
    hub.create("bert/model", bert)
    file = data(1_000_000, 3)
    sent = Xet(wire, tmp_path / "ada", ada, "ada/secret").up(file)
    publish(hub, "ada/secret", ada, "model.bin", file)
    wire.take()
    stranger = Xet(wire, tmp_path / "bert", bert, "bert/model")
    assert stranger.ask("down", sent["files"][0]["hash"], len(file), tmp_path / "x", check=False).returncode != 0
    wire.take()
    again = stranger.up(file)
    assert wire.steps(**CAS) == NEW
    assert again["metrics"] | {"total_bytes_uploaded": 0} == sent["metrics"] | {"total_bytes_uploaded": 0}


def test_anyone_may_upload_for_a_proposal_to_what_they_can_read(hub, wire, tmp_path):
    ada, bert = hub.user("ada"), hub.user("bert")
    hub.create("ada/model", ada)
    file = data(300_000, 4)
    refused = Xet(wire, tmp_path / "one", bert, "ada/model").ask("up", __file__, check=False)
    assert refused.returncode != 0
    for number, revision in enumerate(["None?create_pr=1", "refs%2Fpr%2F1"]):
        Xet(wire, tmp_path / f"pr{number}", bert, "ada/model", XET_REVISION=revision).up(file)


@pytest.mark.parametrize("multirange", ["0", "1"], ids=["ranges one by one", "multipart"])
def test_a_file_in_many_pieces_comes_back_whole(hub, wire, tmp_path, multirange):
    ada = hub.user("ada")
    hub.create("ada/model", ada)
    parts = [data(200_000, seed) for seed in range(10, 50)]
    xet = Xet(wire, tmp_path / "one", ada, "ada/model")
    xet.up(b"".join(parts), "first")
    mixed = b"".join(part for number, part in enumerate(parts) if number % 3)
    sent = xet.up(mixed, "second")
    wire.take()
    reader = Xet(
        wire, tmp_path / "two", ada, "ada/model", HF_XET_CLIENT_ENABLE_MULTIRANGE_FETCHING=multirange)
    assert reader.down(sent["files"][0]["hash"], len(mixed)) == mixed
    fetches = [call for call in wire.take() if "xorb-data" in call.path]
    assert {call.status for call in fetches} == {206}
    assert any("," in call.range for call in fetches) == (multirange == "1")
    assert any(call.type.startswith("multipart/byteranges") for call in fetches) == (multirange == "1")
    assert sum(call.received for call in fetches) < len(mixed) * 1.2


def test_git_lfs_and_xet_are_two_ways_to_one_store(hub, wire, person, tmp_path):
    ada = person("ada")
    hub.create("ada/model", ada.user)
    xet = Xet(wire, tmp_path / "one", ada.user, "ada/model")

    by_lfs = data(2_000_000, 5)
    folder = ada.home / "work"
    ada.git("clone", "-q", hub.remote("ada/model", ada.user), folder)
    (folder / "lfs.bin").write_bytes(by_lfs)
    ada.git("lfs", "track", "*.bin", cwd=folder)
    ada.git("add", ".", cwd=folder)
    ada.git("commit", "-qm", "by git-lfs", cwd=folder)
    ada.git("push", "-q", "origin", "HEAD:main", cwd=folder)
    entry = next(
        entry for entry in hub.get("/api/models/ada/model/tree/main").json if entry["path"] == "lfs.bin")
    assert xet.down(entry["xetHash"], len(by_lfs)) == by_lfs
    wire.take()
    assert xet.up(by_lfs)["metrics"]["new_bytes"] == 0
    assert wire.steps(**CAS) == ["GET query 200", "POST shard 200"]

    by_xet = by_lfs[:1_000_000] + data(1_000_000, 6)
    sent = xet.up(by_xet, "xet.bin")
    assert sent["metrics"]["deduped_bytes"] > 800_000
    publish(hub, "ada/model", ada.user, "xet.bin", by_xet)
    ada.git("pull", "-q", cwd=folder)
    assert (folder / "xet.bin").read_bytes() == by_xet
    assert hub.file("ada/model", "xet.bin").body == by_xet


def test_a_refusal_reaches_the_user_in_words(hub, wire, tmp_path):
    """The hub has forgotten what the client was told of: a database set back to before the upload."""
    ada = hub.user("ada")
    hub.create("ada/model", ada)
    xet = Xet(wire, tmp_path / "one", ada, "ada/model")
    xet.up(data(500_000, 7))
    hub.stop()
    run([sys.executable, "-c", "import sqlite3, sys\nwith sqlite3.connect(sys.argv[1]) as database:\n"
         "    database.execute('DELETE FROM chunk_xorb_lease')\n    database.execute('DELETE FROM chunk_content_lease')",
         str(hub.data / "hub.sqlite")])
    hub.start()
    result = xet.ask("up", xet.folder / "file", check=False)
    assert result.returncode != 0
    assert "has not been uploaded here" in result.stderr


UPLOAD = """
    api.upload_file(path_or_fileobj=path, path_in_repo="deep/model.bin", repo_id="ada/model")
"""

SNAPSHOT = """
    import hashlib
    folder = pathlib.Path(snapshot_download("ada/model"))
    result = hashlib.sha256((folder / "deep" / "model.bin").read_bytes()).hexdigest()
"""


@pytest.mark.parametrize("by_xet", [True, False], ids=["sent by Xet", "sent by LFS"])
def test_the_official_library_takes_either_way_to_the_same_bytes(hub, wire, tmp_path, by_xet):
    ada = hub.user("ada")
    hub.create("ada/model", ada)
    path = tmp_path / "model.bin"
    path.write_bytes(data(2_000_000, 8))
    official.Client(wire, tmp_path / "writer", ada, xet=by_xet).run(UPLOAD, path=path)
    calls = wire.take()
    assert any("/v1/xorbs/" in call.path for call in calls) == by_xet
    assert any("/lfs/objects/" in call.path for call in calls) == (not by_xet)

    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    assert official.Client(wire, tmp_path / "xet").run(SNAPSHOT) == expected
    calls = wire.take()
    assert any("/v2/reconstructions/" in call.path for call in calls)
    assert not any("resolve" in call.path and "model.bin" in call.path for call in calls)
    assert official.Client(wire, tmp_path / "plain", xet=False).run(SNAPSHOT) == expected
    calls = wire.take()
    assert not any("/xet" in call.path for call in calls)
    assert sum(call.received for call in calls if "model.bin" in call.path) == 2_000_000


def test_a_second_version_sends_only_what_is_new(hub, wire, tmp_path):
    ada = hub.user("ada")
    hub.create("ada/model", ada)
    path = tmp_path / "model.bin"
    path.write_bytes(data(4_000_000, 9))
    client = official.Client(wire, tmp_path / "writer", ada)
    client.run(UPLOAD, path=path)
    wire.take()
    path.write_bytes(data(4_000_000, 9)[:2_000_000] + data(100_000, 10) + data(4_000_000, 9)[2_000_000:])
    client.run(UPLOAD, path=path)
    assert sum(call.sent for call in wire.take() if "/v1/xorbs/" in call.path) < 500_000
    assert official.Client(wire, tmp_path / "reader").run(SNAPSHOT) == hashlib.sha256(path.read_bytes()).hexdigest()


def peak(hub):
    """The most memory hubd has held so far, in bytes."""
    status = pathlib.Path(f"/proc/{hub.process.pid}/status").read_text()
    return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmHWM:"))


def shards():
    """Shards of 64 MiB that say nothing true: one file of many terms, many files, many xorbs."""
    tag = b"HFRepoMetaData" + bytes.fromhex("00556967456A7B815783A5BDD95CCDD14AA9")
    head, bookend = tag + struct.pack("<QQ", 2, 0), b"\xff" * 32 + bytes(16)
    count = (64 << 20) // 48 - 8
    term = b"\x01" * 32 + struct.pack("<IIII", 0, 65536, 0, 1)
    empty = b"\x03" * 32 + struct.pack("<IIQ", 0, 0, 0)
    yield head + b"\x02" * 32 + struct.pack("<IIQ", 0, count, 0) + term * count + bookend * 2
    yield head + empty * count + bookend * 2
    yield head + bookend + empty * count + bookend


def test_shards_as_large_as_allowed_that_lie_cost_their_own_size(hub):
    ada = hub.user("ada")
    hub.create("ada/model", ada)
    token = hub.get("/api/models/ada/model/xet-write-token/main", ada).json
    cas, headers = token["casUrl"].removeprefix(hub.url), {"Authorization": f"Bearer {token['accessToken']}"}
    before = peak(hub)
    for shard in shards():
        answer = hub.request("POST", f"{cas}/v1/shards", shard, headers=headers)
        assert answer.status == 400 and answer.json["error"]
        answer = hub.request("POST", f"{cas}/v2/shards", shard, headers=headers)
        assert answer.status == 200 and json.loads(answer.body.splitlines()[-1])["type"] == "error"
        assert hub.request("POST", f"{cas}/v1/shards", shard + bytes(4096), headers=headers).status == 413
    assert peak(hub) - before < 200 << 20
