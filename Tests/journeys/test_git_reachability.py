"""Knowing an id is not permission: what no visible ref of a repository reaches cannot be had through it, by no line of
the protocol, in no version, with no filter."""

import dataclasses

import pytest

import git_oracle
import packets
from hub import said

KINDS = ("commit", "tree", "blob", "tag")
FILTERS = ([], ["filter blob:none"], ["filter tree:0"], ["filter blob:limit=1k"], ["filter object:type=blob"])
UNKNOWN = "ab" * 20


@dataclasses.dataclass
class Hidden:
    """Ids that rest on the hub and that the repository does not reach, by kind, and the tip that it does."""

    end: packets.HubEnd
    repository: str
    tip: str
    ids: dict


@pytest.fixture(scope="module", params=("a private fork", "a rewritten branch", "a deleted branch", "a deleted tag",
                                        "another repository"))
def hidden(request, shared_hub, shared_ada, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hidden")
    name = request.param.replace(" ", "-")
    twin = git_oracle.Twin(shared_hub, shared_ada, name, folder, make=git_oracle.ordinary)
    tip = twin.git("rev-parse", "main").strip()
    work = folder / "work"
    shared_ada.git("clone", "--quiet", twin.hub.remote(twin.repository, shared_ada.user), str(work))
    (work / "secret.txt").write_text(f"A secret of {name}\n")
    for command in (["checkout", "--quiet", "-b", "secret"], ["add", "."], ["commit", "--quiet", "-m", "A secret"],
                    ["tag", "-a", "-m", "A secret", "secret-tag"]):
        shared_ada.git(*command, cwd=work)
    ids = {
        kind: shared_ada.git("rev-parse", name, cwd=work).stdout.strip()
        for kind, name in zip(KINDS, ("secret", "secret^{tree}", "secret:secret.txt", "secret-tag"))}
    HIDE[request.param](shared_hub, shared_ada, twin, work)
    return Hidden(packets.HubEnd(shared_hub, twin.repository), twin.repository, tip, ids)


def in_a_private_fork(hub, ada, twin, work):
    wish = {"name": "fork-of-it", "visibility": "private"}
    answer = hub.request("POST", f"/api/models/{twin.repository}/fork", wish, ada.user)
    assert answer.status == 200, answer.body
    ada.git("push", "--quiet", hub.remote("ada/fork-of-it", ada.user), "secret", "secret-tag", cwd=work)


def in_another_repository(hub, ada, twin, work):
    hub.create("ada/another-one", ada.user, "private")
    ada.git("push", "--quiet", hub.remote("ada/another-one", ada.user), "secret", "secret-tag", cwd=work)


def pushed_and_rewritten(hub, ada, twin, work):
    ada.git("push", "--quiet", "origin", "secret", "secret-tag", cwd=work)
    ada.git("push", "--quiet", "--force", "origin", "main:secret", ":secret-tag", cwd=work)


def pushed_and_deleted(hub, ada, twin, work):
    ada.git("push", "--quiet", "origin", "secret", "secret-tag", cwd=work)
    ada.git("push", "--quiet", "origin", ":secret", ":secret-tag", cwd=work)


def tagged_and_deleted(hub, ada, twin, work):
    ada.git("push", "--quiet", "origin", "secret-tag", cwd=work)
    ada.git("push", "--quiet", "origin", ":secret-tag", cwd=work)


HIDE = {
    "a private fork": in_a_private_fork, "a rewritten branch": pushed_and_rewritten,
    "a deleted branch": pushed_and_deleted, "a deleted tag": tagged_and_deleted,
    "another repository": in_another_repository}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("extra", FILTERS, ids=lambda extra: "".join(extra) or "whole")
def test_what_is_hidden_is_not_given_to_who_wants_it(hidden, version, kind, extra):
    for wants in ([hidden.ids[kind]], [hidden.tip, hidden.ids[kind]]):
        answer = hidden.end.ask(packets.fetch(version, wants, extra=extra), version)
        assert not answer.pack
        assert f"not our ref {hidden.ids[kind]}".encode() in answer.text
        unknown = [UNKNOWN if one == hidden.ids[kind] else one for one in wants]
        absent = hidden.end.ask(packets.fetch(version, unknown, extra=extra), version)
        assert (absent.status, absent.body.replace(UNKNOWN.encode(), hidden.ids[kind].encode())) == (
            answer.status, answer.body)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_hidden_is_not_acknowledged(hidden, version, kind):
    for done in (False, True):
        asked = packets.fetch(version, [hidden.tip], haves=[hidden.ids[kind]], done=done)
        unknown = packets.fetch(version, [hidden.tip], haves=[UNKNOWN], done=done)
        answer, absent = (hidden.end.ask(body, version) for body in (asked, unknown))
        assert b"ACK" not in answer.text
        assert (answer.status, answer.text, answer.objects()) == (absent.status, absent.text, absent.objects())
    whole = hidden.end.ask(packets.fetch(version, [hidden.tip]), version)
    assert answer.objects() == whole.objects() and hidden.ids["blob"] not in whole.objects()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_hidden_cuts_no_history(hidden, version, kind):
    """A client that says its history is cut at a commit of somebody else's learns nothing from it."""
    for extra in ([], ["deepen 3"], ["deepen 2147483647"]):
        bodies = [
            packets.fetch(version, [hidden.tip], shallow=[one], extra=extra) for one in (hidden.ids[kind], UNKNOWN)]
        answer, absent = (hidden.end.ask(body, version) for body in bodies)
        assert answer.status == absent.status
        assert answer.text.replace(hidden.ids[kind].encode(), UNKNOWN.encode()) == absent.text
        assert answer.objects() == absent.objects()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_hidden_is_no_border(hidden, version, kind):
    answer, absent = (
        hidden.end.ask(packets.fetch(version, [hidden.tip], extra=[f"deepen-not {one}"]), version)
        for one in (hidden.ids[kind], UNKNOWN))
    assert answer.status == absent.status and not answer.pack and not absent.pack
    assert answer.text.replace(hidden.ids[kind].encode(), UNKNOWN.encode()) == absent.text


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_hidden_has_no_size(hidden, kind):
    def ask(one):
        return hidden.end.ask(packets.command("object-info", ["size", f"oid {one}"]))

    answer, absent = ask(hidden.ids[kind]), ask(UNKNOWN)
    assert answer.status == absent.status
    assert answer.body.replace(hidden.ids[kind].encode(), UNKNOWN.encode()) == absent.body
    assert b"size" in ask(hidden.tip).text and hidden.tip.encode() in ask(hidden.tip).text


def test_what_is_hidden_is_listed_nowhere(hidden, version):
    answer = hidden.end.advertisement(version)
    listed = hidden.end.ask(packets.command("ls-refs", ["peel", "symrefs", "unborn"])) if version == 2 else answer
    for one in hidden.ids.values():
        assert one.encode() not in answer.body and one.encode() not in listed.body


def test_stock_git_cannot_have_it_either(hidden, shared_hub, shared_ada, tmp_path, version):
    shared_ada.git("init", "--quiet", str(tmp_path / "copy"))
    for kind in ("commit", "tag"):
        for options in ([], ["--filter=blob:none"], ["--depth", "1"]):
            refused = shared_ada.git(
                "-c", f"protocol.version={version}", "fetch", *options, shared_hub.remote(hidden.repository),
                hidden.ids[kind], cwd=tmp_path / "copy", check=False)
            assert refused.returncode != 0 and "not our ref" in said(refused), said(refused)


def test_what_is_reached_is_given(hidden, shared_ada, version):
    """The questions above are good ones: of what the repository reaches, they give all."""
    answer = hidden.end.ask(packets.fetch(version, [hidden.tip]), version)
    assert hidden.tip in answer.objects()
    known = hidden.end.ask(packets.fetch(version, [hidden.tip], haves=[hidden.tip], done=False), version)
    assert f"ACK {hidden.tip}".encode() in known.text
    tree = shared_ada.git("-C", str(tree_of(hidden, shared_ada)), "rev-parse", f"{hidden.tip}^{{tree}}").stdout.strip()
    one = hidden.end.ask(packets.fetch(version, [tree], extra=["filter tree:1"]), version)
    assert tree in one.objects()


def tree_of(hidden, ada):
    """A clone that knows the tip's tree."""
    folder = ada.home / f"reached-{hidden.repository.replace('/', '-')}"
    if not folder.exists():
        ada.git("clone", "--quiet", "--bare", hidden.end.url, str(folder))
    return folder


def test_a_private_repository_answers_as_an_absent_one(shared_hub, shared_ada, version):
    closed_name = shared_hub.create(f"ada/closed{version}", shared_ada.user, "private")
    eve = shared_hub.user("eve")
    for user in (None, eve):
        closed, absent = (packets.HubEnd(shared_hub, name, user) for name in (closed_name, f"ada/nobody{version}"))
        body = packets.fetch(version, [UNKNOWN])
        for answers in ((closed.advertisement(version), absent.advertisement(version)),
                        (closed.ask(body, version), absent.ask(body, version))):
            assert answers[0].status == answers[1].status and answers[0].status in (401, 404)
            assert answers[0].body.replace(b"closed", b"nobody") == answers[1].body
            assert answers[0].type == answers[1].type
