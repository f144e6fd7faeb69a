//! The report of a group: a table on the terminal, and the same as Markdown for the docs.

use std::{
    env, fs,
    io::{Write as _, stdout},
    path::{Path, PathBuf},
};

use crate::{
    contest::{Contest, Row, time},
    plot::Plot,
};

/// The rows of one group of benchmarks.
///
/// The program's words: `--only TEXT` measures the contests whose name holds it; `--record` puts
/// the table into `docs/performance.md`, between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`.
#[derive(Debug)]
pub struct Report {
    name: &'static str,
    only: Option<String>,
    record: bool,
    rows: Vec<[String; 7]>,
}

impl Report {
    /// The report of the group of this name.
    pub fn new(name: &'static str) -> Self {
        let words: Vec<_> = env::args().skip(1).collect();
        let only = words.iter().position(|word| word == "--only");
        Self {
            name,
            only: only.and_then(|place| words.get(place + 1).cloned()),
            record: words.iter().any(|word| word == "--record"),
            rows: Vec::new(),
        }
    }

    /// Begins a contest.
    pub fn contest(&mut self, what: &str) -> Contest<'_> {
        Contest::new(self, what)
    }

    /// Adds a figure that is no contest, such as the bytes of a session: with its goal in words,
    /// and whether it is met.
    pub fn fact(&mut self, what: &str, value: String, goal: Option<(&str, bool)>) {
        let (goal, met) = goal.map_or((String::new(), ""), |(goal, met)| {
            (goal.to_owned(), verdict(met))
        });
        let blank = String::new;
        self.line([
            what.to_owned(),
            value,
            blank(),
            blank(),
            blank(),
            goal,
            met.to_owned(),
        ]);
    }

    /// Whether a contest or figure of this name is asked for.
    pub fn wants(&self, what: &str) -> bool {
        self.only.as_ref().is_none_or(|only| what.contains(only))
    }

    /// Draws a plot into `target/bench`, or into `docs/plots` if asked to record.
    pub fn plot(&self, plot: &Plot, file: &str) {
        let folder = if self.record {
            "docs/plots"
        } else {
            "target/bench"
        };
        plot.write(&root().join(folder), file);
    }

    /// Writes the table to `target/bench/NAME.md` and, if asked to, into the docs.
    pub fn finish(self) {
        let table = self.markdown();
        let root = root();
        let folder = root.join("target/bench");
        let file = folder.join(self.name).with_extension("md");
        fs::create_dir_all(&folder).expect("target can be written");
        fs::write(&file, &table).expect("target can be written");
        say(&format!("\n{}", file.display()));
        if self.record {
            record(&root.join("docs/performance.md"), self.name, &table);
        }
    }

    pub(crate) fn add(&mut self, row: Row) {
        let goal = row.goal.map(|(goal, _)| goal.to_string());
        self.line([
            row.what,
            row.side,
            time(row.wall),
            format!("{} ±{:.0} %", time(row.cpu), row.spread * 50.0),
            row.ratio.map_or_else(String::new, |r| format!("{r:.2}")),
            goal.unwrap_or_default(),
            row.goal.map_or("", |(_, met)| verdict(met)).to_owned(),
        ]);
    }

    fn line(&mut self, row: [String; 7]) {
        if self.rows.is_empty() {
            say(&aligned(&HEAD.map(str::to_owned)));
        }
        say(&aligned(&row));
        self.rows.push(row);
    }

    fn markdown(&self) -> String {
        let mut text = format!("| {} |\n|---|---|--:|--:|--:|---|---|\n", HEAD.join(" | "));
        let mut above = "";
        for row in &self.rows {
            let mut cells = row.each_ref().map(String::as_str);
            if above == cells[0] {
                cells[0] = "";
            } else {
                above = cells[0];
            }
            text.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        text
    }
}

const HEAD: [&str; 7] = [
    "",
    "side",
    "wall",
    "CPU, and half of its middle spread",
    "ratio",
    "goal",
    "",
];

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "missed" }
}

fn aligned(cells: &[String; 7]) -> String {
    let [what, side, wall, cpu, ratio, goal, met] = cells;
    let cpu = if cpu == HEAD[3] { "CPU" } else { cpu };
    format!("{what:34} {side:34} {wall:>10} {cpu:>16} {ratio:>7}  {goal:24} {met}")
}

/// Puts a table in the place that its group has in a document.
fn record(document: &Path, name: &str, table: &str) {
    let text = fs::read_to_string(document).expect("docs/performance.md is there");
    let (begin, end) = (
        format!("<!-- bench:{name} -->\n"),
        format!("<!-- /bench:{name} -->"),
    );
    let place = text
        .split_once(&begin)
        .and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) =
        place.unwrap_or_else(|| panic!("{} has no place {begin}", document.display()));
    let text = format!("{before}{begin}\n{table}\n{end}{after}");
    fs::write(document, text).expect("docs/performance.md can be written");
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2);
    root.expect("tests/bench lies two folders down").to_owned()
}

fn say(line: &str) {
    // A closed pipe is no reason to stop measuring.
    let _ = writeln!(stdout(), "{line}");
}
