"""Two fine-tunes of one base become one model, on the client and on the hub."""

import struct

import pytest

from hub import said

import checkpoints

LAYER_0 = "transformer.h.0.mlp.c_fc.weight"
LAYER_1 = "transformer.h.1.mlp.c_fc.weight"
SHARED = "transformer.h.2.mlp.c_fc.weight"


@pytest.fixture
def base(hub, person):
    return checkpoints.push_base(hub, person)


def branch(somebody, folder, name, change):
    """A branch off main with one commit in which `change(folder)` happened; main is checked out again."""
    somebody.git("checkout", "-q", "-b", name, "main", cwd=folder)
    change(folder)
    commit = somebody.commit(folder, f"Work on {name}")
    somebody.hubctl("push", cwd=folder)
    somebody.git("checkout", "-q", "main", cwd=folder)
    return commit


def changes(*names, factor=1.5):
    return lambda folder: checkpoints.change(
        folder / checkpoints.WEIGHTS, *names, with_=lambda data: checkpoints.scaled(data, factor))


def on_main(somebody, folder, change):
    change(folder)
    commit = somebody.commit(folder, "Work on main")
    somebody.hubctl("push", cwd=folder)
    return commit


def tensors(folder):
    return checkpoints.read(folder / checkpoints.WEIGHTS)[0]


def round_bf16(value):
    """The bf16 nearest to a float, ties to even, as bytes."""
    (bits,) = struct.unpack("<I", struct.pack("<f", value))
    return struct.pack("<H", ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16) & 0xFFFF)


def test_changes_to_different_tensors_merge_without_arithmetic(hub, person, base):
    ada = person("ada")
    theirs = branch(ada, base, "side", changes(LAYER_0))
    ours = on_main(ada, base, changes(LAYER_1))
    before = hub.stored_bytes()
    ada.hubctl("merge", "side", cwd=base)
    merged, original = tensors(base), checkpoints.read(checkpoints.BASE / checkpoints.WEIGHTS)[0]
    assert merged[LAYER_0][2] == checkpoints.scaled(original[LAYER_0][2])
    assert merged[LAYER_1][2] == checkpoints.scaled(original[LAYER_1][2])
    untouched = set(original) - {LAYER_0, LAYER_1}
    assert all(merged[name] == original[name] for name in untouched)
    parents = ada.git("log", "-1", "--format=%P", cwd=base).stdout.split()
    assert parents == [ours, theirs]
    ada.hubctl("push", cwd=base)
    assert hub.head("ada/model") == ada.git("rev-parse", "HEAD", cwd=base).stdout.strip()
    assert hub.stored_bytes() - before < 1 << 20, "what both sides have is not stored again"


def test_a_tensor_changed_on_both_sides_is_a_conflict_told_in_full(hub, person, base):
    ada = person("ada")
    branch(ada, base, "side", changes(SHARED, LAYER_0))
    ours = on_main(ada, base, changes(SHARED, factor=0.5))
    weights = (base / checkpoints.WEIGHTS).read_bytes()
    conflicted = ada.hubctl("merge", "side", cwd=base, check=False)
    assert conflicted.returncode != 0
    text = said(conflicted)
    assert SHARED in text and "cos" in text.lower()
    assert LAYER_0 not in text.split(SHARED)[1].splitlines()[0]
    ada.hubctl("merge", "--abort", cwd=base)
    assert ada.git("rev-parse", "HEAD", cwd=base).stdout.strip() == ours
    assert (base / checkpoints.WEIGHTS).read_bytes() == weights
    assert ada.git("status", "--porcelain", cwd=base).stdout == ""


def test_a_dry_run_says_what_would_happen_and_changes_nothing(hub, person, base):
    ada = person("ada")
    branch(ada, base, "side", changes(LAYER_0))
    ours = on_main(ada, base, changes(LAYER_1))
    dry = ada.hubctl("merge", "side", "--dry-run", cwd=base)
    assert LAYER_0 in dry.stdout
    assert ada.git("rev-parse", "HEAD", cwd=base).stdout.strip() == ours
    assert ada.git("status", "--porcelain", cwd=base).stdout == ""


@pytest.mark.parametrize("strategy", ["average", "sum"])
def test_both_changed_can_be_averaged_or_summed(hub, person, base, strategy):
    ada = person("ada")
    branch(ada, base, "side", changes(SHARED, factor=2.0))
    on_main(ada, base, changes(SHARED, factor=0.5))
    ada.hubctl("merge", "side", "-s", strategy, cwd=base)
    original = checkpoints.floats(checkpoints.read(checkpoints.BASE / checkpoints.WEIGHTS)[0][SHARED][2])
    # Halving and doubling are exact in bf16, so the expected value is exact before its one rounding.
    expected = [1.25 * value if strategy == "average" else 1.5 * value for value in original]
    assert tensors(base)[SHARED][2] == b"".join(map(round_bf16, expected))
    message = ada.git("log", "-1", "--format=%B", cwd=base).stdout
    assert strategy in message


@pytest.mark.parametrize(("strategy", "factor"), [("ours", 0.5), ("theirs", 2.0)])
def test_one_side_can_win(hub, person, base, strategy, factor):
    ada = person("ada")
    branch(ada, base, "side", changes(SHARED, factor=2.0))
    on_main(ada, base, changes(SHARED, factor=0.5))
    ada.hubctl("merge", "side", "-s", strategy, cwd=base)
    original = checkpoints.read(checkpoints.BASE / checkpoints.WEIGHTS)[0][SHARED][2]
    assert tensors(base)[SHARED][2] == checkpoints.scaled(original, factor)


def test_text_conflicts_leave_markers_and_the_merge_goes_on_when_resolved(hub, person, base):
    ada = person("ada")

    def write(text):
        return lambda folder: (folder / "notes.txt").write_text(text)

    theirs = branch(ada, base, "side", write("theirs\n"))
    ours = on_main(ada, base, write("ours\n"))
    assert ada.hubctl("merge", "side", cwd=base, check=False).returncode != 0
    marked = (base / "notes.txt").read_text()
    assert "<<<<<<<" in marked and "ours" in marked and "theirs" in marked
    assert ada.hubctl("merge", "--continue", cwd=base, check=False).returncode != 0, "the markers still stand"
    (base / "notes.txt").write_text("both\n")
    ada.hubctl("add", "notes.txt", cwd=base)
    ada.hubctl("merge", "--continue", cwd=base)
    assert ada.git("log", "-1", "--format=%P", cwd=base).stdout.split() == [ours, theirs]
    assert (base / "notes.txt").read_text() == "both\n"
    ada.hubctl("push", cwd=base)


def test_a_merge_of_what_is_there_already_does_nothing(hub, person, base):
    ada = person("ada")
    head = ada.git("rev-parse", "HEAD", cwd=base).stdout
    ada.git("branch", "same", cwd=base)
    assert "up to date" in said(ada.hubctl("merge", "same", cwd=base)).lower().replace("-", " ")
    assert ada.git("rev-parse", "HEAD", cwd=base).stdout == head


def test_conflicting_tensors_are_settled_when_the_merge_goes_on(hub, person, base):
    ada = person("ada")
    theirs = branch(ada, base, "side", changes(SHARED, LAYER_0, factor=2.0))
    ours = on_main(ada, base, changes(SHARED, factor=0.5))
    assert ada.hubctl("merge", "side", cwd=base, check=False).returncode == 1
    assert "merge" in ada.hubctl("status", cwd=base).stdout
    unsettled = ada.hubctl("merge", "--continue", cwd=base, check=False)
    assert unsettled.returncode == 1 and checkpoints.WEIGHTS.split(".")[0] in said(unsettled)
    ada.hubctl("merge", "--continue", "-s", "average", cwd=base)
    original = checkpoints.read(checkpoints.BASE / checkpoints.WEIGHTS)[0]
    expected = [1.25 * value for value in checkpoints.floats(original[SHARED][2])]
    assert tensors(base)[SHARED][2] == b"".join(map(round_bf16, expected))
    assert tensors(base)[LAYER_0][2] == checkpoints.scaled(original[LAYER_0][2], 2.0)
    assert ada.git("log", "-1", "--format=%P", cwd=base).stdout.split() == [ours, theirs]
    assert "average" in ada.git("log", "-1", "--format=%B", cwd=base).stdout
    assert ada.git("status", "--porcelain", cwd=base).stdout == ""
    ada.hubctl("push", cwd=base)
    assert hub.report("ada/model")["verdict"] == "passed"


def test_a_file_of_ones_own_settles_a_conflict(hub, person, base):
    ada = person("ada")
    branch(ada, base, "side", changes(SHARED, factor=2.0))
    on_main(ada, base, changes(SHARED, factor=0.5))
    ada.hubctl("merge", "side", cwd=base, check=False)
    checkpoints.copy_weights(checkpoints.FINE_TUNE_A, base)
    ada.hubctl("add", checkpoints.WEIGHTS, cwd=base)
    ada.hubctl("merge", "--continue", cwd=base)
    assert (base / checkpoints.WEIGHTS).read_bytes() == (checkpoints.FINE_TUNE_A / checkpoints.WEIGHTS).read_bytes()
    assert "manual" in ada.git("log", "-1", "--format=%B", cwd=base).stdout


def test_a_forks_work_is_merged_here_and_pushed_without_sending_it_again(hub, person, base):
    ada, bert = person("ada"), person("bert")
    bert.hubctl("fork", "ada/model")
    fork = bert.clone("bert/model")
    checkpoints.change(fork / checkpoints.WEIGHTS, LAYER_0, with_=checkpoints.scaled)
    theirs = bert.commit(fork, "Theirs")
    bert.hubctl("push", cwd=fork)
    ours = on_main(ada, base, changes(LAYER_1))
    ada.hubctl("merge", "main", "--from", "bert/model", cwd=base)
    assert ada.git("log", "-1", "--format=%P", cwd=base).stdout.split() == [ours, theirs]
    assert ada.git("branch", "--list", "*bert*", cwd=base).stdout == "", "a merge leaves no branches behind"
    sent = ada.json("push", cwd=base)
    assert sent["bytesSent"] < 300_000, "the fork's tensor is on the hub already"
    missing = ada.hubctl("merge", "nowhere", "--from", "bert/model", cwd=base, check=False)
    assert missing.returncode == 2 and "bert/model" in said(missing)


def test_a_pull_merges_weights_and_can_choose(hub, person, base):
    ada = person("ada")
    other = ada.clone("ada/model", "other")
    checkpoints.change(other / checkpoints.WEIGHTS, SHARED, with_=lambda data: checkpoints.scaled(data, 2.0))
    ada.commit(other, "Elsewhere")
    ada.hubctl("push", cwd=other)
    checkpoints.change(base / checkpoints.WEIGHTS, SHARED, with_=lambda data: checkpoints.scaled(data, 0.5))
    ada.commit(base, "Here")
    assert ada.hubctl("push", cwd=base, check=False).returncode == 1
    assert ada.hubctl("pull", cwd=base, check=False).returncode == 1, "both changed the same tensor"
    ada.hubctl("merge", "--abort", cwd=base)
    ada.hubctl("pull", "-s", "theirs", cwd=base)
    assert tensors(base)[SHARED] == tensors(other)[SHARED]
    ada.hubctl("push", cwd=base)


@pytest.mark.parametrize("where", ["here", "on the hub"])
def test_a_checkpoint_sharded_anew_on_one_side_merges(hub, person, base, where):
    ada = person("ada")

    def shard(folder):
        changes(LAYER_0)(folder)
        checkpoints.shard(folder, 3)

    branch(ada, base, "side", shard)
    on_main(ada, base, changes(LAYER_1))
    if where == "here":
        ada.hubctl("merge", "side", cwd=base)
        ada.hubctl("push", cwd=base)
    else:
        answer = server_merge(hub, ada.user, source="side")
        assert answer.json.get("outcome") == "merged", answer.body
        ada.hubctl("pull", cwd=base)
    original = checkpoints.read(checkpoints.BASE / checkpoints.WEIGHTS)[0]
    assert [path.name for path in base.glob("*.safetensors*")] == [checkpoints.WEIGHTS]
    assert tensors(base)[LAYER_0][2] == checkpoints.scaled(original[LAYER_0][2])
    assert tensors(base)[LAYER_1][2] == checkpoints.scaled(original[LAYER_1][2])
    assert hub.report("ada/model")["verdict"] == "passed"


def server_merge(hub, user, **body):
    return hub.request("POST", "/api/models/ada/model/merge", body, user)


def test_the_hub_merges_real_fine_tunes_and_validates_the_result(hub, person, base):
    ada, bert = person("ada"), person("bert")
    bert.hubctl("fork", "ada/model")
    fork = bert.clone("bert/model")
    checkpoints.copy_weights(checkpoints.FINE_TUNE_A, fork)
    theirs = bert.commit(fork, "Fine-tune A")
    bert.hubctl("push", cwd=fork)
    ours = on_main(ada, base, lambda folder: checkpoints.copy_weights(checkpoints.FINE_TUNE_B, folder))

    plan = server_merge(
        hub, ada.user, source="main", sourceRepository="bert/model", strategy="average", dryRun=True)
    assert (plan.status, plan.json["outcome"]) == (200, "would-merge")
    assert hub.head("ada/model") == ours

    result = server_merge(hub, ada.user, source="main", sourceRepository="bert/model", strategy="average")
    assert (result.status, result.json["outcome"]) == (200, "merged")
    assert len(result.json["tensors"]) == 56
    assert all(entry["decision"] == "average" and -1 <= entry["cosine"] <= 1 for entry in result.json["tensors"])
    merged = result.json["commit"]
    assert hub.head("ada/model") == merged

    ada.hubctl("pull", cwd=base)
    assert ada.git("log", "-1", "--format=%P", merged, cwd=base).stdout.split() == [ours, theirs]
    one = checkpoints.read(checkpoints.FINE_TUNE_B / checkpoints.WEIGHTS)[0]
    two = checkpoints.read(checkpoints.FINE_TUNE_A / checkpoints.WEIGHTS)[0]
    root = checkpoints.read(checkpoints.BASE / checkpoints.WEIGHTS)[0]
    for name, (_, _, data) in tensors(base).items():
        triples = zip(*(checkpoints.floats(side[name][2]) for side in (root, one, two, {name: (0, 0, data)})))
        for start, left, right, value in triples:
            assert abs(value - (left + right) / 2) <= abs(value) / 128 + 1e-6, name

    report = hub.report("ada/model", merged)
    assert report["verdict"] == "passed", report
    assert report["inference"]["architecture"].lower().replace("_", "").startswith("gptneo")
    assert 1 < report["inference"]["perplexity"] < 10_000
    assert report["comparison"]["tensorsChanged"] == 56
    assert report["comparison"]["logitKL"] > 0


def test_a_conflict_on_the_hub_publishes_nothing_and_lists_every_tensor(hub, person, base):
    ada = person("ada")
    branch(ada, base, "side", changes(SHARED, LAYER_0))
    ours = on_main(ada, base, changes(SHARED, LAYER_1, factor=0.5))
    result = server_merge(hub, ada.user, source="side")
    assert (result.status, result.json["outcome"]) == (200, "conflicts") or result.status == 409
    assert [entry["tensor"] for entry in result.json["conflicts"]] == [SHARED]
    (contested,) = [entry for entry in result.json["tensors"] if entry["tensor"] == SHARED]
    assert contested["cosine"] == pytest.approx(-1, abs=1e-3), "one side grew it, the other shrank it"
    assert contested["overlap"] is not None and contested["contestedMass"] is not None
    assert hub.head("ada/model") == ours


def test_the_hub_fast_forwards(hub, person, base):
    ada = person("ada")
    theirs = branch(ada, base, "side", changes(LAYER_0))
    result = server_merge(hub, ada.user, source="side")
    assert (result.json["outcome"], result.json["commit"]) == ("fast-forward", theirs)
    assert server_merge(hub, ada.user, source="side").json["outcome"] == "up-to-date"


def test_unrelated_models_and_unknown_strategies_are_refused_in_words(hub, person, base):
    ada = person("ada")
    hub.create("ada/other", ada.user)
    other = ada.clone("ada/other")
    (other / "a.txt").write_text("a")
    ada.commit(other, "Apart")
    ada.hubctl("push", cwd=other)
    unrelated = server_merge(hub, ada.user, source="main", sourceRepository="ada/other")
    assert 400 <= unrelated.status < 500 and unrelated.json["error"]
    branch(ada, base, "side", changes(LAYER_0))
    unknown = server_merge(hub, ada.user, source="side", strategy="magic")
    assert unknown.status == 400 and "average" in unknown.json["error"]


def test_diff_tells_the_change_of_each_tensor(hub, person, base):
    ada = person("ada")
    commit = on_main(ada, base, changes(LAYER_0, factor=2.0))
    answer = hub.get(f"/api/models/ada/model/compare/{commit}~1..{commit}")
    if answer.status == 404:  # a revision is a name or an id; history is asked for by id
        parent = ada.git("rev-parse", "HEAD~1", cwd=base).stdout.strip()
        answer = hub.get(f"/api/models/ada/model/compare/{parent}..{commit}")
    assert answer.status == 200, answer.body
    (change,) = answer.json["tensors"]
    assert (change["tensor"], change["change"], change["shape"]) == (LAYER_0, "changed", [512, 128])
    assert change["relativeL2"] == pytest.approx(1, rel=1e-3) and change["cosine"] == pytest.approx(1, rel=1e-5)
    text = ada.hubctl("diff", "HEAD~1", "HEAD", cwd=base).stdout
    assert LAYER_0 in text and "transformer.h.1" not in text


def test_single_tensors_go_another_way_and_the_commit_says_so(hub, person, base):
    ada = person("ada")
    branch(ada, base, "side", changes(SHARED, LAYER_0, factor=2.0))
    on_main(ada, base, changes(SHARED, LAYER_0, factor=0.5))
    ours = tensors(base)
    ada.hubctl("merge", "side", "-s", "theirs", "-X", "*.h.2.mlp.*=ours", cwd=base)
    merged = tensors(base)
    assert merged[SHARED] == ours[SHARED]
    assert merged[LAYER_0] != ours[LAYER_0]
    message = ada.git("log", "-1", "--format=%B", cwd=base).stdout.strip()
    assert message.endswith("Hub-Merge: strategy=theirs; *.h.2.mlp.*=ours")


def test_a_change_follows_a_renamed_tensor_when_asked(hub, person, base):
    ada = person("ada")
    renamed = LAYER_0.replace("c_fc", "up")

    def rename(folder):
        found, metadata = checkpoints.read(folder / checkpoints.WEIGHTS)
        checkpoints.write(
            folder / checkpoints.WEIGHTS,
            {renamed if name == LAYER_0 else name: tensor for name, tensor in found.items()}, metadata)

    branch(ada, base, "side", changes(LAYER_0, factor=2.0))
    wanted = checkpoints.scaled(tensors(base)[LAYER_0][2], 2.0)
    rename(base)
    ada.commit(base, "Renamed")
    plain = ada.hubctl("merge", "side", "--dry-run", cwd=base, check=False)
    assert plain.returncode == 1 and f"its old bytes now stand under '{renamed}'" in said(plain)
    ada.hubctl("merge", "side", "--renames", cwd=base)
    merged = tensors(base)
    assert LAYER_0 not in merged and merged[renamed][2] == wanted
