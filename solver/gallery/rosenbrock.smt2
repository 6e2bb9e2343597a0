; Rosenbrock's banana valley: where is its value below 1/100, away from the minimum at (1, 1)?
(declare-const x Real)
(declare-const y Real)
(assert (<= -2 x 2))
(assert (<= -1 y 3))
(assert (<= (+ (^ (- 1 x) 2) (* 100 (^ (- y (^ x 2)) 2))) 0.01))
(assert (<= x 0.91))
(check-sat)
