//! Proofs written by hand: each kind of step accepted, and its nearest wrong neighbour rejected.

use deltacheck::proof::check;

const LINE: &str = "(declare-const x Real)
(declare-const y Real)
(assert (and (<= 0 x) (<= x 1) (<= 0 y) (<= y 1)))
";

fn proof(script: &str, rest: &str) -> String {
    format!("deltacheck 1\nscript {}\n{script}\n{rest}", script.len())
}

fn accepted(assertion: &str, rest: &str) {
    let text = proof(&format!("{LINE}(assert {assertion})\n(check-sat)\n"), rest);
    assert!(check(&text).is_ok(), "{assertion}: {:?}", check(&text));
}

fn rejected(assertion: &str, rest: &str, because: &str) {
    let text = proof(&format!("{LINE}(assert {assertion})\n(check-sat)\n"), rest);
    let found = check(&text).expect_err(assertion);
    assert!(found.contains(because), "{assertion}: {found}, not {because}");
}

#[test]
fn an_interval_refutes_or_does_not() {
    accepted("(> (+ x y) 2)", "check 1\nrefute\nh .\n");
    rejected("(>= (+ x y) 2)", "check 1\nrefute\nh .\n", "line 11: this region is not refuted");
    // a decimal is what it says
    accepted("(> (* 0.5 x) 0.5)", "check 1\nrefute\nh .\n");
    rejected("(>= (* 0.5 x) 0.5)", "check 1\nrefute\nh .\n", "not refuted");
}

#[test]
fn a_split_refutes_what_no_bound_does() {
    // x − x² is at most 1/4
    let claim = "(> (- x (* x x)) 0.254)";
    rejected(claim, "check 1\nrefute\nh .\n", "not refuted");
    accepted(claim, "check 1\nterm x\nrefute\nh s 0 1p-1\nh .\nh .\n");
    rejected(claim, "check 1\nterm x\nrefute\nh s 0 1p-1\nh .\n", "ends early");
    rejected(claim, "check 1\nterm x\nrefute\nh s 0 1p-1\nh .\nh .\nh .\n", "no proof");
    rejected(claim, "check 1\nterm x\nrefute\nh s 1 1p-1\nh .\nh .\n", "expected a term");
    rejected(claim, "check 1\nterm x\nrefute\nh s 0 1p-9\nh .\nh .\n", "not refuted");
    rejected("(> (- x (* x x)) 0.2)", "check 1\nterm x\nrefute\nh s 0 1p-1\nh .\nh .\n", "not refuted");
}

#[test]
fn a_split_term_must_have_a_value() {
    // everywhere where log y ≥ 0 or not, x would be refuted; but log y need not have a value
    let script = "(declare-const y Real)\n(declare-const x Real)\n(assert (or (> x 0) (>= (log y) 0)))\n(check-sat)\n";
    let found =
        check(&proof(script, "check 1\nterm (log y)\nrefute\nh s 0 0\nh .\nh .\n")).expect_err("a partial term");
    assert!(found.contains("need not have a value"), "{found}");
}

#[test]
fn cases_are_all_looked_at() {
    let claim = "(or (> x 1) (and (> y 0.5) (< y 0.5)) (> (- x y) 1))";
    accepted(claim, "check 1\nrefute\nh .\n");
    let claim = "(or (> (- x (* x x)) 0.26) (> (- y (* y y)) 0.26))";
    let halves = "h s 0 1p-1\nh .\nh .\n";
    let others = "h s 1 1p-1\nh .\nh .\n";
    accepted(claim, &format!("check 1\nterm x\nterm y\nrefute\nh c 0\n{halves}{others}"));
    rejected(claim, &format!("check 1\nterm x\nterm y\nrefute\nh c 0\n{halves}"), "ends early");
    rejected(claim, &format!("check 1\nterm x\nterm y\nrefute\nh c 1\n{halves}{others}"), "expected a disjunction");
}

#[test]
fn linear_bounds_see_that_terms_cancel() {
    let claim = "(>= (- (+ x y) (max (+ x y) 0.1)) 0.001)";
    accepted(claim, "check 1\nrefute\nhr .\n");
    rejected(claim, "check 1\nrefute\nh .\n", "not refuted");
    rejected("(>= (- (+ x y) (max (+ x y) 0.1)) 0)", "check 1\nrefute\nhr .\n", "not refuted");
}

#[test]
fn pairs_see_that_arguments_differ_by_little() {
    // ReLU(x − 1/2 + y/8) − ReLU(x − 1/2) is at most 1/8
    let with = |level: &str| format!("(> (- (max (+ x -0.5 (* 0.125 y)) 0) (max (+ x -0.5) 0)) {level})");
    let pair = "check 1\npair (max (+ x -0.5 (* 0.125 y)) 0) (max (+ x -0.5) 0)\nrefute\nhr .\n";
    accepted(&with("0.126"), pair);
    rejected(&with("0.124"), pair, "not refuted");
    rejected(&with("0.126"), "check 1\npair x y\nrefute\nhr .\n", "expected one function twice");
    let with = |level: &str| {
        format!("(> (- (/ 1 (+ 1 (exp (- (+ (* 8 x) (* 0.125 y)))))) (/ 1 (+ 1 (exp (- (* 8 x)))))) {level})")
    };
    let pair =
        "check 1\npair (/ 1 (+ 1 (exp (- (+ (* 8 x) (* 0.125 y)))))) (/ 1 (+ 1 (exp (- (* 8 x)))))\nrefute\nhr .\n";
    accepted(&with("0.0314"), pair);
    rejected(&with("0.0312"), pair, "not refuted");
    rejected(&with("0.0314"), "check 1\nrefute\nhr .\n", "not refuted");
}

#[test]
fn definitions_bound_variables_by_others() {
    let script = |level: &str| {
        format!(
            "{LINE}(declare-const u Real)\n(declare-const v Real)\n(assert (= u (* 4 x)))\n(assert (= v (+ u y)))\n\
             (assert (> (- v (* 4 x)) {level}))\n(check-sat)\n"
        )
    };
    let hint = "check 1\norder x y u v\nrefute\nhr .\n";
    assert_eq!(check(&proof(&script("1"), hint)).map(|proved| proved.len()), Ok(1));
    assert!(check(&proof(&script("0.999"), hint)).is_err());
}

#[test]
fn integers_lie_between_integers() {
    let script =
        |sort: &str| format!("(declare-const n {sort})\n(assert (and (< 1 (* 3 n)) (< (* 3 n) 2)))\n(check-sat)\n");
    assert!(check(&proof(&script("Int"), "check 1\nrefute\nh .\n")).is_ok());
    assert!(check(&proof(&script("Real"), "check 1\nrefute\nh .\n")).is_err());
}

#[test]
fn scopes_and_the_number_of_the_check_matter() {
    let script = "(declare-const x Real)(assert (> x 0))\n(push)(assert (< x 0))(check-sat)(pop)(check-sat)\n(assert (< x -1))(check-sat)\n";
    let about = |check: usize| format!("check {check}\nrefute\nh .\n");
    assert!(check(&proof(script, &about(1))).is_ok());
    assert!(check(&proof(script, &about(2))).is_err());
    let both = proof(script, &about(1)) + &proof(script, &about(3));
    let proved = check(&both).expect("two proofs");
    assert_eq!(proved.iter().map(|(report, _)| report.check).collect::<Vec<_>>(), [1, 3]);
    assert!(check(&proof(script, &about(4))).unwrap_err().contains("has 3 `check-sat`"));
}

#[test]
fn what_is_not_understood_proves_nothing() {
    for script in [
        "(declare-fun f (Real) Real)(check-sat)",
        "(declare-const x Real)(assert (forall ((y Real)) (> y x)))(check-sat)",
        "(declare-const x Real)(assert (foo x))(check-sat)",
        "(declare-const x Real)(assert (> x))(assert x)(check-sat)",
        "(assert (> x 0))(check-sat)",
        "(assert false",
        ")",
        "(assert |false",
    ] {
        let found = check(&proof(script, "check 1\nrefute\n"));
        assert!(found.is_err(), "{script}");
    }
    assert!(check(&proof("(assert false)(check-sat)", "check 1\nrefute\n")).is_ok());
    assert!(check(&proof("(assert true)(check-sat)", "check 1\nrefute\n")).is_err());
}

#[test]
fn cut_off_and_hostile_files_are_refused() {
    let whole = proof(
        &format!("{LINE}(assert (> (+ x y) 2))\n(check-sat)\n"),
        "check 1\nterm x\nrefute\nh s 0 1p-1\nh .\nh .\n",
    );
    // the sum is refuted before the split
    assert!(check(&whole).unwrap_err().contains("refuted already"));
    let whole = whole.replace("h s 0 1p-1\nh .\nh .\n", "h .\n");
    assert!(check(&whole).is_ok());
    for length in 0..whole.len() {
        assert!(check(&whole[..length]).is_err(), "{length} bytes");
    }
    let deep = format!("(assert (> {}0{} 1))(check-sat)", "(- ".repeat(100_000), ")".repeat(100_000));
    assert!(check(&proof(&deep, "check 1\nrefute\n")).unwrap_err().contains("too deep"));
    for number in ["1p99999999999", "1p-99999999", "99999999999999999999", "x", "", "1e5", "nan"] {
        let text = whole.replace("h .\n", &format!("h s 0 {number}\nh .\nh .\n"));
        assert!(check(&text).is_err(), "{number}");
    }
    assert!(check("deltacheck 1\nscript 18446744073709551615\n").is_err());
    assert!(check("deltacheck 2\n").is_err());
    let huge = "(declare-const x Real)(assert (> (* x 1e999999999) 1))(check-sat)";
    assert!(check(&proof(huge, "check 1\nrefute\nh .\n")).is_err());
}
