"""hubctl lfs-agent: stock git and git-lfs send and fetch in chunks."""

import hashlib
import json
import random
import subprocess

import pytest

import hub as programs
import recorder

SIZE = 8_000_000


@pytest.fixture
def wired(hub, tmp_path):
    """Someone whose git-lfs has the agent, and whose requests are written down; they are not logged in with hubctl."""
    with recorder.recording(hub) as wire:
        user = hub.user("ada")
        ada = programs.Person(hub, tmp_path / "ada", user)
        del ada.environment["HUB_TOKEN"], ada.environment["HUB_URL"]
        ada.hubctl("lfs-agent", "--install")
        hub.create("ada/model", user)
        ada.remote = f"http://ada:{user.token}@{wire.url.removeprefix('http://')}/ada/model.git"
        ada.git("clone", "-q", ada.remote, "work")
        folder = ada.home / "work"
        (folder / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
        yield ada, folder, wire


def commit(somebody, folder, message):
    somebody.git("add", ".", cwd=folder)
    somebody.git("commit", "-qm", message, cwd=folder)


def sent(calls):
    return sum(call.sent for call in calls)


def test_a_push_sends_only_what_the_hub_lacks_and_a_clone_is_the_same(hub, wired):
    ada, folder, wire = wired
    data = bytearray(random.Random(1).randbytes(SIZE))
    (folder / "large.bin").write_bytes(data)
    commit(ada, folder, "large")
    wire.take()
    ada.git("push", "-q", "origin", "HEAD:main", cwd=folder)
    calls = wire.take()
    assert sent(calls) > SIZE * 0.9
    assert not [call for call in calls if call.path.startswith("/lfs/objects/")], "nothing went as a whole"
    assert [call.status for call in calls if call.path.startswith("/lfs/verify/")] == [200]
    data[4_000_000:4_000_010] = b"0123456789"
    (folder / "large.bin").write_bytes(data + b"and a little more")
    commit(ada, folder, "a few bytes")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=folder)
    assert sent(wire.take()) < SIZE / 10
    ada.git("clone", "-q", ada.remote, "copy")
    calls = wire.take()
    assert [call for call in calls if call.path.startswith("/xet/v1/xorb-data/")]
    assert not [call for call in calls if call.path.startswith("/lfs/objects/")]
    assert (ada.home / "copy/large.bin").read_bytes() == data + b"and a little more"
    ada.git("fsck", "--full", "--strict", cwd=ada.home / "copy")
    assert "Git LFS fsck OK" in programs.said(ada.git("lfs", "fsck", cwd=ada.home / "copy"))


def test_many_files_go_at_the_same_time_and_empty_ones_too(hub, wired):
    ada, folder, wire = wired
    for number in range(12):
        (folder / f"{number}.bin").write_bytes(random.Random(number).randbytes(number * 10_000 + 1))
    commit(ada, folder, "many")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=folder)
    ada.git("clone", "-q", ada.remote, "copy")
    for number in range(12):
        assert (ada.home / f"copy/{number}.bin").read_bytes() == (folder / f"{number}.bin").read_bytes()
    assert not [call for call in wire.take() if call.path.startswith("/lfs/objects/")]


def test_other_servers_and_people_without_the_agent_do_not_notice(hub, wired, person):
    ada, folder, wire = wired
    (folder / "one.bin").write_bytes(random.Random(1).randbytes(100_000))
    commit(ada, folder, "one")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=folder)
    ben = person("ben")
    ben.git("clone", "-q", hub.remote("ada/model"), "copy")
    assert (ben.home / "copy/one.bin").read_bytes() == (folder / "one.bin").read_bytes()
    ada.hubctl("lfs-agent", "--uninstall")
    ada.git("clone", "-q", ada.remote, "copy")
    assert [call for call in wire.take() if call.path.startswith("/lfs/objects/")]


def test_without_asking_the_server_the_agent_asks_itself(hub, wired):
    ada, folder, wire = wired
    ada.git("config", "--global", "lfs.standalonetransferagent", "hub")
    (folder / "one.bin").write_bytes(random.Random(1).randbytes(300_000))
    commit(ada, folder, "one")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=folder)
    # Without a token in the URL it is hubctl's login that counts.
    ada.hubctl("login", wire.url, "--token", ada.user.token)
    ada.git("config", "--global", f"credential.{wire.url}.helper", f"!{programs.HUBCTL} git-credential")
    ada.git("clone", "-q", f"{wire.url}/ada/model.git", "copy")
    assert (ada.home / "copy/one.bin").read_bytes() == (folder / "one.bin").read_bytes()


def talk(somebody, folder, *requests, **options):
    """What the agent answers to git-lfs's requests."""
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    result = subprocess.run(
        [programs.HUBCTL, "lfs-agent"], input=lines, capture_output=True, text=True, cwd=folder,
        env=somebody.environment, timeout=60, **options)
    return result.returncode, [json.loads(line) for line in result.stdout.splitlines()]


START = {"event": "init", "operation": "download", "remote": "origin", "concurrent": True, "concurrenttransfers": 3}
END = {"event": "terminate"}


def test_what_cannot_be_done_is_said_in_a_sentence_and_the_next_is_done(hub, wired):
    ada, folder, wire = wired
    data = random.Random(1).randbytes(300_000)
    (folder / "one.bin").write_bytes(data)
    commit(ada, folder, "one")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=folder)
    oid = hashlib.sha256(data).hexdigest()
    absent = "0" * 64

    def want(**more):
        return {"event": "download", "oid": oid, "size": len(data), "action": None, **more}

    code, answers = talk(
        ada, folder, START, want(oid=absent), want(oid="x"), want(action={"href": "http://127.0.0.1:1/xet/1"}),
        {"event": "upload", "oid": absent, "size": 5, "path": str(folder / "none"), "action": None}, want(), END)
    assert code == 0 and answers[0] == {}
    done = [answer for answer in answers if answer.get("event") == "complete"]
    assert [answer.get("error", {}).get("code") for answer in done[:4]] == [422, 422, 422, 404]
    assert "has no content" in done[0]["error"]["message"]
    assert all(len(answer["error"]["message"]) > 10 for answer in done[:4])
    assert open(done[4]["path"], "rb").read() == data
    progress = [answer for answer in answers if answer.get("event") == "progress" and answer["oid"] == oid]
    assert sum(answer["bytesSinceLast"] for answer in progress) == progress[-1]["bytesSoFar"] == len(data)


def test_a_download_goes_on_where_it_stopped(hub, wired):
    ada, folder, wire = wired
    data = random.Random(1).randbytes(20_000_000)
    (folder / "one.bin").write_bytes(data)
    commit(ada, folder, "one")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=folder)
    oid = hashlib.sha256(data).hexdigest()
    half = folder / f".git/lfs/incomplete/{oid}.hub.incomplete"
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(data[:15_000_000])
    wire.take()
    want = {"event": "download", "oid": oid, "size": len(data), "action": None}
    _, answers = talk(ada, folder, START, want, END)
    assert open(answers[-1]["path"], "rb").read() == data
    assert sum(call.received for call in wire.take()) < 7_000_000


def test_what_is_no_message_ends_the_agent(wired):
    ada, folder, _ = wired
    result = subprocess.run(
        [programs.HUBCTL, "lfs-agent"], input="nonsense\n", capture_output=True, text=True, cwd=folder,
        env=ada.environment, timeout=60)
    assert result.returncode == 2 and result.stderr


LARGE = 64 << 20


def received(calls):
    return sum(call.received for call in calls)


@pytest.fixture
def two_versions(hub, wired, request):
    """A large file pushed and cloned, and a second version with little changed pushed after that."""
    ada, folder, wire = wired
    size = getattr(request, "param", LARGE // 4)
    data = random.Random(9).randbytes(size)
    (folder / "large.bin").write_bytes(data)
    (folder / "other.bin").write_bytes(random.Random(10).randbytes(size // 8))
    commit(ada, folder, "one")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=folder)
    ada.git("clone", "-q", ada.remote, "copy")
    # Something changed, something inserted, something taken out, something added.
    new = bytearray(data)
    new[1_000_000:1_000_100] = bytes(100)
    new[size // 2:size // 2] = b"a few bytes more" * 50
    del new[size * 3 // 4:size * 3 // 4 + 5000]
    new += random.Random(11).randbytes(200_000)
    (folder / "large.bin").write_bytes(new)
    commit(ada, folder, "two")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=folder)
    wire.take()
    return ada, ada.home / "copy", bytes(new), wire


@pytest.mark.parametrize("two_versions", [LARGE], indirect=True)
def test_a_second_version_is_put_together_of_what_is_here(two_versions):
    ada, copy, new, wire = two_versions
    ada.git("pull", "-q", cwd=copy)
    calls = wire.take()
    assert (copy / "large.bin").read_bytes() == new
    assert received(calls) < len(new) / 16, received(calls)
    assert [call for call in calls if call.path.startswith("/xet/v1/xorb-data/")]
    assert not [call for call in calls if call.path.startswith("/lfs/objects/")]
    assert sent(calls) < len(new) / 64, "nor are questions longer than answers"
    assert "Git LFS fsck OK" in programs.said(ada.git("lfs", "fsck", cwd=copy))
    ada.git("fsck", "--full", "--strict", cwd=copy)
    assert ada.git("status", "--porcelain", cwd=copy).stdout == ""


def test_files_that_lie_only_in_the_working_copy_are_looked_into_too(two_versions):
    ada, copy, new, wire = two_versions
    for path in (copy / ".git/lfs/objects").rglob("*"):
        if path.is_file():
            path.unlink()
    ada.git("fetch", "-q", cwd=copy)
    ada.git("lfs", "fetch", "origin", "origin/main", "-I", "large.bin", cwd=copy)
    assert received(wire.take()) < len(new) / 8
    ada.git("merge", "-q", "--ff-only", "origin/main", cwd=copy)
    assert (copy / "large.bin").read_bytes() == new


def test_an_earlier_version_is_put_together_of_a_later_one(two_versions):
    ada, copy, new, wire = two_versions
    ada.git("clone", "-q", ada.remote, "later")
    later = ada.home / "later"
    assert (later / "large.bin").read_bytes() == new
    wire.take()
    # Its chunks lie in one piece at the hub; here, there are gaps between them.
    ada.git("checkout", "-q", "HEAD~1", cwd=later)
    assert (later / "large.bin").read_bytes() == (copy / "large.bin").read_bytes()
    assert received(wire.take()) < len(new) / 8


def test_files_that_are_not_what_they_were_are_not_trusted(two_versions):
    ada, copy, new, wire = two_versions
    for path in (copy / ".git/lfs/objects").rglob("*"):
        if path.is_file():
            data = bytearray(path.read_bytes())
            data[len(data) // 3:len(data) * 2 // 3] = bytes(len(data) * 2 // 3 - len(data) // 3)
            path.chmod(0o644)
            path.write_bytes(data)
    ada.git("pull", "-q", cwd=copy)
    assert (copy / "large.bin").read_bytes() == new
    assert len(new) / 4 < received(wire.take()) < len(new) * 0.9


def test_hubctl_pulls_what_is_not_here_only(two_versions):
    ada, _, new, wire = two_versions
    ada.hubctl("login", wire.url, "--token", ada.user.token)
    ada.environment["HUB_URL"] = wire.url
    ada.hubctl("clone", "ada/model", "mine")
    mine = ada.home / "mine"
    assert received(wire.take()) > len(new) * 0.9
    data = bytearray(new)
    data[len(new) // 3:len(new) // 3 + 10] = b"0123456789"
    work = ada.home / "work"
    (work / "large.bin").write_bytes(data)
    commit(ada, work, "three")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=work)
    wire.take()
    ada.hubctl("pull", cwd=mine)
    assert (mine / "large.bin").read_bytes() == data
    assert received(wire.take()) < len(new) / 8
