; One atom that must hold, that contraction alone does not refute, beside a choice that does not matter.
(declare-const x Real [-10, 10])
(declare-const y Real [-10, 10])
(declare-const p Bool)
(declare-const q Bool)
(assert (< (+ (* x x) (* y y) 0.1) (* x y)))
(assert (or p q))
(assert (or (not p) (not q)))
(check-sat)
