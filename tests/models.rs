//! The shipped models against what `models/README.md` says of them.

use std::{fs, path::PathBuf};

use num_rational::BigRational;
use quantproof::network::{Network, json};

fn fraction(numerator: i64, denominator: i64) -> BigRational {
    BigRational::new(numerator.into(), denominator.into())
}

fn models() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models")
}

#[test]
fn shipped_models_have_the_accuracy_that_their_page_states() {
    let page = fs::read_to_string(models().join("README.md")).unwrap();
    let mut stated: Vec<(String, usize, String)> = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("| `") && line.contains(".json` |")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        stated.push((cells[1].trim_matches('`').to_owned(), cells[2].parse().unwrap(), cells[4].to_owned()));
    }
    let mut files: Vec<String> = fs::read_dir(models())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json"))
        .collect();
    files.sort();
    let mut named: Vec<String> = stated.iter().map(|(file, ..)| file.clone()).collect();
    named.sort();
    assert_eq!(files, named);
    assert_eq!(files.len(), 19);
    for (file, parameters, accuracy) in stated {
        let network = Network::load(models().join(&file)).unwrap();
        assert_eq!(format!("{}.json", network.name()), file);
        assert_eq!(network.parameter_count(), parameters, "{file}");
        assert_eq!(format!("{:.2} %", 100.0 * network.accuracy().unwrap()), accuracy, "{file}");
        let (one, minus_one) = (fraction(1, 1), fraction(-1, 1));
        assert!(
            network.input().domain().unwrap().iter().all(|d| (d.lower(), d.upper()) == (&minus_one, &one)),
            "{file}"
        );
        assert!(network.data().unwrap().inputs().iter().flatten().all(|v| v.abs() <= 1.0), "{file}");
        assert_eq!(json::read(json::write(&network).unwrap().as_bytes()).unwrap(), network, "{file}");
    }
}

#[test]
fn moons_points_are_those_of_the_models() {
    let mut table = csv::Reader::from_path(models().join("moons_test.csv")).unwrap();
    let network = Network::load(models().join("moons_relu_2-8-2.json")).unwrap();
    assert_eq!(table.headers().unwrap().iter().collect::<Vec<_>>(), network.input().names());
    let points: Vec<Vec<f64>> =
        table.records().map(|row| row.unwrap().iter().map(|v| v.parse().unwrap()).collect()).collect();
    assert_eq!(points, network.data().unwrap().inputs());
}
