"""Clones by stock git, of every kind, are what git's own server gives, in every version of the protocol."""

import pytest

import git_oracle
from hub import said


CLONES = {
    "whole": [], "bare": ["--bare"], "mirror": ["--mirror"], "one branch": ["--single-branch"],
    "another branch": ["--branch", "side"], "one other branch": ["--branch", "feature/alone", "--single-branch"],
    "a tag": ["--branch", "v1"], "one tag": ["--branch", "v1", "--single-branch"], "no tags": ["--no-tags"],
    "no tags of one branch": ["--no-tags", "--single-branch"], "another name": ["--origin", "upstream"],
    "without checkout": ["--no-checkout"], "serial": ["-c", "transfer.unpackLimit=1000000"],
    "checked": ["-c", "transfer.fsckObjects=true"],
    "depth 1": ["--depth", "1"], "depth 3": ["--depth", "3"], "deeper than it is": ["--depth", "1000"],
    "depth 2 of all": ["--depth", "2", "--no-single-branch"], "depth 1 of a tag": ["--depth", "1", "--branch", "v2"],
    "depth 1 without tags": ["--depth", "1", "--no-tags"], "bare depth 2": ["--bare", "--depth", "2"],
    "since": ["--shallow-since", f"@{git_oracle.EPOCH + 12 * git_oracle.DAY} +0000"],
    "since, all": ["--no-single-branch", "--shallow-since", f"@{git_oracle.EPOCH + 8 * git_oracle.DAY} +0000"],
    "without a tag": ["--shallow-exclude", "v1"], "without a branch": ["--shallow-exclude", "side"],
    "without two": ["--shallow-exclude", "v1", "--shallow-exclude", "side-light"],
    "no blobs": ["--filter=blob:none"], "no blobs, bare": ["--bare", "--filter=blob:none"],
    "small blobs": ["--filter=blob:limit=1k", "--no-checkout"], "tiny blobs": ["--filter=blob:limit=0", "--no-checkout"],
    "no trees": ["--filter=tree:0", "--no-checkout"], "root trees": ["--filter=tree:1", "--no-checkout"],
    "two levels": ["--filter=tree:2", "--no-checkout"],
    "only commits": ["--bare", "--filter=object:type=commit"], "trees alone": ["--bare", "--filter=object:type=tree"],
    "tags alone": ["--bare", "--filter=object:type=tag"], "blobs alone": ["--bare", "--filter=object:type=blob"],
    "two filters": ["--filter=combine:blob:limit=100+tree:3", "--no-checkout"],
    "depth and filter": ["--depth", "2", "--filter=blob:none", "--no-checkout"],
    "since and filter": [
        "--shallow-since", f"@{git_oracle.EPOCH + 12 * git_oracle.DAY} +0000", "--filter=tree:0", "--no-checkout"],
}


@pytest.mark.parametrize("kind", CLONES)
def test_a_clone_is_what_git_itself_would_give(twin, shared_ada, tmp_path, version, kind):
    def scenario(side):
        # Without their commits, other objects are not reachable.
        return git_oracle.seen(side, side.clone(*CLONES[kind]), reachable=not kind.endswith(" alone"))

    twin.both(scenario, shared_ada, tmp_path, version)


REFUSED = {
    "no such branch": ["--branch", "absent"], "no such tag to leave out": ["--shallow-exclude", "absent"],
    "no time left": ["--shallow-since", "@4102444800 +0000"], "a path as a filter": ["--filter=sparse:path=README.md"],
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_git_refuses_is_refused(twin, shared_ada, tmp_path, version, kind):
    def scenario(side):
        result = side.git("clone", "--quiet", *REFUSED[kind], side.remote, "clone", check=False)
        assert result.returncode != 0, said(result)
        assert not (side.folder / "clone").exists()
        return result.returncode

    twin.both(scenario, shared_ada, tmp_path, version)


def test_a_bundle_made_from_a_clone_holds_the_whole_repository(twin, shared_ada, tmp_path, version):
    def scenario(side):
        clone = side.clone("--mirror")
        side.git("bundle", "create", "../all.bundle", "--all", cwd=clone)
        side.git("bundle", "verify", "../all.bundle", cwd=clone)
        side.git("clone", "--quiet", "--bare", "all.bundle", "copy")
        return git_oracle.seen(side, side.folder / "copy", pack=False)

    twin.both(scenario, shared_ada, tmp_path, version)


def test_an_empty_repository_is_cloned_with_its_unborn_branch(shared_hub, shared_ada, tmp_path, version):
    empty = git_oracle.Twin(shared_hub, shared_ada, f"empty-{version}", tmp_path)

    def scenario(side):
        plain = side.git("clone", side.remote, "clone")
        assert "You appear to have cloned an empty repository" in plain.stderr
        side.git("clone", "--quiet", "--bare", side.remote, "bare")
        head = (side.folder / "clone/.git/HEAD").read_text()
        return head, side.git("ls-remote", side.remote).stdout, side.git("ls-remote", "--symref", side.remote).stdout

    assert empty.both(scenario, shared_ada, tmp_path / "sides", version)[0] == "ref: refs/heads/main\n"
