; 3^(2^40) is not written out
(define-fun s ((a Real)) Real (* a a))
(define-fun t ((a Real)) Real (s (s (s (s (s (s (s (s (s (s a)))))))))))
(declare-const x Real)
(assert (> x (t (t (t (t 3))))))
(assert (< x 1000))
(check-sat)
