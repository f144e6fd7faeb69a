//! Packages of npm: the exact versions of a lock file, installed once.

use std::{fs::File, path::Path};

use tokio::process::Command;

/// Installs what a folder's lock file names, if that has not been done since it changed. Tests run in processes of
/// their own: one installs, the others wait.
pub async fn npm_ci(folder: &Path) {
    let lock = alone(folder).await;
    let mark = folder.join("node_modules/.package-lock.json");
    if !is_since(&mark, &folder.join("package-lock.json")) {
        let output = Command::new("npm")
            .args(["ci", "--ignore-scripts", "--legacy-peer-deps"])
            .args(["--no-audit", "--no-fund"])
            .current_dir(folder)
            .kill_on_drop(true)
            .output()
            .await
            .unwrap_or_else(|error| panic!("npm: {error}; install the packages nodejs and npm"));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "npm ci in {folder:?}: {errors}");
    }
    drop(lock);
}

/// Waits until nobody else installs in a folder, and keeps others waiting as long as what it gives lives.
pub async fn alone(folder: &Path) -> File {
    let lock = File::create(folder.join(".install-lock")).unwrap();
    tokio::task::spawn_blocking(move || lock.lock().map(|()| lock))
        .await
        .unwrap()
        .unwrap()
}

/// Whether a mark was made, and what it stands for has not changed since.
pub fn is_since(mark: &Path, list: &Path) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|file| file.modified());
    let listed = changed(list).unwrap();
    changed(mark).is_ok_and(|made| made >= listed)
}

/// Runs a script of a folder whose packages are installed; gives what it printed.
pub async fn node(folder: &Path, arguments: &[&str]) -> String {
    npm_ci(folder).await;
    let output = Command::new("node")
        .args(arguments)
        .current_dir(folder)
        .kill_on_drop(true)
        .output()
        .await
        .unwrap_or_else(|error| panic!("node: {error}; install the package nodejs"));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "node {arguments:?}:\n{printed}\n{errors}"
    );
    printed
}
