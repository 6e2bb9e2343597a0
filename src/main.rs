//! scratch
use deltasat::search::*;
use quantproof::{encode::question::*, network::*, perturbation::*, robustness::witness::*};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let net = Network::load(&a[1]).unwrap();
    let eps = deltasat::exact::rational::parse(&a[2]).unwrap();
    let p = Perturbation::uniform(Magnitude::Absolute(eps)).unwrap();
    let dom: Vec<_> = net.input().domain().iter().map(|d| (d.lower().clone(), d.upper().clone())).collect();
    let e = Encoded::new(&net, &p, &dom, &Question::Deviation { class: 1, where_assigned: false });
    println!(
        "slots {} kept {} instrs {}",
        e.compiled.tape.slots(),
        e.compiled.tape.kept().len(),
        e.compiled.tape.len()
    );
    let mut o = Options::default();
    o.limits.time = Some(std::time::Duration::from_secs_f64(a.get(3).map_or(5.0, |s| s.parse().unwrap())));
    o.jobs = a.get(4).map_or(1, |s| s.parse().unwrap());
    let mut s = Strategy::default();
    if a.get(5).is_some_and(|a| a == "i") {
        s.brancher = Box::new(deltasat::branch::Phases);
    }
    let r = optimise(&e.compiled, &e.compiled.root(), &s, &o, &mut ());
    println!("[{}, {}] {:?} {:?}", r.lower, r.upper, r.stop, r.statistics);
    if let Some(c) = r.witness {
        let pt: Vec<f64> = c.point.iter().map(|x| deltasat::exact::rational::nearest_f64(x)).collect();
        let n = e.perturbed_network(&pt).unwrap();
        let w = Witness::new(&net, n, c.point[..net.input().count()].to_vec(), 1).unwrap();
        println!("witness deviation {} class change {}", w.deviation(), w.changes_class());
    }
}
