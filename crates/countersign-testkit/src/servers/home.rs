//! A server's temporary directory, and who cleans it up.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// A temporary directory that goes when it is dropped or when this process ends.
#[derive(Debug)]
pub(super) struct Home {
    path: PathBuf,
    keeper: Child,
}

impl Home {
    pub(super) fn new(name: &str) -> Self {
        static HOMES: AtomicU32 = AtomicU32::new(0);
        let number = HOMES.fetch_add(1, Ordering::Relaxed);
        let name = format!("countersign-{name}-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path); // left by an earlier process of the same pid
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0) // so that Ctrl-C leaves it to its work
            .spawn()
            .unwrap();
        Self { path, keeper }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the directory to a user of this machine, for servers that refuse to run as root.
    pub(super) fn give_to(&self, user: &str) {
        let id = |flag| -> u32 {
            let out = Command::new("id").args([flag, user]).output().unwrap();
            let text = String::from_utf8(out.stdout).unwrap();
            text.trim().parse().unwrap()
        };
        chown(&self.path, Some(id("-u")), Some(id("-g"))).unwrap();
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// A temporary directory that goes when it is dropped or when this process ends, for tests that
/// keep files.
#[derive(Debug)]
pub struct Dir(Home);

impl Dir {
    /// An empty directory.
    #[allow(clippy::new_without_default)] // it does something
    pub fn new() -> Self {
        Self(Home::new("dir"))
    }

    /// One directory for all tests of this process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Dir> = OnceLock::new();
        SHARED.get_or_init(Self::new)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Whether this process runs as root.
pub(super) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// Waits until its standard input ends, which it does when we are gone; then ends what the
/// `*.pid` files (`SIGNAL PID`) name, and removes the directory.
const KEEPER: &str = r#"
cat > /dev/null
is_alive() { kill -0 "$1" && ! grep -q '^State:.Z' "/proc/$1/status"; }
pids=
for file in "$1"/*.pid; do
    [ -f "$file" ] && read -r signal pid < "$file" || continue
    kill -s "$signal" "$pid" && pids="$pids $pid"
done
for pid in $pids; do
    tries=0
    while is_alive "$pid" && [ "$tries" -lt 100 ]; do sleep 0.05; tries=$((tries + 1)); done
    is_alive "$pid" && kill -s KILL "$pid"
done
rm -rf -- "$1"
"#;
