"""Running a command and seeing what it cost: wall and processor time, memory, bytes over the network."""

import dataclasses
import fcntl
import os
import pathlib
import socket
import struct
import subprocess
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A command that should have worked did not; says what it wrote."""


@dataclasses.dataclass
class Cost:
    """What one command cost, children included; `hub_…` is what it cost the server meanwhile."""

    wall: float
    cpu: float
    peak_rss: int  # bytes, of the largest process
    network: int = 0  # bytes over the loopback device, both ways, headers included
    hub_cpu: float = 0.0
    hub_peak_rss: int = 0  # bytes

    def as_json(self):
        return {key: round(value, 4) for key, value in dataclasses.asdict(self).items()}


def run(command, cwd=None, env=None, server=None, limit=1800):
    """Runs a command to its end; returns its cost and what it wrote to standard output."""
    flush_disks()
    server_before = server.cpu() if server else 0
    if server:
        server.forget_peak()
    network_before = loopback_bytes()
    begin = time.monotonic()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as complaints:
        # `timeout` ends the command and its children, when it takes too long and when the bench is stopped.
        process = subprocess.Popen(
            ["timeout", "--kill-after=10", str(limit), *map(str, command)], cwd=cwd, env=env,
            stdin=subprocess.DEVNULL, stdout=output, stderr=complaints)
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        said, complained = text(output), text(complaints)
    if process.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))} exited with {process.returncode}\n{said}{complained}")
    cost = Cost(
        wall=wall, cpu=usage.ru_utime + usage.ru_stime, peak_rss=usage.ru_maxrss << 10,
        network=loopback_bytes() - network_before)
    if server:
        cost.hub_cpu = server.cpu() - server_before
        cost.hub_peak_rss = server.peak_rss()
    return cost, said


def text(file):
    file.seek(0)
    return file.read().decode(errors="replace")


def flush_disks():
    """Writes out what earlier steps left, so that no step pays for another's."""
    os.sync()


def total(costs):
    """The cost of steps done one after the other."""
    costs = list(costs)
    return Cost(
        wall=sum(cost.wall for cost in costs), cpu=sum(cost.cpu for cost in costs),
        peak_rss=max(cost.peak_rss for cost in costs), network=sum(cost.network for cost in costs),
        hub_cpu=sum(cost.hub_cpu for cost in costs), hub_peak_rss=max(cost.hub_peak_rss for cost in costs))


class Server:
    """A process that serves while commands run against it; ended by its pid."""

    def __init__(self, process):
        self.process = process

    @property
    def folder(self):
        return pathlib.Path(f"/proc/{self.process.pid}")

    def cpu(self):
        """Seconds of processor time so far, children it has waited for included."""
        fields = (self.folder / "stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, fields[11:15])) / TICKS

    def peak_rss(self):
        """Bytes, since the last `forget_peak`."""
        for line in (self.folder / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
        raise Failed("the server has ended")

    def forget_peak(self):
        (self.folder / "clear_refs").write_text("5")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def loopback_bytes():
    """Bytes the loopback device has carried."""
    for line in pathlib.Path("/proc/net/dev").read_text().splitlines():
        name, _, counters = line.partition(":")
        if name.strip() == "lo":
            return int(counters.split()[0])
    return 0


def bring_loopback_up():
    """In a network namespace of its own the loopback device is down at first; elsewhere this changes nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as anything:
        get_flags, set_flags, up = 0x8913, 0x8914, 1
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(anything, get_flags, request))[1]
        if not flags & up:
            fcntl.ioctl(anything, set_flags, struct.pack("16sh14x", b"lo", flags | up))


def folder_bytes(folder):
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in pathlib.Path(folder).rglob("*") if path.is_file())
