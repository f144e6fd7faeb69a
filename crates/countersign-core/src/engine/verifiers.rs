//! The verifiers of an engine, found by chain or by the word a text begins with.

use std::{collections::HashMap, sync::Arc};

use crate::{
    caip::ChainId,
    error::{Code, ConfigFault, Error, VerifyError},
    ports::verifier::ChainVerifier,
    sign_in::{SignIn, TextForms, parse::label_of},
};

#[derive(Debug)]
pub(super) struct Verifiers {
    /// In the order in which they were added.
    chains: Vec<ChainId>,
    by_chain: HashMap<ChainId, Arc<dyn ChainVerifier>>,
    by_label: HashMap<String, Arc<dyn ChainVerifier>>,
}

impl Verifiers {
    /// Takes the verifiers in; one chain or one label in two of them is a fault.
    pub(super) fn new(all: Vec<Arc<dyn ChainVerifier>>, faults: &mut Vec<ConfigFault>) -> Self {
        let mut verifiers = Self {
            chains: Vec::new(),
            by_chain: HashMap::new(),
            by_label: HashMap::new(),
        };
        let mut conflict = |what: String, first: &dyn ChainVerifier, second: &dyn ChainVerifier| {
            let detail = format!("{what} is served by both {first:?} and {second:?}");
            faults.push(ConfigFault::new("CFG_PLUGIN_CONFLICT", detail));
        };
        for verifier in all {
            verifiers.chains.extend_from_slice(verifier.chains());
            for chain in verifier.chains() {
                if let Some(first) = verifiers.by_chain.insert(chain.clone(), verifier.clone()) {
                    conflict(chain.to_string(), &*first, &*verifier);
                }
            }
            for label in verifier.labels() {
                if let Some(first) = verifiers
                    .by_label
                    .insert(label.to_owned(), verifier.clone())
                {
                    conflict(format!("the label `{label}`"), &*first, &*verifier);
                }
            }
        }
        verifiers
    }

    /// Every chain, with the word for it.
    pub(super) fn labelled(&self) -> impl Iterator<Item = (&ChainId, &str)> {
        let label = |chain| Some((chain, self.by_chain.get(chain)?.label(chain)));
        self.chains.iter().filter_map(label)
    }

    pub(super) fn of_chain(&self, chain: &ChainId) -> Result<&Arc<dyn ChainVerifier>, Code> {
        self.by_chain.get(chain).ok_or(Code::ChainUnsupported)
    }

    /// The first chain of the verifier with this label.
    pub(super) fn first_chain(&self, label: &str) -> Option<&ChainId> {
        self.by_label.get(label)?.chains().first()
    }

    pub(super) fn take_long_signatures(&self) -> bool {
        let mut all = self.by_chain.values();
        all.any(|verifier| verifier.takes_long_signatures())
    }

    /// Reads a text by the verifier whose label it bears, and holds it to the round-trip law.
    pub(super) fn read<'a>(
        &self,
        message: &'a str,
        chain: Option<&ChainId>,
        forms: Option<TextForms>,
    ) -> Result<(&Arc<dyn ChainVerifier>, SignIn<'a>), Error> {
        let label = match forms {
            Some(forms) => forms.label,
            None => label_of(message)?,
        };
        let verifier = self.by_label.get(label).ok_or(Code::ChainUnsupported)?;
        let sign_in = match forms {
            Some(forms) => read_as(forms, &**verifier, message)?,
            None => verifier.parse(message)?,
        };
        if sign_in.compose() != message {
            return Err(Code::MessageMalformed.into());
        }
        if let Some(chain) = chain {
            self.of_chain(chain)?;
            if *chain != sign_in.chain {
                return Err(Code::ChainNotAllowed.into());
            }
        }
        Ok((verifier, sign_in))
    }
}

/// Reads a text in one of another system's forms. A text that names no chain means the verifier's
/// first one.
fn read_as<'a>(
    forms: TextForms,
    verifier: &dyn ChainVerifier,
    message: &'a str,
) -> Result<SignIn<'a>, VerifyError> {
    let first = verifier.chains().first();
    let chain = |label: &str, id: Option<&str>| {
        let named = label.is_empty() || label == forms.label;
        let chain = match id {
            Some(id) => ChainId::new(verifier.namespace(), id).ok(),
            None => first.cloned(),
        };
        chain.filter(|_| named)
    };
    let mut refused = None;
    for profile in forms.profiles {
        match profile.parse(message, chain) {
            Ok(sign_in) => return Ok(sign_in),
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    Err(refused.unwrap_or_else(|| VerifyError::message("there is no form to read it by")))
}
