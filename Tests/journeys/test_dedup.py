"""A push sends what the hub lacks and nothing else."""

import pytest

import checkpoints

TENSOR = 1 << 20
COUNT = 24


@pytest.fixture
def work(hub, person):
    ada = person("ada")
    hub.create("ada/model", ada.user)
    folder = ada.clone("ada/model")
    checkpoints.random_checkpoint(folder / checkpoints.WEIGHTS, seed=1)
    ada.commit(folder, "First")
    return folder


def sent(answer):
    return answer["bytesSent"]


def test_the_second_push_sends_only_the_changed_tensors(hub, person, work):
    ada = person("ada")
    first = ada.json("push", cwd=work)
    checkpoints.random_checkpoint(work / checkpoints.WEIGHTS, seed=1, replace=(3, 17), replaced_by=2)
    ada.commit(work, "Two of 24 tensors")
    second = ada.json("push", cwd=work)
    assert sent(first) > COUNT * TENSOR // 3
    # Each changed tensor brings its chunks and the two at its borders.
    assert 0 < sent(second) < sent(first) * 4 / COUNT
    copy = person("bert").clone("ada/model")
    assert (copy / checkpoints.WEIGHTS).read_bytes() == (work / checkpoints.WEIGHTS).read_bytes()


def test_a_renamed_file_sends_no_weights(hub, person, work):
    ada = person("ada")
    ada.hubctl("push", cwd=work)
    (work / checkpoints.WEIGHTS).rename(work / "renamed.safetensors")
    ada.hubctl("add", ".", cwd=work)
    ada.hubctl("commit", "-a", "-m", "Renamed", cwd=work)
    assert sent(ada.json("push", cwd=work)) < 100_000


def test_the_hub_stores_one_copy_of_what_two_users_have(hub, person, work):
    """Each sends the bytes, for knowing a hash proves nothing; the hub keeps them once."""
    ada, bert = person("ada"), person("bert")
    ada.hubctl("push", cwd=work)
    stored = hub.stored_bytes()
    hub.create("bert/secret", bert.user, "private")
    folder = bert.clone("bert/secret")
    checkpoints.random_checkpoint(folder / checkpoints.WEIGHTS, seed=1)
    bert.commit(folder, "The same")
    bert.hubctl("push", cwd=folder)
    assert hub.stored_bytes() - stored < TENSOR
    assert hub.file("bert/secret", checkpoints.WEIGHTS, user=bert.user).body == (
        work / checkpoints.WEIGHTS).read_bytes()


def test_dedup_is_no_oracle(hub, person, work):
    """Someone who guesses a private file learns nothing from how much must be sent."""
    ada, eve = person("ada"), person("eve")
    hub.create("ada/secret", ada.user, "private")
    secret = ada.clone("ada/secret")
    checkpoints.random_checkpoint(secret / checkpoints.WEIGHTS, seed=7)
    ada.commit(secret, "Secret")
    alone = sent(ada.json("push", cwd=secret))
    hub.create("eve/guess", eve.user)
    guess = eve.clone("eve/guess")
    checkpoints.random_checkpoint(guess / checkpoints.WEIGHTS, seed=7)
    eve.commit(guess, "A guess")
    assert sent(eve.json("push", cwd=guess)) >= alone * 0.99


def test_a_push_of_what_is_there_sends_nothing(hub, person, work):
    ada = person("ada")
    ada.hubctl("push", cwd=work)
    assert sent(ada.json("push", cwd=work)) == 0
