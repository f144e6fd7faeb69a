// openid-client: every way to prove oneself, and all that comes after.
import * as client from "openid-client";
import { check, checked, given, goes } from "./person.mjs";

const { issuer, alg, redirect, clients } = await given();
const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks];

for (const { id, secret, method } of clients) {
  const authentication = {
    basic: () => client.ClientSecretBasic(secret),
    post: () => client.ClientSecretPost(secret),
    none: () => client.None(),
  }[method]();
  const config = await client.discovery(new URL(issuer), id, undefined, authentication, { execute });
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirect,
    scope: "openid profile offline_access",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  });
  const back = await goes(url);
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  const tokens = await client.authorizationCodeGrant(config, back, checks);
  const claims = tokens.claims();
  check(claims.iss === issuer && claims.aud === id, `${id}: issuer and audience`);
  check(claims.sub.startsWith("eip155:0x"), `${id}: the subject is the wallet's`);
  check(claims.amr[0] === "eip191" && claims.auth_time > 0, `${id}: how and when`);
  const header = JSON.parse(Buffer.from(tokens.id_token.split(".")[0], "base64url"));
  check(header.alg === alg && header.kid, `${id}: signed by ${alg}`);
  const person = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  check(person.preferred_username === claims.preferred_username, `${id}: userinfo`);

  const again = await client.authorizationCodeGrant(config, back, checks).catch((error) => error);
  check(again.error === "invalid_grant", `${id}: a code counts once`);
  const ended = await client.fetchUserInfo(config, tokens.access_token, claims.sub).catch((error) => error);
  check(ended instanceof Error, `${id}: and its replay ends what came of it`);

  const next = await goes(url);
  const second = await client.authorizationCodeGrant(config, next, checks);
  const refreshed = await client.refreshTokenGrant(config, second.refresh_token);
  check(refreshed.access_token !== second.access_token, `${id}: refreshed`);
  check(refreshed.refresh_token !== second.refresh_token, `${id}: the refresh token rotates`);
  if (method !== "none") {
    const said = await client.tokenIntrospection(config, refreshed.access_token);
    check(said.active && said.client_id === id && said.sub === claims.sub, `${id}: introspected`);
  }
  await client.tokenRevocation(config, refreshed.refresh_token);
  if (method !== "none") {
    const said = await client.tokenIntrospection(config, refreshed.access_token);
    check(!said.active, `${id}: revoked`);
  }
  const over = await client.refreshTokenGrant(config, refreshed.refresh_token).catch((error) => error);
  check(over.error === "invalid_grant", `${id}: and over`);

  const goodbye = client.buildEndSessionUrl(config, {
    id_token_hint: second.id_token,
    post_logout_redirect_uri: `${redirect}/goodbye`,
    state,
  });
  const left = await goes(goodbye);
  check(left.pathname.endsWith("/goodbye") && left.searchParams.get("state") === state, `${id}: signed out`);

  const denied = client.buildAuthorizationUrl(config, {
    redirect_uri: redirect,
    scope: "openid",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    prompt: "none",
  });
  const refused = await goes(denied);
  const error = await client.authorizationCodeGrant(config, refused, { pkceCodeVerifier: verifier, expectedState: state }).catch((error) => error);
  check(error.error === "login_required", `${id}: signed out means signed out`);
}

console.log(`openid-client ${alg}: ${checked()} checks passed`);
process.exit(0);
