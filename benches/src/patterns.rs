//! How well patterns group: each system's lines, of which somebody said which say the same (loghub's corrected
//! templates). A line counts as grouped when its pattern has exactly the lines of its template.
//!
//! Invariant: a system's lines come in their order and make patterns of their own, as at a centre that is new.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use nilometer_model::Timestamp;
use nilometer_store::patterns::{Patterns, Skeleton};

use crate::report::{Outcome, figure};

/// What the files end with, behind the system's name.
const FILE_END: &str = "_structured_corrected.csv.gz";

/// Prints a figure for each of the directory's files, and their mean.
pub(crate) fn run(directory: &Path) -> Outcome<()> {
    let mut accuracies = Vec::new();
    for path in files(directory)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let accuracy = accuracy(&lines(&path)?);
        figure(&format!("patterns: {}", name.trim_end_matches(FILE_END)), accuracy, "", "");
        accuracies.push(accuracy);
    }
    if accuracies.is_empty() {
        return Err(format!("no *{FILE_END} in {}", directory.display()).into());
    }
    let mean = accuracies.iter().sum::<f64>() / accuracies.len() as f64;
    figure("patterns: mean of the systems", mean, "", ">= 0.85 (wish 0.90)");
    Ok(())
}

fn files(directory: &Path) -> Outcome<Vec<PathBuf>> {
    let all = std::fs::read_dir(directory)?.map(|entry| Ok(entry?.path()));
    let mut all = all.collect::<Outcome<Vec<_>>>()?;
    all.retain(|path| path.to_string_lossy().ends_with(FILE_END));
    all.sort();
    Ok(all)
}

/// What lines say, and which template that is of.
fn lines(path: &Path) -> Outcome<Vec<(String, String)>> {
    let mut bytes = Vec::new();
    MultiGzDecoder::new(File::open(path)?).read_to_end(&mut bytes)?;
    let mut rows = rows(&String::from_utf8_lossy(&bytes)).into_iter();
    let head = rows.next().ok_or("an empty file")?;
    let column = |name: &str| head.iter().position(|column| column == name).ok_or("no such column");
    let (content, template) = (column("Content")?, column("EventTemplate")?);
    let cells = rows.map(|row| Some((row.get(content)?.clone(), row.get(template)?.clone())));
    Ok(cells.collect::<Option<_>>().ok_or("a row is cut short")?)
}

/// The rows of CSV text: quotes hold commas and line ends, and two of them are one.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            _ => cell.push(letter),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}

/// The share of lines whose pattern has exactly the lines of their template.
fn accuracy(lines: &[(String, String)]) -> f64 {
    let mut patterns = Patterns::default();
    let skeletons: Vec<_> = lines.iter().map(|(content, _)| Skeleton::of(content)).collect();
    skeletons.iter().for_each(|skeleton| drop(patterns.add(skeleton, Timestamp(0))));
    let (mut of_pattern, mut of_template) = (HashMap::new(), HashMap::new());
    for (number, (skeleton, (_, template))) in skeletons.iter().zip(lines).enumerate() {
        let pattern = patterns.pattern(skeleton.id());
        of_pattern.entry(pattern).or_insert_with(Vec::new).push(number);
        of_template.entry(template).or_insert_with(Vec::new).push(number);
    }
    let templates: std::collections::HashSet<&Vec<usize>> = of_template.values().collect();
    let grouped = of_pattern.values().filter(|numbers| templates.contains(numbers));
    grouped.map(Vec::len).sum::<usize>() as f64 / lines.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_read_with_its_quotes() {
        let text = "a,b\r\n\"x, \"\"y\"\"\nz\",\n1,2";
        assert_eq!(rows(text), [vec!["a", "b"], vec!["x, \"y\"\nz", ""], vec!["1", "2"]]);
    }

    #[test]
    fn a_line_is_grouped_with_all_of_its_template_and_no_other() {
        let line = |content: &str, template: &str| (content.to_owned(), template.to_owned());
        let lines = [line("up 1", "up <*>"), line("up 2", "up <*>"), line("on a", "on <*>")];
        assert!((accuracy(&lines) - 1.0).abs() < f64::EPSILON);
        let lines = [&lines[..], &[line("up 3", "other"), line("on a", "on <*>")]].concat();
        assert!((accuracy(&lines) - 0.4).abs() < f64::EPSILON);
    }
}
