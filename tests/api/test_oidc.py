"""Logging in with another provider's account, against oidc-provider-mock over HTTP. Issue 8, Identity."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from login_helpers import PASSWORD, cheap_passwords, data, error, join, log_in, new_address, outbox, rows, use
from oidc_provider import Lie, Provider, encoded, running_provider, saying
from pyotp.totp import TOTP

from core.services import Services
from core.settings import Settings
from tests.conftest import Clone
from tests.serving import serving
from tests.talking import Caller, Meet

pytestmark = [
    # What oidc-provider-mock uses of Authlib.
    pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),
]

OIDC = "/api/v1/auth/oidc"
CLIENT = "the-bank"
STAFF = ("auditor@demo.example", "demo-auditor-1")


@pytest.fixture(scope="module")
def providers() -> Iterator[dict[str, Provider]]:
    with (
        pytest.MonkeyPatch.context() as patch,
        running_provider() as one,
        running_provider() as two,
    ):
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        patch.setenv("BANK_OIDC_SECRET", "the bank's secret at the second one")
        yield {"one": one, "two": two}


@pytest.fixture(scope="module")
def own_services(clone: Clone, bank_template: str) -> Iterator[Services]:
    with clone(bank_template) as own, cheap_passwords():
        yield own


@pytest.fixture(scope="module")
def bank_server(
    settings: Settings, own_services: Services, providers: dict[str, Provider], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    path = tmp_path_factory.mktemp("oidc") / "oidc.toml"
    secret = path.with_name("secret")
    secret.write_text("the bank's secret at the first one\n")
    path.write_text(
        f"""
public_url = "http://localhost:1"
[[provider]]
name = "one"
label = "One"
issuer = "{providers["one"].issuer}"
client_id = "{CLIENT}"
client_secret_file = "{secret}"
[[provider]]
name = "two"
label = "Two"
issuer = "{providers["two"].issuer}"
client_id = "{CLIENT}"
client_secret_env = "BANK_OIDC_SECRET"
[[provider]]
name = "pretender"
label = "Pretends to be one"
issuer = "https://accounts.other.example"
metadata_url = "{providers["one"].issuer}/.well-known/openid-configuration"
client_id = "{CLIENT}"
[[provider]]
name = "gone"
label = "Not there"
issuer = "http://localhost:9"
client_id = "{CLIENT}"
"""
    )
    with serving(settings.model_copy(update={"oidc": path}), own_services) as url:
        yield url


@pytest.fixture
def browser(bank_server: str, meet: Meet, providers: dict[str, Provider]) -> Iterator[Caller]:
    yield meet(bank_server)
    for provider in providers.values():
        provider.lie = None


def begin(browser: Caller, name: str = "one") -> str:
    """Where the browser is sent to."""
    begun = browser.http.get(f"{OIDC}/{name}/login")
    assert begun.status_code == 303, begun.text
    return begun.headers["location"]


def approve(address: str, sub: str) -> str:
    """The address at the bank that the provider sends the browser back to."""
    back = httpx2.post(address, data={"sub": sub})
    assert back.status_code == 302, back.text
    parts = urlsplit(back.headers["location"])
    return f"{parts.path}?{parts.query}"


def come_back(browser: Caller, address: str) -> httpx2.Response:
    """What the bank's page gets to know after the callback."""
    answer = browser.http.get(address)
    assert (answer.status_code, answer.headers["location"]) == (303, "http://localhost:1/?login=oidc")
    return browser.http.post(f"{OIDC}/finish")


def visit(browser: Caller, sub: str, name: str = "one") -> httpx2.Response:
    return come_back(browser, approve(begin(browser, name), sub))


def ticket(browser: Caller, sub: str, name: str = "one") -> str:
    refused = error(visit(browser, sub, name), 401)
    assert refused["code"] == "identity_unknown"
    return refused["details"]["ticket"]


def test_an_unknown_person_registers_and_then_logs_in(browser: Caller, providers: dict[str, Provider]):
    offered = data(browser.http.get(OIDC))["providers"]
    assert offered[0] == {"name": "one", "label": "One", "login_url": f"{OIDC}/one/login"}
    body = {"ticket": ticket(browser, "nia"), "name": "Nia New", "email": new_address()}

    use(browser, data(browser.http.post(f"{OIDC}/register", json=body), 201))
    me = data(browser.http.get("/api/v1/auth/me"))
    assert (me["email"], me["verified"]) == (body["email"], False)
    assert outbox(browser)[0]["text"].startswith("Enter this code")
    assert error(browser.http.post(f"{OIDC}/register", json=body), 401)["code"] == "ticket_expired"

    assert data(visit(browser, "nia"))["customer"]["email"] == body["email"]
    assert error(visit(browser, "nia", "two"), 401)["code"] == "identity_unknown"
    assert error(log_in(browser, body["email"]), 401)["code"] == "wrong_credentials"
    [own] = data(browser.http.get(f"{OIDC}/identities"))["identities"]
    assert (own["provider"], own["issuer"]) == ("one", providers["one"].issuer)


def test_the_request_has_pkce_nonce_and_state_and_names_our_own_address(
    browser: Caller, providers: dict[str, Provider]
):
    address = begin(browser, "two")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    come_back(browser, approve(address, "pkce"))
    proof = providers["two"].asked[-1]

    challenge = urlsafe_b64encode(hashlib.sha256(proof["code_verifier"].encode()).digest()).decode().rstrip("=")
    assert (asked["code_challenge"], asked["code_challenge_method"]) == (challenge, "S256")
    assert asked["redirect_uri"] == proof["redirect_uri"] == f"http://localhost:1{OIDC}/two/callback"
    assert (asked["response_type"], asked["scope"]) == ("code", "openid email profile")
    assert len(asked["state"]) == len(asked["nonce"]) == 43
    assert "secret" not in urlencode(asked)


def test_an_address_that_a_provider_names_links_nothing_but_the_password_does(
    browser: Caller, bank_server: str, meet: Meet
):
    owner = meet(bank_server)
    email = join(owner)
    held = ticket(browser, email)
    body = {"ticket": held, "email": email, "password": "a guess at the password"}
    assert error(browser.http.post(f"{OIDC}/link", json=body), 401)["code"] == "wrong_credentials"
    taken = {"ticket": held, "name": "Nia New", "email": email}
    assert error(browser.http.post(f"{OIDC}/register", json=taken), 409)["code"] == "email_taken"

    use(browser, data(browser.http.post(f"{OIDC}/link", json=body | {"password": PASSWORD})))
    assert data(visit(browser, email))["customer"]["email"] == email
    wrong = browser.http.request("DELETE", f"{OIDC}/identities/one", json={"password": "a guess at it"})
    assert error(wrong, 401)["code"] == "wrong_credentials"
    data(browser.http.request("DELETE", f"{OIDC}/identities/one", json={"password": PASSWORD}))
    assert error(visit(browser, email), 401)["code"] == "identity_unknown"


def test_an_identity_belongs_to_one_login(browser: Caller):
    first, second = join(browser), join(browser)
    held = [ticket(browser, "shared"), ticket(browser, "shared")]
    bodies = [{"ticket": t, "email": e, "password": PASSWORD} for t, e in zip(held, (first, second), strict=True)]

    data(browser.http.post(f"{OIDC}/link", json=bodies[0]))
    assert error(browser.http.post(f"{OIDC}/link", json=bodies[1]), 409)["code"] == "identity_taken"
    assert data(visit(browser, "shared"))["customer"]["email"] == first


def test_staff_log_in_with_it_too(browser: Caller):
    body = {"ticket": ticket(browser, "the auditor"), "email": STAFF[0], "password": STAFF[1]}
    data(browser.http.post(f"{OIDC}/link", json=body))

    assert data(visit(browser, "the auditor"))["staff"]["role"] == "auditor"


def test_who_wants_a_code_is_asked_for_it_here_too(browser: Caller, own_services: Services):
    email = join(browser, verified=True)
    data(browser.http.post(f"{OIDC}/link", json={"ticket": ticket(browser, "c"), "email": email, "password": PASSWORD}))
    begun = data(browser.http.post("/api/v1/auth/totp"), 201)
    app, now = TOTP(begun["secret"]), datetime.now(UTC)
    codes = {"code": app.at(now, counter_offset=-1), "delivered_code": outbox(browser)[0]["code"]}
    data(browser.http.post("/api/v1/auth/totp/confirm", json=codes))
    body = {"password": PASSWORD, "code": app.at(now)}
    data(browser.http.post("/api/v1/auth/second-factor", json=body), 201)

    refused = error(visit(browser, "c"), 401)

    assert refused["code"] == "totp_required"
    answer = {"challenge": refused["details"]["challenge"], "code": app.at(now, counter_offset=1)}
    assert data(browser.http.post("/api/v1/auth/login/totp", json=answer))["customer"]["email"] == email
    how = rows(
        own_services, "select detail ->> 'how' as how from audit_log where action = 'login.succeeded' order by id"
    )
    assert how[-1]["how"] == "oidc"


# What is refused ----------------------------------------------------------------------------------------------------


def test_a_forged_state_is_refused(browser: Caller):
    address = approve(begin(browser), "mallory").replace("state=", "state=x")

    assert error(come_back(browser, address), 401)["code"] == "oidc_state_invalid"


def test_what_one_browser_began_no_other_finishes(browser: Caller, bank_server: str, meet: Meet):
    """Or somebody could be logged in as an attacker, and type their secrets there (RFC 9700, 4.7)."""
    address = approve(begin(browser), "mallory")
    victim = meet(bank_server)

    assert error(come_back(victim, address), 401)["code"] == "oidc_state_invalid"
    begin(victim)
    assert error(come_back(victim, address), 401)["code"] == "oidc_state_invalid"


def test_a_callback_counts_once(browser: Caller):
    address = approve(begin(browser), "once")
    cookies = dict(browser.http.cookies)
    assert error(come_back(browser, address), 401)["code"] == "identity_unknown"
    assert error(browser.http.post(f"{OIDC}/finish"), 401)["code"] == "oidc_nothing"

    browser.http.cookies.update(cookies)
    assert error(come_back(browser, address), 401)["code"] == "oidc_state_invalid"


def test_an_answer_of_one_provider_is_not_taken_for_anothers(browser: Caller, providers: dict[str, Provider]):
    address = approve(begin(browser, "one"), "nia")
    assert error(come_back(browser, address.replace("/one/", "/two/")), 401)["code"] == "oidc_state_invalid"

    address = approve(begin(browser, "one"), "nia")
    other = urlencode({"iss": providers["two"].issuer})
    assert error(come_back(browser, f"{address}&{other}"), 401)["code"] == "oidc_state_invalid"


def unsigned(claims: dict[str, Any], key: RSAKey) -> str:
    _ = key
    return f"{encoded({'alg': 'none'})}.{encoded(claims)}."


def of_another_key(claims: dict[str, Any], key: RSAKey) -> str:
    return jwt.encode({"alg": "RS256", "kid": key.thumbprint()}, claims, RSAKey.generate_key(2048))


def of_the_public_key_as_secret(claims: dict[str, Any], key: RSAKey) -> str:
    signed = f"{encoded({'alg': 'HS256', 'kid': key.thumbprint()})}.{encoded(claims)}"
    signature = hmac.digest(key.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{urlsafe_b64encode(signature).decode().rstrip('=')}"


def altered(claims: dict[str, Any], key: RSAKey) -> str:
    head, _, signature = saying()(claims, key).split(".")
    return f"{head}.{encoded(claims | {'sub': 'somebody else'})}.{signature}"


NOW = int(datetime.now(UTC).timestamp())
LIES: dict[str, Lie] = {
    "wrong nonce": saying(nonce="another one"),
    "no nonce": saying(nonce=None),
    "for another client": saying(aud="another-client"),
    "for several, given to another": saying(aud=[CLIENT, "another-client"], azp="another-client"),
    "no audience": saying(aud=None),
    "expired": saying(exp=NOW - 120),
    "no expiry": saying(exp=None),
    "from the future": saying(iat=NOW + 7200),
    "no time": saying(iat=None),
    "another issuer": saying(iss="https://accounts.other.example"),
    "no issuer": saying(iss=None),
    "no subject": saying(sub=None),
    "empty subject": saying(sub=""),
    "subject is no text": saying(sub=7),
    "alg none": unsigned,
    "another key": of_another_key,
    "public key as a secret": of_the_public_key_as_secret,
    "altered": altered,
    "no token": lambda claims, key: "x",
}


@pytest.mark.parametrize("name", LIES)
def test_an_id_token_that_is_none_lets_nobody_in(browser: Caller, providers: dict[str, Provider], name: str):
    providers["one"].lie = LIES[name]

    assert error(visit(browser, "nia"), 401)["code"] == "oidc_token_invalid"


def test_one_that_the_provider_signs_itself_with_more_audiences_is_taken(
    browser: Caller, providers: dict[str, Provider]
):
    """So the lies above are refused for what is wrong with them, and not for how the test makes them."""
    providers["one"].lie = saying(aud=[CLIENT, "another"], azp=CLIENT, email="n@new.example", name="N")

    refused = error(visit(browser, "fresh"), 401)

    assert refused["code"] == "identity_unknown"
    assert {name: refused["details"][name] for name in ("email", "name", "provider")} == {
        "email": "n@new.example",
        "name": "N",
        "provider": "one",
    }


def test_who_says_no_at_the_provider_is_told_so(browser: Caller):
    state = parse_qs(urlsplit(begin(browser)).query)["state"][0]

    denied = come_back(browser, f"{OIDC}/one/callback?{urlencode({'error': 'access_denied', 'state': state})}")

    assert error(denied, 401)["code"] == "oidc_denied"


def test_a_provider_that_is_not_there_or_says_it_is_another_is_not_used(browser: Caller):
    for name in ("gone", "pretender"):
        assert error(browser.http.get(f"{OIDC}/{name}/login"), 503)["code"] == "oidc_provider_failed"
    for path in ("nobody/login", "nobody/callback"):
        assert error(browser.http.get(f"{OIDC}/{path}"), 404)["code"] == "not_found"
