//! A person with a wallet and a browser, who goes where an application sends them.

use http::{Request, header};

use crate::{
    ethereum_wallet,
    rig::{Answer, Browser, OnSocket},
};

/// Signs in at a provider where asked, allows what is asked, and stops where the server sends them elsewhere.
#[derive(Debug)]
pub struct Person<'a> {
    browser: Browser<'a>,
    origin: String,
}

impl<'a> Person<'a> {
    /// A person whose browser is on a provider of this origin.
    pub fn at(rig: &'a OnSocket, origin: &str) -> Self {
        Self {
            browser: Browser::on(rig, origin),
            origin: origin.to_owned(),
        }
    }

    /// Goes to an address of the server; gives where it ends: an address elsewhere, or a page here.
    pub async fn goes(&self, url: &str) -> String {
        let mut at = url.to_owned();
        for _ in 0..10 {
            let Some(path) = at.strip_prefix(&self.origin) else {
                return at;
            };
            let path = path.to_owned();
            if let Some(query) = path.strip_prefix("/auth/login?return_to=") {
                let answer = self.browser.sign_in(&ethereum_wallet(1)).await;
                assert_eq!(answer.status(), 200, "{}", answer.text());
                let back = query.split('&').next().unwrap();
                at = format!("{}{}", self.origin, decoded(back));
                continue;
            }
            let mut answer = self.browser.get(&path).await;
            while let Some((action, ticket)) = asked(&answer) {
                answer = self.answer(&action, &ticket).await;
            }
            match answer.status().as_u16() {
                303 => {
                    let location = answer.header("location");
                    let here = location.starts_with('/');
                    let origin = if here { &*self.origin } else { "" };
                    at = format!("{origin}{location}");
                }
                _ => return at,
            }
        }
        panic!("in circles: {at}");
    }

    async fn answer(&self, action: &str, ticket: &str) -> Answer {
        let form = format!("ticket={ticket}&decision=allow");
        let request = Request::post(action)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.into());
        self.browser.raw(request.unwrap()).await
    }
}

/// The form of a page that asks: where it goes, and its ticket.
fn asked(answer: &Answer) -> Option<(String, String)> {
    let text = answer.text();
    let after = |mark: &str| {
        let rest = text.split(mark).nth(1)?;
        Some(rest.split('"').next()?.to_owned())
    };
    Some((after("action=\"")?, after("name=\"ticket\" value=\"")?))
}

fn decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}
