"""Who one is, as the official client and the `hf` command line ask it."""

import datetime
import re
import urllib.parse

import pytest
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

import hub as programs
import official


@pytest.fixture
def ada(hub):
    return hub.user("ada")


@pytest.fixture
def acme(hub, ada):
    hub.hubd("admin", "org", "create", "acme", "--owner", "ada")
    return "acme"


def test_whoami_tells_everything_about_the_token(hub, ada, acme):
    me = official.api(hub, ada).whoami()
    assert (me["type"], me["name"], me["fullname"]) == ("user", "ada", "ada")
    organization = me["orgs"][0]
    assert (organization["name"], organization["fullname"], organization["roleInOrg"]) == ("acme", "acme", "admin")
    token = me["auth"]["accessToken"]
    assert (token["displayName"], token["role"]) == ("command line", "write")
    assert datetime.datetime.fromisoformat(token["createdAt"]).tzinfo is not None
    with pytest.raises(HfHubHTTPError, match="Invalid user token"):
        official.api(hub).whoami(token="hub_wrong")


def test_login_with_a_token_by_the_command_line(hub, ada, acme, tmp_path):
    somebody = official.Client(hub, tmp_path / "home")
    somebody.hf("auth", "login", "--token", ada.token)
    who = somebody.hf("auth", "whoami").stdout
    assert "ada" in who and "acme" in who
    other = official.Client(hub, tmp_path / "other")
    assert other.hf("auth", "login", "--token", "hub_wrong", check=False).returncode != 0


def test_auth_check(hub, ada):
    api, eve, nobody = official.api(hub, ada), official.api(hub, hub.user("eve")), official.api(hub)
    api.create_repo("ada/open")
    api.create_repo("ada/secret", private=True)
    for name in ("ada/open", "ada/secret"):
        api.auth_check(name)
        api.auth_check(name, write=True)
    eve.auth_check("ada/open")
    nobody.auth_check("ada/open")
    with pytest.raises(HfHubHTTPError) as refused:
        eve.auth_check("ada/open", write=True)
    assert refused.value.response.status_code == 403
    for somebody in (eve, nobody):
        with pytest.raises(RepositoryNotFoundError):
            somebody.auth_check("ada/secret")


def test_overviews_count_what_the_caller_may_see(hub, ada, acme):
    api, eve = official.api(hub, ada), official.api(hub, hub.user("eve"))
    api.create_repo("ada/open")
    api.create_repo("ada/secret", private=True)
    api.create_repo("ada/data", repo_type="dataset")
    api.create_repo("acme/model", private=True)
    mine, theirs = api.get_user_overview("ada"), eve.get_user_overview("Ada")
    assert (mine.num_models, mine.num_datasets, theirs.num_models) == (2, 1, 1)
    assert theirs.username == "ada" and [org.name for org in theirs.orgs] == ["acme"]
    assert api.get_organization_overview("acme").num_models == 1
    assert eve.get_organization_overview("acme").num_models == 0
    assert eve.get_organization_overview("acme").num_users == 1
    assert [member.username for member in eve.list_organization_members("acme")] == ["ada"]
    for call in (lambda: eve.get_user_overview("acme"), lambda: eve.get_organization_overview("ada"),
                 lambda: eve.get_user_overview("nobody-there")):
        with pytest.raises(HfHubHTTPError) as refused:
            call()
        assert refused.value.response.status_code == 404
    picture = hub.get(theirs.avatar_url.removeprefix(hub.url))
    assert picture.status == 200 and picture.headers["Content-Type"] == "image/svg+xml"


def test_people_follow_people_and_organisations(hub, ada, acme):
    people = {name: hub.user(name) for name in ("bert", "carl", "dora")}
    for user in people.values():
        assert hub.request("POST", "/api/users/ada/follow", user=user).status == 200
    bert = people["bert"]
    assert hub.request("POST", "/api/organizations/acme/follow", user=bert).status == 200
    assert hub.request("POST", "/api/users/ada/follow", user=bert).status == 200
    api = official.api(hub, bert)
    assert [user.username for user in api.list_user_followers("ada")] == ["bert", "carl", "dora"]
    assert [user.username for user in api.list_user_following("bert")] == ["ada", "acme"]
    assert [user.username for user in api.list_organization_followers("acme")] == ["bert"]
    overview = api.get_user_overview("ada")
    assert (overview.num_followers, overview.is_following) == (3, True)
    assert hub.request("DELETE", "/api/users/ada/follow", user=bert).status == 200
    assert (api.get_user_overview("ada").num_followers, api.get_user_overview("ada").is_following) == (2, False)
    page = hub.get("/api/users/ada/followers?limit=1")
    assert [item["user"] for item in page.json] == ["carl"]
    link = page.headers["Link"].split(">")[0].strip("<").removeprefix(hub.url)
    assert [item["user"] for item in hub.get(link).json] == ["dora"]
    assert hub.request("POST", "/api/users/bert/follow", user=bert).status == 400
    assert hub.request("POST", "/api/users/ada/follow").status == 401


def test_profiles_are_changed_by_their_owners(hub, ada, acme):
    eve = hub.user("eve")
    assert hub.request("PUT", "/api/settings/profile", {"fullname": "Ada L."}, ada).status == 200
    path = "/api/organizations/acme/settings/profile"
    assert hub.request("PUT", path, {"fullname": "Acme Inc.", "details": "Anvils"}, eve).status == 403
    assert hub.request("PUT", path, {"fullname": "Acme Inc.", "details": "Anvils"}, ada).status == 200
    assert official.api(hub).get_user_overview("ada").fullname == "Ada L."
    assert official.api(hub).get_organization_overview("acme").details == "Anvils"
    assert official.api(hub, ada).whoami()["orgs"][0]["fullname"] == "Acme Inc."


def test_tokens_are_made_listed_and_revoked(hub, ada):
    made = hub.request("POST", "/api/settings/tokens", {"name": "ci", "role": "read", "expiresIn": 3600}, ada)
    assert made.status == 200 and made.headers["Cache-Control"] == "no-store"
    reader = type(ada)("ada", made.json["token"])
    assert official.api(hub, reader).whoami()["auth"]["accessToken"]["role"] == "read"
    listed = hub.get("/api/settings/tokens", ada).json
    assert [(token["name"], token["isCurrent"]) for token in listed] == [("command line", True), ("ci", False)]
    assert all(not token.get("token") for token in listed)
    # A token makes no stronger one, and a stranger's is out of reach.
    assert hub.request("POST", "/api/settings/tokens", {"name": "x", "role": "write"}, reader).status == 403
    assert hub.request("POST", "/api/settings/tokens", {"name": "x", "role": "admin"}, ada).status == 403
    path = f"/api/settings/tokens/{made.json['id']}"
    assert hub.request("DELETE", path, user=hub.user("eve")).status == 404
    assert hub.request("DELETE", path, user=ada).status == 200
    assert hub.get("/api/whoami-v2", reader).status == 401
    assert hub.get("/api/settings/tokens").status == 401


def test_what_the_client_asks_on_the_side_is_answered(hub, ada, tmp_path):
    assert hub.get("/api/agent-harnesses").json == {"standardEnvVars": [], "harnesses": {}}
    assert hub.request("HEAD", "/api/telemetry/examples/some").status == 200
    assert hub.request("POST", "/v1/telemetry", b"{}" * 1000).status == 200
    official.Client(hub, tmp_path / "home", ada).hf("env")


def approve(hub, url, token, **more):
    """What a person does in a browser on the page where programs are let in."""
    page = hub.get(url.removeprefix(hub.url))
    assert page.status == 200, page.body
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and b"<script" not in page.body
    fields = dict(re.findall(r'name="(ticket|user_code)" value="([^"]*)"', page.body.decode()))
    form = {**fields, "token": token, "decision": "approve", "scope": "write", **more}
    return hub.request(
        "POST", "/oauth/authorize-device", urllib.parse.urlencode(form).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"})


def test_login_by_device_flow_without_a_terminal(hub, ada, tmp_path):
    somebody = official.Client(hub, tmp_path / "home")
    process = somebody.start("auth", "login")
    said = ""
    try:
        while not (found := re.search(r"(http://\S+user_code=\S+?)[\s\"]", said)):
            line = process.stdout.readline()
            assert line, f"hf ended: {said}"
            said += line
        done = approve(hub, found.group(1), ada.token)
        assert done.status == 200 and b"logged in as ada" in done.body
        said += process.communicate(timeout=60)[0]
    finally:
        process.kill()
    assert process.returncode == 0, said
    assert "ada" in somebody.hf("auth", "whoami").stdout
    listed = hub.get("/api/settings/tokens", ada).json
    assert [(token["name"], token["role"]) for token in listed][-1] == ("device login", "write")
    # Revoking the token ends the login for good: what would renew it is gone as well.
    assert hub.request("DELETE", f"/api/settings/tokens/{listed[-1]['id']}", user=ada).status == 200
    assert somebody.hf("auth", "whoami", check=False).returncode != 0


def ask(hub, **form):
    return hub.request("POST", "/oauth/token", urllib.parse.urlencode(form).encode())


def begin(hub):
    answer = hub.request("POST", "/oauth/device", b"client_id=somebody")
    assert answer.status == 200 and answer.json["expires_in"] == 900
    return answer.json


DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def test_the_words_of_the_device_flow(hub, ada):
    codes = begin(hub)
    question = {"grant_type": DEVICE, "device_code": codes["device_code"], "client_id": "somebody"}
    assert (ask(hub, **question).status, ask(hub, **question).json["error"]) == (400, "slow_down")
    assert ask(hub, grant_type=DEVICE, device_code="wrong").json["error"] == "expired_token"
    assert ask(hub, grant_type=DEVICE).json["error"] == "invalid_request"
    assert ask(hub, grant_type="password").json["error"] == "unsupported_grant_type"
    assert ask(hub, grant_type="refresh_token", refresh_token="wrong").json["error"] == "invalid_grant"
    assert approve(hub, codes["verification_uri_complete"], ada.token, decision="deny").status == 200
    assert ask(hub, **question).json["error"] == "access_denied"
    assert ask(hub, **question).json["error"] == "expired_token"


def test_a_token_is_given_once_and_renewed_once(hub, ada):
    codes = begin(hub)
    assert approve(hub, codes["verification_uri_complete"], ada.token, scope="read").status == 200
    question = {"grant_type": DEVICE, "device_code": codes["device_code"]}
    granted = ask(hub, **question)
    assert granted.status == 200 and granted.headers["Cache-Control"] == "no-store"
    assert ask(hub, **question).json["error"] == "expired_token"
    assert official.api(hub).whoami(token=granted.json["access_token"])["auth"]["accessToken"]["role"] == "read"
    renewed = ask(hub, grant_type="refresh_token", refresh_token=granted.json["refresh_token"])
    assert official.api(hub).whoami(token=renewed.json["access_token"])["name"] == "ada"
    again = ask(hub, grant_type="refresh_token", refresh_token=granted.json["refresh_token"])
    assert again.json["error"] == "invalid_grant"


def test_who_decides_about_a_login_must_prove_who_they_are(hub, ada):
    codes = begin(hub)
    url = codes["verification_uri_complete"]
    reader = hub.token("ada", "read")
    assert approve(hub, url, "hub_wrong").status == 401
    assert approve(hub, url, reader).status == 403
    assert approve(hub, url, ada.token, ticket="forged").status == 401
    form = urllib.parse.urlencode(
        {"user_code": codes["user_code"], "token": ada.token, "decision": "approve", "ticket": "x"}).encode()
    assert hub.request("POST", "/oauth/authorize-device", form, headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    wrong = approve(hub, url, ada.token, user_code="<b>BCDF")
    assert wrong.status == 404 and b"<b>BCDF" not in wrong.body
    for _ in range(9):
        approve(hub, url, ada.token, user_code="BBBB-BBBB")
    assert approve(hub, url, ada.token).status == 429


def test_every_counted_answer_tells_what_is_left(tmp_path):
    limits = {"HUBD_RATE_LIMITS_COUNT_LOOPBACK": "true", "HUBD_RATE_LIMITS_API": "5",
              "HUBD_RATE_LIMITS_WINDOW_SECONDS": "86400", "HUBD_TRUST_PROXY": "true"}
    hub = programs.Hub(tmp_path, limits)
    hub.start()
    try:
        ada, eve = hub.user("ada"), hub.user("eve")
        answers = [hub.get("/api/whoami-v2", ada) for _ in range(6)]
        assert [answer.status for answer in answers] == [200] * 5 + [429]
        remaining, reset = re.fullmatch(r'"api";r=(\d+);t=(\d+)', answers[1].headers["RateLimit"]).groups()
        assert remaining == "3" and 0 < int(reset) <= 86400
        assert answers[0].headers["RateLimit-Policy"] == '"fixed window";"api";q=5;w=86400'
        assert answers[5].headers["RateLimit"].startswith('"api";r=0;')
        assert int(answers[5].headers["Retry-After"]) > 0
        with pytest.raises(HfHubHTTPError, match="rate limit"):
            official.api(hub, ada).whoami()
        # Others go on; errors count; addresses behind a trusted proxy are told apart.
        assert hub.get("/api/models/ada/none", eve).headers["RateLimit"].startswith('"api";r=4;')
        for _ in range(6):
            last = hub.get("/api/models", headers={"X-Forwarded-For": "9.9.9.9, 192.0.2.1"})
        assert last.status == 429
        assert hub.get("/api/models", headers={"X-Forwarded-For": "192.0.2.1, 192.0.2.2"}).status == 200
        assert hub.get("/health").status == 200
    finally:
        hub.close()
