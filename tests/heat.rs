//! The bounds of a heat map against sampled inputs of each cell, whose deviation is witnessed exactly.

use deltasat::exact::Rational;
use quantproof::network::Network;
use quantproof::perturbation::{Magnitude, Perturbation};
use quantproof::robustness::global::Global;
use quantproof::robustness::local::{Local, Scratch};
use quantproof::robustness::{ClassChoice, Settings};

#[test]
fn no_sampled_input_of_a_cell_exceeds_its_bound() {
    let network = Network::load("models/moons_relu_2-8-2.json").unwrap();
    let perturbation = Perturbation::uniform(Magnitude::Absolute(Rational::new(1.into(), 100.into()))).unwrap();
    let whole = || (Rational::from_integer((-1).into()), Rational::from_integer(1.into()));
    let domain = [whole(), whole()];
    let global =
        Global { network: &network, perturbation: &perturbation, domain: &domain, settings: Settings::default() };
    let mut told = 0;
    let heat = global.heat(5, ClassChoice::Assigned, |done| told = done).unwrap();
    assert_eq!((heat.upper.len(), told), (25, 25));
    let local = Local::new(&network, &perturbation, Settings::default());
    for (index, &upper) in heat.upper.iter().enumerate() {
        assert!(upper.is_finite());
        let cell = heat.cell(index);
        for part in [0, 2, 5, 7] {
            let at = |(low, high): &(Rational, Rational)| low + (high - low) * Rational::new(part.into(), 7.into());
            let input = [at(&cell[0]), at(&cell[1])];
            let found = local.deviation(&input, ClassChoice::Assigned, None, &mut Scratch::default(), &mut ());
            assert!(found.lower <= upper, "cell {index}: {} at {input:?}, at most {upper}", found.lower);
        }
    }
    // the cells cover the domain
    let all = global.deviation(ClassChoice::Assigned, None, &mut ());
    assert!(heat.upper.iter().copied().fold(0.0, f64::max) >= all.lower);
    // and say something: some are far below the worst
    assert!(heat.upper.iter().any(|&upper| upper < all.lower / 2.0), "{:?}", heat.upper);
}
