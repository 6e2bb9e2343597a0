//! Data as people have it: titles of their own, labels, arrays of NumPy's; and domains that come from data.

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("quantproof-data-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.0.join(name), bytes).unwrap();
    }

    fn run(&self, line: &str) -> Output {
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/moons_relu_2-8-2.json");
        let words = line.split_whitespace().map(|word| if word == "MODEL" { model.to_str().unwrap() } else { word });
        let mut command = Command::new(env!("CARGO_BIN_EXE_quantproof"));
        command.current_dir(&self.0).args(words).output().unwrap()
    }

    fn text(&self, line: &str) -> String {
        let output = self.run(line);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code().is_some_and(|code| code < 2), "{line}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.text(&format!("{line} --json"))).unwrap()
    }

    fn error(&self, line: &str) -> String {
        let output = self.run(line);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{line}");
        String::from_utf8(output.stderr).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A `.npy` file of doubles in two columns.
fn array(rows: &[[f64; 2]]) -> Vec<u8> {
    let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}, 2), }}\n", rows.len());
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    rows.iter().flatten().for_each(|x| bytes.extend(x.to_le_bytes()));
    bytes
}

/// A `.npz` file, each array deflated or not.
fn archive(arrays: &[(&str, Vec<u8>)], deflated: bool) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, array) in arrays {
        let packed = if deflated {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(array).unwrap();
            encoder.finish().unwrap()
        } else {
            array.clone()
        };
        let method = if deflated { 8u16 } else { 0 };
        let sizes = [[0; 4], (packed.len() as u32).to_le_bytes(), (array.len() as u32).to_le_bytes()].concat();
        let lengths = [(name.len() as u16).to_le_bytes(), [0; 2]].concat();
        let start = (bytes.len() as u32).to_le_bytes();
        let about = [&[20, 0, 0, 0], &method.to_le_bytes()[..], &[0; 4], &sizes, &lengths].concat();
        bytes.extend([b"PK\x03\x04", &about[..], name.as_bytes(), &packed].concat());
        directory.extend([b"PK\x01\x02\x14\x00", &about[..], &[0; 10], &start, name.as_bytes()].concat());
    }
    let start = (bytes.len() as u32).to_le_bytes();
    let count = (arrays.len() as u16).to_le_bytes();
    let size = (directory.len() as u32).to_le_bytes();
    bytes.extend(directory);
    bytes.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &size, &start, &[0; 2]].concat());
    bytes
}

const ROWS: [[f64; 2]; 4] = [[0.3, -0.2], [-0.5, 0.25], [1.0, 0.5], [0.1, -1.0]];

#[test]
fn titles_labels_and_arrays_say_the_same() {
    let folder = Folder::new("same");
    let csv = |header: &str, label: &str| {
        let rows = ROWS.iter().map(|[x, y]| format!("{x},{y}{label}\n"));
        format!("{header}\n{}", rows.collect::<String>())
    };
    folder.write("plain.csv", csv("x1,x2", ""));
    folder.write("labelled.csv", csv("X 1,x_2,Target", ",1"));
    folder.write("unknown.csv", csv("mean radius,\"mean, texture\",class", ",setosa"));
    folder.write("a.npy", array(&ROWS));
    folder.write("a.npz", archive(&[("x.npy", array(&ROWS))], false));
    folder.write(
        "packed.npz",
        archive(&[("inputs.npy", array(&ROWS)), ("y.npy", array(&[[0.0, 1.0], [1.0, 0.0]]))], true),
    );
    let rows = |line: &str| {
        let json = folder.json(line);
        json["rows"]
            .as_array()
            .unwrap_or_else(|| panic!("{json}"))
            .iter()
            .map(|row| row["lower"].clone())
            .collect::<Vec<_>>()
    };
    let expected = rows("local MODEL --inputs plain.csv --epsilon 0.01");
    assert_eq!(expected.len(), 4);
    for file in ["labelled.csv", "unknown.csv --by-position", "a.npy", "a.npz", "packed.npz"] {
        assert_eq!(rows(&format!("local MODEL --inputs {file} --epsilon 0.01")), expected, "{file}");
    }
    // labels are read where they are of use, and have to be classes there
    assert!(folder.text("flips MODEL --inputs labelled.csv --epsilon 0.01").contains("label"));
    assert!(folder.text("flips MODEL --inputs packed.npz --epsilon 0.01").contains("label"));
    let error = folder.error("flips MODEL --inputs unknown.csv --by-position --epsilon 0.01");
    assert!(error.contains("line 2, column 3 (label): no class \"setosa\""), "{error}");
    let error = folder.error("local MODEL --inputs unknown.csv --epsilon 0.01");
    assert!(error.contains("no input \"mean radius\"") && error.contains("add --by-position"), "{error}");
    let error = folder.error("local MODEL --inputs a.npy.csv --epsilon 0.01");
    assert!(error.contains("cannot be read"), "{error}");
}

#[test]
fn domains_come_from_data_and_from_inputs() {
    let folder = Folder::new("domain");
    let mut values: Vec<f64> = (0..40).map(|i| f64::from(i) / 100.0).collect();
    values.extend([9.0, -9.0]);
    folder.write("data.csv", values.iter().map(|x| format!("{x},{}\n", -x)).collect::<String>());
    let domain =
        |options: &str| folder.json(&format!("global MODEL --epsilon 0.001 --delta 0.1 {options}"))["domain"].clone();
    let same = |options: &str, expected: &str| {
        assert_eq!(domain(options), domain(&format!("--domain {expected}")), "{options}");
        assert!(domain(options).is_array());
    };
    same("--domain data.csv", "-9..9");
    // of 42 values 5 % are two at either end
    same("--domain data.csv --quantile 0.05", "x1=0.01..0.38,x2=-0.38..-0.01");
    same("--input 0.3,-0.2 --around 0.05", "x1=0.25..0.35,x2=-0.25..-0.15");
    same("--input 0.3,-0.2 --around 10%", "x1=0.27..0.33,x2=-0.22..-0.18");
    let answer = |line: &str| {
        let json = folder.json(line);
        (json["lower"].clone(), json["upper"].clone())
    };
    for question in ["radius global MODEL --deviation 0.1", "difference MODEL MODEL"] {
        let about = answer(&format!("{question} --input 0.3,-0.2 --around 0.05"));
        assert_eq!(about, answer(&format!("{question} --domain x1=0.25..0.35,x2=-0.25..-0.15")), "{question}");
    }
    let error = folder.error("global MODEL --epsilon 0.01 --domain -1..1 --quantile 0.1");
    assert!(error.contains("--quantile: of intervals, expected a file as --domain"), "{error}");
    assert!(folder.error("global MODEL --epsilon 0.01 --domain data.csv --quantile 1/2").contains("less than 1/2"));
    assert!(folder.error("global MODEL --epsilon 0.01 --input 0,0").contains("--around"));
}
