; 0.2 is no double: no point of doubles satisfies the bounds of r exactly, and the search for a minimum must not wait for one
(set-logic QF_NRA)
(declare-const r Real [0.2, 0.2])
(declare-const x Real [-1, 1])
(declare-const y Real [-1, 1])
(assert (<= (+ (* x x) (* y y)) (* r r)))
(minimize (+ x y))
(check-sat)
