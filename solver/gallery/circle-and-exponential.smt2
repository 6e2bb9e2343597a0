; A disc and the region above an exponential curve: they miss each other by a hair. Up to δ = 0.01 they seem to meet.
(set-option :precision 0.01)
(declare-const x Real)
(declare-const y Real)
(assert (<= -2 x 2))
(assert (<= -2 y 2))
(assert (<= (+ (* x x) (* y y)) 1))
(assert (>= y (+ (exp x) 0.262)))
(check-sat)
