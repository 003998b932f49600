"""Fetches over a network that breaks off: the client fails in words, keeps what it had, and the next try works."""

import os
import random

import pytest

import git_oracle
from cutting_proxy import CuttingProxy
from hub import said

SEED = 20_240_607
CUTS = 10


def make(folder):
    """Half a megabyte that does not compress, so that a cut is in the middle of the pack."""
    dice = random.Random(SEED)
    history = git_oracle.History(folder)
    parents = []
    for number in range(60):
        parents = [history.commit("main", {f"data/{number % 9}.bin": dice.randbytes(8192)}, parents)]
    return history.write()


@pytest.fixture(scope="module")
def twin(shared_hub, shared_ada, tmp_path_factory):
    return git_oracle.Twin(shared_hub, shared_ada, "noise", tmp_path_factory.mktemp("twin"), make=make)


@pytest.fixture
def proxy(shared_hub):
    proxy = CuttingProxy(int(shared_hub.url.rsplit(":", 1)[1]))
    yield proxy
    proxy.close()


@pytest.fixture
def side(twin, shared_ada, tmp_path, proxy, shared_hub):
    side = twin.side("hub", shared_ada, tmp_path, version=2)
    side.remote = side.remote.replace(shared_hub.url, proxy.url)
    side.folder.mkdir(parents=True)
    return side


def transferred(side, proxy):
    """How many bytes a whole clone is, each way."""
    sizes = {}
    for direction in ("down", "up"):
        proxy.cut_after(1 << 40, direction)
        side.clone("--bare", into=f"measure-{direction}")
        sizes[direction] = proxy.passed
    return sizes


@pytest.mark.parametrize("version", git_oracle.VERSIONS)
def test_a_clone_that_is_cut_off_fails_in_words_and_works_again(side, proxy, shared_hub, version):
    side.version = version
    dice = random.Random(SEED + version)
    for direction, size in transferred(side, proxy).items():
        for number in range(CUTS if direction == "down" else CUTS // 2):
            proxy.cut_after(dice.randrange(size), direction)
            name = f"{direction}-{number}"
            cut = side.git("clone", "--bare", side.remote, name, check=False)
            assert cut.returncode != 0 and "fatal: " in cut.stderr, said(cut)
            assert not (side.folder / name).exists()
    proxy.cut_after(None)
    assert shared_hub.get("/health").status == 200
    git_oracle.fsck(side, side.clone("--bare", into="whole"))


@pytest.mark.parametrize("options", ([], ["--depth", "5"], ["--filter=blob:none"]), ids=" ".join)
def test_a_fetch_that_is_cut_off_leaves_the_clone_as_it_was(side, proxy, twin, shared_hub, options):
    dice = random.Random(SEED)
    side.git("init", "--quiet", "--bare", "clone")
    clone = side.folder / "clone"
    side.git("fetch", "--quiet", side.remote, f"{twin.ids[20]}:refs/heads/main", cwd=clone)
    before = side.git("for-each-ref", cwd=clone).stdout
    proxy.cut_after(1 << 40)
    side.git("clone", "--quiet", "--bare", *options, side.remote, "measure")
    size = proxy.passed
    for number in range(CUTS):
        proxy.cut_after(dice.randrange(max(1, size // 3)))
        cut = side.git("fetch", *options, side.remote, "+main:refs/heads/main", cwd=clone, check=False)
        assert cut.returncode != 0 and "fatal: " in cut.stderr, said(cut)
        assert side.git("for-each-ref", cwd=clone).stdout == before
        assert not (clone / "shallow.lock").exists()
        git_oracle.fsck(side, clone)
    proxy.cut_after(None)
    side.git("fetch", "--quiet", *options, side.remote, "+main:refs/heads/main", cwd=clone)
    assert side.git("rev-parse", "main", cwd=clone).stdout == twin.git("rev-parse", "main")
    git_oracle.fsck(side, clone)
    assert shared_hub.get("/health").status == 200


def test_readers_that_go_away_leave_nothing_behind(side, proxy, shared_hub):
    """Many clients that break off in the middle cost the hub neither memory nor open files."""
    def burden():
        pid = shared_hub.process.pid
        with open(f"/proc/{pid}/statm") as file:
            pages = int(file.read().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE"), len(os.listdir(f"/proc/{pid}/fd"))

    size = transferred(side, proxy)["down"]
    dice = random.Random(SEED)

    def break_off(times):
        for _ in range(times):
            proxy.cut_after(dice.randrange(size // 4, size))
            side.git("clone", "--quiet", "--bare", side.remote, "cut", check=False)

    break_off(10)
    memory, files = burden()
    break_off(30)
    after = burden()
    assert after[0] < memory + (48 << 20) and after[1] <= files + 10, (memory, files, after)


def test_a_partial_clone_recovers_from_a_cut_in_a_lazy_fetch(side, proxy, twin):
    clone = side.clone("--filter=blob:none", "--no-checkout")
    proxy.cut_after(4000)
    cut = side.git("checkout", "--quiet", "main", cwd=clone, check=False)
    assert cut.returncode != 0 and "fatal: " in cut.stderr, said(cut)
    proxy.cut_after(None)
    side.git("checkout", "--quiet", "--force", "main", cwd=clone)
    assert git_oracle.tree_of_files(clone)
    assert side.git("status", "--porcelain", cwd=clone).stdout == ""
    git_oracle.fsck(side, clone)
