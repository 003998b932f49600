"""Stock git behind Apache: `git http-backend` as a CGI program, the usual way to serve repositories without a hub.

Apache runs from a folder of its own, on a loopback port of its own, from Debian's apache2-bin, which brings no service.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import threading
import time

from measuring import TICKS, Failed, Server, run

BACKEND = pathlib.Path("/usr/lib/git-core/git-http-backend")
MODULES = pathlib.Path("/usr/lib/apache2/modules")
CONFIGURATION = """
ServerRoot "{folder}"
PidFile "{folder}/apache.pid"
ErrorLog "{folder}/apache.log"
DefaultRuntimeDir "{folder}"
ServerName localhost
Listen 127.0.0.1:{port}
LoadModule mpm_prefork_module {modules}/mod_mpm_prefork.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule alias_module {modules}/mod_alias.so
LoadModule setenvif_module {modules}/mod_setenvif.so
LoadModule env_module {modules}/mod_env.so
LoadModule cgi_module {modules}/mod_cgi.so
StartServers 4
MinSpareServers 1
MaxSpareServers 8
SetEnv GIT_PROJECT_ROOT "{folder}/repositories"
SetEnv GIT_HTTP_EXPORT_ALL 1
SetEnvIf Git-Protocol ".*" GIT_PROTOCOL=$0
ScriptAlias / {backend}/
<Directory />
    Require all granted
</Directory>
"""


class GitPeer:
    """Apache with a folder of bare repositories, which anyone may push to."""

    def __init__(self, folder):
        for needed in (BACKEND, MODULES / "mod_cgi.so"):
            if not needed.exists():
                raise Failed(f"there is no {needed}; install the packages git and apache2-bin")
        self.folder = folder
        (folder / "repositories").mkdir()
        self.url = f"http://127.0.0.1:{free_port()}"
        configuration = folder / "apache.conf"
        configuration.write_text(CONFIGURATION.format(
            folder=folder, port=self.url.rsplit(":", 1)[1], modules=MODULES, backend=BACKEND))
        # In a session of its own: when it ends, Apache ends its whole process group.
        self.server = ServerTree(subprocess.Popen(
            [*not_as_root(), shutil.which("apache2") or "/usr/sbin/apache2", "-DFOREGROUND", "-f", configuration],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True))
        self.wait_until_ready()

    def wait_until_ready(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.server.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", int(self.url.rsplit(":", 1)[1]))).close()
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        log = self.folder / "apache.log"
        raise Failed(f"apache2 did not start:\n{log.read_text() if log.exists() else ''}")

    def stop(self):
        self.server.stop()

    def create(self, name):
        run(["git", "init", "--quiet", "--bare", "--initial-branch=main", self.path(name)])
        run(["git", "-C", self.path(name), "config", "http.receivepack", "true"])

    def path(self, name):
        return self.folder / "repositories" / f"{name}.git"

    def git_url(self, name):
        return f"{self.url}/{name}.git"

    def repack(self, name):
        """What a careful host does in the night: one pack with bitmaps, a commit graph, packed refs."""
        for command in (["repack", "-adbq"], ["commit-graph", "write", "--reachable", "--no-progress"],
                        ["pack-refs", "--all"]):
            run(["git", "-C", self.path(name), *command])


class ServerTree(Server):
    """A process with all it starts; Apache's workers wait for their CGI programs, whose time is in theirs."""

    WATCHED_EVERY = 0.02  # seconds

    def __init__(self, process):
        super().__init__(process)
        self.peak = 0
        self.ended = threading.Event()
        threading.Thread(target=self.watch, daemon=True).start()

    def processes(self):
        pending, found = [self.process.pid], []
        while pending:
            pid = pending.pop()
            found.append(pid)
            try:
                pending += map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
            except OSError:
                continue
        return found

    def cpu(self):
        self.wait_for_programs()
        total = 0
        for pid in self.processes():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += sum(map(int, fields[11:15]))
        return total / TICKS

    def wait_for_programs(self):
        """A CGI program may outlive its answer by a moment; its time counts once it was waited for."""
        deadline = time.monotonic() + 30
        while any(name(pid).startswith("git") for pid in self.processes()):
            if time.monotonic() > deadline:
                raise Failed("a program of git went on for 30 seconds after its client had ended")
            time.sleep(0.005)

    def watch(self):
        while not self.ended.wait(self.WATCHED_EVERY):
            for pid in self.processes():
                self.peak = max(self.peak, highest_rss(pid))

    def forget_peak(self):
        self.peak = 0
        for pid in self.processes():
            try:
                pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")
            except OSError:
                continue

    def peak_rss(self):
        return self.peak

    def stop(self):
        self.ended.set()
        super().stop()


def highest_rss(pid):
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    except OSError:
        pass
    return 0


def name(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def free_port():
    with socket.socket() as anything:
        anything.bind(("127.0.0.1", 0))
        return anything.getsockname()[1]


def not_as_root():
    """Apache refuses to run as root; a user namespace gives it another name for the same user."""
    if os.geteuid() != 0:
        return []
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
