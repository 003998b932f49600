"""Bare repositories of a folder are taken over at the start; git on this machine pushes to those that allow it."""

import hashlib
import http.client
import shutil

import pytest

import hub as programs
from hub import run, said


class Importing(programs.Hub):
    """A hub that imports a folder, with a start that may be repeated."""

    def __init__(self, folder):
        super().__init__(folder)
        self.source = folder / "bare"
        self.source.mkdir()
        self.environment["HUBD_IMPORT"] = str(self.source)


@pytest.fixture
def importing(tmp_path):
    hub = Importing(tmp_path)
    yield hub
    hub.close()
    shutil.rmtree(hub.data, ignore_errors=True)


@pytest.fixture
def anybody(importing, tmp_path):
    """Somebody at this machine, with git and no login; the hub need not run yet."""
    importing.url = None
    hub = type("Place", (), {"url": ""})()
    return programs.Person(hub, tmp_path / "anybody")


def commit(person, folder, name, text):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    person.git("add", "-A", cwd=folder)
    person.git("commit", "-q", "-m", f"add {name}", cwd=folder)
    return person.git("rev-parse", "HEAD", cwd=folder).stdout.strip()


def bare(person, path, branch="main", open_to_all=False):
    """A bare repository, and a working copy of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    person.git("init", "-q", "--bare", f"--initial-branch={branch}", path)
    if open_to_all:
        person.git("config", "http.receivepack", "true", cwd=path)
    work = person.home / f"work-{path.parent.name}-{path.stem}"
    person.git("clone", "-q", path, work)
    return work


def refs(person, folder):
    """Branches and tags of a repository, bare or a mirror of one."""
    listed = person.git(
        "for-each-ref", "--format=%(refname) %(objectname) %(*objectname)", "refs/heads", "refs/tags", cwd=folder)
    return listed.stdout.splitlines()


def mirror(person, url, name):
    folder = person.home / name
    shutil.rmtree(folder, ignore_errors=True)
    person.git("clone", "-q", "--mirror", url, folder)
    person.git("fsck", "--full", "--strict", cwd=folder)
    return folder


def test_every_branch_and_tag_of_the_folder_is_cloned_from_the_hub_as_it_was(importing, anybody):
    one = importing.source / "smart" / "repo.git"
    work = bare(anybody, one, branch="trunk")
    for number in range(12):
        commit(anybody, work, f"folder/file{number}", f"text {number}\n" * 40)
    anybody.git("tag", "light", cwd=work)
    anybody.git("tag", "-a", "-m", "annotated", "heavy", "HEAD~3", cwd=work)
    anybody.git("switch", "-q", "-c", "feature/side", "HEAD~5", cwd=work)
    commit(anybody, work, "side", "beside\n")
    anybody.git("push", "-q", "origin", "--all", cwd=work)
    anybody.git("push", "-q", "origin", "--tags", cwd=work)
    anybody.git("gc", "-q", "--aggressive", cwd=one)
    blob = anybody.git("hash-object", "-w", "--stdin", cwd=one).stdout.strip()
    anybody.git("update-ref", "refs/tags/blob", blob, cwd=one)
    anybody.git("update-ref", "refs/notes/commits", "trunk", cwd=one)
    two = importing.source / "single.git"
    commit(anybody, bare(anybody, two), "README.md", "# One word\n")
    anybody.git("push", "-q", "origin", "main", cwd=anybody.home / "work-bare-single")
    bare(anybody, importing.source / "smart" / "empty.git", branch="other")

    importing.start()

    copy = mirror(anybody, f"{importing.url}/smart/repo.git", "copy.git")
    expected = [line for line in refs(anybody, one) if not line.startswith("refs/tags/blob")]
    assert refs(anybody, copy) == expected and len(expected) == 4
    assert anybody.git("symbolic-ref", "HEAD", cwd=copy).stdout == "refs/heads/trunk\n"
    assert "refs/tags/blob" in importing.said() and "refs/notes/commits" in importing.said()
    assert "refs/notes" not in anybody.git("ls-remote", f"{importing.url}/smart/repo.git").stdout
    single = mirror(anybody, f"{importing.url}/single.git", "single.git")
    assert refs(anybody, single) == refs(anybody, two)
    assert importing.get("/api/models/library/single").json["private"] is False
    anybody.git("clone", "-q", f"{importing.url}/smart/empty.git", "empty")
    assert anybody.git("symbolic-ref", "HEAD", cwd=anybody.home / "empty").stdout.strip() in (
        "refs/heads/other", "refs/heads/main")


def test_a_second_start_takes_only_what_is_new_and_leaves_what_went_another_way(importing, anybody):
    place = importing.source / "smart" / "repo.git"
    work = bare(anybody, place)
    commit(anybody, work, "a", "1\n")
    anybody.git("branch", "side", cwd=work)
    anybody.git("push", "-q", "origin", "main", "side", cwd=work)
    importing.start()
    importing.stop()
    assert importing.said().count("Repository imported") == 1

    importing.start()
    assert importing.said().count("Repository imported") == 1, "what is unchanged is not imported again"
    importing.stop()

    new = commit(anybody, work, "b", "2\n")
    anybody.git("tag", "v1", cwd=work)
    anybody.git("switch", "-q", "--orphan", "elsewhere", cwd=work)
    commit(anybody, work, "c", "3\n")
    anybody.git("push", "-q", "--force", "origin", "main", "v1", "elsewhere:side", cwd=work)
    importing.start()

    copy = mirror(anybody, f"{importing.url}/smart/repo.git", "copy.git")
    assert anybody.git("rev-parse", "main", "v1", cwd=copy).stdout.split() == [new, new]
    assert anybody.git("rev-parse", "side", cwd=copy).stdout.strip() != new
    assert "it stands elsewhere on the hub" in importing.said()


def test_large_files_come_along(importing, anybody):
    place = importing.source / "smart" / "weights.git"
    work = bare(anybody, place)
    content = bytes(range(256)) * 4096
    digest = hashlib.sha256(content).hexdigest()
    anybody.git("lfs", "install", "--local", cwd=work)
    anybody.git("lfs", "track", "*.bin", cwd=work)
    (work / "data.bin").write_bytes(content)
    commit(anybody, work, "note", "weights\n")
    anybody.git("push", "-q", "origin", "main", cwd=work)
    kept = place / "lfs" / "objects" / digest[:2] / digest[2:4] / digest
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(content)

    importing.start()

    assert importing.file("smart/weights", "data.bin").body == content
    anybody.git("clone", "-q", f"{importing.url}/smart/weights.git", "weights")
    assert (anybody.home / "weights" / "data.bin").read_bytes() == content


def test_what_a_push_could_not_bring_is_not_imported_and_keeps_nothing_else_away(importing, anybody):
    broken = importing.source / "smart" / "broken.git"
    work = bare(anybody, broken)
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "ab" * 32 + "\nsize 12\n"
    commit(anybody, work, "lost.bin", pointer)
    anybody.git("push", "-q", "origin", "main", cwd=work)
    good = importing.source / "smart" / "good.git"
    commit(anybody, bare(anybody, good), "a", "fine\n")
    anybody.git("push", "-q", "origin", "main", cwd=anybody.home / "work-smart-good")
    (importing.source / "smart" / "no-repository.git").mkdir()

    importing.start()

    assert importing.get("/api/models/smart/broken").status == importing.get("/api/models/smart/absent").status
    assert "ab" * 32 in importing.said()
    mirror(anybody, f"{importing.url}/smart/good.git", "good.git")


def test_git_on_this_machine_pushes_without_a_login_where_the_folder_allows_it(importing, anybody):
    open_place = importing.source / "smart" / "open.git"
    for name, open_to_all in (("open", True), ("strict", True), ("closed", False)):
        work = bare(anybody, importing.source / "smart" / f"{name}.git", open_to_all=open_to_all)
        commit(anybody, work, name, "1\n")
        anybody.git("push", "-q", "origin", "main", cwd=work)
    anybody.git(
        "config", "receive.denyNonFastForwards", "true", cwd=importing.source / "smart" / "strict.git")
    importing.start()
    url = f"{importing.url}/smart/open.git"
    anybody.git("clone", "-q", url, "open")
    work = anybody.home / "open"

    first = commit(anybody, work, "b", "2\n")
    anybody.git("tag", "-a", "-m", "first", "v1", cwd=work)
    anybody.git("push", "origin", "main", "main:refs/heads/side", "v1", cwd=work)
    commit(anybody, work, "c", "3\n")
    anybody.git("push", "origin", "HEAD:side", cwd=work)
    anybody.git("push", "--force", "origin", f"{first}:side", cwd=work)
    copy = mirror(anybody, url, "copy.git")
    assert anybody.git("rev-parse", "main", "side", "v1^{}", cwd=copy).stdout.split() == [first] * 3
    anybody.git("push", "origin", ":side", ":refs/tags/v1", cwd=work)
    assert "side" not in anybody.git("ls-remote", url).stdout
    lease = f"--force-with-lease=main:{first}"
    anybody.git("push", lease, "origin", "HEAD~2:main", cwd=work)
    stale = anybody.git("push", lease, "origin", "HEAD:main", cwd=work, check=False)
    assert stale.returncode != 0 and "stale info" in said(stale)
    anybody.git("push", "-q", "origin", f"{first}:main", cwd=work)
    deleted = anybody.git("push", "origin", ":main", cwd=work, check=False)
    assert deleted.returncode != 0 and "it is the default branch" in said(deleted)

    strict = f"{importing.url}/smart/strict.git"
    tip = anybody.git("ls-remote", strict, "main").stdout.split()[0]
    refused = anybody.git("push", "--force", strict, "main", cwd=work, check=False)
    assert refused.returncode != 0 and "only moves forward" in said(refused)
    assert anybody.git("ls-remote", strict, "main").stdout.split()[0] == tip

    closed = anybody.git("push", f"{importing.url}/smart/closed.git", "main:x", cwd=work, check=False)
    assert closed.returncode != 0 and "could not read Username" in said(closed)
    assert importing.request("DELETE", "/api/repos/delete", {"name": "open", "organization": "smart"}).status == 401
    assert importing.request("POST", "/api/models/smart/open/branch/x", {}).status == 401

    # What is pushed stays over a start, and the folder is as it was.
    importing.stop()
    importing.start()
    assert anybody.git("rev-parse", "main", cwd=mirror(anybody, url, "again.git")).stdout.strip() == first
    assert anybody.git("rev-list", "--count", "main", cwd=open_place).stdout.strip() == "1"

    # Without the option nobody is let in any more.
    importing.stop()
    del importing.environment["HUBD_IMPORT"]
    importing.start()
    late = anybody.git("push", "origin", "HEAD:late", cwd=work, check=False)
    assert late.returncode != 0 and "could not read Username" in said(late)


def ask(hub, method, path, body=None, headers=None):
    """The status of a request as git sends it: on a connection that stays open."""
    connection = http.client.HTTPConnection(hub.url.removeprefix("http://"), timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("header", [
    {"X-Forwarded-For": "10.0.0.1"}, {"Origin": "http://evil.example"}, {"Host": "hub.example.org"}, {"Via": "1.1 x"},
    {"X-Forwarded-Proto": "https"}, {"Connection": "close"}])
def test_what_only_passes_through_this_machine_is_no_guest(importing, anybody, header):
    work = bare(anybody, importing.source / "smart" / "open.git", open_to_all=True)
    commit(anybody, work, "a", "1\n")
    anybody.git("push", "-q", "origin", "main", cwd=work)
    importing.start()
    place = "/smart/open.git/info/refs?service=git-receive-pack"
    assert ask(importing, "GET", place) == 200
    assert ask(importing, "GET", place, headers=header) == 401
    body = b"0000"
    right = {"Content-Type": "application/x-git-receive-pack-request"}
    assert ask(importing, "POST", "/smart/open.git/git-receive-pack", body, right) == 200
    assert ask(importing, "POST", "/smart/open.git/git-receive-pack", body, right | header) == 401
    plain = {"Content-Type": "text/plain"}
    assert ask(importing, "POST", "/smart/open.git/git-receive-pack", body, plain) == 401


@pytest.mark.parametrize("setting", [{"HUBD_LISTEN": "0.0.0.0:0"}, {"HUBD_PUBLIC_URL": "https://hub.example.org"}])
def test_nobody_is_a_guest_of_a_hub_that_others_can_reach(importing, anybody, setting):
    work = bare(anybody, importing.source / "smart" / "open.git", open_to_all=True)
    commit(anybody, work, "a", "1\n")
    anybody.git("push", "-q", "origin", "main", cwd=work)
    importing.environment |= setting
    importing.listen = setting.get("HUBD_LISTEN", "127.0.0.1:0")
    importing.start()
    place = "/smart/open.git/info/refs?service=git-receive-pack"
    assert ask(importing, "GET", place.replace("receive", "upload")) == 200
    assert ask(importing, "GET", place) == 401
    assert "Anonymous pushes are not accepted" in importing.said()


def test_a_folder_that_is_not_there_ends_the_start_with_a_sentence(tmp_path):
    result = run(
        [programs.HUBD, "serve", "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0", "--import",
         str(tmp_path / "nowhere")], check=False)
    assert result.returncode != 0
    assert f"the folder '{tmp_path}/nowhere' to import from cannot be read" in said(result)


def test_a_path_that_is_no_folder_ends_the_start_with_a_sentence(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    result = run(
        [programs.HUBD, "serve", "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0", "--import",
         str(tmp_path / "file")], check=False)
    assert result.returncode != 0
    assert f"the folder '{tmp_path}/file' to import from cannot be read: it is not a folder" in said(result)
    assert "NSCocoa" not in said(result)


def filled(person, path, **options):
    """A bare repository with one commit, and a working copy of it."""
    work = bare(person, path, **options)
    commit(person, work, "a", f"{path}\n")
    person.git("push", "-q", "origin", "HEAD", cwd=work)
    return work


def logged(hub, word):
    return [line for line in hub.said().splitlines() if word in line]


def test_refs_in_a_list_that_is_not_sorted_as_it_says_are_all_taken(importing, anybody):
    place = importing.source / "smart" / "many.git"
    tip = anybody.git("rev-parse", "HEAD", cwd=filled(anybody, place)).stdout.strip()
    names = [f"refs/tags/v{number}" for number in range(300)]
    (place / "packed-refs").write_text(
        "# pack-refs with: peeled fully-peeled sorted \n" + "".join(f"{tip} {name}\n" for name in reversed(names)))

    importing.start()

    copy = mirror(anybody, f"{importing.url}/smart/many.git", "many.git")
    served = anybody.git("ls-remote", str(place), "refs/*").stdout.splitlines()
    assert refs(anybody, copy) == sorted(f"{line.split()[1]} {line.split()[0]} " for line in served)
    assert len(served) == 301 and "A ref was not imported" not in importing.said()


def test_of_folders_that_differ_only_in_capitals_one_is_taken_and_the_others_are_told(importing, anybody):
    first, second = importing.source / "O" / "Case.git", importing.source / "o" / "case.git"
    for place in (second, first):
        filled(anybody, place)
    plain, owned = importing.source / "one.git", importing.source / "library" / "one.git"
    filled(anybody, plain)
    filled(anybody, owned)

    importing.start()

    copy = mirror(anybody, f"{importing.url}/o/case.git", "case.git")
    assert refs(anybody, copy) == refs(anybody, first) != refs(anybody, second)
    lines = logged(importing, "A repository was not imported")
    assert len(lines) == 2 and all(" error " in line for line in lines)
    assert str(second) in lines[0] and str(first) in lines[0]
    assert str(plain) in lines[1] and str(owned) in lines[1]

    # Who was first on the hub keeps the name, whoever comes before in the folder.
    importing.stop()
    third = importing.source / "A" / "case.git"
    filled(anybody, importing.source / "a" / "Case.git")
    importing.start()
    importing.stop()
    filled(anybody, third)
    importing.start()
    assert refs(anybody, mirror(anybody, f"{importing.url}/A/case.git", "a.git")) != refs(anybody, third)
    assert any(str(third) in line for line in logged(importing, "A repository was not imported"))


def test_a_detached_head_is_told_and_a_branch_at_its_commit_becomes_the_default(importing, anybody):
    place = importing.source / "smart" / "detached.git"
    work = filled(anybody, place)
    anybody.git("push", "-q", "origin", "main:refs/heads/release", "main:refs/heads/stable", cwd=work)
    commit(anybody, work, "b", "2\n")
    anybody.git("push", "-q", "origin", "main", cwd=work)
    tip = anybody.git("rev-parse", "release", cwd=place).stdout.strip()
    anybody.git("update-ref", "--no-deref", "HEAD", tip, cwd=place)

    importing.start()

    line, = logged(importing, "HEAD was not imported")
    assert " warning " in line and f"it is detached, at {tip}" in line and "refs/heads/release" in line
    copy = mirror(anybody, f"{importing.url}/smart/detached.git", "copy.git")
    assert anybody.git("symbolic-ref", "HEAD", cwd=copy).stdout.strip() == "refs/heads/release"


def test_of_a_repository_that_lost_its_objects_nothing_is_made_and_its_owner_is_nobody(importing, anybody):
    place = importing.source / "alice" / "lost.git"
    tip = anybody.git("rev-parse", "HEAD", cwd=filled(anybody, place)).stdout.strip()
    shutil.rmtree(place / "objects")
    (place / "objects").mkdir()
    # Its tip is there, and what it stands on is not: it is found out later.
    deeper = importing.source / "bob" / "deeper.git"
    work = filled(anybody, deeper)
    blob = anybody.git("rev-parse", "HEAD:a", cwd=work).stdout.strip()
    (deeper / "objects" / blob[:2] / blob[2:]).unlink()
    none = importing.source / "carol" / "refused.git"
    work = bare(anybody, none)
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "ab" * 32 + "\nsize 12\n"
    commit(anybody, work, "lost.bin", pointer)
    anybody.git("push", "-q", "origin", "main", cwd=work)

    importing.start()

    lines = logged(importing, "A repository was not imported")
    assert [next(path for path in (place, deeper, none) if str(path) in line) for line in lines] == [
        place, deeper, none]
    assert all(" error " in line for line in lines)
    assert tip in lines[0] and "refs/heads/main" in lines[0] and f"git -C {place} fsck" in lines[0]
    assert f"object {blob} is missing" in lines[1]
    assert "Repository imported" not in importing.said()
    for owner, name in (("alice", "lost"), ("bob", "deeper"), ("carol", "refused")):
        assert importing.get(f"/api/models/{owner}/{name}").status == importing.get("/api/models/no/no").status
        importing.hubd("admin", "user", "create", owner)


def test_large_files_that_are_missing_come_with_the_command_that_is_named(importing, anybody):
    origin = anybody.home / "origin.git"
    work = bare(anybody, origin)
    anybody.git("lfs", "install", "--local", cwd=work)
    anybody.git("lfs", "track", "*.bin", cwd=work)
    (work / "data.bin").write_bytes(b"weights" * 1000)
    commit(anybody, work, "note", "weights\n")
    anybody.git("push", "-q", f"file://{origin}", "main", cwd=work)
    place = importing.source / "smart" / "weights.git"
    place.parent.mkdir()
    anybody.git("clone", "-q", "--bare", f"file://{origin}", place)
    importing.start()
    line, = logged(importing, "A repository was not imported")
    command = line.split("`")[1]
    assert "1 of its large files" in line and command == f"git -C {place} lfs fetch --all"
    importing.stop()

    anybody.git(*command.split()[1:])
    importing.start()

    assert importing.file("smart/weights", "data.bin").body == b"weights" * 1000


def test_a_plain_file_that_is_too_large_names_the_setting_that_lets_it_in(importing, anybody):
    work = filled(anybody, importing.source / "smart" / "plain.git")
    (work / "large.txt").write_bytes(b"w" * 3_000_000)
    commit(anybody, work, "note", "large\n")
    anybody.git("push", "-q", "origin", "main", cwd=work)
    importing.environment["HUBD_LIMITS_PLAIN_FILE_BYTES"] = "2000000"
    importing.start()
    line, = logged(importing, "A repository was not imported")
    assert "large.txt: is 3000000 bytes" in line and "plain-files.over-limit = chunk" in line
    importing.stop()

    importing.environment["HUBD_PLAIN_FILES_OVER_LIMIT"] = "chunk"
    importing.start()

    assert importing.file("smart/plain", "large.txt").body == b"w" * 3_000_000
