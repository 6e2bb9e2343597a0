; A thin ring and a square in its hole: every box is refuted, which proves that no point is in both.
(declare-const x Real)
(declare-const y Real)
(assert (<= -2 x 2))
(assert (<= -2 y 2))
(assert (<= 0.9 (+ (* x x) (* y y)) 1))
(assert (<= -0.6 (+ x y) 0.6))
(assert (<= -0.6 (- x y) 0.6))
(check-sat)
