(declare-const x Real)
(assert (> (foo x) 1))
