"""Fetches into working copies with a history of their own: little is sent, and it is what git itself would send."""

import time

import pytest

import git_oracle
from hub import said

ALGORITHMS = ("consecutive", "skipping", "noop")


def long_history(commits, branch="main", start=0, files=10):
    """Makes a repository of that many commits in a line."""
    def make(folder):
        history = git_oracle.History(folder)
        parents = []
        for number in range(commits):
            path = f"folder-{number % files}/file.txt"
            parents = [history.commit(branch, {path: f"{start + number}\n"}, parents, when=start + number * 60)]
        return history.write()
    return make


@pytest.fixture(scope="module")
def diverged(shared_hub, shared_ada, tmp_path_factory):
    """A twin whose main went on by 200 commits since the clones of `local` were made, which have 3,000 of their own."""
    folder = tmp_path_factory.mktemp("diverged")
    twin = git_oracle.Twin(shared_hub, shared_ada, "diverged", folder, make=long_history(1000))
    local = folder / "local.git"
    git_oracle.git("clone", "--quiet", "--bare", twin.bare, local)
    for place, count, name in ((local, 3000, "mine"), (twin.bare, 200, "theirs")):
        tip = git_oracle.git("-C", place, "rev-parse", "main").strip()
        stream = [f"reset refs/heads/main\nfrom {tip}\n\n"]
        for number in range(count):
            text = f"{name} {number}\n"
            stream.append(
                f"commit refs/heads/main\ncommitter ada <ada@example.org> {git_oracle.EPOCH + 90_000 + number * 60} +0000\n"
                f"data {len(text)}\n{text}\nM 644 inline {name}.txt\ndata {len(text)}\n{text}\n")
        git_oracle.git("-C", place, "fast-import", "--quiet", stdin="".join(stream))
    twin.publish()
    return twin, local


def copy_of(local, side):
    clone = side.folder / "copy.git"
    git_oracle.git("clone", "--quiet", "--bare", local, clone)
    return clone


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_thousands_of_local_commits_do_not_hide_what_is_common(diverged, shared_ada, tmp_path, version, algorithm):
    twin, local = diverged

    def scenario(side):
        clone = copy_of(local, side)
        before = len(git_oracle.objects(side, clone))
        side.git("-c", f"fetch.negotiationAlgorithm={algorithm}", "-c", "fetch.unpackLimit=1", "fetch", "--quiet",
                 side.remote, "main:theirs", cwd=clone)
        git_oracle.fsck(side, clone)
        packs = sum(
            len(side.git("verify-pack", "-v", pack, cwd=clone).stdout.splitlines())
            for pack in sorted((clone / "objects/pack").glob("*.idx"))[-1:])
        return len(git_oracle.objects(side, clone)) - before, packs > 0, side.git("rev-list", "theirs", cwd=clone).stdout

    fetched = twin.both(scenario, shared_ada, tmp_path, version)[0]
    assert fetched == 200 * 3


def test_what_is_common_can_be_asked_for_alone(diverged, shared_ada, tmp_path, version):
    twin, local = diverged

    def scenario(side):
        clone = copy_of(local, side)
        side.git("remote", "add", "there", side.remote, cwd=clone)
        result = side.git("fetch", "--negotiate-only", "--negotiation-tip=main", "there", cwd=clone, check=False)
        return result.returncode, result.stdout, git_oracle.objects(side, clone) == git_oracle.objects(side, local)

    status, common, unchanged = twin.both(scenario, shared_ada, tmp_path, version)
    assert unchanged and (version < 2 or (status == 0 and common.strip()))


FOLLOWED = {
    "by itself": [], "none": ["--no-tags"], "all": ["--tags"], "one branch": ["origin", "main"],
    "a branch to a place": ["origin", "main:refs/remotes/origin/main"], "a tag": ["origin", "tag", "later"],
    "all forced": ["--force", "--tags", "--prune"], "atomic": ["--atomic", "--prune"], "dry": ["--dry-run"],
    "everything": ["origin", "+refs/*:refs/there/*"],
}


@pytest.mark.parametrize("kind", FOLLOWED)
def test_a_fetch_brings_the_tags_and_branches_git_itself_would_bring(
        shared_hub, shared_ada, tmp_path, version, kind):
    name = f"followed-{list(FOLLOWED).index(kind)}-{version}"
    twin = git_oracle.Twin(shared_hub, shared_ada, name, tmp_path, make=git_oracle.ordinary)
    sides = [twin.side(name, shared_ada, tmp_path / "sides", version) for name in git_oracle.SIDES]
    for side in sides:
        side.folder.mkdir(parents=True)
        side.clone("--single-branch" if kind == "by itself" else "--no-single-branch")
    tip = twin.commit("main", {"news.txt": "News\n"})
    twin.git("tag", "-a", "-m", "Later", "later", tip, env=git_oracle.DATED)
    twin.git("tag", "-a", "-m", "Tag of a tag", "later-again", "later", env=git_oracle.DATED)
    twin.git("tag", "later-light", tip)
    twin.commit("elsewhere", {"alone.txt": "Alone\n"})
    twin.git("tag", "-a", "-m", "Elsewhere", "there", "elsewhere", env=git_oracle.DATED)
    twin.git("update-ref", "refs/heads/side", "refs/heads/side~1")
    twin.git("branch", "-D", "feature/alone")
    twin.publish()
    seen = []
    for side in sides:
        result = side.git("fetch", *FOLLOWED[kind], cwd=side.folder / "clone", check=False)
        seen.append({"status": result.returncode, "said": sorted(side.plain(result.stderr).splitlines()),
                     **git_oracle.seen(side, side.folder / "clone", pack=False)})
        seen[-1]["said"] = [line for line in seen[-1]["said"] if not line.startswith(("remote: ", "From "))]
    assert seen[0] == seen[1], git_oracle.differences(*seen)


def test_a_commit_is_fetched_by_its_id(shared_hub, shared_ada, tmp_path, version):
    twin = git_oracle.Twin(shared_hub, shared_ada, f"by-id-{version}", tmp_path, make=git_oracle.ordinary)
    ids = [twin.git("rev-parse", name).strip() for name in ("main~5", "v1", "side~1")]

    def scenario(side):
        side.git("init", "--quiet", "clone")
        side.git("symbolic-ref", "HEAD", f"refs/heads/{ids[0]}", cwd=side.folder / "clone")
        for one in ids:
            side.git("fetch", "--quiet", side.remote, one, cwd=side.folder / "clone")
            side.git("update-ref", f"refs/heads/{one}", "FETCH_HEAD^{commit}", cwd=side.folder / "clone")
        side.git("fetch", "--quiet", "--depth", "1", side.remote, ids[0], cwd=side.folder / "clone")
        return git_oracle.seen(side, side.folder / "clone", pack=False)

    twin.both(scenario, shared_ada, tmp_path / "sides", version)


def test_a_fork_and_its_parent_share_one_working_copy(shared_hub, shared_ada, tmp_path, version):
    twin = git_oracle.Twin(shared_hub, shared_ada, f"parent-{version}", tmp_path, make=long_history(300))
    answer = shared_hub.request(
        "POST", f"/api/models/{twin.repository}/fork", {"name": f"fork-{version}"}, shared_ada.user)
    assert answer.status == 200, answer.body
    fork = shared_hub.remote(f"ada/fork-{version}", shared_ada.user)
    side = twin.side("hub", shared_ada, tmp_path / "sides", version)
    side.folder.mkdir(parents=True)
    clone = side.clone()
    other = side.folder / "other"
    side.git("clone", "--quiet", fork, other)
    side.commit(other, "mine.txt", "Only in the fork\n")
    side.git("push", "--quiet", "origin", "HEAD:main", cwd=other)
    tip = twin.commit("main", {"theirs.txt": "Only in the parent\n"})
    twin.publish()
    side.git("remote", "add", "fork", fork, cwd=clone)
    before = set(git_oracle.objects(side, clone))
    side.git("fetch", "--quiet", "--multiple", "origin", "fork", cwd=clone)
    assert len(set(git_oracle.objects(side, clone)) - before) == 6
    assert side.git("rev-parse", "origin/main", cwd=clone).stdout.strip() == tip
    side.git("merge", "--quiet", "-m", "Both", "origin/main", "fork/main", cwd=clone)
    assert (clone / "mine.txt").exists() and (clone / "theirs.txt").exists()
    git_oracle.fsck(side, clone)


def test_fifty_thousand_tags_are_cloned_in_moments(shared_hub, shared_ada, tmp_path):
    tags, folders = 50_000, 50

    def make(folder):
        history = git_oracle.History(folder)
        parents = []
        for number in range(100):
            parents = [history.commit("main", {"file.txt": f"{number}\n"}, parents)]
        ids = history.write()
        lines = [f"create refs/tags/{number % folders}/tag-{number} {ids[1 + number % 100]}\n" for number in range(tags)]
        git_oracle.git("-C", folder, "update-ref", "--stdin", stdin="".join(lines))
        git_oracle.git("-C", folder, "pack-refs", "--all")

    twin = git_oracle.Twin(
        shared_hub, shared_ada, "tags", tmp_path, make=make, by_hand=True)
    for version in (0, 2):
        side = twin.side("hub", shared_ada, tmp_path / f"{version}", version)
        side.folder.mkdir(parents=True)
        begin = time.monotonic()
        clone = side.clone("--bare")
        took = time.monotonic() - begin
        assert len(side.git("tag", cwd=clone).stdout.splitlines()) == tags
        assert took < 30, took
        one = side.git("ls-remote", side.remote, "refs/tags/43/tag-43").stdout
        assert one.endswith("refs/tags/43/tag-43\n") and len(one.splitlines()) == 1


@pytest.fixture(scope="module")
def many_branches(shared_hub, shared_ada, tmp_path_factory):
    def make(folder):
        history = git_oracle.History(folder)
        root = history.commit("main", {"file.txt": "root\n"})
        for number in range(1500):
            history.commit(f"branch-{number % 3}/{number}", {"file.txt": f"{number}\n"}, [root])
        history.write()

    return git_oracle.Twin(
        shared_hub, shared_ada, "branches", tmp_path_factory.mktemp("branches"), make=make, by_hand=True)


def test_many_branches_are_fetched_in_a_chunked_request(many_branches, shared_ada, tmp_path, version):
    """1,500 wants do not fit git's buffer, so that it sends them in pieces, without telling how many there will be."""
    side = many_branches.side("hub", shared_ada, tmp_path / "sides", version)
    side.folder.mkdir(parents=True)
    trace = {"GIT_TRACE_CURL": str(tmp_path / "trace"), "GIT_TRACE_CURL_NO_DATA": "1"}
    side.person.environment.update(trace)
    try:
        clone = side.clone("--bare", "-c", "http.postBuffer=65536")
    finally:
        for name in trace:
            del side.person.environment[name]
    assert "Transfer-Encoding: chunked" in (tmp_path / "trace").read_text()
    assert len(side.git("branch", cwd=clone).stdout.splitlines()) == 1501
    git_oracle.fsck(side, clone)


def test_a_commit_that_no_ref_reaches_is_not_fetched_by_its_id(shared_hub, shared_ada, tmp_path, version):
    twin = git_oracle.Twin(shared_hub, shared_ada, f"lost-{version}", tmp_path, make=git_oracle.ordinary)
    lost = twin.git("rev-parse", "side").strip()
    twin.git("tag", "-d", "side-end")
    twin.git("branch", "-D", "side")
    twin.publish()
    side = twin.side("hub", shared_ada, tmp_path / "sides", version)
    side.folder.mkdir(parents=True)
    side.git("init", "--quiet", "clone")
    for options in ([], ["--depth", "1"], ["--filter=blob:none"]):
        refused = side.git("fetch", *options, side.remote, lost, cwd=side.folder / "clone", check=False)
        assert refused.returncode != 0 and "not our ref" in said(refused), said(refused)
    assert git_oracle.objects(side, side.folder / "clone") == []
