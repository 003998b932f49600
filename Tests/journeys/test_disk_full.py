"""The disk fills. Pushes are refused in words, reads go on, and space makes it well again without a restart."""

import os
import subprocess

import pytest

import checkpoints
import hub as programs
from hub import said


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no small disk here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_refuses_the_push_and_keeps_all_else(small_disk, tmp_path):
    hub = programs.Hub(small_disk)
    hub.log, hub.output = tmp_path / "hubd.log", tmp_path / "hubd.out"
    hub.start()
    try:
        ada = programs.Person(hub, tmp_path / "ada", hub.user("ada"))
        hub.create("ada/model", ada.user)
        folder = ada.clone("ada/model")
        checkpoints.copy_model(checkpoints.BASE, folder)
        good = ada.commit(folder, "Fits")
        ada.hubctl("push", cwd=folder)

        checkpoints.random_checkpoint(folder / "large.safetensors", seed=1, tensors=96)
        large = ada.commit(folder, "Does not fit")
        refused = ada.hubctl("push", cwd=folder, check=False)
        assert refused.returncode != 0
        assert "full" in programs.said(refused) or "space" in programs.said(refused), programs.said(refused)
        assert hub.head("ada/model") == good
        assert hub.process.poll() is None, "hubd lives on"
        assert hub.file("ada/model", checkpoints.WEIGHTS).body == (
            checkpoints.BASE / checkpoints.WEIGHTS).read_bytes()

        assert subprocess.run(["mount", "-o", "remount,size=400m", str(small_disk)]).returncode == 0
        ada.hubctl("push", cwd=folder)
        assert hub.head("ada/model") == large
        assert hub.file("ada/model", "large.safetensors").body == (folder / "large.safetensors").read_bytes()
    finally:
        hub.close()


def fill(folder):
    """Leaves no byte free on the disk that `folder` is on."""
    filler = folder / "filler"
    with open(filler, "wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2
    return filler


@pytest.fixture
def full(small_disk, tmp_path):
    """A running hub on a small disk, which is not full yet."""
    hub = programs.Hub(small_disk)
    hub.log, hub.output = tmp_path / "hubd.log", tmp_path / "hubd.out"
    yield hub.start()
    hub.close()


def plain_push(hub, tmp_path):
    """A push of plain files, larger than what is kept in memory."""
    ada = programs.Person(hub, tmp_path / "ada", hub.user("ada"))
    hub.create("ada/model", ada.user)
    ada.git("clone", "-q", hub.remote("ada/model", ada.user), "work")
    work = ada.home / "work"
    before = hub.head("ada/model")
    (work / "noise.txt").write_bytes(os.urandom(3 << 20))
    ada.git("add", ".", cwd=work)
    ada.git("commit", "-q", "-m", "noise", cwd=work)
    return ada, work, before


def test_a_plain_push_that_finds_no_room_is_refused_in_the_report(full, small_disk, tmp_path):
    ada, work, before = plain_push(full, tmp_path)
    filler = fill(small_disk)
    refused = ada.git("push", "origin", "HEAD:main", cwd=work, check=False)
    assert refused.returncode != 0
    assert "[remote rejected]" in refused.stderr and "the hub's disk is full" in refused.stderr, refused.stderr
    assert "HTTP 4" not in refused.stderr and "hung up" not in refused.stderr
    assert full.head("ada/model") == before
    filler.unlink()
    ada.git("push", "-q", "origin", "HEAD:main", cwd=work)
    assert full.head("ada/model") == ada.git("rev-parse", "HEAD", cwd=work).stdout.strip()


def test_routes_that_write_say_that_the_disk_is_full(full, small_disk, tmp_path):
    ada = full.user("ada")
    fill(small_disk)
    answers = [
        full.request("POST", "/api/repos/create", {"name": f"model{number}"}, ada) for number in range(40)]
    refused = [answer for answer in answers if answer.status != 200]
    assert refused, "the disk was not full"
    for answer in refused:
        assert answer.status == 503 and "disk is full" in answer.json["error"], answer.body
        assert answer.headers["Retry-After"] == "5"


def test_commands_say_that_the_disk_is_full(full, small_disk, tmp_path):
    full.user("ada")
    fill(small_disk)
    for number in range(40):
        result = full.hubd("admin", "user", "create", f"user{number}", check=False)
        if result.returncode != 0:
            break
    assert "the disk is full" in result.stderr and f"'{full.data}/hub.sqlite'" in result.stderr, said(result)
