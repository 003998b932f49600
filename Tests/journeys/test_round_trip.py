"""What was pushed is what comes back, by every client there is."""

import filecmp
import hashlib
import time

import pytest

import checkpoints
import hub as programs


def assert_same(one, other, names=None):
    names = names or [path.name for path in checkpoints.BASE.iterdir()]
    match, differ, missing = filecmp.cmpfiles(one, other, names, shallow=False)
    assert sorted(match) == sorted(names), (differ, missing)


@pytest.fixture
def pushed(hub, person):
    """The base model, pushed by hubctl."""
    ada = person("ada")
    hub.create("ada/model", ada.user)
    folder = ada.clone("ada/model")
    checkpoints.copy_model(checkpoints.BASE, folder)
    commit = ada.commit(folder, "The base")
    ada.hubctl("push", cwd=folder)
    assert hub.head("ada/model") == commit
    return folder


def test_hubctl_clones_what_hubctl_pushed(hub, person, pushed):
    bert = person("bert")
    copy = bert.clone("ada/model")
    assert_same(checkpoints.BASE, copy)
    assert bert.git("status", "--porcelain", cwd=copy).stdout == ""
    assert bert.git("fsck", "--strict", cwd=copy).returncode == 0


def test_stock_git_and_lfs_clone_what_hubctl_pushed(hub, person, pushed):
    bert = person("bert")
    bert.git("clone", hub.remote("ada/model", bert.user), "copy")
    assert_same(checkpoints.BASE, bert.home / "copy")
    bert.git("fsck", "--strict", cwd=bert.home / "copy")
    files = bert.git("lfs", "ls-files", "--name-only", cwd=bert.home / "copy").stdout.split()
    assert checkpoints.WEIGHTS in files


def test_hubctl_clones_what_stock_git_pushed(hub, person):
    ada = person("ada")
    hub.create("ada/model", ada.user)
    ada.git("clone", hub.remote("ada/model", ada.user), "work")
    folder = ada.home / "work"
    checkpoints.copy_model(checkpoints.BASE, folder)
    ada.git("lfs", "track", "*.safetensors", cwd=folder)
    ada.git("add", ".", cwd=folder)
    ada.git("commit", "-m", "The base", cwd=folder)
    ada.git("push", "origin", "HEAD:main", cwd=folder)
    assert hub.head("ada/model") == ada.git("rev-parse", "HEAD", cwd=folder).stdout.strip()
    copy = person("bert").clone("ada/model")
    assert_same(checkpoints.BASE, copy)


def test_work_goes_back_and_forth(hub, person, pushed):
    ada, bert = person("ada"), person("bert")
    hub.hubd("admin", "org", "create", "acme", "--owner", "ada")
    hub.hubd("admin", "org", "member", "acme", "bert", "--role", "write")
    hub.create("acme/model", ada.user)
    mine, theirs = ada.clone("acme/model", "mine"), bert.clone("acme/model", "theirs")
    checkpoints.copy_model(checkpoints.BASE, mine)
    ada.commit(mine, "The base")
    ada.hubctl("push", cwd=mine)
    bert.hubctl("pull", cwd=theirs)
    checkpoints.copy_weights(checkpoints.FINE_TUNE_A, theirs)
    bert.hubctl("commit", "-a", "-m", "Fine-tuned", cwd=theirs)
    bert.hubctl("push", cwd=theirs)
    ada.hubctl("pull", cwd=mine)
    assert_same(checkpoints.FINE_TUNE_A, mine, [checkpoints.WEIGHTS])
    log = ada.hubctl("log", cwd=mine).stdout
    assert log.index("Fine-tuned") < log.index("The base")


def test_a_push_onto_a_moved_branch_is_refused_and_a_pull_helps(hub, person, pushed):
    ada = person("ada")
    other = ada.clone("ada/model", "other")
    (other / "one.txt").write_text("one")
    ada.commit(other, "One")
    ada.hubctl("push", cwd=other)
    (pushed / "two.txt").write_text("two")
    ada.commit(pushed, "Two")
    assert ada.hubctl("push", cwd=pushed, check=False).returncode != 0
    ada.hubctl("pull", cwd=pushed)
    ada.hubctl("push", cwd=pushed)
    assert (pushed / "one.txt").read_text() == "one"
    assert hub.file("ada/model", "two.txt").body == b"two"


def test_branches_and_tags(hub, person, pushed):
    ada = person("ada")
    ada.hubctl("branch", "experiment", cwd=pushed)
    ada.git("checkout", "experiment", cwd=pushed)
    (pushed / "idea.txt").write_text("idea")
    commit = ada.commit(pushed, "Idea")
    ada.hubctl("push", cwd=pushed)
    assert hub.head("ada/model", branch="experiment") == commit != hub.head("ada/model")
    ada.hubctl("tag", "v1", cwd=pushed)
    ada.git("push", hub.remote("ada/model", ada.user), "v1", cwd=pushed)
    tags = {tag["name"]: tag["targetCommit"] for tag in hub.get("/api/models/ada/model/refs").json["tags"]}
    assert "v1" in tags
    assert hub.file("ada/model", "idea.txt", "v1").body == b"idea"
    assert hub.file("ada/model", "idea.txt", commit).body == b"idea"


def test_any_range_of_a_file_can_be_read(hub, pushed):
    whole = (checkpoints.BASE / checkpoints.WEIGHTS).read_bytes()
    answer = hub.file("ada/model", checkpoints.WEIGHTS)
    assert hashlib.sha256(answer.body).digest() == hashlib.sha256(whole).digest()
    for first, last in ((0, 0), (0, 99), (65_530, 70_000), (len(whole) - 5, len(whole) - 1)):
        answer = hub.file("ada/model", checkpoints.WEIGHTS, headers={"Range": f"bytes={first}-{last}"})
        assert (answer.status, answer.body) == (206, whole[first:last + 1])
    assert hub.file("ada/model", checkpoints.WEIGHTS, headers={"Range": "bytes=-10"}).body == whole[-10:]
    assert hub.file("ada/model", checkpoints.WEIGHTS, headers={"Range": f"bytes={len(whole)}-"}).status == 416


def test_a_working_copy_is_an_ordinary_git_repository(hub, person, pushed):
    ada = person("ada")
    assert ada.git("status", "--porcelain", cwd=pushed).stdout == ""
    assert ada.git("show", f"HEAD:{checkpoints.WEIGHTS}", cwd=pushed).stdout.startswith(
        "version https://git-lfs.github.com/spec/v1\n")
    ada.git("lfs", "fsck", "--pointers", cwd=pushed)


def test_a_folder_without_a_remote_can_become_one(hub, person):
    ada = person("ada")
    ada.hubctl("repo", "create", "ada/fresh")
    listing = ada.hubctl("repo", "list").stdout
    assert "ada/fresh" in listing
    assert "ada/fresh" in ada.hubctl("repo", "show", "ada/fresh").stdout
    ada.hubctl("repo", "delete", "ada/fresh", "--yes")
    assert "ada/fresh" not in ada.hubctl("repo", "list").stdout
    assert hub.get("/api/models/ada/fresh", ada.user).status == 404


def test_a_clone_that_was_cut_goes_on_where_it_stopped(tmp_path):
    hub = programs.Hub(tmp_path, {"HUBD_LOG_LEVEL": "debug"})
    hub.start()
    try:
        ada = programs.Person(hub, tmp_path / "ada", hub.user("ada"))
        ada.hubctl("repo", "create", "ada/model")
        work = ada.clone("ada/model")
        checkpoints.random_checkpoint(work / checkpoints.WEIGHTS, seed=1, tensors=192)
        ada.commit(work, "Large")
        ada.hubctl("push", cwd=work)

        def reads():
            return hub.log.read_text().count(" path=/xet/")

        before = reads()
        ada.clone("ada/model", "whole")
        whole = reads() - before

        cut = ada.home / "cut"
        clone = ada.start("clone", "ada/model", cut)
        deadline = time.monotonic() + 60
        while clone.poll() is None and time.monotonic() < deadline:
            found = list(cut.glob(".git/lfs/**/*.incomplete"))
            if found and found[0].stat().st_size > 64 << 20:
                break
            time.sleep(0.002)
        clone.kill()
        clone.communicate(timeout=30)
        assert list(cut.glob(".git/lfs/**/*.incomplete")), "the clone was over too soon to be cut"
        before = reads()
        ada.hubctl("pull", cwd=cut)
        assert reads() - before < whole, "what had come was fetched again"
        assert (cut / checkpoints.WEIGHTS).read_bytes() == (work / checkpoints.WEIGHTS).read_bytes()
        assert not list(cut.glob(".git/lfs/**/*.incomplete"))
    finally:
        hub.close()
