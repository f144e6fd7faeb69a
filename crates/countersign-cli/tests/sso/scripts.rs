//! Clients in other languages: a script that speaks to the server, and asks for the person by a line.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use countersign_testkit::npm::{alone, is_since, npm_ci};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::Command,
};

use crate::person::Person;

/// Runs a script to its end; gives its last line.
pub(crate) async fn run(
    program: &str,
    folder: &Path,
    script: &str,
    given: &str,
    person: &Person<'_>,
) -> String {
    let mut child = Command::new(program)
        .arg(script)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| {
            panic!("{program}: {error}; install the packages nodejs, npm and python3-venv")
        });
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    stdin
        .write_all(format!("{given}\n").as_bytes())
        .await
        .unwrap();
    let mut last = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some(url) = line.strip_prefix("GO ") {
            let end = person.goes(url).await;
            stdin
                .write_all(format!("{end}\n").as_bytes())
                .await
                .unwrap();
        }
        last = line;
    }
    let mut errors = String::new();
    let mut stderr = child.stderr.take().unwrap();
    stderr.read_to_string(&mut errors).await.unwrap();
    let status = child.wait().await.unwrap();
    assert!(status.success(), "{script}:\n{last}\n{errors}");
    last
}

/// The folder of a client's script, with what it needs installed: the exact versions of its lock file.
pub(crate) async fn node_client(name: &str) -> PathBuf {
    let folder = folder(name);
    npm_ci(&folder).await;
    folder
}

/// The same for Python, with the interpreter of its environment.
pub(crate) async fn python_client(name: &str) -> (PathBuf, String) {
    let folder = folder(name);
    let python = folder.join(".venv/bin/python").display().to_string();
    let lock = alone(&folder).await;
    let mark = folder.join(".venv/installed");
    if !is_since(&mark, &folder.join("requirements.txt")) {
        prepare("python3", &folder, &["-m", "venv", "--clear", ".venv"]).await;
        let arguments = ["-m", "pip", "install", "--quiet", "-r", "requirements.txt"];
        prepare(&python, &folder, &arguments).await;
        std::fs::write(mark, "").unwrap();
    }
    drop(lock);
    (folder, python)
}

fn folder(name: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join("../../tests/clients").join(name)
}

async fn prepare(program: &str, folder: &Path, arguments: &[&str]) {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .await
        .unwrap_or_else(|error| {
            panic!("{program}: {error}; install the packages nodejs, npm and python3-venv")
        });
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
}
