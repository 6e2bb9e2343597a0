; the point of the minimum is irrational, but that of a larger value is not
(declare-const x Real [-1, 1])
(declare-const y Real [0, 2])
(assert (or (and (>= x 0.5) (= y 0)) (= (* y y y) (+ (* x x) 0.1))))
(minimize x)
(check-sat)
