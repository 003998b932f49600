"""Collections as the official client and the `hf` command line make and read them."""

import pytest
from huggingface_hub.errors import HfHubHTTPError

import official


@pytest.fixture
def ada(hub):
    return hub.user("ada")


@pytest.fixture
def api(hub, ada):
    return official.api(hub, ada)


@pytest.fixture
def repositories(api):
    api.create_repo("ada/model")
    api.create_repo("ada/data", repo_type="dataset")
    api.create_repo("ada/secret", private=True)


def refused(status, call):
    with pytest.raises(HfHubHTTPError) as error:
        call()
    assert error.value.response.status_code == status, error.value


def test_a_collection_is_made_changed_and_deleted(hub, api):
    made = api.create_collection("My Models: the best!", description="Some of them")
    assert made.slug.startswith("ada/my-models-the-best-") and len(made.slug.rsplit("-", 1)[1]) == 24
    assert (made.title, made.description, made.owner["name"]) == ("My Models: the best!", "Some of them", "ada")
    assert (made.items, made.private, made.upvotes, made.theme) == ([], False, 0, "orange")
    refused(409, lambda: api.create_collection("My Models: the best!"))
    assert api.create_collection("My Models: the best!", exists_ok=True).slug == made.slug
    changed = api.update_collection_metadata(made.slug, title="Other", description="New", theme="pink", private=True)
    assert changed.slug != made.slug and changed.slug.rsplit("-", 1)[1] == made.slug.rsplit("-", 1)[1]
    # The slug of before leads to it as well.
    again = api.get_collection(made.slug)
    assert (again.slug, again.title, again.theme, again.private) == (changed.slug, "Other", "pink", True)
    refused(400, lambda: api.update_collection_metadata(made.slug, theme="puce"))
    refused(400, lambda: api.create_collection("x", description="d" * 151))
    api.delete_collection(changed.slug)
    refused(404, lambda: api.get_collection(made.slug))
    refused(404, lambda: api.delete_collection(made.slug))
    api.delete_collection(made.slug, missing_ok=True)


def test_items_are_added_moved_noted_and_removed(hub, api, repositories):
    slug = api.create_collection("Things").slug
    api.add_collection_item(slug, "ada/model", "model", note="The first")
    api.add_collection_item(slug, "ada/data", "dataset")
    api.add_collection_item(slug, "2311.12983", "paper")
    other = api.create_collection("Others").slug
    collection = api.add_collection_item(slug, other, "collection")
    assert [(item.item_id, item.item_type, item.position) for item in collection.items] == [
        ("ada/model", "model", 0), ("ada/data", "dataset", 1), ("2311.12983", "paper", 2), (other, "collection", 3)]
    assert collection.items[0].note == "The first" and collection.items[1].note is None
    refused(409, lambda: api.add_collection_item(slug, "ada/Model", "model"))
    api.add_collection_item(slug, "ada/model", "model", exists_ok=True)
    refused(404, lambda: api.add_collection_item(slug, "ada/absent", "model"))
    first = collection.items[0].item_object_id
    api.update_collection_item(slug, first, note="<b>Moved</b>", position=2)
    items = api.get_collection(slug).items
    assert [item.item_id for item in items] == ["ada/data", "2311.12983", "ada/model", other]
    assert items[2].note == "<b>Moved</b>"
    raw = hub.get(f"/api/collections/{slug}").json["items"][2]
    assert raw["note"]["html"] == "&lt;b&gt;Moved&lt;/b&gt;"
    api.delete_collection_item(slug, first)
    refused(404, lambda: api.delete_collection_item(slug, first))
    api.delete_collection_item(slug, first, missing_ok=True)
    assert [item.position for item in api.get_collection(slug).items] == [0, 1, 2]
    # Names change and repositories go; the collection follows.
    api.move_repo("ada/data", "ada/numbers", repo_type="dataset")
    assert api.get_collection(slug).items[0].item_id == "ada/numbers"
    api.delete_repo("ada/numbers", repo_type="dataset")
    assert [item.item_type for item in api.get_collection(slug).items] == ["paper", "collection"]


def test_what_is_private_stays_private(hub, api, repositories):
    eve = official.api(hub, hub.user("eve"))
    slug = api.create_collection("Mixed").slug
    api.add_collection_item(slug, "ada/secret", "model")
    api.add_collection_item(slug, "ada/model", "model")
    assert [item.item_id for item in eve.get_collection(slug).items] == ["ada/model"]
    assert [item.item_id for item in api.get_collection(slug).items] == ["ada/secret", "ada/model"]
    assert list(eve.list_collections(item="models/ada/secret")) == []
    refused(403, lambda: eve.update_collection_metadata(slug, title="Mine"))
    refused(403, lambda: eve.create_collection("Theirs", namespace="ada"))
    refused(404, lambda: eve.add_collection_item(eve.create_collection("Own").slug, "ada/secret", "model"))
    hidden = api.create_collection("Hidden", private=True).slug
    for call in (lambda: eve.get_collection(hidden), lambda: official.api(hub).get_collection(hidden),
                 lambda: eve.delete_collection(hidden)):
        refused(404, call)
    assert hidden not in [collection.slug for collection in eve.list_collections(owner="ada")]
    assert hidden in [collection.slug for collection in api.list_collections(owner="ada")]


def test_an_organisation_collects_too(hub, ada, api):
    hub.hubd("admin", "org", "create", "acme", "--owner", "ada")
    slug = api.create_collection("Ours", namespace="acme", private=True).slug
    bert = official.api(hub, hub.user("bert"))
    refused(404, lambda: bert.get_collection(slug))
    hub.hubd("admin", "org", "member", "acme", "bert", "--role", "read")
    assert bert.get_collection(slug).owner["name"] == "acme"
    refused(403, lambda: bert.update_collection_metadata(slug, title="Theirs"))


def test_lists_are_filtered_sorted_and_paged(hub, ada, api, repositories):
    eve = hub.user("eve")
    slugs = [api.create_collection(f"Number {number}").slug for number in range(5)]
    for slug in slugs[:2]:
        api.add_collection_item(slug, "ada/model", "model")
    theirs = official.api(hub, eve).create_collection("Number 0").slug
    assert {c.slug for c in api.list_collections(owner="ada")} == set(slugs)
    assert {c.slug for c in api.list_collections(owner=["ada", "eve"])} == {*slugs, theirs}
    assert {c.slug for c in api.list_collections(item="models/ada/model")} == set(slugs[:2])
    assert {c.slug for c in api.list_collections(item=["models/ada/model", "datasets/ada/data"])} == set(slugs[:2])
    assert hub.request("POST", f"/api/collections/{slugs[3]}/upvote", user=eve).status == 200
    best = next(iter(api.list_collections(sort="upvotes")))
    assert (best.slug, best.upvotes, best.position) == (slugs[3], 1, 0)
    assert next(iter(api.list_collections(sort="trending"))).slug == slugs[3]
    assert len(list(api.list_collections(owner="ada", limit=2))) == 2
    page = hub.get("/api/collections?owner=ada&limit=3&sort=upvotes")
    link = page.headers["Link"]
    assert len(page.json) == 3 and "owner=ada" in link and "position" not in page.json[0]
    rest = hub.get(link.split(">")[0].strip("<").removeprefix(hub.url))
    assert len(rest.json) == 2 and "Link" not in rest.headers
    assert {c["slug"] for c in page.json + rest.json} == set(slugs)
    assert hub.get("/api/collections?sort=age").status == 400


def test_the_command_line_collects(hub, ada, repositories, tmp_path):
    def run(*arguments):
        return official.Client(hub, tmp_path / "home", ada).hf("collections", *arguments).stdout
    run("create", "From the shell", "--description", "Some")
    slug = next(iter(official.api(hub, ada).list_collections(owner="ada"))).slug
    run("add-item", slug, "ada/model", "model", "--note", "Good")
    assert "ada/model" in run("info", slug)
    assert slug.split("/")[0] in run("ls", "--owner", "ada")
    run("update", slug, "--title", "Renamed")
    run("delete", slug)
    assert list(official.api(hub, ada).list_collections(owner="ada")) == []
