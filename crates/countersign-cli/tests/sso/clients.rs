//! The clients: openid-client and oauth4webapi of npm, Authlib of PyPI; by every way to prove oneself, for
//! each algorithm of ID tokens.

use countersign_testkit::rig::OnSocket;
use serde_json::json;

use crate::{
    node::{Folder, Node, digest, run},
    person::Person,
    scripts,
};

/// Where the scripts' applications would listen. Nobody goes there.
pub(crate) const REDIRECT: &str = "http://127.0.0.1:9/callback";
/// What no generator makes: characters that forms, headers and `Basic` all treat differently.
pub(crate) const ODD_SECRET: &str = "s3cr:et/+ %41&='\"~";

#[test]
fn clients_of_npm_sign_in_with_eddsa() {
    sign_in("EdDSA", Script::Npm);
}

#[test]
fn clients_of_npm_sign_in_with_es256() {
    sign_in("ES256", Script::Npm);
}

#[cfg(feature = "rs256")]
#[test]
fn clients_of_npm_sign_in_with_rs256() {
    sign_in("RS256", Script::Npm);
}

#[test]
fn authlib_signs_in_with_eddsa() {
    sign_in("EdDSA", Script::Authlib);
}

#[test]
fn authlib_signs_in_with_es256() {
    sign_in("ES256", Script::Authlib);
}

#[cfg(feature = "rs256")]
#[test]
fn authlib_signs_in_with_rs256() {
    sign_in("RS256", Script::Authlib);
}

enum Script {
    Npm,
    Authlib,
}

fn sign_in(alg: &str, script: Script) {
    let (_folder, node) = provider(alg);
    let given = json!({
        "issuer": node.origin,
        "alg": alg,
        "redirect": REDIRECT,
        "clients": [
            {"id": "basic.client", "secret": ODD_SECRET, "method": "basic"},
            {"id": "post_client", "secret": ODD_SECRET, "method": "post"},
            {"id": "public-client", "secret": null, "method": "none"},
        ],
    })
    .to_string();
    let rig = OnSocket(node.address);
    countersign_testkit::run(async {
        match script {
            Script::Npm => {
                let folder = scripts::node_client("oidc").await;
                for name in ["openid-client", "oauth4webapi"] {
                    let person = Person::at(&rig, &node.origin);
                    let file = format!("{name}.mjs");
                    let said = scripts::run("node", &folder, &file, &given, &person).await;
                    let expected = format!("{name} {alg}: ");
                    assert!(said.starts_with(&expected), "{said}");
                    assert!(said.ends_with(" checks passed"), "{said}");
                }
            }
            Script::Authlib => {
                let (folder, python) = scripts::python_client("authlib").await;
                let person = Person::at(&rig, &node.origin);
                let said = scripts::run(&python, &folder, "sign_in.py", &given, &person).await;
                assert!(said.starts_with(&format!("Authlib {alg}: ")), "{said}");
            }
        }
    });
}

/// A provider with a key of that algorithm, and a client for each way to prove oneself.
pub(crate) fn provider(alg: &str) -> (Folder, Node) {
    let folder = Folder::new();
    let made = run(folder.path(), &["keys", "new", "--alg", alg]);
    assert!(made.status.success(), "{made:?}");
    let client = |id: &str, secrets: &str| {
        format!(
            "[[clients]]\nid = \"{id}\"\nname = \"{id}\"\nredirect_uris = [\"{REDIRECT}\"]\n\
             post_logout_redirect_uris = [\"{REDIRECT}/goodbye\"]\nsecrets = [{secrets}]\n"
        )
    };
    let (odd, plain) = (digest(ODD_SECRET), digest("a-plain-secret"));
    let config = [
        "store = \"sqlite:test.db\"\n".to_owned(),
        "[limits]\nenabled = false\n".to_owned(),
        client("basic.client", &format!("\"{odd}\"")),
        client("post_client", &format!("\"{plain}\", \"{odd}\"")),
        client("public-client", ""),
    ];
    let config = folder.write("config.toml", &config.concat());
    let node = Node::start(folder.path(), &["--dev", "--config", &config]);
    (folder, node)
}
