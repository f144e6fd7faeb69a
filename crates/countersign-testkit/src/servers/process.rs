//! One server process.

use std::{
    fs::{self, File},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use super::home::Home;

/// A child process that can be started again.
#[derive(Debug)]
pub(super) struct Process {
    program: PathBuf,
    arguments: Vec<String>,
    dir: PathBuf,
    name: String,
    /// The signal that ends it in order.
    end: &'static str,
    child: Option<Child>,
}

impl Process {
    /// Not started yet. `name` is the stem of its log and of its pid file.
    pub(super) fn new(
        home: &Home,
        name: &str,
        end: &'static str,
        program: PathBuf,
        arguments: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            program,
            arguments: arguments.into_iter().map(Into::into).collect(),
            dir: home.path().to_owned(),
            name: name.to_owned(),
            end,
            child: None,
        }
    }

    pub(super) fn start(&mut self) {
        assert!(self.child.is_none(), "{} runs already", self.name);
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .unwrap();
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|e| panic!("{}: {e}", self.program.display()));
        fs::write(self.pid_file(), format!("{} {}\n", self.end, child.id())).unwrap();
        self.child = Some(child);
    }

    /// Whether it runs.
    pub(super) fn is_alive(&mut self) -> bool {
        let child = self.child.as_mut();
        child.is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// SIGKILL.
    pub(super) fn kill9(&mut self) {
        self.end_by("KILL");
    }

    /// Ends it in order.
    pub(super) fn stop(&mut self) {
        self.end_by(self.end);
    }

    /// Sends a signal, such as `STOP` or `CONT`.
    pub(super) fn signal(&self, signal: &str) {
        if let Some(child) = &self.child {
            let pid = child.id().to_string();
            let _ = Command::new("kill").args(["-s", signal, &pid]).status();
        }
    }

    /// What it wrote.
    pub(super) fn words(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn end_by(&mut self, signal: &str) {
        self.signal(signal);
        if let Some(mut child) = self.child.take() {
            let _ = child.wait();
            let _ = fs::remove_file(self.pid_file());
        }
    }

    fn log(&self) -> PathBuf {
        self.dir.join(format!("{}.log", self.name))
    }

    fn pid_file(&self) -> PathBuf {
        self.dir.join(format!("{}.pid", self.name))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Where a program is; a panic that names the Debian package if it is nowhere.
pub(super) fn installed(program: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let of_postgres = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut versions: Vec<_> = of_postgres.flatten().map(|entry| entry.path()).collect();
    versions.sort();
    let versions = versions.into_iter().rev().map(|path| path.join("bin"));
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .chain(versions)
        .map(|dir| dir.join(program))
        .find(|path| path.is_file())
        .unwrap_or_else(|| {
            panic!(
                "`{program}` is not installed: apt-get install --no-install-recommends {package}"
            )
        })
}

/// Runs a helper to its end; panics with what it wrote if it fails.
pub(super) fn run(command: &mut Command) {
    let out = command.stdin(Stdio::null()).output().unwrap();
    let words =
        String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{command:?}: {words}");
}

/// Copies a folder with owners and times; `to` must not be there.
pub(super) fn copy(from: &Path, to: &Path) {
    run(Command::new(installed("cp", "coreutils"))
        .arg("-a")
        .args([from, to]));
}

/// `program` as `user`, if we are root and it must not be.
pub(super) fn as_user(user: &str, program: &Path) -> Command {
    if !super::home::is_root() {
        return Command::new(program);
    }
    let mut command = Command::new(installed("setpriv", "util-linux"));
    command.args(user_flags(user)).arg(program);
    command
}

/// What `setpriv` needs to become `user`.
pub(super) fn user_flags(user: &str) -> [String; 3] {
    [
        format!("--reuid={user}"),
        format!("--regid={user}"),
        "--clear-groups".to_owned(),
    ]
}
