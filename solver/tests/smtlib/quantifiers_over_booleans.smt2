(declare-const x Real [0, 1])
(push) (assert (forall ((p Bool)) p)) (check-sat) (pop)
(push) (assert (forall ((p Bool) (q Bool)) (or (not p) (not q) (and p q (> x 0.5))))) (check-sat) (pop)
(push) (assert (exists ((p Bool)) (and (= p (> x 0.5)) (not p)))) (assert (> x 0.6)) (check-sat) (pop)
