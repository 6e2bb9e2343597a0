//! The models in `models/`: boxes a second of the global question, and inputs a second of the local one.
//!
//! Global: the deviation of the confidence over the whole input domain, ε = 0.01 on every parameter, one thread, to a
//! gap of 0.001 or 60 boxes, whichever comes first; the throughput is in boxes. Local: the same deviation at each of
//! the held-out inputs of the model; the throughput is in inputs. ACAS Xu: a proof of each of the properties 1 to 4 of
//! one network, one thread; the throughput is in boxes.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use deltasat::budget::Budget;
use deltasat::exact::{Rational, rational};
use quantproof::network::Network;
use quantproof::perturbation::{Magnitude, Perturbation};
use quantproof::property::Property;
use quantproof::robustness::global::Global;
use quantproof::robustness::local::{Local, Scratch};
use quantproof::robustness::verify::Verify;
use quantproof::robustness::{ClassChoice, Settings};

/// The limit of a global search.
const BOXES: u64 = 60;

fn perturbation() -> Perturbation {
    let epsilon = Rational::new(1.into(), 100.into());
    Perturbation::uniform(Magnitude::Absolute(epsilon)).expect("ε is positive")
}

/// All models, by name.
fn models() -> Vec<(String, Network)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/models");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of the models")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    paths.sort();
    let name = |path: &std::path::Path| path.file_stem().expect("a name").to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), Network::load(path).expect("a model"))).collect()
}

fn global(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("global deviation");
    group.sample_size(10);
    let perturbation = perturbation();
    let settings = Settings { budget: Budget::unlimited().with_boxes(BOXES), ..Settings::default() };
    for (name, network) in models() {
        let domain: Vec<(Rational, Rational)> =
            network.input().domain().unwrap().iter().map(|d| (d.lower().clone(), d.upper().clone())).collect();
        let (network, domain) = (&network, &domain[..]);
        let run = || {
            Global { network, perturbation: &perturbation, domain, settings: settings.clone() }.deviation(
                ClassChoice::Assigned,
                None,
                &mut (),
            )
        };
        group.throughput(Throughput::Elements(run().statistics.boxes));
        group.bench_function(BenchmarkId::from_parameter(name), |b| b.iter(|| black_box(run())));
    }
    group.finish();
}

fn local(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("local deviation");
    group.sample_size(10);
    let perturbation = perturbation();
    for (name, network) in models().into_iter().filter(|(name, _)| name.ends_with("2-8-2")) {
        let data = network.data().expect("held-out inputs");
        let exact = |x: &f64| rational::from_f64(*x).expect("a finite input");
        let inputs: Vec<Vec<Rational>> = data.inputs().iter().map(|input| input.iter().map(exact).collect()).collect();
        let local = Local::new(&network, &perturbation, Settings::default());
        let mut scratch = Scratch::default();
        group.throughput(Throughput::Elements(inputs.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| {
                for input in &inputs {
                    black_box(local.deviation(input, ClassChoice::Assigned, None, &mut scratch, &mut ()));
                }
            });
        });
    }
    group.finish();
}

/// Boxes a second on ACAS Xu, from the folder that `ACASXU_CASES` names (the competition's `onnx/` and `prop_*.vnnlib`);
/// without it nothing is measured.
fn acasxu(criterion: &mut Criterion) {
    let Some(folder) = std::env::var_os("ACASXU_CASES").map(std::path::PathBuf::from) else { return };
    let mut group = criterion.benchmark_group("acas xu");
    group.sample_size(10);
    for (network, property) in [("1_1", 1), ("1_1", 2), ("1_1", 3), ("1_1", 4)] {
        let file = folder.join(format!("onnx/ACASXU_run2a_{network}_batch_2000.onnx"));
        let network_of_case = Network::load(&file).expect("a network of the competition");
        let property_of_case =
            Property::load(folder.join(format!("prop_{property}.vnnlib"))).expect("a property of the competition");
        let perturbation =
            Perturbation::uniform(Magnitude::Absolute(Rational::default())).expect("zero is not negative");
        let verify = Verify {
            network: &network_of_case,
            perturbation: &perturbation,
            property: &property_of_case,
            settings: Settings { jobs: 1, ..Settings::default() },
        };
        group.throughput(Throughput::Elements(verify.ask(&mut ()).statistics.boxes));
        let name = format!("{network} property {property}");
        group.bench_function(BenchmarkId::from_parameter(name), |b| b.iter(|| black_box(verify.ask(&mut ()))));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    targets = global, local, acasxu
}
criterion_main!(benches);
