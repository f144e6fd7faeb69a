//! People sign in to an application through nginx before three nodes, which are killed and started
//! again all the while. Every login ends right, or the person begins again after an honest "later";
//! nothing else may happen.

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use countersign_testkit::servers::ReverseProxy;
use tokio::task::JoinSet;

use super::login::{Kept, Login, Tally};
use crate::{
    application::NODE,
    backend::Backend,
    client::Client,
    dice::Dice,
    fleet::Fleet,
    node::Order,
    report::Line,
    scene::{Plan, in_lanes},
};

pub(super) async fn run(plan: &Plan) -> Line {
    let backend = Backend::durable(plan.kind);
    let mut dice = plan.dice.clone();
    let ports = free_ports(&mut dice);
    let orders = ports.map(|port| Order {
        port,
        ..plan.order(backend.url())
    });
    let fleet = Fleet::start(plan.program.clone(), orders.into());
    let nginx = ReverseProxy::nginx(1, |listen, _| config(listen[0], &ports));
    let at = ([127, 0, 0, 1], nginx.ports()[0]).into();
    let (goal, kills) = (plan.size(1_000, 16), plan.size(40, 3));

    let login = Arc::new(Login {
        at,
        client: Arc::new(Client::default()),
        tally: Tally::default(),
    });
    let (next, is_over) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let mut people = JoinSet::new();
    for _ in 0..PEOPLE {
        let (login, next, is_over) = (login.clone(), next.clone(), is_over.clone());
        let mut dice = dice.fork();
        people.spawn(async move {
            let mut kept = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                if number >= goal && is_over.load(Ordering::SeqCst) {
                    return kept;
                }
                kept.extend(login.run(number, &mut dice).await);
            }
        });
    }
    let mut killed = 0;
    while killed < kills || next.load(Ordering::SeqCst) < goal {
        killed += kill(&fleet, &mut dice).await;
    }
    is_over.store(true, Ordering::SeqCst);
    let kept: Vec<Kept> = people.join_all().await.into_iter().flatten().collect();
    let held = kept.len();
    let kept = Arc::new(kept);
    in_lanes(PEOPLE, 0..held, &mut dice, |number, _| {
        let (login, kept) = (login.clone(), kept.clone());
        async move { login.look_back(&kept[number]).await }
    })
    .await;
    login.tally.line(plan.kind, killed, held)
}

/// Kills one node, or two, and starts them again; says how many.
async fn kill(fleet: &Arc<Fleet>, dice: &mut Dice) -> usize {
    tokio::time::sleep(dice.millis(200, 1_200)).await;
    let (first, pause) = (dice.below(fleet.len()), dice.millis(0, 500));
    let many = 1 + usize::from(dice.one_in(4));
    let fleet = fleet.clone();
    let killed = tokio::task::spawn_blocking(move || {
        let nodes = (0..many).map(|more| (first + more) % fleet.len());
        nodes.clone().for_each(|node| fleet.kill9(node));
        std::thread::sleep(pause);
        nodes.for_each(|node| fleet.restart(node, |_| {}));
    });
    killed.await.expect("a node comes back");
    many
}

/// The next node for each request: nothing is sticky, and a node that is down is noticed by trying.
fn config(listen: u16, nodes: &[u16]) -> String {
    let mut servers = String::new();
    for port in nodes {
        let _ = writeln!(servers, "server 127.0.0.1:{port} max_fails=0;"); // a String takes everything
    }
    format!(
        "upstream nodes {{\n{servers}keepalive 16;\n}}\n\
         server {{\nlisten 127.0.0.1:{listen};\nlocation / {{\nproxy_pass http://nodes;\n\
         proxy_http_version 1.1;\nproxy_set_header Connection \"\";\nproxy_set_header Host $http_host;\n\
         add_header {NODE} $upstream_addr always;\n}}\n}}\n"
    )
}

/// Ports that a node gets again after it was killed: below those that the system gives out.
fn free_ports(dice: &mut Dice) -> [u16; NODES] {
    let mut offset = std::process::id() as usize;
    [(); NODES].map(|()| {
        loop {
            offset += 1 + dice.below(1_000);
            let port = 12_000 + u16::try_from(offset % 18_000).expect("below 18,000");
            if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
                return port;
            }
        }
    })
}

const NODES: usize = 3;
const PEOPLE: usize = 12;

/// How long one who heard nothing waits before trying again.
pub(super) const PAUSE: Duration = Duration::from_millis(30);
