; √2 is a double root, which no box proves or refutes. That disjunct is put off; the other one then has to hold, and is
; refuted: of what was left, not of the question.
(declare-const x Real)
(declare-const p Bool)
(declare-const q Bool)
(assert (and (<= 0 x) (<= x 2)))
(assert (or (= (* x (- 1 x)) 0.250001) (<= (^ (- (* x x) 2) 2) 0)))
(assert (or p q))
(check-sat)
