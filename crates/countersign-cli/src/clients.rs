//! `countersign clients`: the applications that sign people in here, in the store.

use std::process::ExitCode;

use countersign::{
    StoreError,
    sso::{Client, ClientId, ClientSecret, ConsentRule, RedirectUri, StoredClients},
};
use serde_json::json;

use crate::{
    args::{ClientsArgs, ClientsCommand},
    failure::Failure,
    output,
    serve::{self, Config},
};

pub(crate) fn run(args: &ClientsArgs) -> Result<ExitCode, Failure> {
    if matches!(args.command, ClientsCommand::Secret) {
        let secret = ClientSecret::generate();
        say(args.json, None, Some(&secret));
        return Ok(ExitCode::SUCCESS);
    }
    let mut config = Config::read(args.config.config.as_deref())?;
    if let Some(store) = &args.store {
        config.store = Some(store.clone());
    }
    serve::runtime()?.block_on(change(&config, args))?;
    Ok(ExitCode::SUCCESS)
}

async fn change(config: &Config, args: &ClientsArgs) -> Result<(), Failure> {
    let stores = serve::open(config).await?;
    let registry = stores
        .registry
        .ok_or_else(|| Failure::usage("this store keeps no clients"))?;
    let origin = config.origin.as_deref().unwrap_or("https://id.invalid");
    let clients = StoredClients::new(registry, serve::static_clients(config, origin)?);
    match &args.command {
        ClientsCommand::Add {
            id,
            name,
            redirect_uris,
            post_logout_redirect_uris,
            public,
            introspects,
            consent,
        } => {
            let uris: Vec<_> = redirect_uris.iter().map(String::as_str).collect();
            let (mut client, secret) = match public {
                true => (
                    Client::public(id, name, &uris).map_err(Failure::usage)?,
                    None,
                ),
                false => {
                    let secret = ClientSecret::generate();
                    (
                        confidential(id, name, &uris, *introspects, &secret)?,
                        Some(secret),
                    )
                }
            };
            let after = post_logout_redirect_uris.iter();
            client.post_logout_redirect_uris = after
                .map(|uri| RedirectUri::parse(uri))
                .collect::<Result<_, _>>()
                .map_err(Failure::usage)?;
            client.consent = (*consent).into();
            clients.add(&client).await.map_err(failed)?;
            say(args.json, Some(&client), secret.as_ref());
        }
        ClientsCommand::List => {
            let (known, unreadable) = clients.list().await.map_err(failed)?;
            if args.json {
                output::json(&json!({"clients": known}));
            } else {
                known
                    .iter()
                    .for_each(|client| output::line(described(client)));
                if known.is_empty() && unreadable.is_empty() {
                    output::error("no applications yet; `clients add` adds one");
                }
            }
            for id in unreadable {
                output::error(format_args!("the client {id} cannot be read"));
            }
        }
        ClientsCommand::Remove { id } => {
            if !clients.remove(&read(id)?).await.map_err(failed)? {
                return Err(Failure::refused("there is no such client in the store"));
            }
            output::line(format_args!(
                "{id} is gone; its sessions end with their tokens"
            ));
        }
        ClientsCommand::RotateSecret { id, keep } => {
            let id = read(id)?;
            let (known, _) = clients.list().await.map_err(failed)?;
            let mut client = known
                .into_iter()
                .find(|client| client.id == id)
                .ok_or_else(|| Failure::refused("there is no such client in the store"))?;
            if !client.is_confidential() {
                return Err(Failure::refused(
                    "this client is a public one: it has no secret",
                ));
            }
            let secret = ClientSecret::generate();
            client.secrets.truncate(usize::from(*keep));
            client.secrets.insert(0, secret.digest());
            clients.replace(&client).await.map_err(failed)?;
            say(args.json, Some(&client), Some(&secret));
        }
        ClientsCommand::Secret => unreachable!("it needs no store"),
    }
    Ok(())
}

/// An application that keeps a secret. An API that only introspects sends nobody here.
fn confidential(
    id: &str,
    name: &str,
    uris: &[&str],
    introspects: bool,
    secret: &ClientSecret,
) -> Result<Client, Failure> {
    let client = Client {
        id: read(id)?,
        name: name.to_owned(),
        redirect_uris: uris
            .iter()
            .map(|uri| RedirectUri::parse(uri))
            .collect::<Result<_, _>>()
            .map_err(Failure::usage)?,
        post_logout_redirect_uris: Vec::new(),
        secrets: vec![secret.digest()],
        scopes: countersign::sso::Scopes::default(),
        consent: ConsentRule::default(),
        introspects,
    };
    client.check().map_err(Failure::usage)?;
    Ok(client)
}

fn read(id: &str) -> Result<ClientId, Failure> {
    id.parse().map_err(Failure::usage)
}

fn failed(error: StoreError) -> Failure {
    match error {
        StoreError::Conflict => Failure::refused("there is a client of this id already"),
        error => Failure::refused(format_args!("the store: {error}")),
    }
}

/// The client, and its new secret: it is shown once, and nobody can show it again.
fn say(as_json: bool, client: Option<&Client>, secret: Option<&ClientSecret>) {
    let text = secret.map(ClientSecret::expose);
    if as_json {
        let digest = secret.map(|secret| String::from(secret.digest()));
        output::json(&json!({"client": client, "secret": text, "digest": digest}));
        return;
    }
    if let Some(client) = client {
        output::line(described(client));
    }
    if let (Some(text), Some(secret)) = (text, secret) {
        output::line(format_args!("secret: {text}"));
        output::line(format_args!("digest: {}", String::from(secret.digest())));
    }
}

fn described(client: &Client) -> String {
    let kind = if client.is_confidential() {
        "confidential"
    } else {
        "public"
    };
    let uris = client.redirect_uris.iter().map(RedirectUri::as_str);
    let uris = uris.collect::<Vec<_>>().join(" ");
    let name = output::visible(&client.name);
    format!("{}  {kind}  {name}  {uris}", client.id)
}
