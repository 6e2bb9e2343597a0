; Two ReLUs, as in a network: the corner at zero decides, so boxes are split there.
(declare-const x Real)
(declare-const y Real)
(assert (<= -1 x 1))
(assert (<= -1 y 1))
(assert (>= (- (max (- x y) 0) (* 2 (max (+ x y (- 0.5)) 0))) 1.4))
(assert (<= (+ (* 0.5 x) y) (- 0.3)))
(check-sat)
