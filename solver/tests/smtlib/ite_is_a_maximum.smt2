; the branches differ by what the condition compares: no case distinction is left
(declare-const x Real [-3, 3])
(declare-const y Real [-3, 3])
(assert (or (distinct (ite (>= x 0) x 0) (max x 0))
            (distinct (ite (> x y) x y) (max y x))
            (distinct (ite (< x y) x y) (min x y))
            (distinct (ite (<= 0 (* 2 x)) x (- x)) (abs x))
            (distinct (ite (>= (- x y) 0) (+ (* 3 x) 1) (+ (* 3 y) 1)) (max (+ (* 3 x) 1) (+ 1 (* y 3))))))
(check-sat)
