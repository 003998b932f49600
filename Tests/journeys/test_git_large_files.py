"""Large files that come as plain git objects: refused with a way out, or kept in chunks and given out as they came."""

import hashlib
import random
import re
import shutil

import pytest

import hub as programs
from hub import said

MIB = 1 << 20


@pytest.fixture
def chunking(tmp_path):
    """A hub that keeps large plain files in chunks."""
    hub = programs.Hub(tmp_path, {"HUBD_PLAIN_FILES_OVER_LIMIT": "chunk"})
    yield hub.start()
    hub.close()
    shutil.rmtree(hub.data, ignore_errors=True)


@pytest.fixture
def people(chunking, tmp_path):
    made = []

    def make(name):
        made.append(programs.Person(chunking, tmp_path / "home" / name, chunking.user(name)))
        return made[-1]

    yield make
    for somebody in made:
        shutil.rmtree(somebody.home, ignore_errors=True)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def start(somebody, hub, repository, **files):
    """A working copy of stock git with these files pushed."""
    hub.create(repository, somebody.user)
    folder = somebody.home / "work"
    somebody.git("clone", "-q", hub.remote(repository, somebody.user), str(folder))
    for name, content in files.items():
        (folder / f"{name}.plain").write_bytes(content)
    commit(somebody, folder)
    return folder


def commit(somebody, folder, *options):
    somebody.git("add", ".", cwd=folder)
    somebody.git("commit", "-q", "-m", "Files", cwd=folder)
    return somebody.git(*options, "push", "-q", "origin", "HEAD", cwd=folder)


def copy(somebody, hub, repository, name, *options):
    """A clone that git finds nothing wrong with."""
    folder = somebody.home / name
    somebody.git("clone", "-q", *options, hub.remote(repository), str(folder))
    result = somebody.git("fsck", "--full", "--strict", cwd=folder)
    assert "error" not in said(result) and "missing" not in said(result)
    return folder


def same(one, other):
    files = sorted(path.name for path in one.glob("*.plain"))
    assert files == sorted(path.name for path in other.glob("*.plain"))
    for name in files:
        assert digest(one / name) == digest(other / name), name


def contents():
    return {"noise": random.Random(1).randbytes(30 * MIB), "text": b"0123456789abcdef\n" * (60 * MIB // 17)}


@pytest.mark.parametrize("threshold", ["1m", "512m"])
def test_a_large_plain_file_comes_back_as_it_was(chunking, people, threshold):
    ada, bert = people("ada"), people("bert")
    ada.git("config", "--global", "core.bigFileThreshold", threshold)
    work = start(ada, chunking, "ada/model", **contents())
    same(work, copy(bert, chunking, "ada/model", "one"))
    stored = chunking.stored_bytes()
    assert stored > 30 * MIB

    changed = bytearray((work / "noise.plain").read_bytes())
    changed[15 * MIB:15 * MIB + 10] = b"0123456789"
    (work / "noise.plain").write_bytes(changed)
    commit(ada, work)
    assert chunking.stored_bytes() - stored < MIB

    chunking.stop()
    chunking.start()
    clone = copy(bert, chunking, "ada/model", "two")
    same(work, clone)
    head = ada.git("rev-parse", "HEAD^{tree}", cwd=work).stdout
    assert bert.git("rev-parse", "HEAD^{tree}", cwd=clone).stdout == head
    assert chunking.file("ada/model", "noise.plain").body == bytes(changed)
    part = chunking.file("ada/model", "text.plain", headers={"Range": "bytes=17000000-17000016"})
    assert part.status == 206 and part.body == (work / "text.plain").read_bytes()[17000000:17000017]


def test_a_fetch_a_shallow_and_a_partial_clone_bring_it(chunking, people):
    ada, bert = people("ada"), people("bert")
    work = start(ada, chunking, "ada/model", first=b"small")
    clone = copy(bert, chunking, "ada/model", "kept")
    for name, content in contents().items():
        (work / f"{name}.plain").write_bytes(content)
    commit(ada, work)

    bert.git("pull", "-q", cwd=clone)
    same(work, clone)
    same(work, copy(bert, chunking, "ada/model", "shallow", "--depth=1"))
    partial = copy(bert, chunking, "ada/model", "partial", "--filter=blob:limit=1m", "--no-checkout")
    absent = bert.git("rev-list", "--objects", "--all", "--missing=print", cwd=partial).stdout
    assert sum(line.startswith("?") for line in absent.splitlines()) == 2
    bert.git("checkout", "-q", "main", cwd=partial)
    same(work, partial)
    for version in "01":
        folder = bert.home / f"v{version}"
        bert.git("-c", f"protocol.version={version}", "clone", "-q", chunking.remote("ada/model"), str(folder))
        same(work, folder)


def test_a_fork_has_it_when_its_parent_is_gone(chunking, people):
    ada, bert = people("ada"), people("bert")
    work = start(ada, chunking, "ada/model", **contents())
    answer = chunking.request("POST", "/api/models/ada/model/fork", {"name": "copied"}, bert.user)
    assert answer.status == 200, answer.body
    assert chunking.request(
        "DELETE", "/api/repos/delete", {"name": "model", "organization": "ada"}, ada.user).status == 200
    same(work, copy(bert, chunking, "bert/copied", "clone"))


def test_who_pushes_what_somebody_else_has_has_it_too(chunking, people):
    ada, bert = people("ada"), people("bert")
    start(ada, chunking, "ada/model", **contents())
    stored = chunking.stored_bytes()
    work = start(bert, chunking, "bert/model", **contents())
    assert chunking.stored_bytes() - stored < MIB
    assert chunking.request(
        "DELETE", "/api/repos/delete", {"name": "model", "organization": "ada"}, ada.user).status == 200
    same(work, copy(bert, chunking, "bert/model", "clone"))


def test_it_is_no_large_file_that_could_be_deleted(chunking, people):
    ada = people("ada")
    start(ada, chunking, "ada/model", noise=contents()["noise"])
    answer = chunking.get("/api/models/ada/model/lfs-files", ada.user)
    assert answer.status == 200 and answer.json == []


def peak(hub):
    """The most memory hubd has had, in MiB."""
    with open(f"/proc/{hub.process.pid}/status") as status:
        return next(int(line.split()[1]) >> 10 for line in status if line.startswith("VmHWM:"))


def test_memory_does_not_grow_with_the_file(chunking, people):
    ada, bert = people("ada"), people("bert")
    ada.git("config", "--global", "core.bigFileThreshold", "1m")
    work = start(ada, chunking, "ada/model", noise=contents()["noise"])
    copy(bert, chunking, "ada/model", "one")
    before = peak(chunking)
    block = random.Random(2).randbytes(MIB)
    with open(work / "long.plain", "wb") as file:
        for number in range(200):
            file.write(number.to_bytes(8) + block[8:])
    commit(ada, work)
    same(work, copy(bert, chunking, "ada/model", "two"))
    assert peak(chunking) < before + 40


def test_a_hub_that_is_told_otherwise_keeps_what_it_has(chunking, people):
    ada, bert = people("ada"), people("bert")
    work = start(ada, chunking, "ada/model", noise=contents()["noise"])
    chunking.stop()
    del chunking.environment["HUBD_PLAIN_FILES_OVER_LIMIT"]
    chunking.start()
    (work / "small.plain").write_bytes(b"small")
    commit(ada, work)
    same(work, copy(bert, chunking, "ada/model", "clone"))
    (work / "text.plain").write_bytes(contents()["text"])
    ada.git("add", ".", cwd=work)
    ada.git("commit", "-q", "-m", "Too long", cwd=work)
    result = ada.git("push", "-q", "origin", "HEAD", cwd=work, check=False)
    assert result.returncode != 0 and "text.plain" in said(result)


def long_file(path, size, seed=3):
    """A file of noise, written a piece at a time."""
    noise = random.Random(seed)
    with open(path, "wb") as file:
        for _ in range(size // MIB):
            file.write(noise.randbytes(MIB))


def change(path, offset, more=b"0123456789"):
    """Inserts bytes in the middle."""
    content = path.read_bytes()
    path.write_bytes(content[:offset] + more + content[offset:])


def sent_bytes(result):
    """Length of the pack that git says it wrote."""
    number, unit = re.findall(r"Writing objects: 100%.*?, ([0-9.]+) (bytes|KiB|MiB)", said(result))[-1]
    return float(number) * {"bytes": 1, "KiB": 1 << 10, "MiB": MIB}[unit]


def test_new_versions_of_long_files_come_as_deltas(chunking, people):
    ada, bert = people("ada"), people("bert")
    work = start(ada, chunking, "ada/model", small=b"small")
    long_file(work / "noise.plain", 100 * MIB)
    for name in ("one", "two"):
        (work / f"{name}.plain").write_bytes(random.Random(name).randbytes(12 * MIB))
    commit(ada, work)
    clone = copy(bert, chunking, "ada/model", "before")
    stored, before = chunking.stored_bytes(), peak(chunking)
    for offset in (50 * MIB, 20 * MIB):
        change(work / "noise.plain", offset)
        for name in ("one", "two"):
            change(work / f"{name}.plain", offset // 8)
        ada.git("commit", "-q", "-a", "-m", "Change", cwd=work)
        assert sent_bytes(ada.git("push", "--progress", "origin", "HEAD", cwd=work)) < MIB
    assert chunking.stored_bytes() - stored < 4 * MIB
    assert peak(chunking) < before + 40
    same(work, copy(bert, chunking, "ada/model", "after"))
    bert.git("pull", "-q", cwd=clone)
    same(work, clone)


def test_versions_of_a_long_file_come_as_deltas_in_one_pack(chunking, people):
    ada, bert = people("ada"), people("bert")
    work = start(ada, chunking, "ada/model", small=b"small")
    long_file(work / "noise.plain", 40 * MIB)
    for offset in (10 * MIB, 20 * MIB, 30 * MIB):
        ada.git("add", ".", cwd=work)
        ada.git("commit", "-q", "-m", "Version", cwd=work)
        change(work / "noise.plain", offset)
    result = commit(ada, work, "-c", "pack.threads=1")
    assert result.returncode == 0
    clone = copy(bert, chunking, "ada/model", "clone")
    same(work, clone)
    for back in range(3):
        assert bert.git("cat-file", "-s", f"HEAD~{back}:noise.plain", cwd=clone).stdout \
            == ada.git("cat-file", "-s", f"HEAD~{back}:noise.plain", cwd=work).stdout


def test_a_hub_told_to_refuse_takes_a_short_file_made_of_a_long_one(chunking, people):
    ada, bert = people("ada"), people("bert")
    work = start(ada, chunking, "ada/model", small=b"small")
    long_file(work / "noise.plain", 70 * MIB)
    commit(ada, work)
    chunking.stop()
    del chunking.environment["HUBD_PLAIN_FILES_OVER_LIMIT"]
    chunking.start()
    (work / "noise.plain").write_bytes((work / "noise.plain").read_bytes()[30 * MIB:39 * MIB])
    ada.git("commit", "-q", "-a", "-m", "Shorter", cwd=work)
    assert sent_bytes(ada.git("push", "--progress", "origin", "HEAD", cwd=work)) < MIB
    same(work, copy(bert, chunking, "ada/model", "clone"))


def test_a_hub_that_was_not_told_to_refuses_with_a_way_out(hub, person):
    ada = person("ada")
    hub.create("ada/model", ada.user)
    folder = ada.home / "work"
    ada.git("clone", "-q", hub.remote("ada/model", ada.user), str(folder))
    (folder / "noise.plain").write_bytes(random.Random(1).randbytes(11 * MIB))
    ada.git("add", ".", cwd=folder)
    ada.git("commit", "-q", "-m", "Files", cwd=folder)
    result = ada.git("push", hub.remote("ada/model", ada.user), "HEAD:main", cwd=folder, check=False)
    assert result.returncode != 0
    assert "noise.plain" in said(result) and "hubctl" in said(result) and "git lfs track" in said(result)


def test_another_word_ends_the_start_with_a_sentence(tmp_path):
    hub = programs.Hub(tmp_path, {"HUBD_PLAIN_FILES_OVER_LIMIT": "perhaps"})
    with pytest.raises(AssertionError, match="plain-files.over-limit is 'perhaps'; expected refuse or chunk"):
        hub.start()
