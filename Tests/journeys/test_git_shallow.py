"""Shallow clones: deepened, made whole, kept up, pushed from; what git's own server would make of them."""

import re

import pytest

import git_oracle
from git_oracle import DAY, EPOCH


@pytest.fixture
def own_twin(shared_hub, shared_ada, tmp_path, version, request):
    """A twin that a test may change."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name).strip("-")
    return git_oracle.Twin(shared_hub, shared_ada, name, tmp_path, make=git_oracle.ordinary)


STEPS = {
    "deeper": (["--depth", "2"], [["--depth", "5"], ["--depth", "9"]]),
    "shallower": (["--depth", "6"], [["--depth", "2"], ["--depth", "4"]]),
    "by some more": (["--depth", "2"], [["--deepen", "3"], ["--deepen", "4"], ["--deepen", "100"]]),
    "whole": (["--depth", "2"], [["--unshallow"]]),
    "all branches whole": (["--depth", "3", "--no-single-branch"], [["--unshallow"]]),
    "whole, by and by": (["--depth", "1"], [["--deepen", "2"], ["--unshallow", "--tags"]]),
    "whole made shallow": ([], [["--depth", "3"]]),
    "by time": (["--depth", "1"], [["--shallow-since", f"@{EPOCH + 15 * DAY} +0000"],
                                   ["--shallow-since", f"@{EPOCH + 9 * DAY} +0000"]]),
    "by a tag": (["--depth", "1"], [["--shallow-exclude", "v2"], ["--shallow-exclude", "v1"]]),
    "of time to depth": (["--shallow-since", f"@{EPOCH + 15 * DAY} +0000"], [["--depth", "2"], ["--deepen", "3"]]),
    "other branches": (["--depth", "2"], [["--depth", "1", "origin", "side:refs/remotes/origin/side"],
                                          ["--depth", "3", "origin", "feature/alone"]]),
    "a tag alone": (["--depth", "1", "--no-tags"], [["--depth", "2", "origin", "tag", "v1", "--no-tags"]]),
    "with a filter": (["--depth", "2", "--filter=blob:none", "--no-checkout"], [["--deepen", "2"], ["--unshallow"]]),
}


@pytest.mark.parametrize("kind", STEPS)
def test_a_shallow_clone_is_deepened_as_git_itself_would(twin, shared_ada, tmp_path, version, kind):
    options, fetches = STEPS[kind]

    def scenario(side):
        clone = side.clone(*options)
        steps = [git_oracle.seen(side, clone, pack=False)]
        for fetch in fetches:
            side.git("fetch", "--quiet", *fetch, cwd=clone)
            steps.append(git_oracle.seen(side, clone, pack=False))
        return {str(number): step for number, step in enumerate(steps)}

    twin.both(scenario, shared_ada, tmp_path / "sides", version)


@pytest.mark.parametrize("options", ([], ["--depth", "1"], ["--depth", "3"], ["--deepen", "1"]), ids=" ".join)
def test_a_shallow_clone_is_kept_up(own_twin, shared_ada, tmp_path, version, options):
    clones = {}

    def begin(side):
        clones[side.name] = side.clone("--depth", "2", "--no-single-branch")

    def go_on(side):
        side.git("fetch", "--quiet", *options, cwd=clones[side.name])
        return git_oracle.seen(side, clones[side.name], pack=False)

    own_twin.both(begin, shared_ada, tmp_path / "sides", version)
    for number in range(3):
        own_twin.commit("main", {"news.txt": f"{number}\n"})
    own_twin.commit("new", {"alone.txt": "new\n"})
    own_twin.git("tag", "-a", "-m", "News", "news", "main", env=git_oracle.DATED)
    own_twin.publish()
    # The folders stay, with the clones that were begun.
    seen = {name: go_on(own_twin.side(name, shared_ada, tmp_path / "sides", version)) for name in git_oracle.SIDES}
    assert seen["hub"] == seen["git"], git_oracle.differences(seen["hub"], seen["git"])


@pytest.mark.parametrize("options", (["--depth", "1"], ["--depth", "3", "--no-single-branch"]), ids=" ".join)
def test_a_shallow_clone_pushes(own_twin, shared_ada, tmp_path, version, options):
    def scenario(side):
        clone = side.clone(*options)
        side.commit(clone, "README.md", "Written in a shallow clone\n")
        side.git("push", "--quiet", side.writable, "HEAD:main", "HEAD:refs/heads/another", cwd=clone)
        side.git("fetch", "--quiet", "origin", cwd=clone)
        whole = side.clone(into="whole")
        return {"shallow": git_oracle.seen(side, clone, pack=False), "whole": git_oracle.seen(side, whole, pack=False)}

    own_twin.both(scenario, shared_ada, tmp_path / "sides", version)


def test_a_shallow_clone_serves_a_shallow_clone(twin, shared_ada, tmp_path, version):
    def scenario(side):
        clone = side.clone("--depth", "4", "--bare")
        side.git("clone", "--quiet", "--depth", "2", f"file://{clone}", "second")
        second = side.folder / "second"
        side.git("fetch", "--quiet", "--unshallow", side.remote, "main", cwd=second)
        return side.git("rev-list", "--objects", "FETCH_HEAD", cwd=second).stdout

    twin.both(scenario, shared_ada, tmp_path, version)
