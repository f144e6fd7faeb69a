//! One login of an application through nodes that die, step by step, and what is counted of it.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use countersign_core::{Clock, SystemClock, TokenIssuer, Wallet};
use countersign_jwt::Jwt;

use super::nodes::PAUSE;
use crate::{
    application::{Attempt, DESK, Page, Person, SHOP, userinfo},
    backend::Kind,
    client::{Client, wallet},
    dice::Dice,
    node::{self, ORIGIN},
    report::Line,
};

/// Logins through one address.
pub(super) struct Login {
    pub(super) at: SocketAddr,
    pub(super) client: Arc<Client>,
    pub(super) tally: Tally,
}

/// What the application holds after a login, until the end of the run.
pub(super) struct Kept {
    attempt: Attempt,
    code: String,
    access: String,
    refresh: String,
}

/// Why a login did not come to its end.
#[derive(Debug)]
enum Trouble {
    /// The person was told to begin again, after something had failed.
    Again,
    /// What may not happen.
    Wrong(&'static str, String),
}

/// What came of all logins.
#[derive(Debug, Default)]
pub(super) struct Tally {
    done: AtomicUsize,
    again: AtomicUsize,
    unheard: AtomicUsize,
    crossed: AtomicUsize,
    races: AtomicUsize,
    replays: AtomicUsize,
    wrong: Mutex<BTreeMap<&'static str, (usize, String)>>,
}

/// Whether anything was unheard since a login began: only then may it fail.
type Troubled = bool;

impl Login {
    /// A login to its end: what the application then holds, unless it was given up for a replay.
    pub(super) async fn run(&self, number: usize, dice: &mut Dice) -> Option<Kept> {
        let mut person = Person::new(self.client.clone(), wallet(number % WALLETS));
        for _ in 0..ATTEMPTS {
            match self.try_once(number, &mut person, dice).await {
                Ok(kept) => {
                    self.tally.done.fetch_add(1, Ordering::SeqCst);
                    return kept;
                }
                Err(Trouble::Again) => self.tally.again.fetch_add(1, Ordering::SeqCst),
                Err(Trouble::Wrong(what, said)) => {
                    self.tally.wrong(what, said);
                    return None;
                }
            };
        }
        let said = format!("{ATTEMPTS} attempts");
        self.tally.wrong("logins that never end", said);
        None
    }

    async fn try_once(
        &self,
        number: usize,
        person: &mut Person,
        dice: &mut Dice,
    ) -> Result<Option<Kept>, Trouble> {
        let mut troubled = false;
        let known = [SHOP, DESK][number % 2];
        let attempt = Attempt::of(known, dice);
        let (code, began) = self.code(&attempt, person, &mut troubled).await?;
        let redeem = || attempt.redeem(&self.client, self.at, &code);
        let page = self.heard(redeem, &mut troubled).await?;
        if page.node != began {
            self.tally.crossed.fetch_add(1, Ordering::SeqCst);
        }
        let tokens = tokens(&page, troubled, "a code that was not good")?;
        self.check(&tokens.2, &attempt, person).await?;
        let (access, refresh) = self.go_on(&attempt, &tokens, person).await?;
        if dice.one_in(4) {
            self.race(known, person, dice).await?;
        }
        if dice.one_in(4) {
            self.replay(&attempt, &code, &access).await?;
            return Ok(None);
        }
        Ok(Some(Kept {
            attempt,
            code,
            access,
            refresh,
        }))
    }

    /// From the application to its code, by way of signing in and allowing; with the node at which
    /// it began.
    async fn code(
        &self,
        attempt: &Attempt,
        person: &mut Person,
        troubled: &mut Troubled,
    ) -> Result<(String, String), Trouble> {
        let mut page = self.page(person, &attempt.path(), troubled).await?;
        let began = page.node.clone();
        for _ in 0..STEPS {
            if let Some(code) = attempt.code(&page.location) {
                return Ok((code, began));
            }
            if let Some(query) = page.location.strip_prefix("/auth/login?") {
                let params = countersign_sso::Params::parse(query).unwrap_or_default();
                let back = params.one("return_to").ok().flatten().unwrap_or_default();
                self.sign_in(person, troubled).await?;
                page = self.page(person, back, troubled).await?;
                continue;
            }
            let Some(ticket) = page.ticket().map(str::to_owned) else {
                break;
            };
            page = loop {
                let page = person.allows(self.at, &ticket).await;
                if !self.is_unheard(&page, troubled).await {
                    break page;
                }
            };
        }
        Err(ended(&page, *troubled, "a request that was not known"))
    }

    /// Signs in at the provider. A proof whose answer is lost is not shown again: the page asks for
    /// another challenge.
    async fn sign_in(&self, person: &mut Person, troubled: &mut Troubled) -> Result<(), Trouble> {
        for _ in 0..TRIES {
            let (page, proof) = person.proves(self.at).await;
            if self.is_unheard(&page, troubled).await {
                continue;
            }
            if page.status != 201 {
                return Err(ended(&page, false, "a challenge that was refused"));
            }
            let page = person.posts(self.at, "/auth/verify", &proof).await;
            if self.is_unheard(&page, troubled).await {
                continue;
            }
            return match page.status {
                200 => Ok(()),
                _ => Err(ended(&page, false, "a proof that was refused")),
            };
        }
        Err(Trouble::Again)
    }

    /// Checks the ID token as OpenID Connect Core section 3.1.3.7 has it.
    async fn check(&self, id: &str, attempt: &Attempt, person: &Person) -> Result<(), Trouble> {
        let now = SystemClock.now();
        let read = Jwt::new(node::keys()).read_id(id, ORIGIN, now).await;
        let is_right = read.as_ref().is_ok_and(|claims| {
            let subject = claims.subject.as_str().to_ascii_lowercase();
            claims.nonce.as_deref() == Some(&*attempt.nonce)
                && attempt.is_for(&claims.audience)
                && subject.ends_with(&person.wallet.address().to_ascii_lowercase())
        });
        match is_right {
            true => Ok(()),
            false => Err(Trouble::Wrong("wrong ID tokens", format!("{read:?}"))),
        }
    }

    /// The tokens open what they must, are changed for new ones, and those do too.
    async fn go_on(
        &self,
        attempt: &Attempt,
        (access, refresh, _): &Tokens,
        person: &Person,
    ) -> Result<(String, String), Trouble> {
        self.opens(access, Some(person)).await?;
        let (mut troubled, begin) = (false, Instant::now());
        let again = || attempt.refresh(&self.client, self.at, refresh);
        let page = self.heard(again, &mut troubled).await?;
        // Within the grace time a refresh whose answer was lost is answered again.
        let is_late = troubled && begin.elapsed() > GRACE;
        let (access, refresh, _) = tokens(&page, is_late, UNKNOWN)?;
        self.opens(&access, Some(person)).await?;
        Ok((access, refresh))
    }

    async fn opens(&self, access: &str, person: Option<&Person>) -> Result<(), Trouble> {
        let ask = || userinfo(&self.client, self.at, access);
        let page = self.heard(ask, &mut false).await?;
        let subject = page.json()["sub"].as_str().unwrap_or_default().to_owned();
        let is_theirs = person.is_none_or(|person| {
            let address = person.wallet.address().to_ascii_lowercase();
            subject.to_ascii_lowercase().ends_with(&address)
        });
        match page.status {
            200 if is_theirs => Ok(()),
            200 => Err(Trouble::Wrong("another person's tokens", page.text)),
            _ => Err(ended(&page, false, UNKNOWN)),
        }
    }

    /// Another code of the same person, redeemed by four at once: by one at the most.
    async fn race(
        &self,
        known: (&'static str, &'static str),
        person: &mut Person,
        dice: &mut Dice,
    ) -> Result<(), Trouble> {
        let attempt = Attempt::of(known, dice);
        let mut troubled = false;
        let Ok((code, _)) = self.code(&attempt, person, &mut troubled).await else {
            return Ok(()); // that is another login's business
        };
        let racers = (0..4).map(|_| attempt.redeem(&self.client, self.at, &code));
        let pages = futures_util::future::join_all(racers).await;
        self.tally.races.fetch_add(1, Ordering::SeqCst);
        let won = pages.iter().filter(|page| page.status == 200).count();
        for page in &pages {
            let is_loss = page.code() == "invalid_grant" || page.is_unheard();
            if page.status != 200 && !is_loss {
                return Err(ended(page, false, "other answers to a code"));
            }
        }
        let unheard = pages.iter().any(Page::is_unheard);
        match won {
            0 if !unheard && !troubled => Err(Trouble::Wrong(
                "codes that nobody got",
                format!("{pages:?}"),
            )),
            0 | 1 => Ok(()),
            _ => Err(Trouble::Wrong("codes accepted twice", format!("{won}"))),
        }
    }

    /// The code is shown again: it is refused, and what it gave ends.
    async fn replay(&self, attempt: &Attempt, code: &str, access: &str) -> Result<(), Trouble> {
        let mut troubled = false;
        let redeem = || attempt.redeem(&self.client, self.at, code);
        let page = self.heard(redeem, &mut troubled).await?;
        if page.status == 200 {
            return Err(Trouble::Wrong("codes accepted twice", page.text));
        }
        if page.code() != "invalid_grant" {
            return Err(ended(&page, false, "other answers to a code"));
        }
        self.tally.replays.fetch_add(1, Ordering::SeqCst);
        let ask = || userinfo(&self.client, self.at, access);
        let page = self.heard(ask, &mut false).await?;
        // A node that died between noticing and ending leaves it to the tokens' own end.
        match page.status {
            401 => Ok(()),
            200 if troubled => Ok(()),
            _ => Err(Trouble::Wrong("tokens alive after a replay", page.text)),
        }
    }

    /// When all is over: what was acknowledged is there, and what was spent is not.
    pub(super) async fn look_back(&self, kept: &Kept) {
        let looked = async {
            self.opens(&kept.access, None).await?;
            let again = || kept.attempt.refresh(&self.client, self.at, &kept.refresh);
            let page = self.heard(again, &mut false).await?;
            tokens(&page, false, UNKNOWN)?;
            self.replay(&kept.attempt, &kept.code, &kept.access).await
        };
        match looked.await {
            Ok(()) => {}
            Err(Trouble::Again) => self.tally.wrong("no answer at the end", String::new()),
            Err(Trouble::Wrong(what, said)) => self.tally.wrong(what, said),
        }
    }

    async fn page(
        &self,
        person: &mut Person,
        path: &str,
        troubled: &mut Troubled,
    ) -> Result<Page, Trouble> {
        for _ in 0..TRIES {
            let page = person.goes(self.at, path).await;
            if !self.is_unheard(&page, troubled).await {
                return Ok(page);
            }
        }
        Err(Trouble::Again)
    }

    /// Asks until somebody answers.
    async fn heard<F: Future<Output = Page>>(
        &self,
        ask: impl Fn() -> F,
        troubled: &mut Troubled,
    ) -> Result<Page, Trouble> {
        for _ in 0..TRIES {
            let page = ask().await;
            if !self.is_unheard(&page, troubled).await {
                return Ok(page);
            }
        }
        Err(Trouble::Again)
    }

    async fn is_unheard(&self, page: &Page, troubled: &mut Troubled) -> bool {
        if page.is_unheard() {
            *troubled = true;
            self.tally.unheard.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(PAUSE).await;
        }
        page.is_unheard()
    }
}

impl Tally {
    fn wrong(&self, what: &'static str, said: String) {
        let mut wrong = self.wrong.lock().unwrap();
        wrong.entry(what).or_insert((0, said)).0 += 1;
    }

    /// What a run says.
    pub(super) fn line(&self, kind: Kind, killed: usize, held: usize) -> Line {
        let of = |count: &AtomicUsize| count.load(Ordering::SeqCst);
        let says = format!(
            "{} logins at 3 nodes behind nginx, {killed} kills: {} ended at another node than they \
             began; {} codes raced for, {} replayed, {held} logins looked at again; {} requests \
             without an answer, {} logins begun again; {} outcomes wrong",
            of(&self.done),
            of(&self.crossed),
            of(&self.races),
            of(&self.replays),
            of(&self.unheard),
            of(&self.again),
            self.wrong
                .lock()
                .unwrap()
                .values()
                .map(|(count, _)| count)
                .sum::<usize>(),
        );
        let sticky = usize::from(of(&self.crossed) == 0);
        let mut line = Line::new("sso-nodes", kind, says).expect("nobody crossed", sticky, 0);
        for (what, (count, said)) in &*self.wrong.lock().unwrap() {
            let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
            line.faults
                .push(format!("{what}: {count}, such as {said:.200}"));
        }
        line
    }
}

/// Access token, refresh token, ID token.
type Tokens = (String, String, String);

fn tokens(page: &Page, may_fail: bool, what: &'static str) -> Result<Tokens, Trouble> {
    let body = page.json();
    let token = |name: &str| body[name].as_str().map(str::to_owned);
    match (
        token("access_token"),
        token("refresh_token"),
        token("id_token"),
    ) {
        (Some(access), Some(refresh), Some(id)) => Ok((access, refresh, id)),
        _ => Err(ended(page, may_fail, what)),
    }
}

/// A refusal: honest where something had failed before, wrong where nothing had. Whatever is no
/// plain refusal is wrong.
fn ended(page: &Page, troubled: Troubled, what: &'static str) -> Trouble {
    match page.status {
        400 if troubled => Trouble::Again,
        status => Trouble::Wrong(what, format!("{status} {} {}", page.location, page.text)),
    }
}

const UNKNOWN: &str = "acknowledged tokens that are unknown";
const WALLETS: usize = 200;
const ATTEMPTS: usize = 20;
const TRIES: usize = 100;
/// Signing in, allowing, and the way between them.
const STEPS: usize = 6;
/// The engine's default.
const GRACE: Duration = Duration::from_secs(10);
