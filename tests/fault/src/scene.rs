//! The nodes, the clients and the history of one run, and the steps that runs are made of.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use tokio::task::JoinSet;

use crate::{
    backend::{Backend, Kind},
    broken::Broken,
    client::{Answer, Client, Proof, credential, wallet},
    dice::Dice,
    fleet::Fleet,
    history::{Heard, History, Op},
    node::Order,
    proxy::Proxy,
};

/// What was asked for on the command line, for one store.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The program that is a node.
    pub program: PathBuf,
    /// The store.
    pub kind: Kind,
    /// Whether a few of each are enough.
    pub small: bool,
    /// What is broken on purpose.
    pub broken: Option<Broken>,
    /// The choices.
    pub dice: Dice,
}

/// Nodes over one store. Clones are the same scene.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The nodes.
    pub fleet: Arc<Fleet>,
    /// What was done.
    pub history: Arc<History>,
    /// Who does it.
    pub client: Arc<Client>,
    /// Proofs and sessions, by the number of their sign-in.
    signed_in: Arc<Mutex<Vec<Option<SignedIn>>>>,
}

/// The proof that was accepted, and what opens the session that came of it.
type SignedIn = (Proof, String);

impl Plan {
    /// A number for the whole goal, or for a small run.
    pub fn size(&self, whole: usize, small: usize) -> usize {
        if self.small { small } else { whole }
    }

    /// What its nodes are told, but for the store.
    pub fn order(&self, store: String) -> Order {
        Order {
            store,
            broken: self.broken,
            ..Order::default()
        }
    }

    /// Nodes straight at the store.
    pub fn scene(&self, backend: &Backend) -> Scene {
        self.scene_of(self.order(backend.url()))
    }

    /// Nodes at the store by a proxy that all of them share.
    pub async fn scene_by_proxy(&self, backend: &Backend) -> (Scene, Proxy) {
        let proxy = Proxy::to(backend.port()).await;
        let scene = self.scene_of(self.order(backend.url_by(proxy.port())));
        (scene, proxy)
    }

    /// Nodes that are told this.
    pub fn scene_of(&self, order: Order) -> Scene {
        let orders = vec![order; self.kind.nodes()];
        Scene {
            fleet: Fleet::start(self.program.clone(), orders),
            history: Arc::new(History::new()),
            client: Arc::default(),
            signed_in: Arc::default(),
        }
    }
}

impl Scene {
    /// A challenge from any node, signed; none while the store is away.
    pub async fn prove(&self, sign_in: usize, dice: &mut Dice) -> Option<Proof> {
        let (node, wallet) = (self.any(dice), wallet(sign_in % WALLETS));
        let proof = self.client.prove(node, &wallet, "cookie").await.ok()?;
        Some(proof)
    }

    /// Proofs that have not been shown yet, of the sign-ins below `count`, while the store is well.
    pub async fn proofs(&self, count: usize, dice: &mut Dice) -> Vec<Proof> {
        let mut proofs = Vec::with_capacity(count);
        for number in 0..count {
            let proof = self.prove(number, dice).await;
            proofs.push(proof.expect("the store is well"));
        }
        proofs
    }

    /// Once all is over: every session that was acknowledged is asked for, and its proof is shown
    /// once more.
    pub async fn look_back(&self, lanes: usize, dice: &mut Dice) {
        in_lanes(lanes, self.acknowledged(), dice, |number, mut dice| {
            let scene = self.clone();
            async move {
                scene.read(number, &mut dice).await;
                if let Some((proof, _)) = scene.signed_in(number) {
                    scene.verify(number, &proof, &mut dice).await;
                }
            }
        })
        .await;
    }

    /// Shows a proof to any node; keeps the session that comes of it.
    pub async fn verify(&self, sign_in: usize, proof: &Proof, dice: &mut Dice) -> Heard {
        let node = self.any(dice);
        self.verify_at(sign_in, proof, node).await
    }

    /// Shows a proof to one node; keeps the session that comes of it.
    pub async fn verify_at(&self, sign_in: usize, proof: &Proof, node: SocketAddr) -> Heard {
        let verify = async {
            let answer = self.client.verify(node, proof).await;
            if answer.heard() == Heard::Yes {
                self.keep(sign_in, proof.clone(), &answer);
            }
            answer.heard()
        };
        self.history.note(sign_in, Op::Verify, verify).await
    }

    /// Asks any node for the session of a sign-in.
    pub async fn read(&self, sign_in: usize, dice: &mut Dice) -> Heard {
        let node = self.any(dice);
        self.read_at(sign_in, node).await
    }

    /// Asks one node for the session of a sign-in.
    pub async fn read_at(&self, sign_in: usize, node: SocketAddr) -> Heard {
        let Some((_, session)) = self.signed_in(sign_in) else {
            return Heard::Nothing;
        };
        let read = async { self.client.read(node, &session).await.heard() };
        self.history.note(sign_in, Op::Read, read).await
    }

    /// Ends the session of a sign-in at any node.
    pub async fn sign_out(&self, sign_in: usize, dice: &mut Dice) -> Heard {
        let node = self.any(dice);
        let Some((_, session)) = self.signed_in(sign_in) else {
            return Heard::Nothing;
        };
        let end = async { self.client.sign_out(node, &session).await.heard() };
        self.history.note(sign_in, Op::SignOut, end).await
    }

    /// The whole of it: a challenge at one node, the proof at another, the session at a third.
    pub async fn sign_in(&self, sign_in: usize, dice: &mut Dice) -> Heard {
        match self.prove(sign_in, dice).await {
            Some(proof) => self.verify(sign_in, &proof, dice).await,
            None => Heard::Nothing,
        }
    }

    /// The proof and the session of a sign-in that was acknowledged.
    pub fn signed_in(&self, sign_in: usize) -> Option<SignedIn> {
        let signed_in = self.signed_in.lock().unwrap();
        signed_in.get(sign_in).cloned().flatten()
    }

    /// All sign-ins that were acknowledged.
    pub fn acknowledged(&self) -> Vec<usize> {
        let signed_in = self.signed_in.lock().unwrap();
        (0..signed_in.len())
            .filter(|place| signed_in[*place].is_some())
            .collect()
    }

    /// Any node.
    pub fn any(&self, dice: &mut Dice) -> SocketAddr {
        self.fleet.address(dice.below(self.fleet.len()))
    }

    fn keep(&self, sign_in: usize, proof: Proof, answer: &Answer) {
        let mut signed_in = self.signed_in.lock().unwrap();
        if signed_in.len() <= sign_in {
            signed_in.resize(sign_in + 1, None);
        }
        signed_in[sign_in] = Some((proof, credential(answer)));
    }
}

/// Runs a task for each of `numbers`, so many at a time, each with dice of its own.
pub async fn in_lanes<F>(
    lanes: usize,
    numbers: impl IntoIterator<Item = usize>,
    dice: &mut Dice,
    task: impl Fn(usize, Dice) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut running = JoinSet::new();
    for number in numbers {
        if running.len() == lanes
            && let Some(done) = running.join_next().await
        {
            done.expect("a client does not panic");
        }
        running.spawn(task(number, dice.fork()));
    }
    while let Some(done) = running.join_next().await {
        done.expect("a client does not panic");
    }
}

const WALLETS: usize = 200;
