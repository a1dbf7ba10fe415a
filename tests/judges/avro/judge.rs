//! Talks to the judge beside this file, the program on Apache Avro for Java whose word is final. Test files include it
//! by path: the crates they test do no I/O.

use std::io::Write;
use std::process::{Command, Stdio};

/// The judge, if one is at hand.
#[derive(Clone, Debug)]
pub(crate) struct Judge {
    command: String,
}

impl Judge {
    /// From the environment variable `ASSAY_AVRO_JUDGE`; without it, says so and gives `None`.
    #[allow(dead_code, reason = "other judges speak this way, too")]
    pub(crate) fn at_hand(test: &str) -> Option<Judge> {
        Judge::in_variable("ASSAY_AVRO_JUDGE", test)
    }

    /// The program that the environment variable names, which speaks as this one does.
    pub(crate) fn in_variable(variable: &str, test: &str) -> Option<Judge> {
        let command = std::env::var(variable).ok().filter(|c| !c.is_empty());
        if command.is_none() {
            eprintln!("skipped: {test} needs {variable} (see tests/judges)");
        }
        command.map(|command| Judge { command })
    }

    /// One answer per question, in order: the text after `OK`, or the error.
    ///
    /// # Errors
    /// The program cannot be run, or gives fewer answers than questions.
    pub(crate) fn ask(
        &self,
        mode: &str,
        questions: &[String],
    ) -> std::io::Result<Vec<Result<String, String>>> {
        let mut child =
            Command::new(&self.command).arg(mode).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input: String = questions.iter().map(|q| q.replace(['\n', '\r'], " ") + "\n").collect();
        let mut stdin = child.stdin.take();
        let writer = std::thread::spawn(move || match stdin.as_mut() {
            Some(stdin) => stdin.write_all(input.as_bytes()),
            None => Ok(()),
        });
        let output = child.wait_with_output()?;
        let written = writer.join().unwrap_or_else(|_| Err(std::io::Error::other("writer thread")));
        written?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let answers: Vec<_> = text.split('\n').filter(|line| !line.is_empty()).map(answer).collect();
        if answers.len() == questions.len() {
            Ok(answers)
        } else {
            let message = format!("{} answers to {} questions", answers.len(), questions.len());
            Err(std::io::Error::other(message))
        }
    }
}

fn answer(line: &str) -> Result<String, String> {
    match line.split_once('\t') {
        Some(("OK", rest)) => Ok(rest.to_owned()),
        Some((_, rest)) => Err(rest.to_owned()),
        None => Err(line.to_owned()),
    }
}
