//! Reverse proxies: nginx and HAProxy, with a configuration of one's own.

use std::{
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
};

use super::{
    PATIENCE,
    home::Home,
    ports::Port,
    process::{Process, installed, run},
    wait_until,
};

/// A reverse proxy that listens on ports of 127.0.0.1, and may on Unix sockets in its [`dir`](Self::dir).
#[derive(Debug)]
pub struct ReverseProxy {
    process: Process,
    ports: Ports,
    home: Home,
}

impl ReverseProxy {
    /// nginx. The text is what stands inside its `http` block, made from the ports it may listen on
    /// and its directory.
    pub fn nginx(ports: usize, http: impl FnOnce(&[u16], &Path) -> String) -> Self {
        let (home, ports) = (Home::new("nginx"), Ports::new(ports));
        let http = http(&ports.numbers, home.path());
        let own: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {name};\n"))
            .concat();
        let config = format!(
            "daemon off;\nmaster_process off;\nerror_log stderr;\npid own.lock;\n\
            events {{ worker_connections 512; }}\nhttp {{\naccess_log off;\n{own}{http}}}\n"
        );
        let file = written(&home, "nginx.conf", &config);
        let dir = home.path().display().to_string();
        let arguments = ["-p", &dir, "-e", "stderr", "-c", &file];
        let program = installed("nginx", "nginx");
        run(std::process::Command::new(&program)
            .args(arguments)
            .arg("-t"));
        let process = Process::new(&home, "nginx", "TERM", program, arguments);
        Self::started(process, ports, home)
    }

    /// HAProxy. The text is what follows its `global` section.
    pub fn haproxy(ports: usize, sections: impl FnOnce(&[u16], &Path) -> String) -> Self {
        let (home, ports) = (Home::new("haproxy"), Ports::new(ports));
        let sections = sections(&ports.numbers, home.path());
        let config = format!("global\n    maxconn 512\n{sections}");
        let file = written(&home, "haproxy.cfg", &config);
        let program = installed("haproxy", "haproxy");
        run(std::process::Command::new(&program).args(["-c", "-f", &file]));
        let process = Process::new(&home, "haproxy", "TERM", program, ["-db", "-f", &file]);
        Self::started(process, ports, home)
    }

    fn started(mut process: Process, ports: Ports, home: Home) -> Self {
        process.start();
        for port in &ports.numbers {
            wait_until("the proxy listens", PATIENCE, || {
                assert!(process.is_alive(), "it ended: {}", process.words());
                TcpStream::connect(("127.0.0.1", *port)).is_ok()
            });
        }
        Self {
            process,
            ports,
            home,
        }
    }

    /// The ports it listens on.
    pub fn ports(&self) -> &[u16] {
        &self.ports.numbers
    }

    /// Its own directory.
    pub fn dir(&self) -> PathBuf {
        self.home.path().to_owned()
    }

    /// What it wrote.
    pub fn words(&self) -> String {
        self.process.words()
    }
}

/// Ports that are held, and their numbers.
#[derive(Debug)]
struct Ports {
    numbers: Vec<u16>,
    _held: Vec<Port>,
}

impl Ports {
    fn new(count: usize) -> Self {
        let held: Vec<_> = (0..count).map(|_| Port::new()).collect();
        Self {
            numbers: held.iter().map(Port::number).collect(),
            _held: held,
        }
    }
}

fn written(home: &Home, name: &str, config: &str) -> String {
    let file = home.path().join(name);
    fs::write(&file, config).unwrap();
    file.display().to_string()
}
