; A wide flat valley: an eighth power is nearly zero far from its root, and a box must be small before it says more.
(declare-const x Real)
(declare-const y Real)
(assert (<= -2 x 2))
(assert (<= -2 y 2))
(assert (<= (+ (^ x 8) (^ y 8)) 0.0001))
(assert (>= (+ x y) 0.64))
(check-sat)
