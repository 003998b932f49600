"""The disk fills. Pushes are refused in words, reads go on, and space makes it well again without a restart."""

import os
import subprocess

import pytest

import checkpoints
import hub as programs


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
