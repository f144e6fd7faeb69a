//! What an application may know and do: the scopes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    client::ClientError,
    error::{OAuthCode, OAuthError},
};

/// Scopes, each once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Scopes(BTreeSet<&'static str>);

impl Scopes {
    /// Who it is: an ID token, and the userinfo endpoint.
    pub(crate) const OPENID: &str = "openid";
    /// The account, its chain and address.
    pub(crate) const PROFILE: &str = "profile";
    /// New tokens while the person is away.
    pub(crate) const OFFLINE: &str = "offline_access";
    pub(crate) const ALL: [&str; 3] = [Self::OPENID, Self::PROFILE, Self::OFFLINE];

    /// Reads what a client asks for, out of what it may; what is unknown is left out (RFC 6749
    /// section 3.3). Without any, the client's own subject is all it gets to know.
    ///
    /// # Errors
    /// `invalid_scope` for what is no list of scopes.
    pub(crate) fn asked(text: Option<&str>, allowed: &Self) -> Result<Self, OAuthError> {
        let is_token = |byte: u8| {
            byte == b'!' || (b'#'..=b'[').contains(&byte) || (b']'..=b'~').contains(&byte)
        };
        let mut asked = BTreeSet::new();
        for scope in text.unwrap_or_default().split(' ') {
            if !scope.bytes().all(is_token) {
                let malformed = "the scope is malformed";
                return Err(OAuthError::new(OAuthCode::InvalidScope, malformed));
            }
            asked.extend(allowed.0.get(scope));
        }
        Ok(Self(asked))
    }

    /// Reads a refresh's narrower list.
    ///
    /// # Errors
    /// `invalid_scope` for more than was granted.
    pub(crate) fn narrowed(text: &str, granted: &[String]) -> Result<Vec<String>, OAuthError> {
        let mut scopes = Vec::new();
        for scope in text.split(' ').filter(|scope| !scope.is_empty()) {
            if !granted.iter().any(|granted| granted == scope) {
                let more = "the scope is more than was granted";
                return Err(OAuthError::new(OAuthCode::InvalidScope, more));
            }
            scopes.push(scope.to_owned());
        }
        Ok(scopes)
    }

    pub(crate) fn has(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    pub(crate) fn is_within(&self, others: &Self) -> bool {
        self.0.is_subset(&others.0)
    }

    pub(crate) fn and(&self, others: &Self) -> Self {
        Self(self.0.union(&others.0).copied().collect())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.iter().copied()
    }

    pub(crate) fn to_vec(&self) -> Vec<String> {
        self.iter().map(str::to_owned).collect()
    }
}

impl Default for Scopes {
    /// All there are.
    fn default() -> Self {
        Self(Self::ALL.into())
    }
}

impl TryFrom<Vec<String>> for Scopes {
    type Error = ClientError;

    fn try_from(names: Vec<String>) -> Result<Self, ClientError> {
        let known = |name: &String| Self::ALL.into_iter().find(|scope| scope == name);
        let scopes = names
            .iter()
            .map(|name| known(name).ok_or(ClientError::Scope));
        scopes.collect::<Result<_, _>>().map(Self)
    }
}

impl From<Scopes> for Vec<String> {
    fn from(scopes: Scopes) -> Self {
        scopes.to_vec()
    }
}
