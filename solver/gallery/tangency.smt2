; A circle and its tangent: they touch at one irrational point. Touching and missing by a hair look the same up to δ.
(set-option :precision 0.01)
(declare-const x Real)
(declare-const y Real)
(assert (<= -2 x 2))
(assert (<= -2 y 2))
(assert (= (+ (* x x) (* y y)) 1))
(assert (>= (+ x y) (sqrt 2)))
(check-sat)
