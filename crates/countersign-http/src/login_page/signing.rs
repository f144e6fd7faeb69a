//! The page on which somebody signs one text, for a flow that knows already who is to sign what.

use countersign_core::{ChainId, ConfigError};
use http::HeaderMap;
use serde::Serialize;

use super::{
    LoginPage,
    assets::{self, Asset},
    render::{Boot, BootChain, Files, frame},
};
use crate::reply::Reply;

/// The login page's look, for a page with one thing to sign.
#[derive(Debug, Clone)]
pub(crate) struct SigningPage {
    page: LoginPage,
    style: Asset,
    style_path: String,
    script_path: String,
}

/// What is to be signed, and where it goes.
#[derive(Debug, Serialize)]
pub(crate) struct Signing<'a> {
    pub(crate) challenge_id: &'a str,
    pub(crate) message: &'a str,
    /// The site that the text names.
    pub(crate) domain: &'a str,
    /// The account, as its network writes it.
    pub(crate) account: &'a str,
    /// The path that takes the signature.
    pub(crate) verify: &'a str,
    /// The application's host, for people.
    pub(crate) destination: &'a str,
    /// The extension that the application named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) wallet: Option<&'a str>,
}

impl SigningPage {
    /// The page, with its files at these paths.
    pub(crate) fn new(page: LoginPage, style_path: String, script_path: String) -> Self {
        Self {
            style: page.style(),
            page,
            style_path,
            script_path,
        }
    }

    /// # Errors
    /// `CFG_PAGE`.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        self.page.check()
    }

    /// The page of an application: what to sign on this chain, and where to go who does not want to.
    pub(crate) fn html(
        &self,
        client: &str,
        (id, label): (&ChainId, &str),
        signing: Signing<'_>,
        cancel_to: String,
    ) -> Reply {
        let boot = Boot {
            site: client,
            words: &self.page.words,
            return_to: self.page.home.clone(),
            cancel_to: Some(cancel_to),
            chains: vec![BootChain { id, label }],
            again: true,
            demo: false,
            signing: Some(signing),
        };
        let files = Files {
            style: &self.style_path,
            script: &self.script_path,
        };
        frame(&self.page, &boot, &files, &assets::SIGNING)
    }

    pub(crate) fn script(&self, headers: &HeaderMap) -> Reply {
        assets::SIGNING.answer(headers)
    }

    pub(crate) fn style(&self, headers: &HeaderMap) -> Reply {
        self.style.answer(headers)
    }
}
