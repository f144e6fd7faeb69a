// oauth4webapi: the same steps by hand, with every check that it has.
import * as oauth from "oauth4webapi";
import { check, checked, given, goes } from "./person.mjs";

const { issuer, alg, redirect, clients } = await given();
const insecure = { [oauth.allowInsecureRequests]: true };

for (const algorithm of ["oidc", "oauth2"]) {
  const found = await oauth.discoveryRequest(new URL(issuer), { algorithm, ...insecure });
  const as = await oauth.processDiscoveryResponse(new URL(issuer), found);
  check(as.code_challenge_methods_supported.includes("S256"), `${algorithm}: PKCE`);
}
const found = await oauth.discoveryRequest(new URL(issuer), insecure);
const as = await oauth.processDiscoveryResponse(new URL(issuer), found);

for (const { id, secret, method } of clients) {
  const client = { client_id: id };
  const authentication = {
    basic: () => oauth.ClientSecretBasic(secret),
    post: () => oauth.ClientSecretPost(secret),
    none: () => oauth.None(),
  }[method]();
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const url = new URL(as.authorization_endpoint);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: id,
    redirect_uri: redirect,
    scope: "openid profile offline_access",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
    max_age: "3600",
  });
  const params = oauth.validateAuthResponse(as, client, await goes(url), state);
  const answer = await oauth.authorizationCodeGrantRequest(as, client, authentication, params, redirect, verifier, insecure);
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer, {
    expectedNonce: nonce,
    maxAge: 3600,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(as, answer, insecure);
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  check(claims.sub.startsWith("eip155:0x"), `${id}: the subject is the wallet's`);

  const asked = await oauth.userInfoRequest(as, client, tokens.access_token, insecure);
  const person = await oauth.processUserInfoResponse(as, client, claims.sub, asked);
  check(person.chain_id === "eip155:1", `${id}: userinfo`);

  const more = await oauth.refreshTokenGrantRequest(as, client, authentication, tokens.refresh_token, insecure);
  const refreshed = await oauth.processRefreshTokenResponse(as, client, more);
  check(refreshed.refresh_token !== tokens.refresh_token, `${id}: refreshed`);

  // RFC 9068, as a resource server reads it.
  const request = new Request("https://api.example/", { headers: { authorization: `Bearer ${refreshed.access_token}` } });
  const access = await oauth.validateJwtAccessToken(as, request, issuer, insecure);
  check(access.client_id === id && access.scope.includes("openid"), `${id}: a JWT access token`);

  if (method !== "none") {
    const said = await oauth.introspectionRequest(as, client, authentication, refreshed.access_token, insecure);
    check((await oauth.processIntrospectionResponse(as, client, said)).active, `${id}: introspected`);
  }
  const revoked = await oauth.revocationRequest(as, client, authentication, refreshed.access_token, insecure);
  await oauth.processRevocationResponse(revoked);
  const after = await oauth.userInfoRequest(as, client, refreshed.access_token, insecure);
  const over = await oauth.processUserInfoResponse(as, client, claims.sub, after).catch((error) => error);
  check(over instanceof oauth.WWWAuthenticateChallengeError, `${id}: revoked`);
}

console.log(`oauth4webapi ${alg}: ${checked()} checks passed`);
process.exit(0);
