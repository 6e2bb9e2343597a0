(declare-const p Bool)
(assert (> p 1))
