; the assertions that leave a minimum nothing to choose from are a core as well
(set-option :produce-unsat-cores true)
(declare-const x Real)
(assert (! (> x 1) :named a))
(assert (! (< x 5) :named b))
(assert (! (< x 0) :named c))
(minimize x)
(check-sat)
(get-unsat-core)
