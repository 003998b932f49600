"""Plain git: push, clone, fetch and ls-remote with stock git, from hubd and from `git http-backend` behind Apache.

Both serve the same history to the same client, in turn; what is told are medians of several runs, each with a history
of its own. Fetch and ls-remote are too short for the clock of a process, so that each run does them several times.
"""

import dataclasses
import shutil
import statistics
import sys
import time

import git_history
import git_peer
import programs
import tables
from measuring import Cost, Failed, run

HUB, PEER, REPACKED = "hubd", "git http-backend", "the same, repacked"
AIMS = {"clone": 1.5, "fetch of one commit": 1.0, "ls-remote": 1.0}


@dataclasses.dataclass
class Size:
    commits: int
    refs: int
    runs: int
    times: int  # a short step is done in one run


QUICK = Size(commits=1_000, refs=2_000, runs=2, times=3)
FULL = Size(commits=10_000, refs=20_000, runs=5, times=10)


def bench(place, options):
    size = QUICK if options.quick else FULL
    folder = place / "git"
    folder.mkdir()
    hosts = {}
    try:
        hosts[HUB] = programs.Hub(folder)
        hosts[PEER] = git_peer.GitPeer(folder)
        costs = Measurement(folder, hosts, size).costs()
    finally:
        for host in hosts.values():
            host.stop()
        shutil.rmtree(folder, ignore_errors=True)
    tell(size, costs)
    return {step: {name: cost.as_json() for name, cost in hosts.items()} for step, hosts in costs.items()}


class Measurement:
    """All runs, against the hosts in turn."""

    def __init__(self, folder, hosts, size):
        self.folder = folder
        self.hosts = hosts
        self.size = size
        self.environment = programs.person(folder / "home")
        self.samples = {}  # step → host → costs

    def costs(self):
        for number in range(self.size.runs):
            self.run_history(number)
        self.run_refs()
        return {
            step: {name: median(costs) for name, costs in hosts.items()} for step, hosts in self.samples.items()}

    def run_history(self, number):
        """A new history is pushed, cloned, and grows by one commit that older clones fetch."""
        source = self.make_history(f"source-{number}", self.size.commits, seed=number)
        name = f"history-{number}"
        clones = {}
        for host in self.hosts:
            self.create(host, name)
            self.add("push", host, self.git(host, "-C", source, "push", "--quiet", self.url(host, name), "main"))
            self.settle(host, name)
            clones[host] = self.folder / f"clone-{host == HUB}"
            self.add("clone", host, self.clone(host, name, clones[host]))
        self.check_same(source, clones.values(), "main")
        self.commit(source, number)
        for host in self.hosts:
            self.git(host, "-C", source, "push", "--quiet", self.url(host, name), "main")
            self.settle(host, name)
        for host in self.hosts:
            self.fetch_one_commit(host, host, clones[host])
        self.check_same(source, [self.folder / "copy"], "refs/remotes/origin/main")
        peer = self.hosts[PEER]
        peer.repack(name)
        shutil.rmtree(clones[PEER])
        self.add("clone", REPACKED, self.clone(PEER, name, clones[PEER]))
        for path in (source, self.folder / "copy", *clones.values()):
            shutil.rmtree(path)

    def run_refs(self):
        source = self.make_history("source-refs", self.size.commits, 1000, self.size.refs)
        folders = range((self.size.refs - 1) // git_history.TAGS_PER_FOLDER + 1)
        for host in self.hosts:
            self.create(host, "many-refs")
            # The time of a client grows with the square of the refs it pushes at once.
            for refs in ("refs/heads/main", *(f"refs/tags/{folder}/*" for folder in folders)):
                self.git(host, "-C", source, "push", "--quiet", self.url(host, "many-refs"), f"{refs}:{refs}")
            self.settle(host, "many-refs")
        self.hosts[PEER].repack("many-refs")
        for _ in range(self.size.runs):
            for host in self.hosts:
                self.add("ls-remote", host, self.several_times(
                    host, "git ls-remote --quiet \"$0\"", self.url(host, "many-refs")))
        listings = {
            run(["git", "ls-remote", self.url(host, "many-refs")], env=self.environment)[1] for host in self.hosts}
        if len(listings) != 1:
            raise Failed("the hosts list different refs")

    def fetch_one_commit(self, name, host, clone):
        """Clones that lack the newest commit fetch it, one after the other."""
        copies = self.folder / "copies"
        copies.mkdir()
        for number in range(self.size.times):
            shutil.copytree(clone / ".git", copies / str(number))
        shutil.rmtree(self.folder / "copy", ignore_errors=True)
        cost = self.several_times(host, "git --git-dir=\"$0/$number\" fetch --quiet origin", copies)
        shutil.move(copies / "0", self.folder / "copy")
        shutil.rmtree(copies)
        self.add("fetch of one commit", name, cost)

    def several_times(self, host, command, argument):
        """A mean of one run: the command in a shell loop, in which `$0` is the argument."""
        times = self.size.times
        loop = f"for number in $(seq 0 {times - 1}); do {command} >/dev/null || exit 1; done"
        cost, _ = run(["sh", "-c", loop, argument], env=self.environment, server=self.hosts[host].server)
        return dataclasses.replace(cost, wall=cost.wall / times, cpu=cost.cpu / times, hub_cpu=cost.hub_cpu / times,
                                   network=cost.network / times)

    def clone(self, host, name, path):
        return self.git(host, "clone", "--quiet", self.url(host, name), path)

    def git(self, host, *arguments):
        return run(["git", *arguments], cwd=self.folder, env=self.environment, server=self.hosts[host].server)[0]

    def url(self, host, name):
        return self.hosts[host].git_url(f"ada/{name}" if host == HUB else name)

    def create(self, host, name):
        self.hosts[host].create(name, **({"empty": True} if host == HUB else {}))

    def settle(self, host, name):
        """Waits for what a hub does with revisions after a push, so that no later step pays for it."""
        if host != HUB:
            return
        hub = self.hosts[host]
        hub.wait_for_report(f"ada/{name}")
        before, deadline = None, time.monotonic() + 600
        while before != hub.server.cpu():
            if time.monotonic() > deadline:
                raise Failed("the hub is still busy ten minutes after a push")
            before = hub.server.cpu()
            time.sleep(0.5)

    def make_history(self, name, commits, seed, refs=0):
        path = self.folder / name
        run([sys.executable, programs.HERE / "git_history.py", path, commits, seed, refs])
        return path

    def commit(self, source, number):
        """One more commit on main, of one small file."""
        git = ["git", "-C", source]
        blob = run(["sh", "-c", 'echo "$1" | git -C "$0" hash-object -w --stdin', source, number])[1].strip()
        index = dict(self.environment, GIT_INDEX_FILE=str(self.folder / "index"))
        run([*git, "read-tree", "main"], env=index)
        run([*git, "update-index", "--add", "--cacheinfo", f"100644,{blob},docs/news.txt"], env=index)
        tree = run([*git, "write-tree"], env=index)[1].strip()
        commit = run([*git, "commit-tree", "-p", "main", "-m", "News", tree], env=self.environment)[1].strip()
        run([*git, "update-ref", "refs/heads/main", commit])

    def check_same(self, source, clones, ref):
        wanted = run(["git", "-C", source, "rev-parse", "main"])[1]
        for clone in clones:
            run(["git", "-C", clone, "fsck", "--full", "--strict", "--no-progress"])
            if run(["git", "-C", clone, "rev-parse", ref])[1] != wanted:
                raise Failed(f"{clone} has not the commit that was pushed")

    def add(self, step, name, cost):
        self.samples.setdefault(step, {}).setdefault(name, []).append(cost)


def median(costs):
    return Cost(**{
        field.name: field.type(statistics.median(getattr(cost, field.name) for cost in costs))
        for field in dataclasses.fields(Cost)})


def tell(size, costs):
    titles = {
        "push": f"git push, {size.commits:,} commits", "clone": f"git clone, {size.commits:,} commits",
        "fetch of one commit": f"git fetch of one new commit onto {size.commits:,}",
        "ls-remote": f"git ls-remote, {size.refs:,} refs"}
    for step, hosts in costs.items():
        peer = hosts[PEER]
        rows = [
            (name, tables.seconds(cost.wall), tables.seconds(cost.cpu), tables.seconds(cost.hub_cpu),
             tables.size(cost.network), tables.size(cost.hub_peak_rss), tables.ratio(cost.wall / peer.wall),
             tables.ratio(cost.hub_cpu / peer.hub_cpu))
            for name, cost in hosts.items()]
        tables.table(f"{titles[step]}, medians of {size.runs}", (
            "", "wall", "CPU client", "CPU server", "network", "peak RSS server", "wall/git", "CPU server/git"), rows)
    hub = {step: hosts[HUB] for step, hosts in costs.items()}
    tables.note("aim: at most " + "; ".join(
        f"{aim:.1f}× on {step}, here {tables.ratio(hub[step].wall / costs[step][PEER].wall)} of wall and "
        f"{tables.ratio(hub[step].hub_cpu / costs[step][PEER].hub_cpu)} of the server's CPU"
        for step, aim in AIMS.items()))
