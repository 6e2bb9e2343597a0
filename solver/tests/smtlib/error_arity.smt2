(declare-const x Real)
(check-sat)
(assert (> (sin x x) 1))
