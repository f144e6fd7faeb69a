"""Authlib: the login, and all that comes after, by each way to prove oneself."""

import json
import secrets
import sys

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

given = json.loads(sys.stdin.readline())
issuer, alg, redirect = given["issuer"], given["alg"], given["redirect"]
checked = 0


def check(is_so, what):
    global checked
    if not is_so:
        raise AssertionError(f"not so: {what}")
    checked += 1


def goes(url):
    print(f"GO {url}", flush=True)
    return sys.stdin.readline().strip()


metadata = requests.get(f"{issuer}/.well-known/openid-configuration").json()
keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"]).json())

for client in given["clients"]:
    name = client["id"]
    method = {"basic": "client_secret_basic", "post": "client_secret_post", "none": "none"}[client["method"]]
    session = OAuth2Session(
        name,
        client["secret"],
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        scope="openid profile offline_access",
        redirect_uri=redirect,
        code_challenge_method="S256",
    )
    verifier, nonce = generate_token(48), secrets.token_urlsafe()
    url, state = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    back = goes(url)
    token = session.fetch_token(
        metadata["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier
    )
    read = jwt.decode(token["id_token"], keys, algorithms=[alg])
    claims = CodeIDToken(
        read.claims,
        read.header,
        options={"iss": {"value": issuer}, "aud": {"value": name}, "nonce": {"value": nonce}},
        params={"nonce": nonce, "client_id": name, "access_token": token["access_token"]},
    )
    claims.validate()
    check(claims["sub"].startswith("eip155:0x"), f"{name}: the subject is the wallet's")
    check(claims["amr"] == ["eip191"], f"{name}: how it was proved")
    person = session.get(metadata["userinfo_endpoint"]).json()
    check(person["sub"] == claims["sub"], f"{name}: userinfo")

    before = token["refresh_token"]
    token = session.refresh_token(metadata["token_endpoint"], refresh_token=before)
    check(token["refresh_token"] != before, f"{name}: refreshed")
    if method != "none":
        said = session.introspect_token(metadata["introspection_endpoint"], token=token["access_token"]).json()
        check(said["active"] and said["sub"] == claims["sub"], f"{name}: introspected")
    revoked = session.revoke_token(metadata["revocation_endpoint"], token=token["refresh_token"])
    check(revoked.status_code == 200, f"{name}: revoked")
    check(session.get(metadata["userinfo_endpoint"]).status_code == 401, f"{name}: and over")

print(f"Authlib {alg}: {checked} checks passed")
