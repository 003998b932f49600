"""What a suite for servers of git-lfs asks of the batch and basic transfer routes, asked by hand."""

import hashlib
import random
import urllib.request

import pytest

import hub as programs

JSON = "application/vnd.git-lfs+json"
BOTH = {"Accept": JSON, "Content-Type": JSON}
ABSENT = [{"oid": hashlib.sha256(b"absent %d" % number).hexdigest(), "size": 50 + number} for number in range(50)]


def batch(hub, operation, objects, user=None, repository="ada/model.git", **more):
    headers = more.pop("headers", BOTH)
    body = {"operation": operation, "objects": objects, **more}
    answer = hub.request("POST", f"/{repository}/info/lfs/objects/batch", None, user) if body is None else hub.request(
        "POST", f"/{repository}/info/lfs/objects/batch", body, user, headers)
    if answer.status != 307:
        assert answer.headers["Content-Type"] == JSON, answer.headers
    return answer


def named(data):
    return {"oid": hashlib.sha256(data).hexdigest(), "size": len(data)}


def send(hub, action, data, headers=None):
    return hub.request("PUT", action["href"].removeprefix(hub.url), data, headers={
        **action.get("header", {}), "Content-Type": "application/octet-stream", **(headers or {})})


def follow(hub, action, headers=None):
    return hub.get(action["href"].removeprefix(hub.url), headers={**action.get("header", {}), **(headers or {})})


def upload(hub, user, *contents, repository="ada/model.git"):
    objects = [named(data) for data in contents]
    for told, data in zip(batch(hub, "upload", objects, user, repository).json["objects"], contents):
        assert send(hub, told["actions"]["upload"], data).status == 200
        verify = told["actions"]["verify"]["href"].removeprefix(hub.url)
        assert hub.request("POST", verify, named(data), headers=BOTH).status == 200
    return objects


def mixed(one, other):
    both = one + other
    random.Random(21).shuffle(both)
    return both


@pytest.fixture
def ada(hub):
    user = hub.user("ada")
    hub.create("ada/model", user)
    return user


@pytest.fixture
def present(hub, ada):
    draw = random.Random(7)
    return upload(hub, ada, *(draw.randbytes(draw.randint(50, 250)) for _ in range(50)))


def test_an_upload_of_what_is_missing_is_told_where_to_go(hub, ada):
    told = batch(hub, "upload", ABSENT, ada, transfers=["basic"], ref={"name": "refs/heads/main"}).json
    assert told["transfer"] == "basic" and told["hash_algo"] == "sha256"
    assert [(each["oid"], each["size"]) for each in told["objects"]] == [(o["oid"], o["size"]) for o in ABSENT]
    for each in told["objects"]:
        assert each["authenticated"] and "error" not in each
        assert set(each["actions"]) == {"upload", "verify"}
        assert each["actions"]["upload"]["href"].startswith(hub.url) and each["actions"]["upload"]["expires_in"] > 60


def test_an_upload_of_what_is_there_has_nothing_to_do(hub, ada, present):
    told = batch(hub, "upload", present, ada).json["objects"]
    assert len(told) == 50 and not any("actions" in each or "error" in each for each in told)


def test_an_upload_of_both_is_told_apart(hub, ada, present):
    absent = {each["oid"] for each in ABSENT}
    told = batch(hub, "upload", mixed(present, ABSENT), ada).json["objects"]
    assert len(told) == 100
    for each in told:
        assert ("actions" in each) == (each["oid"] in absent)


def test_a_download_of_what_is_there_is_told_where_it_is(hub, ada, present):
    told = batch(hub, "download", present, ada).json["objects"]
    assert len(told) == 50 and all("download" in each["actions"] for each in told)


def test_a_download_of_what_is_missing_is_an_error_for_each(hub, ada):
    told = batch(hub, "download", ABSENT, ada).json["objects"]
    assert len(told) == 50
    assert all(each["error"]["code"] == 404 and "actions" not in each for each in told)


def test_a_download_of_both_is_told_apart(hub, ada, present):
    there = {each["oid"] for each in present}
    told = batch(hub, "download", mixed(present, ABSENT), ada).json["objects"]
    assert len(told) == 100
    for each in told:
        if each["oid"] in there:
            assert "download" in each["actions"] and "error" not in each
        else:
            assert each["error"]["code"] == 404 and each["error"]["message"] and "actions" not in each


WRONG = [
    ({"oid": "a345cde", "size": 99}, "SHA-256"),
    ({"oid": "0123456789abcdef" * 6, "size": 99}, "SHA-256"),
    ({"oid": "0123456789abcdeG" * 4, "size": 99}, "SHA-256"),
    ({"oid": "0123456789ABCDEF" * 4, "size": 99}, "SHA-256"),
    ({"oid": "", "size": 99}, "SHA-256"),
    ({"oid": "0123456789abcdef" * 4, "size": -1}, "-1 bytes"),
    ({"oid": "0123456789abcdee" * 4, "size": -125}, "-125 bytes"),
    ({"oid": "0123456789abcded" * 4, "size": 1 << 62}, "at most"),
]


@pytest.mark.parametrize("operation", ["upload", "download"])
def test_wrong_objects_are_refused_one_by_one_among_right_ones(hub, ada, operation):
    right = upload(hub, ada, b"") + ABSENT[:3]
    told = batch(hub, operation, mixed([each for each, _ in WRONG], right), ada).json["objects"]
    assert len(told) == len(WRONG) + len(right)
    found = {(each["oid"], each["size"]): each for each in told}
    for wrong, word in WRONG:
        each = found[wrong["oid"], wrong["size"]]
        assert each["error"]["code"] == 422 and word in each["error"]["message"] and "actions" not in each
    for each in ABSENT[:3]:
        each = found[each["oid"], each["size"]]
        assert "upload" in each["actions"] if operation == "upload" else each["error"]["code"] == 404


def test_an_empty_object_may_be_sent(hub, ada):
    named_ = {"oid": ABSENT[0]["oid"], "size": 0}
    assert "upload" in batch(hub, "upload", [named_], ada).json["objects"][0]["actions"]
    empty = upload(hub, ada, b"")
    assert batch(hub, "upload", empty, ada).json["objects"][0].get("actions") is None
    action = batch(hub, "download", empty, ada).json["objects"][0]["actions"]["download"]
    got = follow(hub, action)
    assert (got.status, got.body) == (200, b"")


def test_a_size_that_is_not_the_contents_is_refused(hub, ada):
    (true,) = upload(hub, ada, b"some bytes")
    for operation in ("upload", "download"):
        told = batch(hub, operation, [{**true, "size": 11}], ada).json["objects"][0]
        assert told["error"]["code"] == 422 and "has 10 bytes, not 11" in told["error"]["message"]
        assert "actions" not in told


def test_what_was_deleted_for_good_is_gone_and_not_merely_absent(hub, ada):
    (true,) = upload(hub, ada, b"to be deleted" * 10)
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{true['oid']}\nsize {true['size']}\n"
    lines = (
        '{"key":"header","value":{"summary":"add"}}\n'
        '{"key":"lfsFile","value":{"path":"x.bin","algo":"sha256","oid":"%s","size":%d}}\n' % (true["oid"], true["size"]))
    made = hub.request("POST", "/api/models/ada/model/commit/main", lines.encode(), ada, {
        "Content-Type": "application/x-ndjson"})
    assert made.status == 200, (made.body, pointer)
    body = {"deletions": {"sha": [true["oid"]], "rewriteHistory": False}}
    assert hub.request("POST", "/api/models/ada/model/lfs-files/batch", body, ada).status == 200
    told = batch(hub, "download", [true, ABSENT[0]], ada).json["objects"]
    assert [each["error"]["code"] for each in told] == [410, 404]
    assert "deleted" in told[0]["error"]["message"]
    assert "upload" in batch(hub, "upload", [true], ada).json["objects"][0]["actions"]


def test_the_transfer_is_one_that_the_client_knows(hub, ada):
    (there,) = upload(hub, ada, b"there" * 20)
    for operation, transfers, used in [
        ("upload", None, "basic"), ("upload", [], "basic"), ("upload", ["tus", "basic"], "basic"),
        ("upload", ["basic", "hub"], "hub"), ("upload", ["xet", "basic"], "xet"), ("download", ["basic", "hub"], "hub"),
        ("download", ["xet", "basic"], "basic"), ("download", ["multipart", "basic"], "basic"),
        ("upload", ["multipart-basic", "basic"], "basic"), ("download", ["multipart-basic", "basic"], "basic"),
    ]:
        more = {} if transfers is None else {"transfers": transfers}
        objects = [ABSENT[0]] if operation == "upload" else [there]
        told = batch(hub, operation, objects, ada, **more).json
        assert told["transfer"] == used, (operation, transfers)
        action = told["objects"][0]["actions"][operation]
        if used in ("hub", "xet"):
            # git-xet has the two places the other way round.
            other = "X-Xet-Cas-Url" if used == "xet" else "X-Xet-Refresh-Route"
            cas, route = (action["href"], action["header"][other])[::-1 if used == "xet" else 1]
            assert cas.startswith(f"{hub.url}/xet/")
            assert route.startswith(f"{hub.url}/api/models/ada/model/xet-")
            given = hub.get(route.removeprefix(hub.url), ada)
            assert given.status == 200 and given.json["casUrl"] == cas
            assert {"X-Xet-Access-Token", "X-Xet-Token-Expiration"} <= set(action["header"])
            assert ("X-Xet-Hash" in action["header"]) == (operation == "download")


def test_a_request_that_makes_no_sense_is_refused_whole(hub, ada):
    for status, body, headers in [
        (422, {"operation": "delete", "objects": []}, BOTH),
        (409, {"operation": "upload", "objects": [], "hash_algo": "sha512"}, BOTH),
        (406, {"operation": "upload", "objects": []}, {"Accept": "text/html"}),
        (413, {"operation": "download", "objects": [ABSENT[0]] * 1001}, BOTH),
        (400, {"operation": "download"}, BOTH),
        (400, {"operation": "download", "objects": [{"oid": 5}]}, BOTH),
        (400, b"{", BOTH),
        (400, b"", BOTH),
    ]:
        answer = hub.request("POST", "/ada/model.git/info/lfs/objects/batch", body, ada, headers)
        assert answer.status == status, (body, answer.body)
        assert answer.headers["Content-Type"] == JSON
        assert answer.json["message"] and answer.json["request_id"] == answer.headers["X-Request-Id"]
        assert "objects" not in answer.json
    for accept in (JSON, f"{JSON}; charset=utf-8", "*/*", "application/json, text/plain"):
        answer = batch(hub, "download", [ABSENT[0]], ada, headers={"Accept": accept, "Content-Type": JSON})
        assert answer.status == 200


def test_both_names_of_a_repository_and_the_one_it_had(hub, ada):
    (there,) = upload(hub, ada, b"moves along" * 9)
    bare = batch(hub, "download", [there], ada, "ada/model")
    assert "download" in bare.json["objects"][0]["actions"]
    assert hub.request("POST", "/api/repos/move", {"fromRepo": "ada/model", "toRepo": "ada/new"}, ada).status == 200
    for name in ("ada/model.git", "ada/model"):
        request = urllib.request.Request(
            f"{hub.url}/{name}/info/lfs/objects/batch", b'{"operation":"download","objects":[]}', {
                **BOTH, "Authorization": f"Bearer {ada.token}"}, method="POST")
        with pytest.raises(urllib.error.HTTPError) as moved:
            urllib.request.build_opener(Stay).open(request, timeout=programs.LIMIT)
        assert moved.value.code == 307
        assert moved.value.headers["Location"] == f"/{name.replace('model', 'new')}/info/lfs/objects/batch"


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def test_credentials_are_asked_for_and_what_is_private_is_absent(hub, ada):
    hub.create("ada/secret", ada, "private")
    (there,) = upload(hub, ada, b"of the secret" * 9, repository="ada/secret.git")
    ben = hub.user("ben")
    said = {}
    for name in ("ada/secret.git", "ada/nothing.git"):
        for user in (None, ben):
            for operation in ("download", "upload"):
                answer = batch(hub, operation, [there], user, name)
                assert answer.status == (404 if user else 401)
                if not user:
                    assert answer.headers["LFS-Authenticate"] and answer.headers["WWW-Authenticate"]
                text = answer.json["message"].replace(name.removesuffix(".git"), "REPO")
                said.setdefault((user is None, operation), set()).add((answer.status, text))
    assert all(len(answers) == 1 for answers in said.values()), said
    # Knowing a hash is no permission: not in a repository of one's own, either.
    hub.create("ben/model", ben)
    told = batch(hub, "download", [there], ben, "ben/model.git").json["objects"][0]
    assert told["error"]["code"] == 404
    reader = programs.User("ada", hub.token("ada", "read"))
    assert batch(hub, "upload", [ABSENT[0]], reader).status == 403
    assert batch(hub, "upload", [ABSENT[0]]).status == 401
    assert batch(hub, "download", [ABSENT[0]]).status == 200


def test_wrong_bytes_are_refused_and_nothing_is_kept(hub, ada):
    data = random.Random(3).randbytes(5000)
    action = batch(hub, "upload", [named(data)], ada).json["objects"][0]["actions"]
    for wrong in (data[:-1], data + b"x", b"", bytes(reversed(data))):
        answer = send(hub, action["upload"], wrong)
        assert answer.status in (400, 422) and answer.headers["Content-Type"] == JSON and answer.json["message"]
    verify = action["verify"]["href"].removeprefix(hub.url)
    assert hub.request("POST", verify, named(data)).status == 404
    assert "upload" in batch(hub, "upload", [named(data)], ada).json["objects"][0]["actions"]
    for _ in range(2):
        assert send(hub, action["upload"], data).status == 200
        assert hub.request("POST", verify, named(data)).status == 200


def test_any_stretch_of_an_object_is_fetched(hub, ada):
    data = random.Random(4).randbytes(200_000)
    (there,) = upload(hub, ada, data)
    action = batch(hub, "download", [there], ada).json["objects"][0]["actions"]["download"]
    whole = follow(hub, action)
    assert whole.status == 200 and whole.body == data and whole.headers["Accept-Ranges"] == "bytes"
    for text, first, end in [
        ("bytes=0-0", 0, 1), ("bytes=100000-", 100_000, 200_000), ("bytes=150000-199999", 150_000, 200_000),
        ("bytes=-5", 199_995, 200_000), ("bytes=5-999999", 5, 200_000),
    ]:
        part = follow(hub, action, {"Range": text})
        assert part.status == 206 and part.body == data[first:end]
        assert part.headers["Content-Range"] == f"bytes {first}-{end - 1}/200000"
    outside = follow(hub, action, {"Range": "bytes=200000-"})
    assert outside.status == 416 and outside.headers["Content-Range"] == "bytes */200000"


def test_a_link_that_is_not_the_hubs_opens_nothing(hub, ada):
    (there,) = upload(hub, ada, b"behind a link" * 10)
    href = batch(hub, "download", [there], ada).json["objects"][0]["actions"]["download"]["href"]
    path = href.removeprefix(hub.url)
    for wrong in (path[:-2], path.split("?")[0], path.split("sig=")[0] + "sig=x.y"):
        answer = hub.get(wrong)
        assert answer.status == 401 and answer.headers["Content-Type"] == JSON
        assert answer.json["message"] and "LFS-Authenticate" in answer.headers
