(declare-const x Real [-8, 8])
(push) (assert (= (^ x 3) -8)) (check-sat) (get-value (x)) (pop)
(push) (assert (< (^ x 2) 0)) (check-sat) (pop)
(push) (assert (= (^ x 0.5) 2)) (check-sat) (get-value (x)) (pop)
; a fractional power of a negative number has no value
(push) (assert (< x -1)) (assert (< (^ x 1.5) 100)) (check-sat) (pop)
(push) (assert (= (* x x x (^ x -1)) 4)) (assert (> x 0)) (check-sat) (get-value (x)) (pop)
