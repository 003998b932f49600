"""Lists and searches of the official client."""

import json

import pytest

import checkpoints
import hub as programs
import official
from publishing import publish


def card(**metadata):
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in metadata.items()]
    return "---\n" + "\n".join(lines) + "\n---\n"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("listing")
    hub = programs.Hub(folder).start()
    try:
        ada = programs.Person(hub, folder / "ada", hub.user("ada"))
        bob = programs.Person(hub, folder / "bob", hub.user("bob"))
        publish(hub, ada, "ada/gpt-neo-tiny", {
            "README.md": card(license="mit", language=["en", "fr"], datasets=["ada/tales"], tags=["story"])
            + "It tells marvellous stories about dragons.\n"}, model=checkpoints.BASE)
        publish(hub, ada, "ada/smollm", {
            "README.md": card(license="apache-2.0", base_model="ada/gpt-neo-tiny", co2_eq_emissions={"emissions": 8})
            + "# Small\n"}, model=checkpoints.MODELS / "tiny-smollm2")
        publish(hub, bob, "bob/distilled", {
            "README.md": card(pipeline_tag="text-classification", library_name="spacy", language="en")})
        publish(hub, bob, "bob/secret", {"README.md": card(license="mit")}, visibility="private")
        publish(hub, ada, "ada/tales", {
            "README.md": card(language=["en"], task_categories=["text-generation"], size_categories=["n<1K"],
                              multilinguality="monolingual", pretty_name="Old Tales"),
            "train.jsonl": "{}\n"}, kind="dataset")
        publish(hub, bob, "bob/numbers", {
            "README.md": card(language="fr", benchmark="official", tags=["benchmark:official"])}, kind="dataset")
        publish(hub, ada, "ada/demo", {
            "README.md": card(title="Chat with dragons", emoji="🐉", sdk="gradio", models=["ada/gpt-neo-tiny"],
                              datasets=["ada/tales"], short_description="A demo")}, kind="space")
        publish(hub, bob, "bob/site", {"README.md": card(title="Site", sdk="static")}, kind="space")
        yield hub, ada, bob
    finally:
        hub.close()


@pytest.fixture
def client(shared, tmp_path):
    return official.Client(shared[0], tmp_path / "client", shared[1].user)


def ask(client, call):
    """The ids a call of the API yields, sorted, and as they came."""
    return client.run(f"""
        result = [item.id for item in {call}]
    """)


MODELS = {"ada/gpt-neo-tiny", "ada/smollm", "bob/distilled"}


@pytest.mark.parametrize("arguments, expected", [
    ("", MODELS),
    ("author='bob'", {"bob/distilled"}),
    ("author='Nobody'", set()),
    ("search='ny'", {"ada/gpt-neo-tiny"}),
    ("search='till'", {"bob/distilled"}),
    ("search='DRAGON'", {"ada/gpt-neo-tiny"}),
    ("search='marvellous tiny'", {"ada/gpt-neo-tiny"}),
    ("search='apache-2.0'", {"ada/smollm"}),
    ("search='dragons OR small'", set()),
    ("search='100%_\"'", set()),
    ("filter='transformers'", {"ada/gpt-neo-tiny", "ada/smollm"}),
    ("filter=['transformers', 'en']", {"ada/gpt-neo-tiny"}),
    ("filter='text-generation'", {"ada/gpt-neo-tiny", "ada/smollm"}),
    ("filter='license:mit'", {"ada/gpt-neo-tiny"}),
    ("filter='spacy'", {"bob/distilled"}),
    ("filter='base_model:ada/gpt-neo-tiny'", {"ada/smollm"}),
    ("trained_dataset='ada/tales'", {"ada/gpt-neo-tiny"}),
    ("pipeline_tag='text-classification'", {"bob/distilled"}),
    ("gated=True", set()),
    ("gated=False", MODELS),
    ("inference='warm'", set()),
    ("inference_provider='all'", set()),
    ("apps='vllm'", {"ada/gpt-neo-tiny", "ada/smollm"}),
    ("apps=['llama.cpp', 'vllm']", set()),
    ("num_parameters='min:1B'", set()),
    ("num_parameters='min:1K,max:1B'", {"ada/gpt-neo-tiny", "ada/smollm"}),
    ("cardData=True, emissions_thresholds=(1, 10)", {"ada/smollm"}),
    ("full=True, cardData=True, fetch_config=True, search='dragons'", {"ada/gpt-neo-tiny"}),
])
def test_models_are_filtered(client, arguments, expected):
    found = ask(client, f"api.list_models({arguments})")
    assert len(found) == len(set(found)) and set(found) == expected


@pytest.mark.parametrize("arguments, expected", [
    ("", {"ada/tales", "bob/numbers"}),
    ("language='fr'", {"bob/numbers"}),
    ("task_categories='text-generation', size_categories='n<1K'", {"ada/tales"}),
    ("multilinguality='monolingual'", {"ada/tales"}),
    ("dataset_name='tales', search='old'", {"ada/tales"}),
    ("benchmark=True", {"bob/numbers"}),
    ("filter='format:json'", {"ada/tales"}),
    ("gated=False, author='ada', full=True", {"ada/tales"}),
])
def test_datasets_are_filtered(client, arguments, expected):
    assert set(ask(client, f"api.list_datasets({arguments})")) == expected


@pytest.mark.parametrize("call, expected", [
    ("api.list_spaces()", {"ada/demo", "bob/site"}),
    ("api.list_spaces(models='ada/gpt-neo-tiny')", {"ada/demo"}),
    ("api.list_spaces(datasets=['ada/tales'])", {"ada/demo"}),
    ("api.list_spaces(models='bob/distilled')", set()),
    ("api.list_spaces(linked=True)", {"ada/demo"}),
    ("api.list_spaces(filter='static', full=True)", {"bob/site"}),
    ("api.search_spaces('dragons')", {"ada/demo"}),
    ("api.search_spaces('site', sdk='gradio')", set()),
])
def test_spaces_are_filtered(client, call, expected):
    assert set(ask(client, call)) == expected


def test_private_repositories_are_listed_for_their_owners_only(shared, client, tmp_path):
    hub, _, bob = shared
    assert "bob/secret" not in ask(client, "api.list_models()")
    owner = official.Client(hub, tmp_path / "owner", bob.user)
    assert "bob/secret" in ask(owner, "api.list_models(author='bob')")
    nobody = official.Client(hub, tmp_path / "nobody")
    assert "bob/secret" not in ask(nobody, "api.list_models(filter='license:mit')")
    assert "bob/secret" not in hub.get("/api/models-tags-by-type").body.decode()


def test_lists_tell_what_was_asked_for(client):
    told = client.run("""
        def one(**more):
            return next(iter(api.list_models(search="dragons", **more)))
        plain, full, card, config = one(), one(full=True), one(cardData=True), one(fetch_config=True)
        some = one(expand=["sha", "safetensors"])
        dataset = next(iter(api.list_datasets(search="tales", full=True)))
        result = {
            "plain": [plain.siblings, plain.card_data, plain.config, plain.sha, plain.tags, plain.pipeline_tag],
            "full": [[s.rfilename for s in full.siblings], full.sha, full.last_modified is not None, full.card_data],
            "card": [card.card_data.license, card.siblings], "config": config.config["model_type"],
            "some": [some.sha, some.safetensors.total, some.tags, some.author],
            "dataset": [dataset.card_data.pretty_name, len(dataset.siblings)]}
    """)
    assert told["plain"][:4] == [None, None, None, None] and "story" in told["plain"][4]
    assert told["plain"][5] == "text-generation"
    assert "config.json" in told["full"][0] and len(told["full"][1]) == 40 and told["full"][2:] == [True, None]
    assert told["card"] == ["mit", None] and told["config"] == "gpt_neo"
    assert told["some"][0] == told["full"][1] and told["some"][1] > 0 and told["some"][2:] == [None, None]
    assert told["dataset"][0] == "Old Tales" and told["dataset"][1] >= 3


def test_lists_are_sorted_and_come_in_pages(shared, client):
    hub, ada, _ = shared
    for order in ("lastModified", "createdAt", "downloads", "likes", "trendingScore"):
        seen, url = [], f"/api/models?sort={order}&limit=1&direction=-1&author=ada"
        while url:
            answer = hub.get(url, ada.user)
            assert answer.status == 200 and len(answer.json) == 1
            seen += [item["id"] for item in answer.json]
            link = answer.headers.get("Link")
            assert link is None or (link.startswith(f"<{hub.url}/api/models?") and 'rel="next"' in link)
            url = link[1:].split(">")[0].removeprefix(hub.url) if link else None
            assert url is None or ("author=ada" in url and f"sort={order}" in url)
        assert sorted(seen) == ["ada/gpt-neo-tiny", "ada/smollm"]
    assert ask(client, "api.list_models(sort='created_at', author='ada')") == ["ada/smollm", "ada/gpt-neo-tiny"]
    assert len(ask(client, "api.list_models(limit=2)")) == 2


def test_tags_are_listed_under_their_headings(client):
    told = client.run("""
        result = [api.get_model_tags(), api.get_dataset_tags()]
    """)
    models, datasets = told
    assert {"id": "license:mit", "label": "mit", "type": "license"} in models["license"]
    assert {"transformers", "spacy", "safetensors"} <= {tag["id"] for tag in models["library"]}
    assert {"en", "fr"} <= {tag["id"] for tag in models["language"]}
    assert {"text-generation", "text-classification"} <= {tag["id"] for tag in models["pipeline_tag"]}
    assert "language:fr" in {tag["id"] for tag in datasets["language"]}


@pytest.mark.parametrize("query", [
    "sort=color", "limit=many", "gated=perhaps", "num_parameters=huge", "num_parameters=min:2B,max:1B", "expand=color",
    "cursor=x", "cursor=1.2.3", "search=%FF", "full=2",
])
def test_what_makes_no_sense_is_said(shared, query):
    answer = shared[0].get(f"/api/models?{query}")
    assert answer.status == 400 and answer.json["error"]


@pytest.mark.parametrize("search", ['"', "'", "a\"b", "NEAR(a b)", "*", "^a", "a:b", "-", "(", "\\", "%", "ß 日本", "x" * 3000])
def test_anything_can_be_searched_for(shared, search):
    import urllib.parse
    answer = shared[0].get("/api/models?search=" + urllib.parse.quote(search))
    assert answer.status == 200


def test_the_command_line_lists(client):
    listed = client.hf("models", "ls", "--author", "ada", "--sort", "created_at", "--format", "json").stdout
    assert [item["id"] for item in json.loads(listed)] == ["ada/smollm", "ada/gpt-neo-tiny"]
    some = client.hf("models", "ls", "--pipeline-tag", "text-classification", "--expand", "downloads,tags", "--format",
                     "json").stdout
    assert [item["id"] for item in json.loads(some)] == ["bob/distilled"]
    assert "bob/numbers" in client.hf("datasets", "ls", "--filter", "language:fr", "--no-truncate").stdout
    assert "ada/demo" in client.hf("spaces", "search", "dragons", "--format", "json").stdout
