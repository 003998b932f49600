"""Partial clones: what was left out comes when it is needed, and only that."""

import pytest

import git_oracle
from hub import said


FILTERS = ("blob:none", "blob:limit=1k", "tree:0", "tree:1", "tree:3", "combine:blob:none+tree:2")
READ_WITH = ("blob:none", "tree:0", "combine:blob:none+tree:2")
READERS = {
    "checkout": ["checkout", "--quiet", "side"], "an old checkout": ["checkout", "--quiet", "v1"],
    "log -p": ["log", "-p", "--format=%H", "-5"], "log of a path": ["log", "--format=%H", "--", "src/core/a.py"],
    "blame": ["blame", "-s", "HEAD", "--", "src/core/a.py"], "diff": ["diff", "v1", "v2"], "grep": ["grep", "changed", "v2"],
    "show": ["show", "v1:data/large.txt"], "archive": ["archive", "--format=tar", "-o", "../out.tar", "v2"],
    "ls-tree": ["ls-tree", "-r", "-l", "v2"], "merge-tree": ["merge-tree", "--write-tree", "main", "origin/side"],
}


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("filter", READ_WITH)
def test_what_was_left_out_comes_when_it_is_needed(twin, shared_ada, tmp_path, filter, kind):
    def scenario(side):
        clone = side.clone("--no-checkout", f"--filter={filter}")
        result = side.git(*READERS[kind], cwd=clone)
        there = git_oracle.objects(side, clone)
        git_oracle.fsck(side, clone)
        return {"said": side.plain(said(result)), "objects": there}

    twin.both(scenario, shared_ada, tmp_path)


@pytest.mark.parametrize("filter", FILTERS)
def test_every_version_brings_what_was_left_out(twin, shared_ada, tmp_path, filter, version):
    def scenario(side):
        clone = side.clone(f"--filter={filter}")
        side.git("log", "-p", "-3", "--format=%H", cwd=clone)
        return git_oracle.seen(side, clone)

    twin.both(scenario, shared_ada, tmp_path, version)


@pytest.mark.parametrize("filter", FILTERS)
def test_a_partial_clone_is_kept_up(shared_hub, shared_ada, tmp_path, filter, version):
    name = f"kept-{version}-{FILTERS.index(filter)}"
    twin = git_oracle.Twin(shared_hub, shared_ada, name, tmp_path, make=git_oracle.ordinary)
    sides = [twin.side(name, shared_ada, tmp_path / "sides", version) for name in git_oracle.SIDES]
    for side in sides:
        side.folder.mkdir(parents=True)
        side.clone("--no-checkout", f"--filter={filter}")
    twin.commit("main", {"docs/news.txt": "News\n", "data/large.txt": "new content " * 1000})
    twin.commit("new", {"alone.txt": "new\n"})
    twin.publish()
    seen = []
    for side in sides:
        side.git("fetch", "--quiet", cwd=side.folder / "clone")
        fetched = git_oracle.objects(side, side.folder / "clone")
        side.git("checkout", "--quiet", "origin/main", cwd=side.folder / "clone")
        seen.append({"fetched": fetched, "checked out": git_oracle.seen(side, side.folder / "clone")})
    assert seen[0] == seen[1], git_oracle.differences(*seen)


def test_a_whole_clone_fetches_again_with_a_filter(twin, shared_ada, tmp_path, version):
    def scenario(side):
        clone = side.clone("--filter=tree:0", "--no-checkout")
        side.git("fetch", "--quiet", "--refetch", "--filter=blob:none", cwd=clone)
        return git_oracle.seen(side, clone)

    twin.both(scenario, shared_ada, tmp_path, version)


def test_a_sparse_checkout_fetches_what_it_shows(twin, shared_ada, tmp_path, version):
    def scenario(side):
        clone = side.clone("--sparse", "--filter=blob:none")
        before = git_oracle.seen(side, clone)
        side.git("sparse-checkout", "set", "docs/guide", cwd=clone)
        return {"before": before, "after": git_oracle.seen(side, clone)}

    twin.both(scenario, shared_ada, tmp_path, version)


def test_a_partial_clone_pushes(shared_hub, shared_ada, tmp_path, version):
    twin = git_oracle.Twin(shared_hub, shared_ada, f"pushed-{version}", tmp_path, make=git_oracle.ordinary)

    def scenario(side):
        clone = side.clone("--filter=blob:none")
        side.commit(clone, "README.md", "Written in a partial clone\n")
        side.git("push", "--quiet", side.writable, "HEAD:main", cwd=clone)
        return git_oracle.seen(side, side.clone(into="whole"), pack=False)

    twin.both(scenario, shared_ada, tmp_path / "sides", version)


@pytest.mark.parametrize("filter", ("blob:some", "object:type=model", "combine:blob:none+nothing", "tree:-1"))
def test_a_filter_that_is_none_is_refused(twin, shared_ada, tmp_path, filter, version):
    def scenario(side):
        result = side.git("clone", "--quiet", f"--filter={filter}", side.remote, "clone", check=False)
        assert not (side.folder / "clone").exists()
        return result.returncode

    assert twin.both(scenario, shared_ada, tmp_path, version) == 128
