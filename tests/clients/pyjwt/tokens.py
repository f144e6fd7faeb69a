"""Checks a server's access tokens with PyJWT, and sees that the server refuses wrong ones.

Standard input: {"url", "token", "alg", "jwk"}; `jwk` is the private half of the test's key.
"""

import json
import sys
import time
import urllib.error
import urllib.request

import jwt
from jwt.utils import base64url_decode

HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0

given = json.load(sys.stdin)
url, token, alg = given["url"], given["token"], given["alg"]
symmetric = alg == "HS256"
checks = 0

header = jwt.get_unverified_header(token)
assert sorted(header) == ["alg", "kid", "typ"], header
assert header["typ"] == "at+jwt" and header["alg"] == alg, header

if symmetric:
    signing = verifying = jwt.PyJWK(given["jwk"], algorithm=alg).key
else:
    keys = jwt.PyJWKClient(f"{url}/.well-known/jwks.json")
    verifying = keys.get_signing_key_from_jwt(token).key
    [published] = keys.fetch_data()["keys"]
    signing = jwt.PyJWK({**published, **given["jwk"]}, algorithm=alg).key
payload = jwt.decode(
    token, verifying, algorithms=[alg], audience=url, issuer=url,
    options={"require": ["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "sid", "client_id", "account"]},
)
assert payload["sub"].startswith("eip155:0x"), payload
checks += 1


def make(headers=None, claims=None, alg=alg, key=signing, without=()):
    """A token by PyJWT, with some of its header or claims changed or left out."""
    said = {k: v for k, v in {**payload, **(claims or {})}.items() if k not in without}
    head = {**{k: v for k, v in header.items() if k != "alg"}, **(headers or {})}
    while True:
        made = jwt.encode(said, key, algorithm=alg, headers=head)
        # Of the two signatures that ECDSA has for one key and text, we write and take the low one.
        if alg != "ES256K" or s_of(made) <= HALF_ORDER:
            return made


def s_of(made):
    """The second half of an ECDSA signature."""
    return int.from_bytes(base64url_decode(made.rsplit(".", 1)[1])[32:], "big")


def shown(bearer):
    """What the server answers to it."""
    global checks
    checks += 1
    request = urllib.request.Request(f"{url}/me", headers={"authorization": f"Bearer {bearer}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return str(answer.status)
    except urllib.error.HTTPError as error:
        return f"{error.code} {json.load(error)['error']}"


assert shown(token) == "200"
assert shown(make()) == "200", "its own, signed anew by PyJWT"
secret = "another secret of more than 64 bytes, made up here for this one test only"
now = int(time.time())
wrong = {
    "another alg": make(alg="HS512", key=secret),
    "another secret": make(alg="HS256", key=secret),
    "no alg": make(alg="none", key=None),
    "another typ": make({"typ": "JWT"}),
    "another kid": make({"kid": "unknown"}),
    "a key's address": make({"jku": f"{url}/.well-known/jwks.json"}),
    "another aud": make(claims={"aud": "https://other.example"}),
    "another iss": make(claims={"iss": f"{url}/"}),
    "no aud": make(without=["aud"]),
    "no iss": make(without=["iss"]),
    "expired": make(claims={"exp": now - 1}),
    "no exp": make(without=["exp"]),
    "not yet": make(claims={"nbf": now + 600}),
}
for what, forged in wrong.items():
    assert shown(forged) == "401 token_invalid", (what, shown(forged))
print(f"pyjwt {alg}: {checks} checks passed")
