(declare-const x Real)
(assert (< x x))
(check-sat)
(reset-assertions)
(declare-const x Real)
(assert (= x 1))
(check-sat)
(exit)
(this is not read
