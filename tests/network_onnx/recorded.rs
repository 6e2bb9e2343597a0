//! Models beside what ONNX Runtime said of them; `record.py` made both.

use deltasat::exact::rational;
use quantproof::network::Network;
use std::path::PathBuf;

/// Points for each model.
const POINTS: usize = 100;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/network_onnx/recorded")
}

/// The generator of record.py.
fn numbers(count: usize) -> Vec<f64> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / 16_777_216.0 * 4.0 - 2.0
    };
    (0..count).map(|_| next()).collect()
}

/// Every model says what it said there, in doubles and exactly, up to what float32 rounds.
#[test]
fn models_say_what_onnx_runtime_says() {
    let mut models = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "onnx") {
            continue;
        }
        models += 1;
        let network = Network::load(&path).unwrap_or_else(|error| panic!("{error}"));
        let bytes = std::fs::read(path.with_extension("f32")).unwrap();
        let said: Vec<f64> = bytes.as_chunks::<4>().0.iter().map(|&b| f64::from(f32::from_le_bytes(b))).collect();
        let (inputs, outputs) = (network.input().count(), network.logit_count());
        assert_eq!(said.len(), POINTS * outputs, "{}", path.display());
        for (point, said) in numbers(POINTS * inputs).chunks(inputs).zip(said.chunks(outputs)) {
            // the probabilities where the model ends in them
            let logits = network.evaluate(point).unwrap().confidences;
            let exact: Vec<_> = point.iter().map(|&x| rational::from_f64(x).unwrap()).collect();
            let exact = network.evaluate_exactly(&exact).unwrap().logits;
            let confidence = |class| network.output().exact_confidence(&exact, class).unwrap();
            let exact: Vec<_> = (0..logits.len()).map(confidence).collect();
            for ((&logit, exact), &said) in logits.iter().zip(&exact).zip(said) {
                assert!((logit - said).abs() <= 1e-5 * (1.0 + said.abs()), "{}: {logit} {said}", path.display());
                let exact = exact.floor_f64();
                assert!((logit - exact).abs() <= 1e-9 * (1.0 + said.abs()), "{}: {logit} {exact}", path.display());
            }
        }
    }
    assert!(models >= 23, "{models}");
}
