//! What was measured, as a table or as JSON.

use serde_json::{Value, json};

/// One row: a value per round.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) rounds: Vec<f64>,
    /// Where there is one: the goal for the median.
    pub(crate) goal: Option<Goal>,
}

/// A goal for a median.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    AtLeast(f64),
    Under(f64),
}

/// All rows so far; each is printed as it comes.
pub(crate) struct Table {
    json: bool,
    rows: Vec<Row>,
}

impl Table {
    pub(crate) fn new(json: bool) -> Table {
        Table { json, rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, name: String, unit: &'static str, rounds: Vec<f64>, goal: Option<Goal>) {
        let row = Row { name, unit, rounds, goal };
        if !self.json {
            println!("{}", row.line());
        }
        self.rows.push(row);
    }

    /// The end: everything as one JSON object if that was asked for, and how many goals were met.
    pub(crate) fn finish(&self) {
        let met = self.rows.iter().filter(|r| r.met() == Some(true)).count();
        let goals = self.rows.iter().filter(|r| r.goal.is_some()).count();
        if self.json {
            let rows: Vec<Value> = self.rows.iter().map(Row::json).collect();
            println!("{}", json!({ "rows": rows, "goals": goals, "met": met }));
        } else {
            println!("{met} of {goals} goals met");
        }
    }
}

impl Row {
    fn sorted(&self) -> Vec<f64> {
        let mut values = self.rounds.clone();
        values.sort_by(f64::total_cmp);
        values
    }

    pub(crate) fn median(&self) -> f64 {
        median(&self.rounds)
    }

    fn met(&self) -> Option<bool> {
        self.goal.map(|goal| match goal {
            Goal::AtLeast(least) => self.median() >= least,
            Goal::Under(most) => self.median() < most,
        })
    }

    fn line(&self) -> String {
        let sorted = self.sorted();
        let (low, high) = (sorted[0], sorted[sorted.len() - 1]);
        let goal = match (self.goal, self.met()) {
            (Some(Goal::AtLeast(least)), Some(met)) => format!("  goal >= {least}: {}", word(met)),
            (Some(Goal::Under(most)), Some(met)) => format!("  goal < {most}: {}", word(met)),
            _ => String::new(),
        };
        let digits = if self.median() < 100.0 { 3 } else { 0 };
        format!(
            "{:<52} {:>12.digits$} {:<10} ({low:.digits$} to {high:.digits$}, n={}){goal}",
            self.name,
            self.median(),
            self.unit,
            sorted.len()
        )
    }

    fn json(&self) -> Value {
        let sorted = self.sorted();
        let goal = self.goal.map(|goal| match goal {
            Goal::AtLeast(least) => json!({ "at_least": least }),
            Goal::Under(most) => json!({ "under": most }),
        });
        json!({
            "name": self.name, "unit": self.unit, "median": self.median(), "low": sorted[0], "high": sorted[sorted.len() - 1],
            "rounds": self.rounds, "goal": goal, "met": self.met(),
        })
    }
}

fn word(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

/// The middle of an odd number of values, the mean of the two in the middle otherwise.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let at = values.len() / 2;
    if values.len() % 2 == 1 { values[at] } else { (values[at - 1] + values[at]) / 2.0 }
}
