//! A contest: sides that do the same work, in turn, round after round.

use std::{fmt, time::Duration};

use crate::{clock::Cost, report::Report};

/// Something that can do a number of operations and say what they took.
type Side<'a> = Box<dyn FnMut(u64) -> Cost + 'a>;

/// Sides that do the same work; the first is the yardstick.
#[must_use = "a contest is measured by `run`"]
pub struct Contest<'a> {
    report: &'a mut Report,
    what: String,
    sides: Vec<(String, Side<'a>, Option<Goal>)>,
    rounds: usize,
    round: Duration,
}

/// What a side should reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// At most so many times the yardstick's CPU time.
    CpuRatio(f64),
    /// At least this part of the yardstick's operations per second of wall time.
    Throughput(f64),
    /// At least this part of the yardstick's operations per second of CPU time.
    CpuThroughput(f64),
    /// At most this CPU time for one operation.
    Cpu(Duration),
    /// At most this wall time for one operation.
    Wall(Duration),
}

/// What was measured of one side, for one operation.
#[derive(Debug, Clone)]
pub struct Row {
    /// The contest.
    pub what: String,
    /// The side.
    pub side: String,
    /// Median wall time in nanoseconds.
    pub wall: f64,
    /// Median CPU time in nanoseconds.
    pub cpu: f64,
    /// How far the middle half of the rounds lies apart, as a part of the median CPU time.
    pub spread: f64,
    /// Against the yardstick: median of the rounds' ratios; none for the yardstick itself.
    pub ratio: Option<f64>,
    /// What it should reach, and whether it did.
    pub goal: Option<(Goal, bool)>,
}

impl<'a> Contest<'a> {
    pub(crate) fn new(report: &'a mut Report, what: &str) -> Self {
        Self {
            report,
            what: what.to_owned(),
            sides: Vec::new(),
            rounds: 15,
            round: Duration::from_millis(60),
        }
    }

    /// Adds a side: it does as many operations as it is told.
    pub fn side(mut self, name: &str, run: impl FnMut(u64) -> Cost + 'a) -> Self {
        self.sides.push((name.to_owned(), Box::new(run), None));
        self
    }

    /// Gives the side that was just added a goal.
    pub fn goal(mut self, goal: Goal) -> Self {
        let last = self.sides.last_mut().expect("a goal follows its side");
        last.2 = Some(goal);
        self
    }

    /// How many rounds (15 unless told; at least 9) of about what length (60 ms unless told) for
    /// each side.
    pub fn rounds(mut self, rounds: usize, length: Duration) -> Self {
        (self.rounds, self.round) = (rounds.max(9), length);
        self
    }

    /// Warms up, measures, and adds the rows to the report; none if nobody wants them.
    pub fn run(mut self) -> Vec<Row> {
        if !self.report.wants(&self.what) {
            return Vec::new();
        }
        let counts: Vec<u64> = self
            .sides
            .iter_mut()
            .map(|(_, side, _)| warmed_up(side, self.round))
            .collect();
        let mut costs: Vec<Vec<(f64, f64)>> = vec![Vec::new(); counts.len()];
        for round in 0..self.rounds {
            // Who begins changes, so that nobody always runs after the same one.
            for turn in 0..counts.len() {
                let index = (round + turn) % counts.len();
                let cost = (self.sides[index].1)(counts[index]);
                let each = |time: Duration| time.as_nanos() as f64 / counts[index] as f64;
                costs[index].push((each(cost.wall), each(cost.cpu)));
            }
        }
        let sides = self.sides.iter().enumerate();
        let rows: Vec<_> = sides
            .map(|(index, (side, _, goal))| row(&self.what, side, *goal, index, &costs))
            .collect();
        rows.iter().for_each(|row| self.report.add(row.clone()));
        rows
    }
}

impl fmt::Debug for Contest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sides: Vec<_> = self.sides.iter().map(|(name, ..)| name).collect();
        write!(f, "Contest({:?} {sides:?})", self.what)
    }
}

impl Goal {
    /// A row's ratio as the goal sees it, and whether it is met.
    fn judge(self, ratios: Ratios, wall: f64, cpu: f64) -> (Option<f64>, bool) {
        match self {
            Self::CpuRatio(most) => (Some(ratios.cpu), ratios.cpu <= most),
            Self::Throughput(least) => (Some(1.0 / ratios.wall), 1.0 / ratios.wall >= least),
            Self::CpuThroughput(least) => (Some(1.0 / ratios.cpu), 1.0 / ratios.cpu >= least),
            Self::Cpu(most) => (Some(ratios.cpu), cpu <= most.as_nanos() as f64),
            Self::Wall(most) => (Some(ratios.wall), wall <= most.as_nanos() as f64),
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CpuRatio(most) => write!(f, "≤ {most:.2} × its CPU"),
            Self::Throughput(least) => write!(f, "≥ {least:.2} × its rate"),
            Self::CpuThroughput(least) => write!(f, "≥ {least:.2} × its rate per CPU second"),
            Self::Cpu(most) => write!(f, "≤ {} CPU", time(most.as_nanos() as f64)),
            Self::Wall(most) => write!(f, "≤ {}", time(most.as_nanos() as f64)),
        }
    }
}

/// Times of one operation against the yardstick's.
#[derive(Clone, Copy)]
struct Ratios {
    wall: f64,
    cpu: f64,
}

/// How many operations fill a round, found by doing them.
fn warmed_up(side: &mut Side<'_>, round: Duration) -> u64 {
    let mut count = 1;
    loop {
        let wall = side(count).wall;
        if wall * 2 >= round {
            let fits = round.as_secs_f64() / wall.as_secs_f64() * count as f64;
            return (fits as u64).max(1);
        }
        count *= 2;
    }
}

fn row(what: &str, side: &str, goal: Option<Goal>, index: usize, costs: &[Vec<(f64, f64)>]) -> Row {
    let of = |pick: fn(&(f64, f64)) -> f64| costs[index].iter().map(pick).collect::<Vec<_>>();
    let (wall, cpu) = (of(|cost| cost.0), of(|cost| cost.1));
    let against = |mine: &[f64], pick: fn(&(f64, f64)) -> f64| {
        let theirs = costs[0].iter().map(pick);
        quantile(mine.iter().zip(theirs).map(|(a, b)| a / b).collect(), 0.5)
    };
    let ratios = Ratios {
        wall: against(&wall, |cost| cost.0),
        cpu: against(&cpu, |cost| cost.1),
    };
    let (low, high) = (quantile(cpu.clone(), 0.25), quantile(cpu.clone(), 0.75));
    let (wall, cpu) = (quantile(wall, 0.5), quantile(cpu, 0.5));
    let judged = goal.map(|goal| (goal, goal.judge(ratios, wall, cpu)));
    let ratio = judged.map_or(Some(ratios.cpu), |(_, (ratio, _))| ratio);
    Row {
        what: what.to_owned(),
        side: side.to_owned(),
        wall,
        cpu,
        spread: (high - low) / cpu,
        ratio: ratio.filter(|_| index > 0),
        goal: judged.map(|(goal, (_, met))| (goal, met)),
    }
}

/// The value below which this part of them lies.
pub(crate) fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    let place = part * last as f64;
    let (below, above) = (values[place as usize], values[(place.ceil()) as usize]);
    below + (above - below) * place.fract()
}

/// Nanoseconds in the unit people read them in.
pub(crate) fn time(nanos: f64) -> String {
    match nanos {
        n if n < 1e3 => format!("{n:.0} ns"),
        n if n < 1e5 => format!("{:.2} µs", n / 1e3),
        n if n < 1e6 => format!("{:.0} µs", n / 1e3),
        n if n < 1e9 => format!("{:.2} ms", n / 1e6),
        n => format!("{:.2} s", n / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(cpu: &[f64]) -> Vec<(f64, f64)> {
        cpu.iter().map(|cpu| (cpu * 2.0, *cpu)).collect()
    }

    #[test]
    fn a_row_holds_medians_and_the_median_of_the_ratios() {
        // The machine grew slower in the second round, and so did both.
        let costs = [rounds(&[10.0, 30.0, 10.0]), rounds(&[11.0, 33.0, 12.0])];
        let row = row("sums", "ours", Some(Goal::CpuRatio(1.05)), 1, &costs);
        assert_eq!((row.wall, row.cpu), (24.0, 12.0));
        assert!((row.ratio.unwrap_or_default() - 1.1).abs() < 1e-9);
        assert_eq!(row.goal, Some((Goal::CpuRatio(1.05), false)));
    }

    #[test]
    fn a_rate_is_the_reverse_of_a_time() {
        let costs = [rounds(&[9.0, 9.0, 9.0]), rounds(&[10.0, 10.0, 10.0])];
        let judged = row("sums", "ours", Some(Goal::Throughput(0.85)), 1, &costs);
        assert!((judged.ratio.unwrap_or_default() - 0.9).abs() < 1e-9);
        assert_eq!(judged.goal, Some((Goal::Throughput(0.85), true)));
        let yardstick = row("sums", "theirs", None, 0, &costs);
        assert_eq!((yardstick.ratio, yardstick.goal), (None, None));
    }

    #[test]
    fn a_quantile_lies_between_its_neighbours() {
        assert_eq!(quantile(vec![4.0, 1.0, 3.0, 2.0], 0.5), 2.5);
        assert_eq!(quantile(vec![7.0], 0.75), 7.0);
    }
}
