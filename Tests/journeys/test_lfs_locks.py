"""Locks on files: the routes, stock git-lfs, and what a push may change."""

import json

import pytest

import hub as programs

JSON = "application/vnd.git-lfs+json"


@pytest.fixture
def team(hub, person):
    """ada and bert may both push to acme/model; cleo may propose branches only."""
    ada, bert, cleo = person("ada"), person("bert"), person("cleo")
    hub.hubd("admin", "org", "create", "acme", "--owner", "ada")
    hub.hubd("admin", "org", "member", "acme", "bert", "--role", "write")
    hub.hubd("admin", "org", "member", "acme", "cleo", "--role", "contribute")
    hub.create("acme/model", ada.user)
    ada.git("clone", "-q", hub.remote("acme/model", ada.user), "model")
    folder = ada.home / "model"
    (folder / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text lockable\n")
    (folder / "one.bin").write_bytes(b"one" * 100)
    (folder / "two.bin").write_bytes(b"two" * 100)
    commit(ada, folder, "first")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=folder)
    for somebody in (bert, cleo):
        somebody.git("clone", "-q", hub.remote("acme/model", somebody.user), "model")
    return ada, bert, cleo


def commit(somebody, folder, message):
    somebody.git("add", ".", cwd=folder)
    somebody.git("commit", "-qm", message, cwd=folder)


def ask(hub, method, path, body=None, user=None, headers=None):
    answer = hub.request(method, f"/acme/model.git/info/lfs/locks{path}", body, user, headers)
    if answer.status != 406:
        assert answer.headers["Content-Type"] == JSON, answer.headers
    return answer


def test_a_lock_is_made_listed_told_apart_and_opened(hub, team):
    ada, bert, cleo = (somebody.user for somebody in team)
    made = ask(hub, "POST", "", {"path": "one.bin", "ref": {"name": "refs/heads/main"}}, ada)
    assert made.status == 201
    lock = made.json["lock"]
    assert lock["path"] == "one.bin" and lock["owner"] == {"name": "ada"} and isinstance(lock["id"], str)
    assert lock["locked_at"].endswith("Z")
    for user in (ada, bert):
        again = ask(hub, "POST", "", {"path": "one.bin"}, user)
        assert again.status == 409 and again.json["lock"] == lock
        assert "locked by ada" in again.json["message"] and again.json["request_id"]
    ask(hub, "POST", "", {"path": "two.bin"}, bert)
    assert [each["path"] for each in ask(hub, "GET", "").json["locks"]] == ["one.bin", "two.bin"]
    assert ask(hub, "GET", "?path=one.bin&refspec=refs/heads/main").json["locks"] == [lock]
    assert ask(hub, "GET", f"?id={lock['id']}").json["locks"] == [lock]
    for nothing in ("?path=none", "?id=999", "?id=x"):
        assert ask(hub, "GET", nothing).json["locks"] == []
    first = ask(hub, "GET", "?limit=1").json
    rest = ask(hub, "GET", f"?limit=1&cursor={first['next_cursor']}").json
    assert [first["locks"][0]["path"], rest["locks"][0]["path"]] == ["one.bin", "two.bin"]
    assert "next_cursor" not in rest
    told = ask(hub, "POST", "/verify", {}, bert).json
    assert [each["path"] for each in told["ours"]] == ["two.bin"]
    assert [each["path"] for each in told["theirs"]] == ["one.bin"]
    page = ask(hub, "POST", "/verify", {"limit": 1, "cursor": ""}, bert).json
    assert page["ours"] == [] and len(page["theirs"]) == 1 and page["next_cursor"]
    opened = ask(hub, "POST", f"/{lock['id']}/unlock", {}, ada)
    assert opened.status == 200 and opened.json["lock"] == lock
    gone = ask(hub, "POST", f"/{lock['id']}/unlock", {}, ada)
    assert gone.status == 404 and "no lock" in gone.json["message"] and gone.json["request_id"]


def test_somebody_elses_lock_takes_force_and_the_role_write(hub, team):
    ada, bert, cleo = (somebody.user for somebody in team)
    number = ask(hub, "POST", "", {"path": "one.bin"}, ada).json["lock"]["id"]
    refused = ask(hub, "POST", f"/{number}/unlock", {"force": False}, bert)
    assert refused.status == 403 and "locked by ada" in refused.json["message"]
    assert ask(hub, "POST", f"/{number}/unlock", {"force": True}, cleo).status == 403
    assert ask(hub, "POST", f"/{number}/unlock", {"force": True}, bert).status == 200
    own = ask(hub, "POST", "", {"path": "mine.bin"}, cleo).json["lock"]["id"]
    assert ask(hub, "POST", f"/{own}/unlock", None, cleo).status == 200


def test_who_may_not_push_locks_nothing(hub, team):
    dora = hub.user("dora")
    reader = programs.User("ada", hub.token("ada", "read"))
    assert ask(hub, "POST", "", {"path": "one.bin"}, dora).status == 403
    assert ask(hub, "POST", "", {"path": "one.bin"}, reader).status == 403
    assert ask(hub, "POST", "/verify", {}, dora).status == 403
    for path, body in (("", {"path": "one.bin"}), ("/verify", {}), ("/1/unlock", {})):
        nobody = ask(hub, "POST", path, body)
        assert nobody.status == 401 and nobody.headers["LFS-Authenticate"].startswith("Basic")
    assert ask(hub, "GET", "").json == {"locks": []}


@pytest.mark.parametrize("path", ["", "/abs.bin", "a/../b.bin", "a//b.bin", "./a.bin", "a" * 5000])
def test_what_is_no_path_is_not_locked(hub, team, path):
    answer = ask(hub, "POST", "", {"path": path}, team[0].user)
    assert answer.status == 422 and "path" in answer.json["message"]


@pytest.mark.parametrize("path", ["a\u202enib.exe", "\u2066a.bin", "a\u200f.bin", "a\u061c", "a\nb.bin", "a\x7f", "a\x85b"])
def test_a_path_that_looks_like_another_is_not_locked(hub, team, path):
    answer = ask(hub, "POST", "", {"path": path}, team[0].user)
    assert answer.status == 422 and "U+" in answer.json["message"] and path not in answer.json["message"]
    assert ask(hub, "POST", "", {"path": "ünïcode/日本.bin"}, team[0].user).status == 201


def test_locks_of_a_private_repository_look_like_none_at_all(hub, team):
    ada, bert = team[0].user, hub.user("ben")
    hub.create("ada/secret", ada, "private")
    def both(method, path, body, user):
        answers = [
            hub.request(method, f"/ada/{name}.git/info/lfs/locks{path}", body, user) for name in ("secret", "absent")]
        said = [answer.body.replace(b"secret", b"absent") for answer in answers]
        for each, answer in enumerate(answers):
            said[each] = {**json.loads(said[each]), "request_id": ""}
        assert said[0] == said[1] and answers[0].status == answers[1].status
        return answers[0].status
    for user, status in ((bert, 404), (None, 401)):
        assert both("GET", "", None, user) == status
        assert both("POST", "", {"path": "x"}, user) == status
        assert both("POST", "/verify", {}, user) == status
        assert both("POST", "/1/unlock", {}, user) == status


def test_locks_go_with_the_repository_and_with_the_account(hub, team):
    ada, bert, _ = (somebody.user for somebody in team)
    ask(hub, "POST", "", {"path": "one.bin"}, bert)
    assert hub.hubd("admin", "user", "remove", "bert", "--yes", check=False).returncode == 0
    assert ask(hub, "GET", "").json["locks"] == []
    ask(hub, "POST", "", {"path": "one.bin"}, ada)
    body = {"name": "model", "organization": "acme"}
    assert hub.request("DELETE", "/api/repos/delete", body, ada).status == 200
    hub.create("acme/model", ada)
    assert ask(hub, "GET", "").json["locks"] == []


def test_stock_git_lfs_locks_unlocks_and_verifies(hub, team):
    ada, bert, _ = team
    mine, theirs = ada.home / "model", bert.home / "model"
    assert not (mine / "one.bin").stat().st_mode & 0o200, "a lockable file is read-only until it is locked"
    assert "Locked one.bin" in ada.git("lfs", "lock", "one.bin", cwd=mine).stdout
    assert (mine / "one.bin").stat().st_mode & 0o200
    assert "one.bin" in bert.git("lfs", "locks", cwd=theirs).stdout
    verified = bert.git("lfs", "locks", "--verify", cwd=theirs).stdout
    assert "one.bin" in verified and "ada" in verified and not verified.startswith("O ")
    assert ada.git("lfs", "locks", "--verify", cwd=mine).stdout.startswith("O ")
    listed = json.loads(ada.git("lfs", "locks", "--json", cwd=mine).stdout)
    assert listed[0]["path"] == "one.bin" and listed[0]["owner"]["name"] == "ada"
    twice = bert.git("lfs", "lock", "one.bin", cwd=theirs, check=False)
    assert twice.returncode != 0 and "locked by ada" in programs.said(twice)
    refused = bert.git("lfs", "unlock", "one.bin", cwd=theirs, check=False)
    assert refused.returncode != 0
    assert "one.bin" in bert.git("lfs", "locks", cwd=theirs).stdout
    bert.git("lfs", "unlock", "--force", "one.bin", cwd=theirs)
    assert bert.git("lfs", "locks", cwd=theirs).stdout == ""
    ada.git("lfs", "lock", "two.bin", cwd=mine)
    number = json.loads(ada.git("lfs", "locks", "--json", cwd=mine).stdout)[0]["id"]
    ada.git("lfs", "unlock", f"--id={number}", cwd=mine)
    assert ada.git("lfs", "locks", cwd=mine).stdout == ""


def test_a_locked_file_is_pushed_by_its_owner_only(hub, team):
    ada, bert, _ = team
    mine, theirs = ada.home / "model", bert.home / "model"
    ada.git("lfs", "lock", "one.bin", cwd=mine)
    before = hub.head("acme/model")
    (theirs / "one.bin").chmod(0o644)
    (theirs / "one.bin").write_bytes(b"changed by bert")
    commit(bert, theirs, "against the lock")
    # git-lfs asks before it pushes, where it is told to.
    bert.git("config", f"lfs.{hub.remote('acme/model', bert.user)}/info/lfs.locksverify", "true", cwd=theirs)
    asked = bert.git("push", "-q", "origin", "HEAD:main", cwd=theirs, check=False)
    assert asked.returncode != 0 and "one.bin - ada" in programs.said(asked)
    # A client that does not ask is told by the hub.
    oids = bert.git("lfs", "ls-files", "-l", cwd=theirs).stdout
    oid = next(line.split()[0] for line in oids.splitlines() if line.endswith("one.bin"))
    bert.git("lfs", "push", "--object-id", "origin", oid, cwd=theirs)
    for branch in ("main", "side"):
        told = bert.git("push", "-q", "--no-verify", "origin", f"HEAD:{branch}", cwd=theirs, check=False)
        assert told.returncode != 0
        assert "one.bin: is locked by ada" in programs.said(told), programs.said(told)
    assert hub.head("acme/model") == before and hub.head("acme/model", branch="side") is None
    # So is one that comes through another door.
    change = json.dumps({"key": "header", "value": {"summary": "delete"}}) + "\n" + json.dumps(
        {"key": "deletedFile", "value": {"path": "one.bin"}}) + "\n"
    door = hub.request("POST", "/api/models/acme/model/commit/main", change.encode(), bert.user, {
        "Content-Type": "application/x-ndjson"})
    assert door.status == 422 and "locked by ada" in door.json["error"]
    # What is not locked goes, and the owner's own change too.
    bert.git("reset", "-q", "--hard", "origin/main", cwd=theirs)
    (theirs / "two.bin").chmod(0o644)
    (theirs / "two.bin").write_bytes(b"changed by bert too")
    commit(bert, theirs, "beside the lock")
    bert.git("push", "-q", "origin", "HEAD:main", cwd=theirs)
    ada.git("pull", "-q", "origin", "main", cwd=mine)
    (mine / "one.bin").write_bytes(b"changed by ada")
    commit(ada, mine, "with the lock")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=mine)
    assert hub.file("acme/model", "one.bin").body == b"changed by ada"


@pytest.mark.parametrize("change", [["rm", "-q", "one.bin"], ["mv", "-f", "two.bin", "one.bin"]], ids=["gone", "other"])
def test_a_change_that_the_same_push_takes_back_is_against_the_lock_too(hub, team, change):
    ada, bert, _ = team
    mine, theirs = ada.home / "model", bert.home / "model"
    ada.git("lfs", "lock", "one.bin", cwd=mine)
    before = hub.head("acme/model")
    bert.git(*change, cwd=theirs)
    bert.git("commit", "-qm", "there", cwd=theirs)
    bert.git("revert", "--no-edit", "HEAD", cwd=theirs)
    (theirs / "new.txt").write_text("and something else\n")
    commit(bert, theirs, "on top")
    assert bert.git("diff", "--name-only", "origin/main", cwd=theirs).stdout == "new.txt\n"
    told = bert.git("push", "-q", "--no-verify", "origin", "HEAD:main", cwd=theirs, check=False)
    assert told.returncode != 0 and "one.bin: is locked by ada" in programs.said(told), programs.said(told)
    assert hub.head("acme/model") == before
    ada.git("lfs", "unlock", "one.bin", cwd=mine)
    bert.git("push", "-q", "origin", "HEAD:main", cwd=theirs)


def test_the_owners_change_is_merged_into_by_others(hub, team):
    ada, bert, _ = team
    mine, theirs = ada.home / "model", bert.home / "model"
    ada.git("lfs", "lock", "one.bin", cwd=mine)
    (mine / "one.bin").write_bytes(b"changed by ada")
    commit(ada, mine, "with the lock")
    ada.git("push", "-q", "origin", "HEAD:main", cwd=mine)
    (theirs / "new.txt").write_text("beside the lock\n")
    commit(bert, theirs, "beside the lock")
    bert.git("pull", "-q", "--no-rebase", "--no-edit", "origin", "main", cwd=theirs)
    assert len(bert.git("rev-list", "--merges", "HEAD", cwd=theirs).stdout.split()) == 1
    bert.git("push", "-q", "origin", "HEAD:main", cwd=theirs)
    assert hub.file("acme/model", "one.bin").body == b"changed by ada"
