"""git-lfs's multipart-basic transfers, as giftless' own client does them: parts, going on, giving up."""

import base64
import hashlib
import json
import random

import giftless_client
import giftless_client.transfer
import pytest
import requests

import hub as programs

SIZE = 3_300_000
PART = 1_000_000
NAMES = ("multipart-basic", "basic")


@pytest.fixture
def small_parts(tmp_path):
    """A hub that takes files in parts of a million bytes."""
    hub = programs.Hub(tmp_path, {"HUBD_LIMITS_LFS_PART_BYTES": str(PART)})
    yield hub.start()
    hub.close()


class Sender:
    """Somebody with giftless' client, who notes which parts it sent and can be cut off."""

    def __init__(self, hub, monkeypatch, transfers=NAMES):
        self.hub, self.user = hub, hub.user("ada")
        hub.create("ada/model", self.user)
        self.client = giftless_client.LfsClient(hub.url, self.user.token, transfers)
        self.sent, self.cut_at = [], None
        send = giftless_client.transfer.MultipartTransferAdapter._send_part_request

        def noted(adapter, file, **part):
            if self.cut_at is not None and len(self.sent) == self.cut_at:
                raise ConnectionError("the line is gone")
            send(adapter, file, **part)
            self.sent.append(part["pos"])

        monkeypatch.setattr(giftless_client.transfer.MultipartTransferAdapter, "_send_part_request", noted)

    def upload(self, path):
        with open(path, "rb") as file:
            return self.client.upload(file, "ada", "model.git/info/lfs")

    def batch(self, data, operation="upload", transfers=None):
        told = self.client.batch(
            "ada/model.git/info/lfs", operation, [named(data)], transfers=list(transfers or NAMES))
        assert len(told["objects"]) == 1
        return told["transfer"], told["objects"][0]


@pytest.fixture
def sender(small_parts, monkeypatch):
    return Sender(small_parts, monkeypatch)


def named(data):
    return {"oid": hashlib.sha256(data).hexdigest(), "size": len(data)}


def put(part, data, **headers):
    piece = data[part["pos"]:part["pos"] + part["size"]]
    return requests.put(part["href"], data=piece, headers=headers, timeout=60)


def refused(answer, *words, status=400):
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/vnd.git-lfs+json"
    said = answer.json()["message"]
    assert all(word in said for word in words), said


def fetched(hub, person, data):
    """What stock git and git-lfs give of a file whose content was sent before: its pointer is committed over HTTP."""
    lines = [
        {"key": "header", "value": {"summary": "large"}},
        {"key": "file", "value": {"path": ".gitattributes", "encoding": "utf-8", "content": "*.bin filter=lfs -text\n"}},
        {"key": "lfsFile", "value": {"path": "large.bin", "algo": "sha256", **named(data)}},
    ]
    made = hub.request(
        "POST", "/api/models/ada/model/commit/main", "\n".join(map(json.dumps, lines)).encode(), person.user,
        {"Content-Type": "application/x-ndjson"})
    assert made.status == 200, made.body
    person.git("clone", "-q", hub.remote("ada/model", person.user), "copy")
    assert "Git LFS fsck OK" in programs.said(person.git("lfs", "fsck", cwd=person.home / "copy"))
    return (person.home / "copy/large.bin").read_bytes()


@pytest.fixture
def ada(small_parts, sender, tmp_path):
    return programs.Person(small_parts, tmp_path / "home", sender.user)


def test_a_file_goes_in_parts_and_stock_git_lfs_fetches_the_same(small_parts, sender, ada, tmp_path):
    data = random.Random(1).randbytes(SIZE)
    (tmp_path / "large.bin").write_bytes(data)
    sender.upload(tmp_path / "large.bin")
    assert sender.sent == [0, PART, 2 * PART, 3 * PART]
    sender.upload(tmp_path / "large.bin")
    assert len(sender.sent) == 4, "what is there is not sent again"
    assert fetched(small_parts, ada, data) == data
    with open(tmp_path / "back.bin", "wb") as file:
        sender.client.download(file, named(data)["oid"], SIZE, "ada", "model.git/info/lfs")
    assert (tmp_path / "back.bin").read_bytes() == data
    assert sender.batch(data, "download")[0] == "basic"


def test_an_upload_that_broke_sends_only_what_is_missing(small_parts, sender, ada, tmp_path):
    data = random.Random(2).randbytes(SIZE)
    (tmp_path / "large.bin").write_bytes(data)
    sender.cut_at = 2
    with pytest.raises(ConnectionError):
        sender.upload(tmp_path / "large.bin")
    small_parts.kill()
    small_parts.start()
    transfer, told = sender.batch(data)
    assert transfer == "multipart-basic"
    assert [(part["pos"], part["size"]) for part in told["actions"]["parts"]] == [(2 * PART, PART), (3 * PART, 300_000)]
    # The file as a whole is not there before it is committed, and not committed before it is.
    refused(requests.post(told["actions"]["commit"]["href"], timeout=60), "2 of the file's 4 parts", "part 3", status=409)
    refused(
        requests.post(told["actions"]["verify"]["href"], json=named(data), timeout=60), "is not stored", status=404)
    sender.cut_at, sender.sent = None, []
    sender.upload(tmp_path / "large.bin")
    assert sender.sent == [2 * PART, 3 * PART]
    assert "actions" not in sender.batch(data)[1]
    assert fetched(small_parts, ada, data) == data


def test_parts_that_are_wrong_are_refused_in_a_sentence(sender):
    data = random.Random(3).randbytes(SIZE)
    actions = sender.batch(data)[1]["actions"]
    first = actions["parts"][0]
    assert set(actions) == {"parts", "commit", "abort", "verify"}
    assert all(part["want_digest"] == "contentMD5" and part["expires_in"] == 3600 for part in actions["parts"])
    for piece in (data[:PART - 1], data[:PART + 1], b""):
        refused(requests.put(first["href"], data=piece, timeout=60), "takes 1000000 bytes")

    def chunked():
        for start in range(0, PART + 400_000, 200_000):
            yield data[start:start + 200_000]

    refused(requests.put(first["href"], data=chunked(), timeout=60), "more bytes were sent", status=413)
    other = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    refused(put(first, data, **{"Content-MD5": other}), "have the MD5")
    refused(put(first, data, **{"Content-MD5": "?"}), "Content-MD5")
    refused(put(first, data, Digest="SHA-256=" + base64.b64encode(bytes(32)).decode()), "have the SHA-256")
    for wrong in (first["href"][:-3], first["href"].split("?")[0]):
        refused(requests.put(wrong, data=data[:PART], timeout=60), status=401)
    assert len(sender.batch(data)[1]["actions"]["parts"]) == 4, "nothing of all this came"
    # Parts that are each as long as they should be, and together another file.
    wrong = bytearray(data)
    wrong[PART + 5] ^= 255
    for part in actions["parts"]:
        assert put(part, bytes(wrong)).status_code == 200
    assert sender.batch(data)[1]["actions"]["parts"] == []
    refused(requests.post(actions["commit"]["href"], timeout=60), "parts together have the SHA-256")
    again = sender.batch(data)[1]["actions"]
    assert len(again["parts"]) == 4
    for part in again["parts"]:
        sha = base64.b64encode(hashlib.sha256(data[part["pos"]:part["pos"] + part["size"]]).digest()).decode()
        assert put(part, data, Digest=f"UNIXsum=30637,sha-256={sha}").status_code == 200
    for _ in range(2):
        assert requests.post(again["commit"]["href"], timeout=60).status_code == 200
        assert requests.post(again["verify"]["href"], json=named(data), timeout=60).status_code == 200


def test_an_upload_that_is_given_up_begins_anew(sender):
    data = random.Random(4).randbytes(SIZE)
    actions = sender.batch(data)[1]["actions"]
    for part in actions["parts"][:3]:
        assert put(part, data).status_code == 200
    for _ in range(2):
        assert requests.post(actions["abort"]["href"], timeout=60).status_code == 200
    refused(requests.post(actions["commit"]["href"], timeout=60), "4 of the file's 4 parts", status=409)
    assert len(sender.batch(data)[1]["actions"]["parts"]) == 4


def test_small_files_go_whole_and_beside_a_large_one_in_one_part(sender, tmp_path):
    (tmp_path / "small.bin").write_bytes(random.Random(5).randbytes(PART))
    sender.upload(tmp_path / "small.bin")
    assert sender.sent == [], "it went by basic"
    large, small = random.Random(6).randbytes(PART + 1), random.Random(7).randbytes(10)
    for transfers in (["multipart-basic", "basic"], ["basic", "multipart-basic"]):
        told = sender.client.batch(
            "ada/model.git/info/lfs", "upload", [named(large), named(small), named(b"")], transfers=transfers)
        assert told["transfer"] == "multipart-basic"
        sizes = [[part["size"] for part in each["actions"]["parts"]] for each in told["objects"]]
        assert sizes == [[PART, 1], [10], []]
    for data, each in zip((large, small, b""), told["objects"]):
        for part in each["actions"]["parts"]:
            assert put(part, data).status_code == 200
        assert requests.post(each["actions"]["commit"]["href"], timeout=60).status_code == 200
        assert requests.post(each["actions"]["verify"]["href"], json=named(data), timeout=60).status_code == 200
    for transfers in (["basic"], ["multipart"], None):
        assert sender.batch(b"x" * (PART + 2), transfers=transfers or ["basic"])[0] in ("basic", "multipart")


def test_parts_are_each_senders_own(small_parts, sender):
    data = random.Random(8).randbytes(SIZE)
    for part in sender.batch(data)[1]["actions"]["parts"]:
        assert put(part, data).status_code == 200
    ben = small_parts.user("ben")
    other = giftless_client.LfsClient(small_parts.url, ben.token)
    told = other.batch("ada/model.git/info/lfs", "upload", [named(data)])["objects"][0]
    assert len(told["actions"]["parts"]) == 4
    refused(requests.post(told["actions"]["commit"]["href"], timeout=60), "4 of the file's 4 parts", status=409)
