"""Webhooks: made with the official client, delivered to a real receiver, signed, retried and kept private."""

import hashlib
import hmac
import http.server
import json
import threading
import time
import types
import typing

import pytest
from huggingface_hub import _webhooks_payload as schema
from huggingface_hub.errors import BadRequestError, HfHubHTTPError

import hub as programs
import official

OPTIONS = {
    "HUBD_WEBHOOKS_ALLOW_PRIVATE": "true", "HUBD_WEBHOOKS_FIRST_RETRY_SECONDS": "1",
    "HUBD_WEBHOOKS_TIMEOUT_SECONDS": "2",
}


def check(kind, value, place="payload"):
    """Holds a JSON value to the client's own declaration of the payload."""
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        options = [option for option in typing.get_args(kind) if option is not type(None)]
        assert value is not None or len(options) < len(typing.get_args(kind)), place
        if value is not None:
            check(options[0], value, place)
    elif origin is list:
        assert isinstance(value, list), place
        for item in value:
            check(typing.get_args(kind)[0], item, place + "[]")
    elif origin is typing.Literal:
        assert value in typing.get_args(kind), (place, value)
    elif kind in (str, int, bool):
        assert isinstance(value, kind), (place, value)
    else:
        for name, inner in typing.get_type_hints(kind).items():
            check(inner, value.get(name), f"{place}.{name}")


class Receiver:
    """An HTTP server that keeps what it is sent and answers as it is told."""

    def __init__(self):
        self.got = []
        self.answers = []
        self.paths = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.paths.append(self.path)
                receiver.got.append((dict(self.headers), body))
                status, headers = receiver.answers.pop(0) if receiver.answers else (200, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count, seconds=15):
        deadline = time.monotonic() + seconds
        while len(self.got) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(self.got) >= count, f"{len(self.got)} of {count} messages came"
        return [json.loads(body) for _, body in self.got]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def hub(tmp_path):
    hub = programs.Hub(tmp_path, OPTIONS)
    yield hub.start()
    hub.close()


@pytest.fixture
def ada(hub):
    return hub.user("ada")


@pytest.fixture
def api(hub, ada):
    return official.api(hub, ada)


def log(hub, user, webhook, state=None, seconds=15):
    """The deliveries of a webhook; waits for the latest to be in a state."""
    deadline = time.monotonic() + seconds
    while True:
        items = hub.get(f"/api/settings/webhooks/{webhook.id}/deliveries", user).json
        if state is None or (items and items[0]["state"] == state):
            return items
        assert time.monotonic() < deadline, items
        time.sleep(0.05)


def test_the_client_makes_changes_and_deletes_webhooks(api, receiver):
    made = api.create_webhook(
        url=receiver.url, watched=[{"type": "user", "name": "ada"}, {"type": "model", "name": "ada/model"}],
        domains=["repo"], secret="s3cret")
    assert (made.url, made.secret, made.domains, made.disabled) == (receiver.url, "s3cret", ["repo"], False)
    assert {(item.type, item.name) for item in made.watched} == {("user", "ada"), ("model", "ada/model")}
    assert api.get_webhook(made.id) == made
    assert api.list_webhooks() == [made]
    changed = api.update_webhook(made.id, url=receiver.url + "2", domains=["repo", "discussion"])
    assert (changed.url, changed.watched, changed.secret) == (receiver.url + "2", made.watched, "s3cret")
    assert changed.domains == ["repo", "discussion"]
    assert api.update_webhook(made.id, watched=[{"type": "org", "name": "acme"}]).watched[0].name == "acme"
    assert api.disable_webhook(made.id).disabled is True
    assert api.enable_webhook(made.id).disabled is False
    api.delete_webhook(made.id)
    assert api.list_webhooks() == []
    with pytest.raises(HfHubHTTPError) as refused:
        api.get_webhook(made.id)
    assert refused.value.response.status_code == 404


def test_nobody_sees_the_webhooks_of_others(hub, api, receiver):
    made = api.create_webhook(url=receiver.url, watched=[{"type": "user", "name": "ada"}])
    eve = hub.user("eve")
    assert hub.get("/api/settings/webhooks", eve).json == []
    for method, path in (("GET", ""), ("POST", ""), ("DELETE", ""), ("POST", "/disable"), ("GET", "/deliveries")):
        body = {} if (method, path) == ("POST", "") else None
        assert hub.request(method, f"/api/settings/webhooks/{made.id}{path}", body, eve).status == 404
    assert hub.get("/api/settings/webhooks").status == 401
    assert hub.get("/api/settings/webhooks", type(eve)("ada", hub.token("ada", "read"))).status == 403


def test_the_life_of_a_repository_is_told_in_signed_messages(hub, api, ada, person, receiver):
    hook = api.create_webhook(url=receiver.url, watched=[{"type": "user", "name": "ada"}], secret="s3cret")
    api.create_repo("ada/model")
    somebody = person("ada")
    somebody.git("clone", hub.remote("ada/model", ada), "model")
    folder = somebody.home / "model"
    (folder / "a.txt").write_text("a")
    somebody.git("add", ".", cwd=folder)
    somebody.git("commit", "-m", "A", cwd=folder)
    somebody.git("push", "origin", "HEAD:main", "HEAD:other", cwd=folder)
    head = hub.head("ada/model")
    receiver.wait(2)
    api.update_repo_settings("ada/model", private=True)
    api.move_repo("ada/model", "ada/moved")
    api.delete_repo("ada/moved")
    bodies = receiver.wait(5)
    events = [(body["event"]["action"], body["event"]["scope"]) for body in bodies]
    assert sorted(events) == sorted([
        ("create", "repo"), ("update", "repo.content"), ("update", "repo.config"), ("move", "repo"),
        ("delete", "repo")])
    by_event = dict(zip(events, bodies))
    for body in bodies:
        check(schema.WebhookPayload, body)
    pushed = by_event["update", "repo.content"]
    assert pushed["webhook"] == {"id": hook.id, "version": 3}
    assert (pushed["repo"]["type"], pushed["repo"]["headSha"]) == ("model", head)
    assert {ref["ref"]: ref["newSha"] for ref in pushed["updatedRefs"]} == {
        "refs/heads/main": head, "refs/heads/other": head}
    assert pushed["repo"]["url"]["web"].startswith(hub.url)
    assert by_event["move", "repo"]["movedTo"]["name"] == "ada/moved"
    assert by_event["delete", "repo"]["repo"]["name"] == "ada/moved"
    for headers, body in receiver.got:
        assert headers["X-Webhook-Secret"] == "s3cret" and headers["Content-Type"] == "application/json"
        signed = headers["X-Webhook-Timestamp"].encode() + b"." + body
        expected = hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
        assert headers["X-Webhook-Signature"] == f"sha256={expected}"
    items = log(hub, ada, hook, "delivered")
    assert {item["status"] for item in items} == {200} and len(items) == 5
    one = hub.get(f"/api/settings/webhooks/{hook.id}/deliveries/{items[0]['id']}", ada).json
    assert json.loads(one["payload"]) in bodies


def test_discussions_are_told_to_those_who_ask_for_them(hub, api, receiver):
    api.create_repo("ada/model")
    api.create_webhook(url=receiver.url, watched=[{"type": "model", "name": "ada/model"}], domains=["discussion"])
    discussion = api.create_discussion("ada/model", "A question", description="Why?")
    api.comment_discussion("ada/model", discussion.num, "Because")
    api.change_discussion_status("ada/model", discussion.num, "closed")
    bodies = receiver.wait(3)
    for body in bodies:
        check(schema.WebhookPayload, body)
    told = {(body["event"]["action"], body["event"]["scope"]): body for body in bodies}
    assert told["create", "discussion"]["discussion"]["title"] == "A question"
    assert told["create", "discussion.comment"]["comment"]["content"] == "Because"
    assert told["update", "discussion"]["discussion"]["status"] == "closed"


def test_a_message_that_fails_is_sent_again(hub, api, ada, receiver):
    receiver.answers = [(500, {}), (503, {})]
    hook = api.create_webhook(url=receiver.url, watched=[{"type": "model", "name": "ada/model"}])
    api.create_repo("ada/model")
    receiver.wait(3, 30)
    item = log(hub, ada, hook, "delivered")[0]
    assert (item["attempts"], item["status"], item.get("problem")) == (3, 200, None)
    first, second, third = ({name: value for name, value in headers.items() if name == "X-Webhook-Delivery"}
                            for headers, _ in receiver.got)
    assert first == second == third
    again = hub.request(
        "POST", f"/api/settings/webhooks/{hook.id}/deliveries/{item['id']}/redeliver", user=ada)
    assert again.status == 200 and again.json["id"] != item["id"]
    receiver.wait(4)
    assert receiver.got[3][1] == receiver.got[0][1]


def test_redirects_are_not_followed(hub, api, ada, receiver):
    receiver.answers = [(307, {"Location": receiver.url + "-elsewhere"})] * 2
    hook = api.create_webhook(url=receiver.url, watched=[{"type": "user", "name": "ada"}])
    api.create_repo("ada/model")
    receiver.wait(1)
    item = log(hub, ada, hook)[0]
    assert set(receiver.paths) == {"/hook"}
    assert "307" in item.get("problem", "307")


def test_a_receiver_that_is_gone_is_not_called_again(hub, api, ada, receiver):
    receiver.answers = [(410, {})]
    hook = api.create_webhook(url=receiver.url, watched=[{"type": "user", "name": "ada"}])
    api.create_repo("ada/model")
    assert log(hub, ada, hook, "failed")[0]["status"] == 410
    assert api.get_webhook(hook.id).disabled is True
    api.create_repo("ada/other")
    time.sleep(1.5)
    assert len(receiver.got) == 1
    api.enable_webhook(hook.id)
    api.create_repo("ada/third")
    assert receiver.wait(2)[1]["repo"]["name"] == "ada/third"


def test_what_is_private_is_told_only_to_those_who_may_read_it(hub, api, ada, receiver):
    eve = hub.user("eve")
    hook = official.api(hub, eve).create_webhook(url=receiver.url, watched=[{"type": "user", "name": "ada"}])
    api.create_repo("ada/secret", private=True)
    api.move_repo("ada/secret", "ada/hidden")
    api.delete_repo("ada/hidden")
    api.create_repo("ada/open")
    assert receiver.wait(1)[0]["repo"]["name"] == "ada/open"
    time.sleep(1.2)
    assert len(receiver.got) == 1
    assert [item["event"]["action"] for item in log(hub, eve, hook)] == ["create"]


def test_messages_survive_a_restart(hub, api, ada, receiver):
    receiver.answers = [(500, {})]
    hook = api.create_webhook(url=receiver.url, watched=[{"type": "user", "name": "ada"}])
    api.create_repo("ada/model")
    receiver.wait(1)
    hub.kill()
    hub.start()
    receiver.wait(2, 40)
    assert receiver.got[0][1] == receiver.got[1][1]
    api.create_repo("ada/other")
    bodies = receiver.wait(3)
    assert bodies[-1]["repo"]["name"] == "ada/other"


def test_the_hub_sends_nothing_to_its_own_network_unless_it_is_allowed(tmp_path, receiver):
    hub = programs.Hub(tmp_path / "strict", {"HUBD_WEBHOOKS_ALLOW_PRIVATE": "false"})
    (tmp_path / "strict").mkdir()
    hub.start()
    try:
        ada = hub.user("ada")
        api = official.api(hub, ada)
        for url in (receiver.url, "http://10.0.0.1/", "http://169.254.169.254/latest", "http://[::1]:80/",
                    "http://[::ffff:127.0.0.1]/", "ftp://example.org/", "http://user:pass@example.org/", "nonsense"):
            with pytest.raises(BadRequestError):
                api.create_webhook(url=url, watched=[{"type": "user", "name": "ada"}])
        # A name is looked up when the message is sent.
        port = receiver.url.rsplit(":", 1)[1]
        for host in ("localhost", "2130706433"):
            hook = api.create_webhook(url=f"http://{host}:{port}", watched=[{"type": "user", "name": "ada"}])
            api.create_repo(f"ada/model-{host}")
            item = log(hub, ada, hook, "failed")[0]
            assert "private network" in item["problem"], item
            api.delete_webhook(hook.id)
        assert receiver.got == []
    finally:
        hub.close()


def test_link_local_addresses_are_never_sent_to(api):
    for url in ("http://169.254.169.254/latest/meta-data", "http://[fe80::1]/", "http://0.0.0.0/", "http://224.0.0.1/"):
        with pytest.raises(BadRequestError):
            api.create_webhook(url=url, watched=[{"type": "user", "name": "ada"}])


def test_the_command_line_lists_webhooks(hub, api, ada, receiver, tmp_path):
    hook = api.create_webhook(url=receiver.url, watched=[{"type": "user", "name": "ada"}])
    assert hook.id in official.Client(hub, tmp_path / "home", ada).hf("webhooks", "ls", "--no-truncate").stdout
    official.Client(hub, tmp_path / "home", ada).hf("webhooks", "disable", hook.id)
    assert api.get_webhook(hook.id).disabled
