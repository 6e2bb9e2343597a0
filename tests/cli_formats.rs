//! Model formats on the command line: the same answer from every format, conversion, and what an ONNX file leaves open.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quantproof"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()
}

fn stdout(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.stderr.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    // seconds differ from run to run
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|line| !line.starts_with("  search")).collect::<Vec<_>>().join("\n")
}

/// The message of a command that fails.
fn error(arguments: &[&str]) -> String {
    let output = run(arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {message}");
    message.strip_prefix("error: ").unwrap_or_else(|| panic!("{message}")).trim_end().to_owned()
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn convert(from: &str, to: &Path, options: &[&str]) {
    let arguments = [&["convert", from, to.to_str().unwrap()], options].concat();
    let said = stdout(&arguments);
    assert!(said.starts_with(&format!("{}: ", to.display())) && said.contains(" parameters in "), "{said}");
}

#[test]
fn every_format_gives_the_same_answer() {
    let nnet = file("same.nnet");
    convert("models/moons_relu_2-8-2.onnx", &nnet, &[]);
    for question in [
        &["local", "MODEL", "--input", "0.3,-0.2", "--epsilon", "0.01"][..],
        &["global", "MODEL", "--epsilon", "0.01"],
        &["global", "MODEL", "--epsilon", "0.001", "--class-change", "--confidence-at-least", "0.9"],
        &["encode", "MODEL", "--epsilon", "0.01", "--deviation", "0.1"],
    ] {
        let [json, onnx, nnet] =
            ["models/moons_relu_2-8-2.json", "models/moons_relu_2-8-2.onnx", nnet.to_str().unwrap()].map(|model| {
                let arguments: Vec<&str> = question.iter().map(|&a| if a == "MODEL" { model } else { a }).collect();
                stdout(&arguments)
            });
        assert!(!json.is_empty());
        assert_eq!((&onnx, &nnet), (&json, &json), "{question:?}");
    }
}

#[test]
fn nothing_is_lost_on_the_way_through_onnx() {
    for model in ["iris_relu_4-8-3", "moons_linear_2-16-16-2"] {
        let json = format!("models/{model}.json");
        let (plain, onnx, back) = (file("plain.json"), file("there.onnx"), file("back.json"));
        convert(&json, &plain, &[]);
        convert(&json, &onnx, &[]);
        convert(onnx.to_str().unwrap(), &back, &[]);
        assert_eq!(std::fs::read(&back).unwrap(), std::fs::read(&plain).unwrap(), "{model}");
        assert_eq!(stdout(&["show", onnx.to_str().unwrap()]), stdout(&["show", &json]));
    }
}

/// A network without domain, classes and kind of output, as PyTorch exports it.
#[test]
fn what_a_file_leaves_open_is_asked_for() {
    let bare = file("bare.json");
    let text = r#"{"format": "quantproof-network", "version": 1, "name": "bare", "input": {"names": ["u", "v"]},
        "layers": [{"weights": [[1, 2], [3, -4]], "biases": [0.5, 0.25], "activation": "linear"}],
        "output": "none", "classes": ["0", "1"]}"#;
    std::fs::write(&bare, text).unwrap();
    let onnx = file("bare.onnx");
    convert(bare.to_str().unwrap(), &onnx, &[]);
    let bare = onnx.to_str().unwrap();
    assert!(stdout(&["show", bare]).contains("  inputs   2: u, v, the file has no domain\n"));
    let (all, some) = ("--domain=-1..1", "--domain=u=0..1/3,-1..1");
    let expected = "bare has no domain of its own, expected --domain u=LOWER..UPPER,v=LOWER..UPPER, \
                    or --domain LOWER..UPPER for all inputs";
    for command in ["global", "encode"] {
        let question = &[command, bare, "--epsilon", "0.01", "--deviation", "0.5"];
        assert_eq!(error(question), expected);
        assert!(
            error(&[&question[..], &["--domain", "u=0..1"]].concat()).contains("expected --domain v=LOWER..UPPER,")
        );
    }
    let question = ["global", bare, "--epsilon", "0.01"];
    assert!(stdout(&[&question[..], &[all]].concat()).contains("over u in [-1, 1], v in [-1, 1]"));
    assert!(stdout(&[&question[..], &[some]].concat()).contains("over u in [0, 1/3], v in [-1, 1]"));
    assert_eq!(
        error(&[&question[..], &["--domain", "0..1,2..3"]].concat()),
        "--domain: LOWER..UPPER twice, expected once"
    );
    // outputs as they are, or as logits
    let local = ["local", bare, "--input", "0,0", "--epsilon", "0.01"];
    assert!(stdout(&local).contains("change of output \"0\""), "{}", stdout(&local));
    assert!(stdout(&[&local[..], &["--output", "softmax"]].concat()).contains("confidence of class \"0\""));
    let message = error(&[&local[..], &["--output", "sigmoid"]].concat());
    assert!(message.ends_with("bare.onnx: output: sigmoid over 2 logits, expected exactly 1"), "{message}");
    // conversion can fill the gaps for good
    let full = file("full.json");
    convert(bare, &full, &["--output", "softmax", all]);
    let shown = stdout(&["show", full.to_str().unwrap()]);
    assert!(shown.contains("  input    u in [-1, 1]\n") && shown.contains("softmax of \"0\", \"1\""), "{shown}");
}

#[test]
fn conversions_that_cannot_be_are_said() {
    let tanh = file("tanh.json");
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/models/moons_relu_2-4-2.json")).unwrap();
    std::fs::write(&tanh, text.replace("\"relu\"", "\"tanh\"")).unwrap();
    let out = file("out.nnet");
    let message = error(&["convert", tanh.to_str().unwrap(), out.to_str().unwrap()]);
    assert!(message.contains("out.nnet: layers[0]: tanh, expected relu"), "{message}");
    assert!(!out.exists());
    let model = "models/moons_relu_2-4-2.onnx";
    assert!(error(&["convert", model, "no/such/folder/a.json"]).ends_with("cannot be written: no such folder"));
    assert!(
        error(&["convert", model, "a.pt"])
            .ends_with("unknown file extension \"pt\", expected one of .json, .onnx, .nnet")
    );
    let broken = file("broken.onnx");
    std::fs::write(&broken, "{}").unwrap();
    assert!(error(&["show", broken.to_str().unwrap()]).contains("broken.onnx: not an ONNX file: "));
}

/// The network that `convert --quantize` writes is the one that `--quantize … --rounding` is about, in every format.
#[test]
fn the_quantised_network_is_written() {
    let model = "models/moons_relu_2-8-2.json";
    for (format, rounding) in [("int8:per-channel", None), ("int4:asymmetric", Some("truncate")), ("float8:e4m3", None)]
    {
        let mut options = vec!["--quantize", format];
        options.extend(rounding.iter().flat_map(|rule| ["--rounding", rule]));
        let files = ["json", "onnx", "nnet"].map(|extension| file(&format!("quantised.{extension}")));
        for to in &files {
            convert(model, to, &options);
        }
        let [json, onnx, nnet] = files.map(|path| {
            let again = file("again.json");
            convert(path.to_str().unwrap(), &again, &[]);
            std::fs::read_to_string(again).unwrap()
        });
        assert_eq!(onnx, json, "{format}");
        assert_eq!(nnet, json, "{format}");
        assert_ne!(json, std::fs::read_to_string(model).unwrap());
        // what local moves the confidence to is what the written network says
        let question = ["--input", "0.3,-0.2", "--json"];
        let proved = stdout(
            &[&["local", model, "--quantize", format, "--rounding", rounding.unwrap_or("nearest")][..], &question]
                .concat(),
        );
        let file = file("quantised.onnx");
        let written = stdout(&[&["local", file.to_str().unwrap(), "--epsilon", "0"][..], &question].concat());
        let number = |text: &str, key: &str| {
            let document: serde_json::Value = serde_json::from_str(text).unwrap();
            document["witness"][key].as_f64().unwrap()
        };
        let (proved, written) = (number(&proved, "confidence_perturbed"), number(&written, "confidence_nominal"));
        assert!((proved - written).abs() < 1e-15, "{format}: {proved} and {written}");
    }
    let out = file("never.onnx");
    let refused = |format| error(&["convert", model, out.to_str().unwrap(), "--quantize", format]);
    assert!(refused("uniform:1%").ends_with("or a format of numbers: a share of the range has none to round to"));
    assert!(refused("int8:bias-int32").contains("biases in 32 bits need the scale of a layer's inputs"));
    assert!(!out.exists());
}

/// What float32 adds is a line of its own.
#[test]
fn float32_is_bounded_on_request() {
    let question = ["local", "models/moons_relu_2-8-2.json", "--input", "0.3,-0.2", "--quantize", "int8"];
    let plain = stdout(&question);
    let with = stdout(&[&question[..], &["--float32"]].concat());
    let lines: Vec<&str> = with.lines().filter(|line| !line.starts_with("  float32 ")).collect();
    assert_eq!(lines.join("\n"), plain);
    assert!(with.contains("  float32       float32 evaluation adds at most 1.9"), "{with}");
    let change = stdout(&[&question[..], &["--float32", "--class-change"]].concat());
    assert!(change.contains(" to the logit gap"), "{change}");
    let json = stdout(&[&question[..], &["--float32", "--json"]].concat());
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    let most = document["float32_adds_at_most"].as_f64().unwrap();
    assert!(most > 1e-7 && most < 2e-6, "{most}");
}
