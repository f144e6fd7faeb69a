//! A plot as SVG: lines over a logarithmic or a plain axis, for the docs.

use std::{fmt::Write as _, fs, path::Path};

/// A plot in the making.
#[derive(Debug)]
pub struct Plot {
    title: String,
    below: String,
    lines: Vec<(String, Vec<(f64, f64)>)>,
}

impl Plot {
    /// A plot with a title, and what its horizontal axis means.
    pub fn new(title: &str, below: &str) -> Self {
        Self {
            title: title.to_owned(),
            below: below.to_owned(),
            lines: Vec::new(),
        }
    }

    /// Adds a line through these points.
    #[must_use]
    pub fn line(mut self, name: &str, points: Vec<(f64, f64)>) -> Self {
        self.lines.push((name.to_owned(), points));
        self
    }

    /// Writes it into a folder.
    pub(crate) fn write(&self, folder: &Path, file: &str) {
        fs::create_dir_all(folder).expect("the folder can be made");
        fs::write(folder.join(file), self.svg()).expect("the folder can be written");
    }

    fn svg(&self) -> String {
        let points = || self.lines.iter().flat_map(|(_, points)| points);
        let (least, most) = points().fold((f64::MAX, 0.0_f64), |(least, most), (x, _)| {
            (least.min(*x), most.max(*x))
        });
        let top = points().fold(0.0_f64, |top, (_, y)| top.max(*y)) * 1.1;
        let is_log = most / least > 50.0;
        let along = |x: f64| {
            let part = if is_log {
                (x / least).ln() / (most / least).ln()
            } else {
                (x - least) / (most - least).max(f64::MIN_POSITIVE)
            };
            80.0 + part * 480.0
        };
        let up = |y: f64| 300.0 - y / top * 240.0;
        let mut svg = String::from(HEAD);
        let _ = writeln!(
            svg,
            "<text x='320' y='26' text-anchor='middle'>{}</text>",
            self.title
        );
        let _ = writeln!(
            svg,
            "<text x='320' y='352' text-anchor='middle'>{}</text>",
            self.below
        );
        for quarter in 0..=4 {
            let value = top / 4.0 * f64::from(quarter);
            let y = up(value);
            let _ = writeln!(svg, "<path d='M80 {y:.1}H560' stroke='#ccc'/>");
            let label = short(value);
            let _ = writeln!(
                svg,
                "<text x='74' y='{:.1}' text-anchor='end'>{label}</text>",
                y + 4.0
            );
        }
        for (name, points) in &self.lines {
            let mut path = String::new();
            for (place, (x, y)) in points.iter().enumerate() {
                let (h, v) = (along(*x), up(*y));
                let _ = write!(path, "{}{h:.1} {v:.1}", if place == 0 { "M" } else { "L" });
                let _ = writeln!(svg, "<circle cx='{h:.1}' cy='{v:.1}' r='3'/>");
                let label = short(*x);
                let _ = writeln!(
                    svg,
                    "<text x='{h:.1}' y='322' text-anchor='middle'>{label}</text>"
                );
            }
            let _ = writeln!(
                svg,
                "<path d='{path}' fill='none' stroke='#25c' stroke-width='2'/>"
            );
            if let Some((x, y)) = points.last() {
                let (h, v) = (along(*x), up(*y) - 8.0);
                let _ = writeln!(
                    svg,
                    "<text x='{h:.1}' y='{v:.1}' text-anchor='end'>{name}</text>"
                );
            }
        }
        svg + "</svg>\n"
    }
}

fn short(value: f64) -> String {
    if value >= 1e6 {
        format!("{:.1}M", value / 1e6)
    } else if value >= 1e4 {
        format!("{:.0}k", value / 1e3)
    } else {
        format!("{value:.0}")
    }
}

const HEAD: &str = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 640 370' \
    font-family='sans-serif' font-size='12'>\n<rect width='640' height='370' fill='white'/>\n";
