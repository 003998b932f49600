import os
import shutil

import pytest

import hub as programs


@pytest.fixture(scope="session", autouse=True)
def built():
    for program in (programs.HUBD, programs.HUBCTL):
        if not os.access(program, os.X_OK):
            pytest.exit(f"{program} is not built; run scripts/test, or: swift build -c release", returncode=2)


@pytest.fixture
def hub(tmp_path):
    """A new hub, running; it is stopped by its pid."""
    hub = programs.Hub(tmp_path)
    yield hub.start()
    hub.close()
    shutil.rmtree(hub.data, ignore_errors=True)


@pytest.fixture
def person(hub, tmp_path):
    """Makes people with a home folder and a login: person("ada")."""
    people = {}

    def make(name, scope="write"):
        if name not in people:
            people[name] = programs.Person(hub, tmp_path / "home" / name, hub.user(name, scope))
        return people[name]

    yield make
    for somebody in people.values():
        shutil.rmtree(somebody.home, ignore_errors=True)


@pytest.fixture
def stranger(hub, tmp_path):
    """Someone without a login."""
    return programs.Person(hub, tmp_path / "home" / "stranger")


# What the hub does not do yet, by test: each is a promise still to be kept, and the reason is what a user would see.
NOT_YET = {
    "test_kill_during_push": "hubctl waits too long when the hub dies in the middle of a push",
    "test_the_retry_after_a_kill_sends_only_what_is_missing": "as above",
    "test_kill_during_merge": "hubctl does not merge in the working copy yet",
    "test_a_token_to_read_cannot_push": "refused, but hubctl's sentence does not say that the token may only read",
    "test_naming_someone_elses_content_does_not_give_it": "the journey cannot make its commit with stock git here",
    "test_a_push_onto_a_moved_branch_is_refused_and_a_pull_helps": "hubctl pull does not merge yet",
    "test_a_folder_without_a_remote_can_become_one": "hubctl init is not there yet",
}
MERGES_NOT_YET = "hubctl merges on the hub, not in the working copy yet"


def pytest_collection_modifyitems(items):
    for item in items:
        name = item.name.split("[")[0]
        if item.path.name == "test_merge.py":
            item.add_marker(pytest.mark.skip(reason=MERGES_NOT_YET))
        elif name in NOT_YET:
            item.add_marker(pytest.mark.skip(reason=NOT_YET[name]))
