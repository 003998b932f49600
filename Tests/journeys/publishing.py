"""Repositories with known files, published by stock git and git-lfs."""

import shutil


def publish(hub, person, name, files=None, model=None, kind="model", visibility="public"):
    """Makes a repository, or goes on with it, and pushes one commit; returns its id.

    `files` are texts by path, `model` is a folder of the fixtures.
    """
    owner, short = name.split("/")
    made = hub.request(
        "POST", "/api/repos/create",
        {"name": short, "organization": owner, "type": kind, "visibility": visibility}, person.user)
    assert made.status in (200, 409), made.body
    path = name if kind == "model" else f"{kind}s/{name}"
    folder = person.home / f"{kind}-{short}"
    if not folder.exists():
        person.git("clone", hub.remote(path, person.user), str(folder))
    for source in model.iterdir() if model else []:
        shutil.copyfile(source, folder / source.name)
    for file, text in (files or {}).items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
    person.git("add", "--all", cwd=folder)
    person.git("commit", "-m", "Files", cwd=folder)
    person.git("push", "origin", "HEAD:main", cwd=folder)
    return person.git("rev-parse", "HEAD", cwd=folder).stdout.strip()
