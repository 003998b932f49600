"""Push, push again with a few tensors changed, clone: hubctl to hubd, git-lfs to hubd, git-lfs to a plain LFS server.

Content is 64 bf16 tensors in one safetensors file; the second version replaces three of them. `cp` with a sync of
the copy is the floor: what any store that keeps the file must do.
"""

import shutil

import programs
import tables
from measuring import run, total

WEIGHTS = "model.safetensors"
REPLACED = (0, 21, 42)
AIM_RSS = 150_000_000


def bench(place, options, hub):
    size = ((128 << 20) if options.quick else (1 << 30)) // 64
    versions = [place / "first.safetensors", place / "second.safetensors"]
    programs.fixture("weights", versions[0], size)
    programs.fixture("weights", versions[1], size, *REPLACED)
    results = {}
    for name, way in ways(place, hub):
        results[name] = way(versions)
    results["cp + fsync"] = copy_files(place, versions)
    tell(versions[0].stat().st_size, results)
    for version in versions:
        version.unlink()
    return {name: {step: cost.as_json() for step, cost in steps.items()} for name, steps in results.items()}


def ways(place, hub):
    """Each way once, one after the other: (name, what measures it)."""
    yield "hubctl → hubd", lambda versions: push_with_hubctl(place / "hubctl", hub, versions)

    def git_lfs_to_hub(versions):
        # A hub of its own: the other one holds these bytes already and would only have to hash them.
        folder = place / "hub-for-git"
        folder.mkdir()
        other = programs.Hub(folder)
        try:
            other.create("lfs")
            return push_with_git(place / "git-hubd", other.git_url("ada/lfs"), other.server, versions, hub=other)
        finally:
            other.stop()
            shutil.rmtree(folder)

    yield "git-lfs → hubd", git_lfs_to_hub

    def git_lfs_to_peer(versions):
        peer = programs.Peer(place)
        try:
            return push_with_git(place / "git-peer", peer.create("model"), peer.server, versions)
        finally:
            peer.stop()
            shutil.rmtree(place / "lfs")

    yield "git-lfs → LFS server", git_lfs_to_peer


def push_with_hubctl(home, hub, versions):
    environment = programs.person(home, **hub.environment)

    def hubctl(*arguments, cwd=home):
        return run([programs.HUBCTL, *arguments], cwd=cwd, env=environment, server=hub.server)[0]

    hub.create("model")
    work = home / "model"
    hubctl("clone", "ada/model", work)
    steps = {}
    for name, version in zip(("first push", "3 of 64 tensors"), versions):
        shutil.copyfile(version, work / WEIGHTS)
        steps[f"{name}: commit"] = total([hubctl("add", ".", cwd=work), hubctl("commit", "-m", name, cwd=work)])
        steps[name] = hubctl("push", cwd=work)
        steps[f"{name}: validation"] = validation(hub, "ada/model")
    steps["clone"] = hubctl("clone", "ada/model", home / "copy")
    return checked(steps, home, versions[-1])


def push_with_git(home, url, server, versions, hub=None):
    environment = programs.person(home)

    def git(*arguments, cwd=home):
        return run(["git", *arguments], cwd=cwd, env=environment, server=server)[0]

    work = home / "model"
    git("clone", "--quiet", url, work)
    git("lfs", "track", "*.safetensors", cwd=work)
    steps = {}
    for name, version in zip(("first push", "3 of 64 tensors"), versions):
        shutil.copyfile(version, work / WEIGHTS)
        steps[f"{name}: commit"] = total(
            [git("add", ".", cwd=work), git("commit", "--quiet", "-m", name, cwd=work)])
        steps[name] = git("push", "--quiet", "origin", "HEAD:main", cwd=work)
        if hub:
            validation(hub, "ada/lfs")
    steps["clone"] = git("clone", "--quiet", url, home / "copy")
    return checked(steps, home, versions[-1])


def validation(hub, repository):
    """What the hub spends on the revision just pushed, from the end of the push on."""
    cost, _ = run(["true"], server=hub.server)
    cpu = hub.server.cpu()
    hub.wait_for_report(repository)
    cost.hub_cpu = hub.server.cpu() - cpu
    cost.hub_peak_rss = hub.server.peak_rss()
    return cost


def checked(steps, home, last):
    """The steps, if the clone has the bytes that were pushed; the folder of this way is removed."""
    run(["cmp", last, home / "copy" / WEIGHTS])
    shutil.rmtree(home)
    return steps


def copy_files(place, versions):
    """`cp` and a sync of the copy, in place of each step."""
    copy = place / "copy.safetensors"
    steps = {}
    for name, version in zip(("first push", "3 of 64 tensors", "clone"), (*versions, versions[-1])):
        steps[name] = run(["sh", "-c", 'cp "$0" "$1" && sync "$1"', version, copy])[0]
        copy.unlink()
    return steps


def tell(size, results):
    floor = results["cp + fsync"]
    for step in ("first push: commit", "first push", "3 of 64 tensors: commit", "3 of 64 tensors", "clone"):
        rows = []
        peer = results["git-lfs → LFS server"][step]
        for name, steps in results.items():
            if step not in steps:
                continue
            cost = steps[step]
            rows.append((
                name, tables.seconds(cost.wall), f"{tables.size(size / cost.wall)}/s", tables.seconds(cost.cpu),
                tables.seconds(cost.hub_cpu) if cost.hub_peak_rss else "", tables.size(cost.network),
                tables.size(cost.peak_rss), tables.size(cost.hub_peak_rss) if cost.hub_peak_rss else "",
                tables.ratio(cost.wall / peer.wall),
                tables.ratio((cost.cpu + cost.hub_cpu) / (peer.cpu + peer.hub_cpu)),
                tables.ratio(cost.wall / floor[step].wall) if step in floor else ""))
        head = ("", "wall", "rate", "CPU client", "CPU server", "network", "peak RSS client", "peak RSS server",
                "wall/LFS", "CPU/LFS", "wall/cp")
        tables.table(f"{step}, {tables.size(size)}", head, rows)
    tell_aims(results["hubctl → hubd"])


def tell_aims(steps):
    for name, cost in steps.items():
        if name.endswith("validation"):
            tables.note(f"{name} afterwards: {tables.seconds(cost.hub_cpu)} of the hub's CPU, "
                        f"{tables.size(cost.hub_peak_rss)} at most")
    measured = [cost for name, cost in steps.items() if not name.endswith("commit")]
    tables.note(f"aim: {tables.size(AIM_RSS)} of memory at most; here the client "
                f"{tables.size(max(cost.peak_rss for cost in measured))}, the hub "
                f"{tables.size(max(cost.hub_peak_rss for cost in measured))}")
