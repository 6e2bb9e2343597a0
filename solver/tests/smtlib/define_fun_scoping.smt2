; a function sees globals, not the lets around its call
(declare-const a Real)
(define-fun plus_a ((x Real)) Real (+ x a))
(assert (= a 1))
(assert (= 3 (let ((a 100) (x 7)) (plus_a 2))))
(check-sat)
