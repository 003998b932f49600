"""The large files of mirrors: downloads that break off, links to other servers, and who is told what."""

import os

import pytest

import hub as programs
from git_server import LFSServer, reply
from hub import said
from test_git_mirror import Work, add, mirror

TOKEN = "sesame-4711"
WEIGHTS = os.urandom(3_000_000)


@pytest.fixture
def hub(tmp_path):
    hub = programs.Hub(tmp_path, {"HUBD_MIRROR_ALLOW_PRIVATE": "true", "HUBD_MIRROR_PATIENCE_SECONDS": "5"})
    yield hub.start()
    hub.close()


@pytest.fixture
def upstream():
    upstream = LFSServer(token=TOKEN).start()
    yield upstream
    upstream.stop()


@pytest.fixture
def other():
    """Where the upstream keeps its files; without a login, so that it tells what it was told."""
    other = LFSServer().start()
    yield other
    other.stop()


@pytest.fixture
def work(hub, upstream, tmp_path):
    """A mirror of a repository with a large file, not run yet."""
    work = Work(upstream, tmp_path / "work")
    work.commit("weights.bin", upstream.store(WEIGHTS))
    work.push("--all")
    (tmp_path / "token").write_text(TOKEN)
    add(hub, work, "--token-file", tmp_path / "token")
    return work


def downloads(server):
    return [call for call in server.calls if call.path.startswith("/content/")]


def ranges(server):
    return [call.headers.get("Range") for call in downloads(server)]


def arrives(hub):
    result = mirror(hub, "run", "ada/copy", check=False)
    assert "1 large files with 3000000 bytes" in said(result), said(result) + hub.said()
    assert hub.file("ada/copy", "weights.bin").body == WEIGHTS


def test_a_download_that_was_cut_goes_on_where_it_stopped(hub, upstream, work):
    upstream.cuts = [1_000_000, 500_000]
    arrives(hub)
    first, *further = ranges(upstream)
    starts = [int(text.removeprefix("bytes=").removesuffix("-")) for text in further]
    assert first is None and len(starts) == 2 and 0 < starts[0] <= 1_000_000 and 0 < starts[1] - starts[0] <= 500_000


def test_a_download_that_was_reset_goes_on_too(hub, upstream, work):
    upstream.cuts, upstream.resets = [2_000_000], True
    arrives(hub)
    assert len(downloads(upstream)) == 2


def test_a_server_that_knows_no_ranges_is_read_again_to_where_it_stopped(hub, upstream, work):
    upstream.knows_ranges = False
    upstream.cuts = [2_000_000, 2_500_000]
    arrives(hub)
    assert len(downloads(upstream)) == 3


def test_another_part_than_was_asked_for_is_refused(hub, upstream, work):
    upstream.cuts = [1_000_000]

    def send(request, content, usual=upstream.send):
        if "Range" in request.headers:
            return reply(request, 206, content[:10], {"Content-Range": f"bytes 0-9/{len(content)}"})
        return usual(request, content)

    upstream.send = send
    failed = mirror(hub, "run", "ada/copy", check=False)
    assert failed.returncode == 1 and "and sends something else" in said(failed), said(failed)


def test_a_download_that_gets_nowhere_is_given_up(hub, upstream, work):
    upstream.cuts = [1_000_000] + [0] * 20
    failed = mirror(hub, "run", "ada/copy", check=False)
    assert failed.returncode == 1 and "broke off its file" in said(failed), said(failed)
    assert len(downloads(upstream)) == 4
    upstream.cuts = []
    arrives(hub)


def test_a_download_that_is_cut_at_every_step_is_given_up(hub, upstream, work):
    upstream.cuts = [50_000] * 40
    failed = mirror(hub, "run", "ada/copy", check=False)
    assert failed.returncode == 1 and "broke off its file" in said(failed), said(failed)
    assert len(downloads(upstream)) <= 10


def test_a_lost_question_about_files_is_asked_once_more(hub, upstream, work):
    lost = []

    def take(request, body, usual=upstream.take):
        if request.path.endswith(("/batch", *upstream.content)) and request.path not in lost:
            lost.append(request.path)
            upstream.unanswered = [request.command]
        return usual(request, body)

    upstream.take = take
    arrives(hub)
    assert len(lost) == 2


def test_links_to_another_server_go_there_without_the_token(hub, upstream, other, work):
    other.content = upstream.content
    upstream.link = lambda digest: {"href": f"{other.url}/content/{digest}"}
    arrives(hub)
    assert [call.headers.get("Authorization") for call in downloads(other)] == [None]


def test_what_a_batch_answer_says_to_send_is_sent_to_its_link_and_not_on(hub, upstream, other, work):
    further = LFSServer().start()
    try:
        further.content = upstream.content
        upstream.link = lambda digest: {
            "href": f"{other.url}/content/{digest}",
            "header": {"Authorization": "Bearer for-this-link", "X-Key": "secret", "Accept": "application/x-weights"}}
        other.redirects = {"/content/": f"{further.url}/content/"}
        further.cuts = [1_000_000]
        arrives(hub)
        asked = downloads(other)[0].headers
        assert (asked["Authorization"], asked["X-Key"]) == ("Bearer for-this-link", "secret")
        assert not other.told(TOKEN) and len(downloads(further)) == 2
        for call in downloads(further):
            assert not {"Authorization", "X-Key"} & call.headers.keys()
            assert call.headers["Accept"] == "application/x-weights"
        assert ranges(further)[1].startswith("bytes=")
    finally:
        further.stop()


def test_a_redirected_batch_question_still_says_what_it_is(hub, upstream, other, work):
    """What the answer should be like is no secret; who asks is."""
    other.content = upstream.content
    upstream.redirects = {"/tiny.git/info/lfs": f"{other.url}/tiny.git/info/lfs"}
    arrives(hub)
    asked = [call for call in other.calls if call.path.endswith("/batch")][0].headers
    assert asked["Accept"] == asked["Content-Type"] == "application/vnd.git-lfs+json"
    assert "Authorization" not in asked
    # On the same server everything goes along.
    upstream.redirects = {"/tiny.git/info/lfs": f"{upstream.url}/moved/info/lfs"}
    work.commit("weights.bin", upstream.store(WEIGHTS[1:]))
    work.push("--all")
    assert "1 large files" in mirror(hub, "run", "ada/copy").stdout
    moved = [call for call in upstream.calls if call.path.startswith("/moved/")]
    assert [call in upstream.told(TOKEN) for call in moved] == [True]


def test_links_to_the_upstream_itself_may_want_the_token(hub, upstream, work):
    upstream.locks_content = True
    upstream.cuts = [1_000_000]
    arrives(hub)
    assert [call in upstream.told(TOKEN) for call in downloads(upstream)] == [False, True, True]


def test_a_login_that_a_batch_answer_gave_is_not_replaced(hub, upstream, work):
    upstream.locks_content = True
    upstream.link = lambda digest: {
        "href": f"{upstream.url}/content/{digest}", "header": {"Authorization": "Basic d3Jvbmc6d3Jvbmc="}}
    failed = mirror(hub, "run", "ada/copy", check=False)
    assert failed.returncode == 1 and "answers 401" in said(failed)
    assert not any(call in upstream.told(TOKEN) for call in downloads(upstream))
