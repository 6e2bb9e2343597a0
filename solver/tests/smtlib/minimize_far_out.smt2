; neighbouring doubles lie further apart than the precision: the bisection ends all the same
(declare-const x Real)
(declare-const y Real)
(assert (= y (- (* 0.833 y) 0.027)))
(assert (> x 3))
(maximize (+ (* (- 2) x) 100000000000000000000))
(check-sat)
