"""Gated repositories with huggingface_hub: what is open, what is not, and how people are let in."""

import datetime
import json
import pathlib

import pytest
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

import checkpoints


@pytest.fixture
def gated(hub, hf, person):
    """ada/tiny with a model in it, gated by hand."""
    ada = person("ada")
    hub.create("ada/tiny", ada.user)
    folder = ada.clone("ada/tiny")
    checkpoints.copy_model(checkpoints.BASE, folder)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# Tiny\n")
    ada.commit(folder, "the model")
    ada.hubctl("push", cwd=folder)
    hf("ada").update_repo_settings("ada/tiny", gated="manual")
    return "ada/tiny"


def download(api, repository, path, folder, token=None):
    return hf_hub_download(
        repository, path, endpoint=api.endpoint, token=api.token if token is None else token, cache_dir=folder)


def test_metadata_is_open_and_files_are_not(hub, hf, gated, tmp_path):
    bob = hf("bob")
    info = bob.model_info(gated)
    assert info.gated == "manual" and "model.safetensors" in [file.rfilename for file in info.siblings]
    assert "config.json" in bob.list_repo_files(gated)
    assert bob.list_repo_refs(gated).branches[0].name == "main"
    assert "Tiny" in pathlib.Path(download(bob, gated, "README.md", tmp_path)).read_text()
    with pytest.raises(
            GatedRepoError, match="Access to model ada/tiny is restricted and you are not in the authorized list"):
        download(bob, gated, "config.json", tmp_path)
    answer = hub.file(gated, "config.json")
    assert (answer.status, answer.headers["X-Error-Code"]) == (401, "GatedRepo")
    with pytest.raises(GatedRepoError):
        download(bob, gated, "config.json", tmp_path, token=False)
    assert download(hf("ada"), gated, "config.json", tmp_path)


def test_nothing_else_gives_the_files_away(hub, hf, gated, person):
    bob = hf("bob").user
    pointer = {"oid": "0" * 64, "size": 1}
    for answer in [
        hub.get(f"/api/models/{gated}/xet-read-token/main", bob),
        hub.get(f"/{gated}.git/info/refs?service=git-upload-pack", bob),
        hub.get(f"/api/models/{gated}/compare/main..main", bob),
        hub.get(f"/api/models/{gated}/report/main", bob),
        hub.request("POST", f"/api/models/{gated}/fork", {}, bob),
        hub.request(
            "POST", f"/{gated}.git/info/lfs/objects/batch", {"operation": "download", "objects": [pointer]}, bob),
        hub.request(
            "POST", f"/api/models/{gated}/discussions", {"title": "Let me in", "pullRequest": True}, bob),
    ]:
        assert (answer.status, answer.headers.get("X-Error-Code")) == (403, "GatedRepo"), answer.body
    hub.create("bob/own", bob)
    wish = {"title": "Steal it", "pullRequest": True, "source": "main", "sourceRepository": gated}
    assert hub.request("POST", "/api/models/bob/own/discussions", wish, bob).status == 403
    clone = person("bob").git("clone", hub.remote(gated, bob), "stolen", check=False)
    assert clone.returncode != 0


def test_a_pull_requests_diff_is_for_those_who_are_in(hub, hf, gated):
    wish = {"title": "A change", "pullRequest": True, "source": "main"}
    assert hub.request("POST", f"/api/models/{gated}/discussions", wish, hf("ada").user).status == 200
    assert hf("bob").get_discussion_details(gated, 1).diff is None
    assert hf("ada").get_discussion_details(gated, 1).diff == ""
    hf("bob").comment_discussion(gated, 1, "May I see?")


def test_someone_asks_and_is_let_in_and_put_out(hub, hf, gated, tmp_path):
    ada, bob = hf("ada"), hf("bob")
    asked = hub.request("POST", f"/api/models/{gated}/ask-access", {"fields": {"why": "science"}}, bob.user)
    assert asked.status == 200 and asked.json["status"] == "pending", asked.body
    assert hub.request("POST", f"/api/models/{gated}/ask-access", {}, bob.user).status == 409
    (request,) = ada.list_pending_access_requests(gated)
    assert (request.username, request.status, request.fields) == ("bob", "pending", {"why": "science"})
    assert isinstance(request.timestamp, datetime.datetime)
    ada.accept_access_request(gated, request_id=request.request_id)
    assert download(bob, gated, "model.safetensors", tmp_path)
    assert [found.username for found in ada.list_accepted_access_requests(gated)] == ["bob"]
    ada.reject_access_request(gated, "bob", rejection_reason="changed my mind")
    with pytest.raises(GatedRepoError):
        download(bob, gated, "config.json", tmp_path / "other")
    assert [found.status for found in ada.list_rejected_access_requests(gated)] == ["rejected"]


def test_grants_and_repeated_decisions(hub, hf, gated):
    ada = hf("ada")
    hf("bob")
    ada.grant_access(gated, "bob")
    (request,) = ada.list_accepted_access_requests(gated)
    assert (request.username, request.email, request.fields) == ("bob", None, None)
    for act in (lambda: ada.grant_access(gated, "bob"), lambda: ada.accept_access_request(gated, "bob")):
        with pytest.raises(HfHubHTTPError):
            act()
    ada.reject_access_request(gated, "bob", rejection_reason="no")
    with pytest.raises(HfHubHTTPError, match="rejected already"):
        ada.reject_access_request(gated, "bob", rejection_reason="no")
    ada.cancel_access_request(gated, "bob")
    assert [found.username for found in ada.list_pending_access_requests(gated)] == ["bob"]
    with pytest.raises(HfHubHTTPError, match="pending already"):
        ada.cancel_access_request(gated, "bob")
    with pytest.raises(HfHubHTTPError, match="no user 'nobody'"):
        ada.grant_access(gated, "nobody")


def test_an_automatic_gate_opens_for_who_asks_and_decisions_are_the_owners(hub, hf, gated, tmp_path):
    ada, bob = hf("ada"), hf("bob")
    ada.update_repo_settings(gated, gated="auto")
    assert hub.request("POST", f"/api/models/{gated}/ask-access", user=bob.user).json["status"] == "accepted"
    assert download(bob, gated, "config.json", tmp_path)
    for act in (lambda: list(bob.list_accepted_access_requests(gated)), lambda: bob.grant_access(gated, "bob"),
                lambda: bob.update_repo_settings(gated, gated=False)):
        with pytest.raises(HfHubHTTPError, match="403"):
            act()
    ada.update_repo_settings(gated, gated=False)
    assert hf("eve").model_info(gated).gated is False
    assert download(hf("eve"), gated, "config.json", tmp_path / "eve")
    with pytest.raises(HfHubHTTPError, match="not gated"):
        ada.grant_access(gated, "bob")


def test_a_fork_keeps_the_gate(hub, hf, gated):
    ada, bob = hf("ada"), hf("bob")
    ada.grant_access(gated, "bob")
    bob.duplicate_repo(gated, "bob/copy", private=False)
    assert hf("eve").model_info("bob/copy").gated == "manual"
    for gate in (False, "auto"):
        with pytest.raises(HfHubHTTPError, match="bob/copy is a fork of ada/tiny, which is gated"):
            bob.update_repo_settings("bob/copy", gated=gate)
    assert hub.file("bob/copy", "config.json", user=hf("eve").user).status == 403
    ada.update_repo_settings(gated, gated=False)
    bob.update_repo_settings("bob/copy", gated=False)
    assert hub.file("bob/copy", "config.json", user=hf("eve").user).status == 200


def test_a_private_repository_has_no_gate_to_knock_at(hub, hf):
    ada, bob = hf("ada"), hf("bob")
    hub.create("ada/secret", ada.user, "private")
    ada.update_repo_settings("ada/secret", gated="auto")
    answer = hub.request("POST", "/api/models/ada/secret/ask-access", {}, bob.user)
    assert (answer.status, answer.headers["X-Error-Code"]) == (404, "RepoNotFound")
    with pytest.raises(RepositoryNotFoundError):
        bob.model_info("ada/secret")


def test_wrong_settings_are_refused(hub, hf, gated):
    for gate in (True, "sometimes", 7, None):
        answer = hub.request("PUT", f"/api/models/{gated}/settings", {"gated": gate}, hf("ada").user)
        assert answer.status == 400, answer.body
    assert hf("ada").model_info(gated).gated == "manual"


def test_what_stands_in_files_is_no_metadata_of_a_gated_repository(hub):
    ada, ben = hub.user("ada"), hub.user("ben")
    hub.create("ada/model", ada)
    files = {
        "config.json": {"architectures": ["LlamaForCausalLM"], "model_type": "llama"},
        "tokenizer_config.json": {"mask_token": "<hole>", "chat_template": "the template of the house"},
        ".eval_results/one.yaml": [{"dataset": {"id": "ada/exam", "task_id": "all"}, "value": 91}],
    }
    lines = [json.dumps({"key": "header", "value": {"summary": "files"}})] + [
        json.dumps({"key": "file", "value": {"path": path, "content": json.dumps(content), "encoding": "utf-8"}})
        for path, content in files.items()]
    made = hub.request("POST", "/api/models/ada/model/commit/main", "\n".join(lines).encode(), ada, {
        "Content-Type": "application/x-ndjson"})
    assert made.status == 200, made.body
    assert hub.request("PUT", "/api/models/ada/model/settings", {"gated": "manual"}, ada).status == 200
    query = "?expand=config&expand=mask_token&expand=pipeline_tag&expand=evalResults"
    told = hub.get(f"/api/models/ada/model{query}", ada).json
    assert "the template of the house" in json.dumps(told) and told["mask_token"] == "<hole>"
    assert told["evalResults"][0]["data"]["value"] == 91
    for user in (ben, None):
        seen = hub.get(f"/api/models/ada/model{query}", user).json
        assert "evalResults" not in seen
        assert seen["config"]["model_type"] == "llama" and seen["pipeline_tag"] == told["pipeline_tag"]
        assert "tokenizer_config" not in seen["config"] and "mask_token" not in seen
        whole = hub.get("/api/models/ada/model", user).body + hub.get("/api/models?full=true&config=true", user).body
        assert b"the template of the house" not in whole and b"<hole>" not in whole
