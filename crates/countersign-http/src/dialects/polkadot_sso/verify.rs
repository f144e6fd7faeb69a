//! `POST /api/auth/verify`: a signature becomes an authorization code.

use std::collections::BTreeMap;

use countersign_core::{Code, Context, Error, SessionKind};
use countersign_sso::Params;
use http::StatusCode;
use serde_json::json;

use super::{
    Asked,
    challenge::{PURPOSE, WAITING, Waiting},
    challenge_id::ChallengeId,
    refused,
    tokens::WALLET,
    wants_json,
};
use crate::{cookies::Cookies, endpoints::answering::proof, origins, reply::Reply};

impl Asked<'_> {
    pub(super) async fn verify(&self, fields: &Params) -> Result<Reply, Error> {
        let engine = &self.auth.engine;
        let id = field(fields, "challenge_id")?;
        let address = field(fields, "address")?;
        let signature = field(fields, "signature")?;
        let cookies = Cookies::read(&self.parts.headers, &self.auth.cookies)?;
        let binding = cookies.binding();
        let id = ChallengeId::read(engine, id, binding.as_ref())?;
        if id.is_bound {
            origins::check(engine, &self.parts.headers, &self.auth.cookies)?;
        }
        let proof = proof(String::new(), signature)?;

        // From here on it is spent, whatever comes of it.
        let taken = engine.take::<Waiting>(WAITING, id.value).await?;
        let (waiting, _) = taken.ok_or(Code::ChallengeUsed)?;
        let named = engine.account(waiting.account.chain(), address);
        if named.ok().is_none_or(|named| named != waiting.account) {
            return Err(Code::AddressMismatch.into());
        }
        let proof = countersign_core::Proof {
            message: waiting.message,
            ..proof
        };
        let context = Context {
            client: self.auth.client(self.parts),
            credential: match id.is_bound {
                true => SessionKind::Cookie,
                false => SessionKind::Token,
            },
            binding,
            purpose: PURPOSE.into(),
            ..Context::token()
        };
        let holder = engine.prove(&proof, &context).await?;
        let wallet = waiting
            .wallet
            .map(|wallet| (WALLET.to_owned(), wallet.into()));
        let data: BTreeMap<_, _> = wallet.into_iter().collect();
        let answered = self
            .provider
            .answer_signature(&waiting.request, holder, data);
        match answered.await {
            Ok(url) if wants_json(&self.parts.headers) => {
                let answer = json!({"redirect_url": url});
                Ok(Reply::json(StatusCode::OK, &answer))
            }
            Ok(url) => Ok(Reply::see_other(&url)),
            Err(refusal) => refused(refusal, false),
        }
    }
}

/// A field that must be there, once.
fn field<'f>(fields: &'f Params, name: &'static str) -> Result<&'f str, Error> {
    let value = fields.one(name);
    let value = value.map_err(|e| Error::with_source(Code::RequestMalformed, e))?;
    value.ok_or_else(|| Error::missing(name))
}
