(declare-const x Real)
(assert (ite (> x 0) x (< x 0)))
