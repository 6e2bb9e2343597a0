//! Limits: wherever an interrupt comes, a question ends, and what it says is true. Interrupts come at a counted look at the
//! limits, so that every run of these tests is the same.

mod networks;

use deltasat::budget::{Budget, StopReason};
use deltasat::exact::Rational;
use networks::{network, random, ratio};
use quantproof::encode::question::{Encoded, Question};
use quantproof::network::{Activation, Network, Output};
use quantproof::perturbation::quantise::{Quantised, Rounding, Scheme};
use quantproof::perturbation::{Layers, Magnitude, Parameters, Perturbation};
use quantproof::property::{Property, PropertyError, vnnlib};
use quantproof::robustness::difference::Difference;
use quantproof::robustness::faults::Faults;
use quantproof::robustness::global::Global;
use quantproof::robustness::local::{Local, Scratch};
use quantproof::robustness::region::Region;
use quantproof::robustness::verify::Verify;
use quantproof::robustness::{Answer, ClassChange, ClassChoice, Finding, Settings};
use std::fmt::Write;
use std::sync::Arc;

/// Looks at the limits before the interrupt: all of the first, then fewer and fewer of the later ones.
fn looks() -> impl Iterator<Item = u64> {
    (0..12).chain((2..).map(|power| 1 << (3 * power)))
}

fn interrupted(looks: u64) -> Settings {
    limited(Budget::unlimited().interrupted_after(looks))
}

fn limited(budget: Budget) -> Settings {
    Settings { delta: 0.05, budget, ..Settings::default() }
}

fn moons() -> (Network, Perturbation, Vec<(Rational, Rational)>) {
    let network = Network::load(format!("{}/models/moons_relu_2-8-2.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let domain = network.input().domain().unwrap().iter().map(|d| (d.lower().clone(), d.upper().clone())).collect();
    (network, Perturbation::uniform(Magnitude::Absolute(ratio(1, 100))).unwrap(), domain)
}

fn int5(network: &Network) -> Perturbation {
    let quantised = Quantised::new(Scheme::parse("int5", Rounding::Nearest).unwrap(), network, &[]).unwrap();
    Perturbation::new(Magnitude::Quantised(Arc::new(quantised)), Layers::All, Parameters::All).unwrap()
}

/// Asks with an interrupt ever later until the question is answered; checks what was said on the way, and that there were
/// at least so many ways to interrupt it.
fn ever_later<T>(least: usize, ask: impl Fn(&Settings) -> T, stop: impl Fn(&T) -> StopReason, check: impl Fn(&T, &T)) {
    let whole = ask(&limited(Budget::unlimited()));
    let mut cut = 0;
    for looks in looks() {
        let found = ask(&interrupted(looks));
        check(&found, &whole);
        if stop(&found) != StopReason::Interrupted {
            break;
        }
        cut += 1;
    }
    assert!(cut >= least, "interrupted {cut} times, expected at least {least}");
}

fn bounds_agree(found: &Finding, whole: &Finding) {
    assert!(found.lower <= whole.upper && whole.lower <= found.upper, "{found:?} against {whole:?}");
    let certain = |finding: &Finding| (finding.class_change == Some(ClassChange::Unknown), finding.class_change);
    if let ((false, some), (false, other)) = (certain(found), certain(whole)) {
        assert_eq!(some, other);
    }
    if found.stop == StopReason::Interrupted {
        assert!(!matches!(found.answer, Answer::Robust) || whole.answer == Answer::Robust, "{found:?}");
    }
}

#[test]
fn global_and_local_questions() {
    let (network, perturbation, domain) = moons();
    let global = |settings: &Settings| Global {
        network: &network,
        perturbation: &perturbation,
        domain: &domain,
        settings: settings.clone(),
    };
    let deviation = |settings: &Settings| global(settings).deviation(ClassChoice::Assigned, None, &mut ());
    ever_later(12, deviation, |found| found.stop, bounds_agree);
    let guard = ratio(9, 10);
    let change = |settings: &Settings| global(settings).class_change(&guard, &mut ());
    ever_later(12, change, |found| found.stop, bounds_agree);
    let input = [ratio(1, 2), ratio(1, 4)];
    let local = |settings: &Settings| {
        let local = Local::new(&network, &perturbation, settings.clone());
        local.deviation(&input, ClassChoice::Worst, None, &mut Scratch::default(), &mut ())
    };
    ever_later(8, local, |found| found.stop, bounds_agree);
    let flip = |settings: &Settings| {
        let local = Local::new(&network, &perturbation, settings.clone());
        local.class_change(&input, &mut Scratch::default(), &mut ())
    };
    ever_later(4, flip, |found| found.stop, bounds_agree);
}

#[test]
fn differences_and_regions() {
    let (network, perturbation, domain) = moons();
    let other = Network::load(format!("{}/models/moons_relu_2-4-2.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let confidences = |settings: &Settings| {
        Difference::new(&network, &other, &domain, settings.clone()).confidences(ClassChoice::Assigned, None, &mut ())
    };
    ever_later(
        12,
        confidences,
        |found| found.stop,
        |found, whole| {
            let (found, whole) = (&found.supremum, &whole.supremum);
            assert!(found.lower <= whole.upper && whole.lower <= found.upper);
        },
    );
    let guard = ratio(999, 1000);
    let change = |settings: &Settings| {
        Difference::new(&network, &other, &domain, settings.clone()).class_change(&guard, &mut ())
    };
    ever_later(
        12,
        change,
        |found| found.stop,
        |found, whole| {
            assert!(found.answer == whole.answer || found.stop == StopReason::Interrupted);
            assert!(found.answer != Answer::Robust || whole.answer == Answer::Robust);
        },
    );
    let logits = |settings: &Settings| {
        Difference::new(&network, &other, &domain, settings.clone()).logits(&[0, 1], None, &mut ())
    };
    ever_later(
        12,
        logits,
        |found| found.stop,
        |found, whole| {
            for (found, whole) in found.extents.iter().zip(&whole.extents) {
                for (found, whole) in [(&found.above, &whole.above), (&found.below, &whole.below)] {
                    assert!(found.lower <= whole.upper && whole.lower <= found.upper);
                }
            }
        },
    );
    let sides = [domain[0].clone(), domain[1].clone()];
    let pave = |settings: &Settings| {
        let input = vec![ratio(0, 1), ratio(0, 1)];
        Region::new(&network, &perturbation, input, [0, 1], sides.clone(), settings.clone())
            .pave(&ratio(1, 2), |_, _| {})
    };
    ever_later(
        12,
        pave,
        |found| found.stop,
        |found, _| {
            let whole = quantproof::robustness::region::area(&sides);
            assert_eq!(found.areas.iter().sum::<Rational>(), whole, "every part of the rectangle is accounted for");
        },
    );
}

#[test]
fn faults_at_an_input_and_over_a_domain() {
    let (network, _, domain) = moons();
    let int5 = int5(&network);
    let faults = Faults::new(&network, &int5).unwrap();
    let point = [ratio(1, 2), ratio(1, 4)];
    let at = |settings: &Settings| faults.at(&point, &settings.budget);
    ever_later(
        12,
        at,
        |found| found.stop,
        |found, whole| {
            assert!(found.bounds.0 <= whole.bounds.0 && whole.bounds.1 <= found.bounds.1);
            assert!(found.changes <= whole.changes && whole.changes + whole.open <= found.changes + found.open);
        },
    );
    let narrow: Vec<_> = domain.iter().map(|(lower, _)| (lower.clone(), lower + ratio(1, 64))).collect();
    let over = |settings: &Settings| faults.over(&int5, &narrow, settings, &mut ());
    ever_later(
        12,
        over,
        |found| found.stop,
        |found, whole| {
            assert!(found.bounds.0 <= whole.bounds.1 && whole.bounds.0 <= found.bounds.1);
        },
    );
}

/// `count` boxes of two inputs that some output must not exceed another in.
fn boxes(count: usize) -> String {
    let mut text = String::from("(declare-const X_0 Real)(declare-const X_1 Real)");
    text.push_str("(declare-const Y_0 Real)(declare-const Y_1 Real)\n(assert (or\n");
    for k in 0..count {
        let low = k as f64 / count as f64;
        // writing to memory cannot fail
        let _ = writeln!(
            text,
            "(and (>= X_0 {low}) (<= X_0 {}) (>= X_1 -0.5) (<= X_1 0.5) (>= Y_{} Y_{}))",
            low + 0.01,
            k % 2,
            (k + 1) % 2
        );
    }
    text.push_str("))");
    text
}

#[test]
fn a_property_is_read_no_longer_than_allowed() {
    let text = boxes(5000);
    let read = |looks| vnnlib::read_within(text.as_bytes(), &Budget::unlimited().interrupted_after(looks));
    let stopped = Err(PropertyError::Stopped { reason: StopReason::Interrupted });
    for looks in [0, 1, 10, 100, 200] {
        assert_eq!(read(looks), stopped);
    }
    let whole: Property = read(u64::MAX).unwrap();
    assert_eq!(whole.cases().len(), 5000);
}

#[test]
fn verification_excludes_only_what_it_looked_at() {
    let network = moons().0.with_output(Output::None).unwrap();
    let property = vnnlib::read(boxes(12).as_bytes()).unwrap();
    let still = Perturbation::uniform(Magnitude::Absolute(ratio(0, 1))).unwrap();
    let ask = |settings: &Settings| {
        let settings = settings.clone();
        Verify { network: &network, perturbation: &still, property: &property, settings }.ask(&mut ())
    };
    ever_later(
        12,
        ask,
        |found| found.stop,
        |found, whole| {
            assert!(found.answer == whole.answer || found.stop == StopReason::Interrupted);
            assert!(found.excluded <= property.cases().len());
            assert!(found.answer != Answer::Robust || whole.answer == Answer::Robust);
        },
    );
}

/// Every neuron's rows are places to stop at, and so is the tape.
#[test]
fn an_encoding_takes_no_longer_than_allowed() {
    let mut r = random("limits", 7);
    let net = network(&mut r, &[20, 30, 30, 3], Activation::Sigmoid, Output::Softmax, 10);
    let perturbation = Perturbation::uniform(Magnitude::Absolute(ratio(1, 1000))).unwrap();
    let domain = vec![(ratio(0, 1), ratio(1, 1)); 20];
    let question = Question::Deviation { class: 0, where_assigned: true };
    for literal in [false, true] {
        let encode = if literal { Encoded::literal } else { Encoded::new };
        let with = |looks| {
            let budget = Budget::unlimited().interrupted_after(looks);
            encode(&net, &perturbation, &domain, &question, &budget).err()
        };
        let needed = looks().find(|&looks| with(looks).is_none()).unwrap();
        assert!(needed >= if literal { 1 } else { 64 }, "{needed} looks");
        assert_eq!(with(needed / 8), Some(StopReason::Interrupted));
    }
}
