; Ten tenths are one. A solver that folds 1/10 to a double finds that x may be above 1, which is wrong.
(declare-const x Real)
(declare-const y Real)
(assert (<= 0 x 2))
(assert (<= 0 y 1))
(assert (= x (+ (* 0.1 1) (* 0.1 1) (* 0.1 1) (* 0.1 1) (* 0.1 1) (* 0.1 1) (* 0.1 1) (* 0.1 1) (* 0.1 1) (* 0.1 1) (* 0 y))))
(assert (> x 1))
(check-sat)
