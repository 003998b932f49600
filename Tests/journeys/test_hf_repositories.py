"""Repositories as the official client makes, moves, copies, likes and deletes them."""

import pytest
from huggingface_hub.errors import BadRequestError, HfHubHTTPError, RepositoryNotFoundError

import official


@pytest.fixture
def ada(hub):
    return hub.user("ada")


@pytest.fixture
def api(hub, ada):
    return official.api(hub, ada)


def push(somebody, hub, repository, files):
    """Puts files on top of a repository by stock git."""
    folder = somebody.home / f"push-{len(list(somebody.home.iterdir()))}"
    somebody.git("clone", hub.remote(repository, somebody.user), folder)
    for name, text in files.items():
        (folder / name).write_text(text)
    somebody.git("add", ".", cwd=folder)
    somebody.git("commit", "-m", "Files", cwd=folder)
    somebody.git("push", "origin", "HEAD:main", cwd=folder)


def test_a_new_repository_holds_one_commit_with_its_attributes(hub, api):
    url = api.create_repo("ada/new")
    assert (url.repo_id, url.repo_type, url.endpoint) == ("ada/new", "model", hub.url)
    commits = api.list_repo_commits("ada/new")
    assert [commit.title for commit in commits] == ["initial commit"]
    assert commits[0].authors == ["ada"]
    assert api.list_repo_files("ada/new") == [".gitattributes"]


@pytest.mark.parametrize("kind, more", [("model", {}), ("dataset", {}), ("space", {"space_sdk": "static"}),
                                        ("kernel", {})])
def test_every_kind_can_be_made_and_deleted(api, kind, more):
    url = api.create_repo("thing", repo_type=kind, private=True, **more)
    assert (url.repo_id, url.repo_type) == ("ada/thing", kind)
    with pytest.raises(HfHubHTTPError) as refused:
        api.create_repo("ada/Thing", repo_type=kind, **more)
    assert refused.value.response.status_code == 409
    assert f"A {kind} repository called ada/Thing already exists" in str(refused.value)
    assert api.create_repo("ada/Thing", repo_type=kind, exist_ok=True, **more).repo_id == "ada/thing"
    api.delete_repo("ada/thing", repo_type=kind)
    with pytest.raises(RepositoryNotFoundError):
        api.delete_repo("ada/thing", repo_type=kind)
    api.delete_repo("ada/thing", repo_type=kind, missing_ok=True)


def test_exist_ok_also_where_one_may_not_create(hub, api, tmp_path):
    user = hub.user("eve")
    eve = official.api(hub, user)
    api.create_repo("ada/open")
    assert "ada/open" in official.Client(hub, tmp_path / "home", user).hf(
        "repos", "create", "ada/open", "--exist-ok").stdout
    with pytest.raises(HfHubHTTPError) as refused:
        eve.create_repo("ada/other", exist_ok=True)
    assert refused.value.response.status_code == 403
    with pytest.raises(HfHubHTTPError) as refused:
        eve.create_repo("nobody-there/other")
    assert refused.value.response.status_code == 403


def test_only_a_space_is_protected(hub, api):
    api.create_repo("ada/page", repo_type="space", space_sdk="static", visibility="protected")
    assert hub.get("/api/spaces/ada/page").status == 401
    answer = hub.request("POST", "/api/repos/create", {"name": "x", "visibility": "protected"}, hub.user("ada"))
    assert answer.status == 400 and "Spaces" in answer.json["error"]


def test_visibility_is_a_setting(hub, api):
    api.create_repo("ada/model")
    api.update_repo_settings("ada/model", private=True)
    assert api.model_info("ada/model").private is True
    with pytest.raises(RepositoryNotFoundError):
        official.api(hub).model_info("ada/model")
    api.update_repo_settings("ada/model", visibility="public")
    assert official.api(hub).model_info("ada/model").private is False


def test_the_older_spelling_of_visibility_is_understood(hub, api):
    """What older versions of the client send."""
    api.create_repo("ada/model")
    user, path = hub.user("ada"), "/api/models/ada/model/settings"
    assert hub.request("PUT", path, {"private": True}, user).status == 200
    assert api.model_info("ada/model").private is True
    answer = hub.request("PUT", path, {"private": True, "visibility": "public"}, user)
    assert answer.status == 400 and "say one of them" in answer.json["error"]
    assert api.model_info("ada/model").private is True
    assert hub.request("PUT", path, {"private": False}, user).status == 200
    assert official.api(hub).model_info("ada/model").private is False


def test_names_are_found_whatever_their_case(api):
    api.create_repo("ada/CamelCase")
    assert api.model_info("Ada/camelcase").id == "ada/CamelCase"


def test_old_names_lead_to_a_moved_repository(hub, api, person, tmp_path):
    hub.hubd("admin", "org", "create", "acme", "--owner", "ada")
    api.create_repo("ada/before")
    somebody = person("ada")
    push(somebody, hub, "ada/before", {"hello.txt": "hello"})
    api.move_repo("ada/before", "acme/after")
    assert api.model_info("acme/after").id == "acme/after"
    assert api.model_info("ada/before").id == "acme/after"
    assert api.list_repo_files("ada/before") == [".gitattributes", "hello.txt"]
    path = api.hf_hub_download("ada/before", "hello.txt", cache_dir=tmp_path / "cache")
    assert open(path).read() == "hello"
    # A second move, and back to a name of before.
    api.move_repo("acme/after", "acme/later")
    assert api.model_info("ada/before").id == "acme/later"
    # git follows as well, to fetch and to push.
    push(somebody, hub, "ada/before", {"more.txt": "more", "weights.bin": "large"})
    assert api.get_paths_info("ada/before", ["weights.bin"])[0].lfs is not None
    assert "more.txt" in api.list_repo_files("acme/later")
    api.move_repo("acme/later", "ada/before")
    assert api.model_info("acme/later").id == "ada/before"
    assert api.model_info("ada/before").id == "ada/before"


def test_a_new_repository_takes_over_a_name_that_was_given_up(api):
    first = api.create_repo("ada/name")
    api.move_repo("ada/name", "ada/elsewhere")
    assert first.repo_id == "ada/name"
    api.create_repo("ada/name")
    assert api.model_info("ada/name").id == "ada/name"
    assert api.model_info("ada/elsewhere").id == "ada/elsewhere"


def test_a_move_onto_a_name_that_is_taken_is_refused(api):
    api.create_repo("ada/one")
    api.create_repo("ada/two")
    with pytest.raises(HfHubHTTPError, match="A model repository called ada/two already exists"):
        api.move_repo("ada/one", "ada/two")


def test_where_a_private_repository_went_is_told_to_nobody_else(hub, api):
    api.create_repo("ada/secret", private=True)
    api.move_repo("ada/secret", "ada/hidden")
    eve = hub.user("eve")
    moved, absent = (hub.get(f"/api/models/ada/{name}", eve) for name in ("secret", "absent"))
    assert moved.status == absent.status == 404
    assert moved.body.replace(b"secret", b"absent") == absent.body


def test_nothing_is_deleted_by_a_name_of_before(hub, api, ada):
    api.create_repo("ada/before")
    api.move_repo("ada/before", "ada/after")
    with pytest.raises(RepositoryNotFoundError, match="now called ada/after"):
        api.delete_repo("ada/before")
    assert api.model_info("ada/after").id == "ada/after"


def test_a_duplicate_has_the_whole_history(hub, api, person):
    api.create_repo("ada/model")
    push(person("ada"), hub, "ada/model", {"a.txt": "one"})
    eve = official.api(hub, hub.user("eve"))
    url = eve.duplicate_repo("ada/model")
    assert url.repo_id == "eve/model" and url.files_copy_pending is False
    assert [c.commit_id for c in eve.list_repo_commits("eve/model")] == [
        c.commit_id for c in api.list_repo_commits("ada/model")]
    with pytest.raises(HfHubHTTPError) as refused:
        eve.duplicate_repo("ada/model")
    assert refused.value.response.status_code == 409
    assert eve.duplicate_repo("ada/model", exist_ok=True).repo_id == "eve/model"
    assert eve.duplicate_repo("ada/model", "eve/copy", private=True).repo_id == "eve/copy"
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("eve/copy")


def test_what_one_keeps_is_listed_with_its_storage(hub, api, ada, tmp_path):
    api.create_repo("ada/model")
    api.create_repo("ada/data", repo_type="dataset", private=True)
    hub.hubd("admin", "org", "create", "acme", "--owner", "ada")
    api.create_repo("acme/model")
    mine = {repo.id: repo for repo in api.list_user_repos()}
    assert set(mine) == {"ada/model", "ada/data"}
    assert (mine["ada/data"].type, mine["ada/data"].visibility, mine["ada/data"].storage) == ("dataset", "private", 0)
    assert [repo.id for repo in api.list_user_repos("acme")] == ["acme/model"]
    with pytest.raises(HfHubHTTPError):
        list(official.api(hub, hub.user("eve")).list_user_repos("acme"))
    pages = hub.get("/api/settings/repositories?limit=1", ada)
    assert len(pages.json) == 1 and 'rel="next"' in pages.headers["Link"]
    listed = official.Client(hub, tmp_path / "home", ada).hf("repos", "ls")
    assert "ada/model" in listed.stdout and "ada/data" in listed.stdout


def test_likes(hub, api, ada):
    eve = hub.user("eve")
    api.create_repo("ada/model")
    api.create_repo("ada/secret", private=True)
    for path, user in (("ada/model", ada), ("ada/model", eve), ("ada/secret", ada)):
        for _ in range(2):
            assert hub.request("POST", f"/api/models/{path}/like", user=user).status == 200
    assert hub.request("POST", "/api/models/ada/secret/like", user=eve).status == 404
    assert hub.request("POST", "/api/models/ada/model/like").status == 401
    assert [liker.username for liker in api.list_repo_likers("ada/model")] == ["ada", "eve"]
    assert api.model_info("ada/model").likes == 2
    api.create_repo("ada/another")
    assert [info.id for info in api.list_models(sort="likes", limit=2)] == ["ada/model", "ada/secret"]
    assert api.list_liked_repos().models == ["ada/secret", "ada/model"]
    # Others do not learn from it what is private.
    assert official.api(hub, eve).list_liked_repos("ada").models == ["ada/model"]
    assert official.api(hub, eve).get_user_overview("ada").num_likes == 1
    api.unlike("ada/model")
    api.unlike("ada/model")
    assert [liker.username for liker in api.list_repo_likers("ada/model")] == ["eve"]
    api.delete_repo("ada/model")
    assert official.api(hub, eve).list_liked_repos().total == 0


def test_the_command_line_makes_moves_and_deletes(hub, ada, tmp_path):
    def run(*arguments):
        return official.Client(hub, tmp_path / "home", ada).hf(*arguments).stdout
    assert "ada/c1" in run("repos", "create", "ada/c1", "--private")
    run("repos", "create", "ada/c1", "--exist-ok")
    run("repos", "duplicate", "ada/c1", "ada/c2")
    run("repos", "move", "ada/c2", "ada/c3")
    run("repos", "delete", "ada/c3", "-y")
    assert [repo.id for repo in official.api(hub, ada).list_user_repos()] == ["ada/c1"]
