"""Discussions and pull requests with huggingface_hub and the hf command line."""

import datetime
import re

import pytest
from huggingface_hub import CommitOperationAdd
from huggingface_hub.community import DiscussionComment, DiscussionStatusChange, DiscussionTitleChange
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

import checkpoints
import official


@pytest.fixture
def repository(hub, hf):
    return hub.create("ada/tiny", hf("ada").user)


def comments(discussion):
    return [event for event in discussion.events if isinstance(event, DiscussionComment)]


def propose(hub, user, repository, title, **more):
    answer = hub.request(
        "POST", f"/api/models/{repository}/discussions", {"title": title, "pullRequest": True, **more}, user)
    assert answer.status == 200, answer.body
    return answer.json["num"]


def test_discussions_have_the_clients_shapes(hf, repository):
    ada = hf("ada")
    made = ada.create_discussion(repository, title="  Is this any good? ", description="I wonder.")
    assert (made.num, made.author, made.is_pull_request, made.status) == (1, "ada", False, "open")
    assert made.title == "Is this any good?"
    assert (made.repo_id, made.repo_type, made.diff, made.git_reference) == (repository, "model", None, None)
    assert [(event.type, event.content, event.edited, event.hidden) for event in made.events] == [
        ("comment", "I wonder.", False, False)]
    assert isinstance(made.created_at, datetime.datetime)
    assert ada.get_discussion_details(repository, 1) == made


def test_everyone_who_can_read_may_talk(hub, hf, repository):
    ada, bob = hf("ada"), hf("bob")
    bob.create_discussion(repository, title="A question", description="How?")
    answer = ada.comment_discussion(repository, 1, "Like **this** <b>…</b> 🤗")
    assert (answer.author, answer.content, answer.edited) == ("ada", "Like **this** <b>…</b> 🤗", False)
    details = bob.get_discussion_details(repository, 1)
    assert details.events[1] == answer
    assert "<b>" not in answer.rendered and "&lt;b&gt;" in answer.rendered
    with pytest.raises(HfHubHTTPError, match="401"):
        official.api(hub).comment_discussion(repository, 1, "me too")
    with pytest.raises(HfHubHTTPError, match="may only read"):
        hf("eve", "read").comment_discussion(repository, 1, "me too")


def test_a_comment_is_edited_by_its_author_and_hidden_for_good(hf, repository):
    ada, bob, eve = hf("ada"), hf("bob"), hf("eve")
    first = comments(bob.create_discussion(repository, title="A question", description="How?"))[0]
    edited = bob.edit_discussion_comment(repository, 1, first.id.upper(), "**Why?** 🤗")
    assert (edited.id, edited.edited, edited.content, edited.number_of_edits) == (first.id, True, "**Why?** 🤗", 1)
    assert (edited.edit_history[0]["raw"], edited.last_edited_by) == ("How?", "bob")
    assert comments(ada.get_discussion_details(repository, 1))[0] == edited
    with pytest.raises(HfHubHTTPError, match="403"):
        eve.edit_discussion_comment(repository, 1, first.id, "x")
    with pytest.raises(HfHubHTTPError, match="403"), pytest.warns(UserWarning):
        eve.hide_discussion_comment(repository, 1, first.id)
    with pytest.warns(UserWarning):
        hidden = ada.hide_discussion_comment(repository, 1, first.id)
    assert hidden.hidden and "Why" not in str(hidden._event) and "How" not in str(hidden._event)
    with pytest.raises(HfHubHTTPError, match="hidden"):
        bob.edit_discussion_comment(repository, 1, first.id, "again")


def test_titles_and_status(hf, repository):
    ada, bob, eve = hf("ada"), hf("bob"), hf("eve")
    bob.create_discussion(repository, title="A question")
    change = ada.rename_discussion(repository, 1, "An answer")
    assert isinstance(change, DiscussionTitleChange) and (change.old_title, change.new_title) == (
        "A question", "An answer")
    closed = bob.change_discussion_status(repository, 1, "closed", comment="Never mind.")
    assert isinstance(closed, DiscussionStatusChange) and closed.new_status == "closed"
    details = ada.get_discussion_details(repository, 1)
    assert (details.title, details.status) == ("An answer", "closed")
    assert [event.type for event in details.events] == ["comment", "title-change", "comment", "status-change"]
    assert details.events[3] == closed
    assert ada.change_discussion_status(repository, 1, "open").new_status == "open"
    with pytest.raises(HfHubHTTPError, match="open already"):
        ada.change_discussion_status(repository, 1, "open")
    for act in (lambda: eve.rename_discussion(repository, 1, "Mine"),
                lambda: eve.change_discussion_status(repository, 1, "closed")):
        with pytest.raises(HfHubHTTPError, match="403"):
            act()


def test_lists_and_their_filters(hf, repository):
    ada, bob = hf("ada"), hf("bob")
    bob.create_discussion(repository, title="First one")
    ada.create_pull_request(repository, title="Second one")
    ada.create_discussion(repository, title="Third one")
    ada.change_discussion_status(repository, 3, "closed")

    def numbers(**filters):
        return [found.num for found in ada.get_repo_discussions(repository, **filters)]

    assert numbers() == [3, 2, 1]
    assert numbers(discussion_type="all", discussion_status="all") == [3, 2, 1]
    assert numbers(discussion_type="discussion") == [3, 1]
    assert numbers(discussion_type="pull_request") == [2]
    assert numbers(discussion_status="open") == [2, 1]
    assert numbers(discussion_status="closed") == [3]
    assert numbers(author="bob") == [1]
    assert numbers(author="nobody") == []
    found = next(iter(ada.get_repo_discussions(repository)))
    assert (found.title, found.author, found.status, found.repo_id) == ("Third one", "ada", "closed", repository)


def test_lists_come_in_pages(hf, repository):
    ada = hf("ada")
    for number in range(53):
        ada.create_discussion(repository, title=f"Number {number + 1}")
    assert [found.num for found in ada.get_repo_discussions(repository)] == list(range(53, 0, -1))


def test_a_private_repositorys_discussions_do_not_exist_for_others(hub, hf):
    ada, bob = hf("ada"), hf("bob")
    hub.create("ada/secret", ada.user, "private")
    ada.create_discussion("ada/secret", title="Between us")
    for act in (lambda: list(bob.get_repo_discussions("ada/secret")),
                lambda: bob.get_discussion_details("ada/secret", 1),
                lambda: bob.comment_discussion("ada/secret", 1, "hm"),
                lambda: bob.create_pull_request("ada/secret", title="Let me in")):
        with pytest.raises(RepositoryNotFoundError):
            act()
    with pytest.raises(HfHubHTTPError, match="no discussion 7"):
        ada.get_discussion_details("ada/secret", 7)


def test_an_empty_pull_request_is_a_draft_that_can_be_merged(hub, hf, repository):
    ada = hf("ada")
    made = ada.create_pull_request(repository, title="Nothing yet")
    assert (made.num, made.status, made.git_reference, made.target_branch) == (
        1, "draft", "refs/pr/1", "refs/heads/main")
    assert (made.conflicting_files, made.merge_commit_oid, made.diff) == ([], None, "")
    assert ada.repo_info(repository, revision="refs/pr/1").sha == hub.head(repository)
    assert ada.get_discussion_details(repository, 1) == made
    with pytest.raises(HfHubHTTPError, match="draft"):
        ada.merge_pull_request(repository, 1)
    ada.change_discussion_status(repository, 1, "open")
    ada.merge_pull_request(repository, 1, comment="Fine with me.")
    merged = ada.get_discussion_details(repository, 1)
    assert (merged.status, merged.merge_commit_oid) == ("merged", hub.head(repository))
    assert [getattr(event, "new_status", None) or event.content for event in merged.events][-2:] == [
        "Fine with me.", "merged"]
    with pytest.raises(HfHubHTTPError, match="merged"):
        ada.change_discussion_status(repository, 1, "closed")


def model_with_branch(hub, person, change):
    """ada/tiny with the base model on main, and a branch `work` on which `change(folder)` was done."""
    ada = person("ada")
    hub.create("ada/tiny", ada.user)
    folder = ada.clone("ada/tiny")
    checkpoints.copy_model(checkpoints.BASE, folder)
    (folder / "notes.txt").write_text("one\ntwo\nthree\n")
    ada.commit(folder, "the base model")
    ada.hubctl("push", cwd=folder)
    ada.git("switch", "-c", "work", cwd=folder)
    change(folder)
    ada.commit(folder, "better weights")
    ada.hubctl("push", cwd=folder)
    ada.git("switch", "main", cwd=folder)
    return folder


def better(folder):
    checkpoints.copy_weights(checkpoints.FINE_TUNE_A, folder)
    (folder / "notes.txt").write_text("one\n2\nthree\n")


def test_a_pull_request_shows_what_changed_in_text_and_weights_and_is_merged(hub, hf, person):
    folder = model_with_branch(hub, person, better)
    ada = hf("ada")
    before = hub.head("ada/tiny")
    number = propose(hub, person("ada").user, "ada/tiny", "Better weights", source="work", description="See.")
    shown = ada.get_discussion_details("ada/tiny", number)
    assert (shown.status, shown.conflicting_files) == ("open", [])
    assert "-two\n+2\n" in shown.diff
    assert "weights model.safetensors" in shown.diff and "relative L2" in shown.diff
    (folder / "the.patch").write_text(shown.diff)
    person("ada").git("apply", "--check", "the.patch", cwd=folder)
    assert ada.get_discussion_details("ada/tiny", number) == shown
    report = hub.report("ada/tiny", "refs%2Fpr%2F1")
    assert report["verdict"] != "failed", report
    answer = hub.get(f"/api/models/ada/tiny/discussions/{number}").json
    assert answer["checks"]["allowMerge"] and answer["checks"]["verdict"] == report["verdict"]
    ada.merge_pull_request("ada/tiny", number)
    merged = ada.get_discussion_details("ada/tiny", number)
    assert (merged.status, merged.merge_commit_oid, merged.diff) == ("merged", hub.head("ada/tiny"), shown.diff)
    commit = hub.get("/api/models/ada/tiny/commits/main").json[0]
    assert commit["title"] == "Better weights (#1)"
    assert commit["parents"] == [before, shown_head(hub, number)]
    weights = hub.file("ada/tiny", "model.safetensors").body
    assert weights == (checkpoints.FINE_TUNE_A / "model.safetensors").read_bytes()


def shown_head(hub, number):
    return hub.get(f"/api/models/ada/tiny/discussions/{number}").json["changes"]["headCommit"]


def test_conflicts_are_told_per_file_and_tensor_and_a_strategy_settles_them(hub, hf, person):
    folder = model_with_branch(hub, person, lambda folder: checkpoints.copy_weights(checkpoints.FINE_TUNE_A, folder))
    ada = person("ada")
    checkpoints.copy_weights(checkpoints.FINE_TUNE_B, folder)
    ada.commit(folder, "other weights")
    ada.hubctl("push", cwd=folder)
    number = propose(hub, ada.user, "ada/tiny", "Our weights", source="work")
    shown = hf("ada").get_discussion_details("ada/tiny", number)
    assert shown.conflicting_files == ["model.safetensors"]
    hub.report("ada/tiny", "refs%2Fpr%2F1")
    with pytest.raises(HfHubHTTPError, match="conflicts") as error:
        hf("ada").merge_pull_request("ada/tiny", number)
    assert error.value.response.status_code == 409
    answer = hub.request("POST", f"/api/models/ada/tiny/discussions/{number}/merge", {}, ada.user)
    assert answer.status == 409 and answer.json["status"] == "open"
    assert all(conflict["path"] == "model" and conflict["tensor"] for conflict in answer.json["merge"]["conflicts"])
    answer = hub.request(
        "POST", f"/api/models/ada/tiny/discussions/{number}/merge", {"strategy": "average"}, ada.user)
    assert answer.status == 200, answer.body
    assert answer.json["status"] == "merged" and answer.json["mergeCommitId"] == hub.head("ada/tiny")
    assert {tensor["decision"] for tensor in answer.json["merge"]["tensors"]} >= {"average"}


def test_what_failed_validation_is_not_merged_but_by_an_administrators_force(hub, hf, person):
    ada = person("ada")

    def spoil(folder):
        checkpoints.change(folder / "model.safetensors", *checkpoints.read(folder / "model.safetensors")[0],
                           with_=lambda data: b"\xff" * len(data))

    model_with_branch(hub, person, spoil)
    hub.user("bob")
    number = propose(hub, hub.user("bob"), "ada/tiny", "Not a number", source="work")
    report = hub.report("ada/tiny", "refs%2Fpr%2F1")
    assert report["verdict"] == "failed"
    with pytest.raises(HfHubHTTPError, match="failed"):
        hf("ada").merge_pull_request("ada/tiny", number)
    path = f"/api/models/ada/tiny/discussions/{number}/merge"
    assert hub.request("POST", path, {"force": True}, hub.user("bob")).status == 403
    answer = hub.request("POST", path, {"force": True}, ada.user)
    assert answer.status == 200 and answer.json["status"] == "merged", answer.body


def test_a_pull_request_from_a_fork_brings_its_weights_along(hub, hf, person):
    model_with_branch(hub, person, lambda folder: (folder / "notes.txt").write_text("none\n"))
    bob = person("bob")
    assert hub.request("POST", "/api/models/ada/tiny/fork", {}, bob.user).status == 200
    folder = bob.clone("bob/tiny", "fork")
    checkpoints.copy_weights(checkpoints.FINE_TUNE_B, folder)
    bob.commit(folder, "bob's weights")
    bob.hubctl("push", cwd=folder)
    number = propose(hub, bob.user, "ada/tiny", "From a fork", source="main", sourceRepository="bob/tiny")
    assert [event.type for event in hf("ada").get_discussion_details("ada/tiny", number).events] == [
        "comment", "commit"]
    weights = hub.file("ada/tiny", "model.safetensors", "refs%2Fpr%2F1").body
    assert weights == (checkpoints.FINE_TUNE_B / "model.safetensors").read_bytes()
    hub.report("ada/tiny", "refs%2Fpr%2F1")
    with pytest.raises(HfHubHTTPError, match="403"):
        hf("bob").merge_pull_request("ada/tiny", number)
    hf("ada").merge_pull_request("ada/tiny", number)
    assert hub.file("ada/tiny", "model.safetensors").body == weights


def test_a_private_forks_content_is_proposed_only_by_who_may_write_it(hub, person):
    model_with_branch(hub, person, better)
    bob, eve = person("bob"), person("eve")
    hub.hubd("admin", "org", "create", "acme", "--owner", "bob")
    hub.hubd("admin", "org", "member", "acme", "eve", "--role", "read")
    fork = {"organization": "acme", "name": "mine", "visibility": "private"}
    assert hub.request("POST", "/api/models/ada/tiny/fork", fork, bob.user).status == 200
    wish = {"title": "Leak it", "pullRequest": True, "source": "main", "sourceRepository": "acme/mine"}
    path = "/api/models/ada/tiny/discussions"
    assert hub.request("POST", path, wish, eve.user).status == 403
    assert hub.request("POST", path, wish, person("dora").user).status == 404
    assert hub.request("POST", path, wish, bob.user).status == 200


def test_git_fetches_pull_requests_and_cannot_push_them(hub, person):
    folder = model_with_branch(hub, person, better)
    ada = person("ada")
    propose(hub, ada.user, "ada/tiny", "Better weights", source="work")
    remote = hub.remote("ada/tiny", ada.user)
    ada.git("fetch", remote, "refs/pr/1", cwd=folder)
    assert ada.git("rev-parse", "FETCH_HEAD", cwd=folder).stdout.strip() == hub.head("ada/tiny", branch="work")
    refused = ada.git("push", remote, "main:refs/pr/1", cwd=folder, check=False)
    assert refused.returncode != 0 and "refs/pr/1" in refused.stderr
    refused = ada.git("push", remote, "main:refs/pr/9", cwd=folder, check=False)
    assert refused.returncode != 0


def test_the_hf_command_line(hub, hf, tmp_path, repository):
    ada = hf("ada")

    def run(*arguments):
        return official.Client(hub, tmp_path / "client", ada.user).hf("discussions", *arguments).stdout

    run("create", repository, "--title", "By hand", "--body", "typed")
    run("create", repository, "--title", "A change", "--pull-request")
    assert "By hand" in run("list", repository)
    assert "typed" in run("info", repository, "1", "--format", "json")
    run("comment", repository, "1", "--body", "more")
    run("rename", repository, "1", "By machine")
    run("close", repository, "1", "--yes")
    run("reopen", repository, "1", "--yes")
    run("reopen", repository, "2", "--yes")
    run("merge", repository, "2", "--yes")
    run("diff", repository, "2")
    details = ada.get_discussion_details(repository, 1)
    assert (details.title, details.status, len(comments(details))) == ("By machine", "open", 2)
    assert ada.get_discussion_details(repository, 2).status == "merged"


def test_files_are_attached_to_comments(hub, hf, tmp_path, repository):
    ada = official.Client(hub, tmp_path / "client", hf("ada").user)
    image, sound = tmp_path / "before.png", tmp_path / "noise.wav"
    image.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400)
    sound.write_bytes(b"RIFF" + bytes(50_000))
    ada.hf("discussions", "create", repository, "--title", "Look here", "--body", f"It was ![so]({image})", "--attach",
           str(image), "--attach", str(sound))
    text = comments(hf("ada").get_discussion_details(repository, 1))[0].content
    urls = re.findall(r"http[^)\"\s]+/uploads/[0-9a-f]{32}\.\w+", text)
    assert [url.rsplit(".", 1)[1] for url in urls] == ["png", "wav"] and all(url.startswith(hub.url) for url in urls)
    assert f"![so]({urls[0]})" in text and f'<audio controls src="{urls[1]}">' in text
    places = [url.removeprefix(hub.url) for url in urls]
    shown = hub.get(places[0])
    assert shown.body == image.read_bytes() and shown.headers["Content-Type"] == "image/png"
    assert shown.headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in shown.headers["Content-Security-Policy"]
    part = hub.get(places[1], headers={"Range": "bytes=2-9"})
    assert part.status == 206 and part.body == sound.read_bytes()[2:10]

    hf("ada").update_repo_settings(repository, private=True)
    absent = hub.get("/uploads/" + "0" * 32 + ".png", hub.user("bob"))
    for user in (None, hub.user("bob")):
        hidden = hub.get(places[0], user)
        assert hidden.status == absent.status == 404
        assert hidden.json["error"].replace(places[0].rsplit("/", 1)[1], "0" * 32 + ".png") == absent.json["error"]
    assert hub.get(places[0], hf("ada").user).status == 200

    # A file nobody has named yet is its uploader's; one of another type is nobody's.
    url = hf("bob").upload_attachment(image)
    assert hub.get(url.removeprefix(hub.url), hub.user("bob")).status == 200
    assert hub.get(url.removeprefix(hub.url), hf("ada").user).status == 404
    answer = hub.request("POST", "/uploads", b"<svg/>", hf("ada").user, {"Content-Type": "image/svg+xml"})
    assert answer.status == 400 and "image/png" in answer.json["error"]
    assert hub.request("POST", "/uploads", b"x", None, {"Content-Type": "image/png"}).status == 401
    image.write_bytes(bytes((10 << 20) + 1))
    with pytest.raises(HfHubHTTPError, match="may have at most 10485760 bytes") as error:
        hf("ada").upload_attachment(image)
    assert error.value.response.status_code == 413

    hf("ada").delete_repo(repository)
    assert hub.get(places[0], hf("ada").user).status == 404


def test_a_proposal_whose_answer_was_lost_is_sent_again(hub, hf, repository):
    head = hub.head(repository)

    def send(message):
        return hf("bob").create_commit(
            repository, [CommitOperationAdd("notes.txt", b"one\n")], commit_message=message, create_pr=True,
            parent_commit=head)

    made = [send("Add notes") for _ in range(2)]
    assert made[0].pr_num == made[1].pr_num == 1 and made[0].oid == made[1].oid
    assert len(list(hf("bob").get_repo_discussions(repository))) == 1
    assert send("Add more notes").pr_num == 2


def test_a_long_discussion_is_one_answer(hub, hf, repository):
    ada = hf("ada")
    number = ada.create_discussion(repository, "Long", description="first").num
    path = f"/api/models/{repository}/discussions/{number}/comment"
    text = 'quotes " and \\ and "events":[] and \u202e\n' * 300
    for place in range(130):
        assert hub.request("POST", path, {"comment": f"{place} {text}"}, ada.user).status == 200
    details = ada.get_discussion_details(repository, number)
    said = [event.content for event in comments(details)]
    assert said == ["first"] + [f"{place} {text}" for place in range(130)]


def test_a_review_in_the_terminal(hub, person):
    model_with_branch(hub, person, better)
    ada, bob = person("ada"), person("bob")
    folder = ada.home / "tiny"
    made = ada.json("pr", "create", "Better weights", "--source", "work", "-m", "Please look.", cwd=folder)
    assert (made["num"], made["status"], made["isPullRequest"]) == (1, "open", True)
    assert "Better weights" in bob.hubctl("pr", "list", "--repo", "ada/tiny").stdout
    assert bob.json("pr", "list", "--repo", "ada/tiny", "--state", "closed") == []
    bob.hubctl("pr", "comment", "1", "Looks good", "--repo", "ada/tiny")
    hub.report("ada/tiny", "refs%2Fpr%2F1")
    shown = bob.hubctl("pr", "show", "1", "--repo", "ada/tiny").stdout
    for words in ("Please look.", "bob: Looks good", "into refs/heads/main", "checks: ", "changed  model.safetensors",
                  "cosine"):
        assert words in shown, shown
    assert bob.json("pr", "show", "1", "--repo", "ada/tiny")["checks"]["allowMerge"]
    assert "weights model.safetensors" in bob.hubctl("pr", "diff", "1", "--repo", "ada/tiny").stdout
    assert bob.hubctl("pr", "merge", "1", "--repo", "ada/tiny", check=False).returncode == 2
    ada.hubctl("pr", "close", "1", "-m", "Wait.", cwd=folder)
    refused = ada.hubctl("pr", "merge", "1", cwd=folder, check=False)
    assert refused.returncode == 1 and "closed" in refused.stderr
    ada.hubctl("pr", "open", "1", cwd=folder)
    merged = ada.json("pr", "merge", "1", cwd=folder)
    assert (merged["status"], merged["mergeCommitId"]) == ("merged", hub.head("ada/tiny"))


def test_a_folder_uploaded_as_a_pull_request_by_someone_else(hub, hf, person, tmp_path):
    folder = model_with_branch(hub, person, better)
    bob = hf("bob")
    upload = tmp_path / "upload"
    upload.mkdir()
    (upload / "notes.txt").write_text((folder / "notes.txt").read_text() + "four\n")
    info = bob.upload_file(
        path_or_fileobj=b"a word\n", path_in_repo="word.txt", repo_id="ada/tiny", create_pr=True,
        commit_message="Add a word", commit_description="Just one.")
    assert info.pr_num == 1 and info.pr_revision == "refs/pr/1"
    made = bob.get_discussion_details("ada/tiny", 1)
    assert (made.status, made.author, made.title) == ("open", "bob", "Add a word")
    assert "+a word\n" in made.diff
    second = bob.upload_folder(repo_id="ada/tiny", folder_path=upload, create_pr=True, commit_message="Add a line")
    assert second.pr_num == 2
    bob.upload_file(
        path_or_fileobj=b"a better word\n", path_in_repo="word.txt", repo_id="ada/tiny", revision="refs/pr/1",
        commit_message="Find a better word")
    events = [event for event in bob.get_discussion_details("ada/tiny", 1).events if event.type == "commit"]
    assert [event.summary for event in events] == ["Add a word", "Find a better word"]
    with pytest.raises(HfHubHTTPError, match="403"):
        hf("eve").upload_file(
            path_or_fileobj=b"mine\n", path_in_repo="word.txt", repo_id="ada/tiny", revision="refs/pr/1")
    refs = bob.list_repo_refs("ada/tiny", include_pull_requests=True)
    assert [(ref.name, ref.ref) for ref in refs.pull_requests] == [("pr/1", "refs/pr/1"), ("pr/2", "refs/pr/2")]
    bob.super_squash_history("ada/tiny", branch="refs/pr/1", commit_message="All in one")
    assert bob.get_discussion_details("ada/tiny", 1).events[-1].summary == "All in one"
    hub.report("ada/tiny", "refs%2Fpr%2F2")
    if bob.get_discussion_details("ada/tiny", 2).status == "draft":
        bob.change_discussion_status("ada/tiny", 2, "open")
    hf("ada").merge_pull_request("ada/tiny", 2)
    assert hub.file("ada/tiny", "notes.txt").body == b"one\ntwo\nthree\nfour\n"
