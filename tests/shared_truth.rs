//! Networks whose optima others computed: exact mixed-integer optima at a fixed input, two-sided bounds over the domain.
//! The files lie beside a developer's checkout, not in it; without them these tests say so and pass.

mod networks;

use deltasat::budget::Budget;
use deltasat::exact::{Rational, rational};
use deltasat::search::StopReason;
use networks::exact;
use quantproof::network::Network;
use quantproof::perturbation::{Magnitude, Perturbation};
use quantproof::robustness::global::Global;
use quantproof::robustness::local::{Local, Scratch};
use quantproof::robustness::radius::radius;
use quantproof::robustness::{ClassChange, ClassChoice, Settings};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the optima are rounded to: they come from a solver in doubles with a tolerance of 1e-6 in the logits.
const TOLERANCE: f64 = 2e-6;

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/cases/networks");
    // a worktree lies elsewhere
    let elsewhere = std::env::var_os("QUANTPROOF_CASES").map(|cases| Path::new(&cases).join("networks"));
    [Some(folder), elsewhere].into_iter().flatten().find(|folder| folder.join("truth.json").exists())
}

/// One network with what is known of it.
struct Known {
    name: String,
    network: Network,
    truth: Map<String, Value>,
}

// a test that is skipped has to say so
#[allow(clippy::print_stderr)]
fn known() -> Vec<Known> {
    let Some(folder) = folder() else {
        eprintln!("skipped: no truth.json in ../shared/cases/networks or $QUANTPROOF_CASES/networks");
        return Vec::new();
    };
    let truth: Value = serde_json::from_slice(&std::fs::read(folder.join("truth.json")).unwrap()).unwrap();
    let networks = truth["networks"].as_object().unwrap();
    let known = networks.iter().map(|(name, truth)| Known {
        name: name.clone(),
        network: Network::load(folder.join(format!("{name}.json"))).unwrap(),
        truth: truth.as_object().unwrap().clone(),
    });
    known.collect()
}

impl Known {
    fn input(&self) -> Vec<Rational> {
        self.truth["input"].as_array().unwrap().iter().map(|x| exact(x.as_f64().unwrap())).collect()
    }

    /// The entries of a section, by ε.
    fn by_epsilon(&self, section: &str) -> Vec<(String, Perturbation, &Value)> {
        let entries = self.truth.get(section).and_then(Value::as_object).into_iter().flatten();
        entries
            .map(|(epsilon, value)| {
                let magnitude = Magnitude::Absolute(rational::parse(epsilon).unwrap());
                let what = format!("{} {section} at {epsilon}", self.name);
                (what, Perturbation::uniform(magnitude).unwrap(), value)
            })
            .collect()
    }
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap()
}

fn pair(value: &Value) -> (f64, f64) {
    (value[0].as_f64().unwrap(), value[1].as_f64().unwrap())
}

fn settings() -> Settings {
    Settings { budget: Budget::unlimited().with_time(Duration::from_secs(2)), ..Settings::default() }
}

#[test]
fn local_optima() {
    let (mut closed, mut total) = (0, 0);
    for known in known() {
        let input = known.input();
        for (what, perturbation, truth) in known.by_epsilon("local") {
            let local = Local::new(&known.network, &perturbation, settings());
            let finding = local.deviation(&input, ClassChoice::Assigned, None, &mut Scratch::default(), &mut ());
            let deviation = number(truth, "max_confidence_deviation");
            let (lower, upper) = (finding.lower, finding.upper);
            // σ' ≤ 1/4, so the logits' tolerance is at most a quarter of that in the confidence
            assert!(lower <= deviation + TOLERANCE, "{what}: lower {lower} above the optimum {deviation}");
            assert!(upper >= deviation - TOLERANCE, "{what}: upper {upper} below the optimum {deviation}");
            assert_eq!(finding.assigned, Vec::from_iter(truth_class(&known)), "{what}");
            total += 1;
            if finding.stop == StopReason::Complete {
                closed += 1;
                assert!(upper - lower <= 0.001, "{what}: complete with [{lower}, {upper}]");
            }
            // the margins and the deviation are one truth in two forms
            let (least, most) = (number(truth, "min_margin"), number(truth, "max_margin"));
            let nominal = known.network.evaluate_exactly(&input).unwrap().logits;
            let class = truth_class(&known).unwrap();
            let margin = nominal[class].sub(&nominal[1 - class]).unwrap().floor_f64();
            let sigma = |m: f64| 1.0 / (1.0 + (-m).exp());
            let implied = (sigma(margin) - sigma(least)).max(sigma(most) - sigma(margin));
            assert!((implied - deviation).abs() <= TOLERANCE, "{what}: margins imply {implied}, not {deviation}");
            // the change of class
            let change = local.class_change(&input, &mut Scratch::default(), &mut ());
            assert!(change.upper >= -least - TOLERANCE, "{what}: margin {least} beyond the bound {}", -change.upper);
            let possible = truth["class_change"].as_bool().unwrap();
            assert_eq!(possible, least < 0.0, "{what}: the truth is inconsistent");
            for said in [change.class_change.unwrap(), finding.class_change.unwrap()] {
                let wrong = if possible { ClassChange::Impossible } else { ClassChange::Possible };
                assert_ne!(said, wrong, "{what}: least margin {least}");
            }
            if let Some(witness) = change.witness {
                assert!(possible && witness.changes_class(), "{what}");
            }
        }
    }
    assert!(closed * 10 >= total * 7, "only {closed} of {total} closed");
}

fn truth_class(known: &Known) -> Option<usize> {
    known.truth["nominal_class"].as_u64().map(|class| class as usize)
}

#[test]
fn global_bounds() {
    let (mut closed, mut total) = (0, 0);
    for known in known() {
        let domain = known.network.input().domain().unwrap();
        let domain: Vec<_> = domain.iter().map(|d| (d.lower().clone(), d.upper().clone())).collect();
        for (what, perturbation, truth) in known.by_epsilon("global") {
            let (network, settings) = (&known.network, settings());
            let global = Global { network, perturbation: &perturbation, domain: &domain, settings };
            let finding = global.deviation(ClassChoice::Assigned, None, &mut ());
            let (attained, bound) = pair(&truth["confidence_deviation"]);
            let (lower, upper) = (finding.lower, finding.upper);
            assert!(lower <= bound + TOLERANCE, "{what}: lower {lower} above the bound {bound}");
            assert!(upper >= attained - TOLERANCE, "{what}: upper {upper} below what is attained, {attained}");
            assert!(lower <= upper, "{what}");
            total += 1;
            if finding.stop == StopReason::Complete {
                closed += 1;
                assert!(upper - lower <= 0.001, "{what}: complete with [{lower}, {upper}]");
            }
        }
    }
    assert!(closed * 2 >= total, "only {closed} of {total} closed");
}

#[test]
fn radii_of_class_changes() {
    for known in known() {
        let input = known.input();
        let Some(truth) = known.truth.get("class_change_radius") else { continue };
        let (safe, unsafe_) = pair(truth);
        let ask = |epsilon: &Rational| {
            let perturbation = Perturbation::uniform(Magnitude::Absolute(epsilon.clone())).unwrap();
            Local::new(&known.network, &perturbation, settings()).class_change(&input, &mut Scratch::default(), &mut ())
        };
        let tolerance = Rational::new(1.into(), 1000.into());
        let found = radius(&tolerance, ask, || None, |_| {});
        let proved = rational::floor_f64(&found.proved);
        assert!(proved <= unsafe_, "{}: proved {proved}, but the class changes at {unsafe_}", known.name);
        if let Some(refuted) = &found.refuted {
            let refuted = rational::ceil_f64(refuted);
            assert!(refuted >= safe, "{}: refuted {refuted}, but the class is safe at {safe}", known.name);
            assert!(found.witness.unwrap().changes_class(), "{}", known.name);
        }
    }
}
