"""What the official client is told about one repository."""

import json

import pytest

import checkpoints
import official
from publishing import publish

CARD = """---
license: apache-2.0
language:
- en
- "no"
tags: [tiny, story-teller]
datasets:
- ada/stories
base_model: ada/base
pipeline_tag: text-generation
widget:
- text: Once upon a time
model-index:
- name: tiny
  results:
  - task: {type: text-generation}
    dataset: {name: stories, type: ada/stories}
    metrics:
    - {type: perplexity, value: 12.5}
---
# A tiny model

After https://arxiv.org/abs/2305.07759 it tells stories.
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One hub with a model, its base, a dataset, a space and a kernel, for tests that only look."""
    import hub as programs

    folder = tmp_path_factory.mktemp("info")
    hub = programs.Hub(folder).start()
    try:
        ada = programs.Person(hub, folder / "ada", hub.user("ada"))
        publish(hub, ada, "ada/base", {"README.md": "---\nlicense: mit\n---\n# Base\n"}, model=checkpoints.BASE)
        head = publish(hub, ada, "ada/tiny", {"README.md": CARD}, model=checkpoints.BASE)
        publish(hub, ada, "ada/stories", {
            "README.md": "---\npretty_name: Stories\nlicense: mit\nlanguage: en\ntask_categories: [text-generation]\n"
                         "size_categories: [n<1K]\n---\nMany stories.\n\n```\n@misc{x, title={Stories}}\n```\n",
            "train.csv": "text\nonce\n"}, kind="dataset")
        publish(hub, ada, "ada/demo", {
            "README.md": "---\ntitle: Story time\nemoji: 📚\nsdk: gradio\nmodels: [ada/tiny]\n---\n",
            "app.py": "print('hello')\n"}, kind="space")
        publish(hub, ada, "ada/fast", {"build.toml": "[general]\n"}, kind="kernel")
        hub.report("ada/tiny")
        yield hub, ada, head
    finally:
        hub.close()


@pytest.fixture
def client(shared, tmp_path):
    return official.Client(shared[0], tmp_path / "client", shared[1].user)


def test_a_model_tells_what_its_files_say(shared, client):
    told = client.run("""
        info = api.model_info("ada/tiny")
        result = {
            "sha": info.sha, "author": info.author, "private": info.private, "gated": info.gated,
            "disabled": info.disabled, "tags": info.tags, "pipeline": info.pipeline_tag, "library": info.library_name,
            "card": info.card_data.to_dict(), "config": info.config, "transformers": info.transformers_info,
            "safetensors": info.safetensors, "siblings": [s.rfilename for s in info.siblings],
            "sizes": [s.size for s in info.siblings], "spaces": info.spaces, "widget": info.widget_data,
            "index": info.model_index, "storage": info.used_storage, "modified": info.last_modified.isoformat(),
            "created": info.created_at.isoformat(), "likes": info.likes, "downloads": info.downloads}
    """)
    _, _, head = shared
    assert told["sha"] == head and told["author"] == "ada"
    assert (told["private"], told["gated"], told["disabled"]) == (False, False, False)
    assert told["pipeline"] == "text-generation" and told["library"] == "transformers"
    for tag in ("transformers", "safetensors", "gpt_neo", "text-generation", "tiny", "story-teller", "en", "no",
                "dataset:ada/stories", "base_model:ada/base", "base_model:finetune:ada/base", "arxiv:2305.07759",
                "license:apache-2.0", "model-index"):
        assert tag in told["tags"], tag
    assert told["card"]["license"] == "apache-2.0" and told["card"]["language"] == ["en", "no"]
    config = json.loads((checkpoints.BASE / "config.json").read_text())
    assert told["config"]["architectures"] == config["architectures"]
    assert told["config"]["model_type"] == "gpt_neo" and "tokenizer_config" in told["config"]
    assert told["transformers"] == {
        "auto_model": "AutoModelForCausalLM", "custom_class": None, "pipeline_tag": "text-generation",
        "processor": "AutoTokenizer"}
    tensors, _ = checkpoints.read(checkpoints.BASE / checkpoints.WEIGHTS)
    count = 0
    for _, shape, _ in tensors.values():
        size = 1
        for length in shape:
            size *= length
        count += size
    assert told["safetensors"]["total"] == count == sum(told["safetensors"]["parameters"].values())
    assert set(told["siblings"]) >= {"README.md", "config.json", "model.safetensors", ".gitattributes"}
    assert told["sizes"] == [None] * len(told["sizes"])
    assert told["spaces"] == ["ada/demo"]
    assert told["widget"] == [{"text": "Once upon a time"}]
    assert told["storage"] == (checkpoints.BASE / checkpoints.WEIGHTS).stat().st_size
    assert told["modified"].endswith("+00:00") and told["created"] <= told["modified"]


def test_every_property_can_be_asked_for_by_itself(shared, client):
    told = client.run("""
        from typing import get_args
        from huggingface_hub import hf_api
        told = {}
        for kind, names, info, id in [
            ("model", hf_api.ExpandModelProperty_T, api.model_info, "ada/tiny"),
            ("dataset", hf_api.ExpandDatasetProperty_T, api.dataset_info, "ada/stories"),
            ("space", hf_api.ExpandSpaceProperty_T, api.space_info, "ada/demo"),
        ]:
            for name in get_args(names):
                answer = info(id, expand=[name])
                assert answer.id == id
                told[f"{kind} {name}"] = sorted(
                    key for key, value in vars(answer).items() if value is not None)
        result = told
    """)
    spelled = {
        "createdAt": {"created_at"}, "lastModified": {"last_modified", "lastModified"},
        "cardData": {"card_data", "cardData"}, "transformersInfo": {"transformers_info", "transformersInfo"},
        "usedStorage": {"used_storage"}, "downloadsAllTime": {"downloads_all_time"}, "baseModels": {"base_models"},
        "childrenModelCount": {"children_model_count"}, "trendingScore": {"trending_score"},
        "widgetData": {"widget_data"}, "model-index": {"model_index"}, "mainSize": {"main_size"},
        "inferenceProviderMapping": {"inference_provider_mapping"},
    }
    nothing = {"gguf", "mask_token", "inference", "evalResults", "resourceGroup", "paperswithcode_id", "region"}
    for asked, keys in told.items():
        name = asked.split()[1]
        expected = set() if name in nothing else spelled.get(name, {name})
        assert set(keys) - {"id", "_id"} == expected, asked


def test_an_unknown_property_is_told_with_those_there_are(shared):
    hub, ada, _ = shared
    answer = hub.get("/api/models/ada/tiny?expand=color", ada.user)
    assert answer.status == 400
    assert 'expected one of "author"|"baseModels"|"cardData"|' in answer.json["error"]
    assert hub.get("/api/datasets/ada/stories?expand=safetensors", ada.user).status == 400
    only = hub.get("/api/models/ada/tiny?expand=likes", ada.user).json
    assert set(only) == {"_id", "id", "likes"} and len(only["_id"]) == 24


def test_files_are_told_with_sizes_when_asked(shared, client):
    told = client.run("""
        info = api.model_info("ada/tiny", files_metadata=True, securityStatus=True)
        files = {s.rfilename: s for s in info.siblings}
        weights = files["model.safetensors"]
        result = {
            "size": weights.size, "lfs": [weights.lfs.size, weights.lfs.sha256, weights.lfs.pointer_size],
            "blob": weights.blob_id, "config": [files["config.json"].size, files["config.json"].lfs],
            "security": info.security_repo_status}
    """)
    import hashlib
    weights = (checkpoints.BASE / checkpoints.WEIGHTS).read_bytes()
    assert told["size"] == len(weights)
    assert told["lfs"][:2] == [len(weights), hashlib.sha256(weights).hexdigest()] and told["lfs"][2] > 100
    assert len(told["blob"]) == 40
    assert told["config"] == [(checkpoints.BASE / "config.json").stat().st_size, None]
    assert told["security"] == {"scansDone": True, "filesWithIssues": []}


def test_each_kind_of_repository_is_shown(shared, client):
    told = client.run("""
        dataset, space, kernel = (api.repo_info(id, repo_type=kind) for id, kind in [
            ("ada/stories", "dataset"), ("ada/demo", "space"), ("ada/fast", "kernel")])
        result = {
            "dataset": [dataset.tags, dataset.card_data.pretty_name, dataset.description, dataset.citation],
            "space": [space.sdk, space.models, space.tags, space.runtime.stage, space.subdomain],
            "kernel": [kernel.author, kernel.sha, kernel.private, kernel.likes],
            "size": api.dataset_info("ada/stories", expand=["mainSize"]).main_size,
            "children": api.model_info("ada/base", expand=["childrenModelCount"]).children_model_count,
            "base": api.model_info("ada/tiny", expand=["baseModels"]).base_models,
            "files": api.list_repo_files("ada/demo", repo_type="space")}
    """)
    tags, name, description, citation = told["dataset"]
    assert {"task_categories:text-generation", "language:en", "license:mit", "size_categories:n<1K",
            "format:csv"} <= set(tags)
    assert name == "Stories" and description.startswith("Many stories.") and citation.startswith("@misc{x")
    assert told["space"] == ["gradio", ["ada/tiny"], ["gradio"], "STOPPED", "ada-demo"]
    assert told["kernel"][0] == "ada" and len(told["kernel"][1]) == 40 and told["kernel"][2:] == [False, 0]
    assert told["children"] == 1 and told["base"] == ["ada/base"] and told["size"] > 100
    assert set(told["files"]) >= {"README.md", "app.py"}


def test_a_revision_is_shown_as_it_was(shared, client):
    hub, ada, head = shared
    first = hub.get(f"/api/models/ada/tiny/commits/{head}", ada.user).json[-1]["id"]
    told = client.run("""
        early = api.model_info("ada/tiny", revision=first)
        short = api.model_info("ada/tiny", revision=first[:9])
        failures = []
        for revision in ("nowhere", "f" * 40):
            try:
                api.model_info("ada/tiny", revision=revision)
            except RevisionNotFoundError as error:
                failures.append(str(error))
        try:
            api.model_info("ada/nothing")
        except RepositoryNotFoundError as error:
            failures.append("absent")
        result = [early.sha, short.sha, [s.rfilename for s in early.siblings], early.card_data, failures]
    """, first=first)
    assert told[:2] == [first, first]
    assert told[2] == [".gitattributes"] and told[3] is None
    assert "Invalid rev id: nowhere" in told[4][0] and told[4][2] == "absent"


def test_headers_of_safetensors_are_read(shared, client):
    hub, ada, _ = shared
    tensors, metadata = checkpoints.read(checkpoints.BASE / checkpoints.WEIGHTS)
    publish(hub, ada, "ada/sharded", {"model.safetensors.index.json": json.dumps({
        "metadata": {"total_size": sum(len(data) for _, _, data in tensors.values())},
        "weight_map": {name: "model.safetensors" for name in tensors}})}, model=checkpoints.BASE)
    told = client.run("""
        plain = api.get_safetensors_metadata("ada/tiny")
        sharded = api.get_sharded_safetensors_metadata("ada/sharded")
        try:
            api.get_sharded_safetensors_metadata("ada/tiny")
        except Exception as error:
            failure = type(error).__name__
        result = [sorted(plain.weight_map), plain.sharded, sorted(sharded.weight_map), sharded.metadata,
            list(sharded.files_metadata), failure]
    """)
    assert told[0] == told[2] == sorted(tensors)
    assert told[1] is False and "total_size" in told[3] and told[4] == ["model.safetensors"]
    assert told[5] == "RemoteEntryNotFoundError"


def test_the_command_line_shows_models(shared, client):
    info = json.loads(client.hf("models", "info", "ada/tiny", "--format", "json").stdout)
    assert info["id"] == "ada/tiny" and info["pipeline_tag"] == "text-generation"
    some = json.loads(client.hf("models", "info", "ada/tiny", "--expand", "likes,tags", "--format", "json").stdout)
    assert "transformers" in some["tags"] and "sha" not in {key for key, value in some.items() if value is not None}
    assert "# A tiny model" in client.hf("models", "card", "ada/tiny").stdout
    assert "license: apache-2.0" in client.hf("models", "card", "ada/tiny").stdout
    assert "ada/tiny" in client.hf("models", "ls", "--search", "tiny", "--no-truncate").stdout
    assert "ada/stories" in client.hf("datasets", "ls", "--author", "ada", "--no-truncate").stdout
    assert "ada/demo" in client.hf("spaces", "ls", "--search", "story", "--no-truncate").stdout
    missing = client.hf("models", "info", "ada/nothing", check=False)
    assert missing.returncode != 0 and "not found" in missing.stdout + missing.stderr


def test_downloads_are_counted_once_for_a_snapshot(shared, client, tmp_path):
    hub, ada, _ = shared
    publish(hub, ada, "ada/popular", {"config.json": "{}", "a.txt": "a", "b.txt": "b"})
    client.run("snapshot_download('ada/popular')")
    other = official.Client(hub, tmp_path / "other", hub.user("bert"), xet=False)
    other.run("hf_hub_download('ada/popular', 'a.txt')")

    def downloads():
        told = hub.get("/api/models/ada/popular?expand=downloads&expand=downloadsAllTime&expand=trendingScore").json
        return told["downloads"], told["downloadsAllTime"], told["trendingScore"]

    import time
    deadline = time.monotonic() + 20
    while downloads() != (2, 2, 2) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert downloads() == (2, 2, 2)


def test_what_changes_is_seen_at_once(hub, person, tmp_path):
    """Nothing that was answered before is answered again once it is no longer true, whoever changed it."""
    ada, eve = person("ada"), person("eve")
    first = publish(hub, ada, "ada/model", {"README.md": "---\nlicense: mit\n---\n"})
    path = "/api/models/ada/model"
    for _ in range(3):
        assert hub.get(path, eve.user).json["sha"] == first
        assert hub.request("HEAD", "/ada/model/resolve/main/README.md").headers["X-Repo-Commit"] == first
    second = publish(hub, ada, "ada/model", {"README.md": "---\nlicense: apache-2.0\n---\n"})
    answer = hub.get(path, eve.user).json
    assert answer["sha"] == second and "license:apache-2.0" in answer["tags"] and "license:mit" not in answer["tags"]
    assert hub.request("HEAD", "/ada/model/resolve/main/README.md").headers["X-Repo-Commit"] == second
    assert hub.request("PUT", f"{path}/settings", {"visibility": "private"}, ada.user).status == 200
    for user in (None, eve.user):
        assert hub.get(path, user).status == (404 if user else 401)
        assert hub.request("HEAD", "/ada/model/resolve/main/README.md", user=user).status == (404 if user else 401)
        assert hub.get("/api/models?search=model", user).json == []
    assert hub.get(path, ada.user).status == 200
    # Another process puts eve into an organisation that has a private model.
    hub.hubd("admin", "org", "create", "acme", "--owner", "ada")
    publish(hub, ada, "acme/secret", {"README.md": "# Secret\n"}, visibility="private")
    assert hub.get("/api/models/acme/secret", eve.user).status == 404
    hub.hubd("admin", "org", "member", "acme", "eve", "--role", "read")
    assert hub.get("/api/models/acme/secret", eve.user).status == 200
    hub.hubd("admin", "org", "member", "acme", "eve")
    assert hub.get("/api/models/acme/secret", eve.user).status == 404
