; A periodic function: many islands, and only those on the line count.
(declare-const x Real)
(declare-const y Real)
(assert (<= -6 x 6))
(assert (<= -6 y 6))
(assert (>= (+ (sin (* 2 x)) (cos (* 3 y))) 1.99))
(assert (<= -0.1 (- x (* 0.7 y) 4) 0.1))
(check-sat)
