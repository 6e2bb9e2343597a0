; √2 solves the equation, but not the rest: no box is proved to contain a solution, though one is for the instances.
(declare-const x Real [0, 3])
(assert (= (* x x) 2))
(assert (forall ((y Real [0, 1])) (<= (* x y) 1.4142)))
(check-sat)
