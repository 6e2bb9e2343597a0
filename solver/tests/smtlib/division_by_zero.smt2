; no atom holds where its expression has no value
(declare-const x Real [-1, 1])
(push) (assert (= x 0)) (assert (= (/ 1 x) 5)) (check-sat) (pop)
(push) (assert (= x 0)) (assert (not (= (/ 1 x) 5))) (check-sat) (pop)
(push) (assert (= (/ 1 x) 5)) (check-sat) (pop)
(push) (assert (= (/ x 0) 5)) (check-sat) (pop)
(push) (assert (or (= (/ 1 0) 5) (= x 1))) (check-sat) (pop)
