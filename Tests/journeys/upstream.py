"""A remote that is no hub: `git http-backend` on bare repositories, and git-lfs' batch API on a folder."""

import base64
import hashlib
import http.server
import json
import os
import pathlib
import subprocess
import threading


class Upstream:
    """Serves bare repositories below `folder` at `url`; counts the bytes of packs it sends."""

    def __init__(self, folder, token=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.content = {}
        self.token = token
        self.pack_bytes = 0
        self.port = 0

    def start(self):
        upstream = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments):
                pass

            def do_GET(self):
                upstream.answer(self)

            do_POST = do_GET

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()
        return self

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def store(self, content):
        """Keeps a large file and returns its pointer."""
        digest = hashlib.sha256(content).hexdigest()
        self.content[digest] = content
        return pointer(digest, len(content))

    def answer(self, request):
        length = int(request.headers.get("Content-Length") or 0)
        body = request.rfile.read(length) if length else chunked(request)
        if self.token and not self.knows(request):
            return reply(request, 401, b"", {"WWW-Authenticate": "Basic realm=upstream"})
        path, _, query = request.path.partition("?")
        if path.endswith("/info/lfs/objects/batch"):
            return reply(request, 200, json.dumps(self.batch(json.loads(body))).encode(), {
                "Content-Type": "application/vnd.git-lfs+json"})
        if path.startswith("/content/"):
            content = self.content.get(path.split("/")[-1])
            return reply(request, 200 if content is not None else 404, content or b"")
        self.backend(request, path, query, body)

    def knows(self, request):
        kind, _, login = request.headers.get("Authorization", "").partition(" ")
        # What a batch answer links to needs no login of its own.
        return request.path.startswith("/content/") or (
            kind == "Basic" and base64.b64decode(login).decode().partition(":")[2] == self.token)

    def batch(self, question):
        def entry(wanted):
            if wanted["oid"] not in self.content:
                return {**wanted, "error": {"code": 404, "message": "gone"}}
            return {**wanted, "actions": {"download": {"href": f"{self.url}/content/{wanted['oid']}"}}}

        return {"transfer": "basic", "objects": [entry(wanted) for wanted in question["objects"]]}

    def backend(self, request, path, query, body):
        environment = {
            "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self.folder), "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": request.command,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""), "REMOTE_ADDR": "127.0.0.1",
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"], input=body, capture_output=True, env=environment, timeout=60, check=False)
        head, _, answer = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        if path.endswith("git-upload-pack"):
            self.pack_bytes += len(answer)
        reply(request, int(headers.pop("Status", "200").split()[0]), answer, headers)


def pointer(digest, size):
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {size}\n"


def chunked(request):
    body = b""
    if "chunked" in request.headers.get("Transfer-Encoding", ""):
        while size := int(request.rfile.readline().strip(), 16):
            body += request.rfile.read(size)
            request.rfile.readline()
        request.rfile.readline()
    return body


def reply(request, status, body, headers=None):
    request.send_response(status)
    for name, value in (headers or {}).items():
        if name.lower() != "content-length":
            request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)
