; a disc of radius 3 around (2, 2) or (5, 5) covers no column of a square
(declare-fun x () Real [0, 8])
(push)
(assert (forall ((y Real [0, 8])) (or (<= (+ (^ (- x 2) 2) (^ (- y 2) 2)) 9) (<= (+ (^ (- x 5) 2) (^ (- y 5) 2)) 9))))
(check-sat)
(pop)
; the maximum of a parabola
(push)
(assert (forall ((y Real [0, 8])) (>= (- x (^ (- x 3) 2)) (- y (^ (- y 3) 2)))))
(check-sat)
(assert (or (< x 3.4) (> x 3.6)))
(check-sat)
(pop)
; the condition of the formula matters, and so does its variable's end
(push)
(assert (forall ((y Real [0, 10])) (=> (>= y x) (>= (* y y) 4))))
(assert (<= x 2.01))
(check-sat)
(assert (<= x 1.9))
(check-sat)
(pop)
; bounds that are no doubles: at 0.3 itself the formula is an equation
(push)
(assert (forall ((y Real [0.1, 0.3])) (and (<= (* 10 y) 3) (>= (* 10 y) 1))))
(check-sat)
(pop)
; integers
(push)
(assert (forall ((n Int [0, 5])) (or (<= (* 2 n) x) (>= (* 2 n) (+ x 1.5)))))
(check-sat)
(pop)
; nothing else is allowed where the formula has no value
(push)
(assert (forall ((y Real [-1, 1])) (>= (/ x y) -100)))
(check-sat)
(pop)
; alternation is not supported
(assert (forall ((y Real [0, 1])) (exists ((z Real [0, 1])) (= (+ y z) 1))))
(check-sat)
