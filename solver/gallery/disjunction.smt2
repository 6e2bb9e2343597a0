; In the left disc or in the right one, and on a hyperbola: the Boolean search learns that the left disc is impossible.
(declare-const x Real)
(declare-const y Real)
(assert (<= -3 x 3))
(assert (<= -3 y 3))
(assert (or (<= (+ (^ (+ x 1.5) 2) (* y y)) 1) (<= (+ (^ (- x 1.5) 2) (* y y)) 1)))
(assert (= (* x y) 0.3))
(assert (>= y 0.45))
(check-sat)
