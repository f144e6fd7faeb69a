// A public client in a browser: authorization code with PKCE, as RFC 9700 has it.
const element = (id) => document.getElementById(id);
const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const redirect = `${location.origin}/demo/callback`;

async function provider() {
  const answer = await fetch("/.well-known/openid-configuration");
  return answer.json();
}

async function signIn() {
  const { authorization_endpoint } = await provider();
  const [verifier, state, nonce] = [random(), random(), random()];
  sessionStorage.setItem("demo", JSON.stringify({ verifier, state, nonce }));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const query = new URLSearchParams({
    response_type: "code",
    client_id: "demo",
    redirect_uri: redirect,
    scope: "openid profile",
    state,
    nonce,
    code_challenge: base64url(digest),
    code_challenge_method: "S256",
  });
  location.assign(`${authorization_endpoint}?${query}`);
}

async function finish(query) {
  const asked = JSON.parse(sessionStorage.getItem("demo") ?? "{}");
  sessionStorage.removeItem("demo");
  history.replaceState(null, "", "/demo");
  const { issuer, token_endpoint, userinfo_endpoint, end_session_endpoint } = await provider();
  if (query.get("state") !== asked.state || query.get("iss") !== issuer) {
    return say("This answer belongs to no question of ours.");
  }
  if (query.get("error") === "access_denied") {
    return say("You said no, so nothing was told to this application.");
  }
  if (query.has("error")) {
    return say(`Not signed in: ${query.get("error_description")}`);
  }
  const answer = await fetch(token_endpoint, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: "demo",
      code: query.get("code"),
      redirect_uri: redirect,
      code_verifier: asked.verifier,
    }),
  });
  const tokens = await answer.json();
  if (!answer.ok) {
    return say(`Not signed in: ${tokens.error_description}`);
  }
  const claims = JSON.parse(atob(tokens.id_token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
  if (claims.nonce !== asked.nonce) {
    return say("This ID token belongs to no question of ours.");
  }
  const authorization = `Bearer ${tokens.access_token}`;
  const person = await (await fetch(userinfo_endpoint, { headers: { authorization } })).json();
  say(`You are signed in as ${person.preferred_username}.`);
  element("claims").textContent = `What the ID token says: ${JSON.stringify(claims, null, 2)}`;
  element("claims").hidden = element("sign-out").hidden = false;
  element("sign-in").hidden = true;
  element("sign-out").onclick = () => {
    const query = new URLSearchParams({
      id_token_hint: tokens.id_token,
      client_id: "demo",
      post_logout_redirect_uri: `${location.origin}/demo`,
    });
    location.assign(`${end_session_endpoint}?${query}`);
  };
}

function say(text) {
  element("said").textContent = text;
}

element("sign-in").onclick = signIn;
const query = new URLSearchParams(location.search);
if (location.pathname === "/demo/callback" && query.has("state")) {
  finish(query).catch((error) => say(`Not signed in: ${error}`));
}
