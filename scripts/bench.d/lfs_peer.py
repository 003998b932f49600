"""The peer of the transfer bench: a small git-lfs server, as honest as a hub must be and no more.

Stock git's own `git http-backend` for history, and whole files for content: each is hashed as it arrives, written
beside its place, synced, renamed and its folder synced, then served with sendfile. No accounts, no locks.

    lfs_peer.py FOLDER      serves the bare repositories in FOLDER on a free port, which it prints
"""

import hashlib
import http.server
import json
import os
import pathlib
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "Tests" / "journeys"))

import git_cgi  # noqa: E402: the journeys call git's server in the same way

BLOCK = 1 << 20
LFS_TYPE = "application/vnd.git-lfs+json"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def root(self):
        return self.server.root

    def do_GET(self):
        if self.path.startswith("/objects/"):
            return self.send_object(self.path.rsplit("/", 1)[1])
        self.answer_git()

    def do_POST(self):
        if self.path.endswith("/info/lfs/objects/batch"):
            return self.answer_batch()
        self.answer_git()

    def do_PUT(self):
        self.store_object(self.path.rsplit("/", 1)[1])

    # -- git-lfs

    def place(self, oid):
        return self.root / "objects" / oid[:2] / oid

    def answer_batch(self):
        request = json.loads(b"".join(self.body()))
        operation = request["operation"]
        objects = []
        for wanted in request["objects"]:
            answer = {"oid": wanted["oid"], "size": wanted["size"], "authenticated": True}
            present = self.place(wanted["oid"]).exists()
            if present != (operation == "upload"):
                href = f"http://{self.headers['Host']}/objects/{wanted['oid']}"
                answer["actions"] = {operation: {"href": href}}
            objects.append(answer)
        self.answer(200, LFS_TYPE, json.dumps({"transfer": "basic", "objects": objects}).encode())

    def store_object(self, oid):
        place = self.place(oid)
        place.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:
            for piece in self.body():
                digest.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        if digest.hexdigest() != oid:
            os.unlink(file.name)
            return self.answer(422, "text/plain", b"not what its name says")
        os.rename(file.name, place)
        folder = os.open(place.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        self.answer(200, "text/plain", b"")

    def send_object(self, oid):
        with open(self.place(oid), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(size))
            self.end_headers()
            self.wfile.flush()
            self.connection.sendfile(file)

    # -- git

    def answer_git(self):
        path, _, query = self.path.partition("?")
        status, headers, body = git_cgi.answer(
            self.root, self.command, path, query, self.headers, b"".join(self.body()))
        self.answer(status, dict(headers).get("Content-Type", "text/plain"), body)

    # -- HTTP

    def body(self):
        """The request's body in pieces, whichever way its length is told."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return
        left = int(self.headers.get("Content-Length", 0))
        while left:
            piece = self.rfile.read(min(BLOCK, left))
            if not piece:
                raise ConnectionError("the request was cut short")
            left -= len(piece)
            yield piece

    def answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.root = pathlib.Path(sys.argv[1]).resolve()
    print(f"at http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
