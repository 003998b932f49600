"""Remotes that are no hub: `git http-backend` for bare repositories, and git-lfs' batch API, over HTTP or HTTPS."""

import base64
import collections
import hashlib
import http.server
import json
import re
import socket
import ssl
import struct
import subprocess
import threading

import git_cgi

Call = collections.namedtuple("Call", "method path headers")


class GitServer:
    """Serves the bare repositories it is given, at `url`/NAME, to whoever knows the token, if there is one."""

    def __init__(self, token=None, tls=None, host="127.0.0.1"):
        self.folders = {}
        self.token = token
        self.tls = tls  # files of a certificate and its key
        self.host = host
        self.port = 0
        self.pack_bytes = 0  # sent so far
        self.calls = []
        self.redirects = {}  # from the beginning of a path to that of a URL
        self.unanswered = []  # methods of requests to come whose connection is reset instead

    def start(self):
        """Starts, after a stop at the port it had."""
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                # Before any answer: a connection closed with something unread is reset.
                server.take(self, git_cgi.body_of(self))

            do_POST = do_GET

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.tls)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    @property
    def url(self):
        return f"http{'s' if self.tls else ''}://{self.host}:{self.port}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def add(self, folder, name=None):
        """Serves a bare repository; returns its URL."""
        name = name or f"{len(self.folders)}-{folder.name}"
        self.folders[name] = folder
        subprocess.run(["git", "-C", folder, "config", "http.receivepack", "true"], check=True)
        return f"{self.url}/{name}"

    def take(self, request, body):
        self.calls.append(Call(request.command, request.path, dict(request.headers)))
        if request.command in self.unanswered:
            self.unanswered.remove(request.command)
            return reset(request)
        for path, url in self.redirects.items():
            if request.path.startswith(path):
                return reply(request, 307, b"", {"Location": url + request.path.removeprefix(path)})
        if self.token and self.is_locked(request.path) and not self.knows(request):
            return reply(request, 401, b"", {"WWW-Authenticate": "Basic realm=upstream"})
        return self.answer(request, body)

    def is_locked(self, path):
        return True

    def knows(self, request):
        kind, _, login = request.headers.get("Authorization", "").partition(" ")
        return kind == "Basic" and base64.b64decode(login).decode().partition(":")[2] == self.token

    def answer(self, request, body):
        path, _, query = request.path.partition("?")
        _, name, rest = (path + "/").split("/", 2)
        status, headers, content = git_cgi.answer(
            self.folders.get(name, "/nonexistent"), request.command, f"/{rest[:-1]}", query, request.headers, body)
        if path.endswith("git-upload-pack"):
            self.pack_bytes += len(content)
        reply(request, status, content, dict(headers))

    def told(self, secret):
        """The requests that brought a login with `secret` in it."""
        return [call for call in self.calls if secret in login_of(call)]


class LFSServer(GitServer):
    """The same with large files: in memory, named by batch answers, sent whole or from a byte on."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.content = {}
        self.cuts = []  # after so many bytes answers to come are broken off
        self.resets = False  # then what is under way is lost too
        self.knows_ranges = True
        self.locks_content = False
        self.link = lambda digest: {"href": f"{self.url}/content/{digest}"}

    def store(self, content):
        """Keeps a large file and returns its pointer."""
        digest = hashlib.sha256(content).hexdigest()
        self.content[digest] = content
        return pointer(digest, len(content))

    def is_locked(self, path):
        return self.locks_content or not path.startswith("/content/")

    def answer(self, request, body):
        if request.path.endswith("/info/lfs/objects/batch"):
            return reply(request, 200, json.dumps(self.batch(json.loads(body))).encode(), {
                "Content-Type": "application/vnd.git-lfs+json"})
        if request.path.startswith("/content/"):
            return self.send(request, self.content.get(request.path.split("/")[-1]))
        return super().answer(request, body)

    def batch(self, question):
        def entry(wanted):
            if wanted["oid"] not in self.content:
                return {**wanted, "error": {"code": 404, "message": "gone"}}
            return {**wanted, "actions": {"download": self.link(wanted["oid"])}}

        return {"transfer": "basic", "objects": [entry(wanted) for wanted in question["objects"]]}

    def send(self, request, content):
        if content is None:
            return reply(request, 404, b"")
        status, headers = 200, {}
        wanted = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
        if wanted and self.knows_ranges:
            status, start = 206, int(wanted.group(1))
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            content = content[start:]
        if not self.cuts:
            return reply(request, status, content, headers)
        reply(request, status, content, headers, sent=self.cuts.pop(0))
        request.close_connection = True
        if self.resets:
            reset(request)


def pointer(digest, size):
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {size}\n"


def login_of(call):
    """What a request says about who asks."""
    kind, _, login = call.headers.get("Authorization", "").partition(" ")
    return base64.b64decode(login).decode() if kind == "Basic" else login


def reply(request, status, body, headers=None, sent=None):
    request.send_response(status)
    for name, value in (headers or {}).items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body[:sent])


def reset(request):
    """Closes a connection as a network that is gone does, not in order."""
    request.close_connection = True
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.rfile.close()
    request.connection.close()
