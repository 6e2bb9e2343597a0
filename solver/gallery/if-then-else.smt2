; An if-then-else: the two branches bend away from each other at y = 0.
(declare-const x Real)
(declare-const y Real)
(assert (<= -2 x 2))
(assert (<= -2 y 2))
(assert (= (ite (>= y 0) (* x x) (- (* x x))) (+ y 1)))
(assert (>= (* x y) 1.5))
(check-sat)
